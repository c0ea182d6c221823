"""Answers on disk: what is asked again, and what is not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.errors import InputError
from simgen.trainers.eval.stored_answers import Asked, answer_all, read_answers, show_own
from tests.trainers.eval.rows import make_row

ROWS = [make_row(f"q{index}") for index in range(5)]
ASKED = [show_own(row) for row in ROWS]


class Model:
    """Answers with the row's id, and counts what it is asked."""

    def __init__(self, most: int = 100) -> None:
        self.asked: list[str] = []
        self.most = most

    def __call__(self, asked: Sequence[Asked]) -> list[str]:
        if len(self.asked) + len(asked) > self.most:
            raise KeyboardInterrupt
        self.asked += [item.row.id for item in asked]
        return [f"answer to {item.row.id}\nwith {item.clip}" for item in asked]


def test_an_interrupted_evaluation_asks_only_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with pytest.raises(KeyboardInterrupt):
        answer_all(path, ASKED, Model(most=4), at_once=2)
    assert len(read_answers(path).texts) == 4
    model = Model()
    texts = answer_all(path, ASKED, model, at_once=2)
    assert model.asked == ["q4"]
    assert texts == answer_all(None, ASKED, Model())


def test_a_line_that_was_cut_off_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    answer_all(path, ASKED[:2], Model())
    path.write_bytes(path.read_bytes()[:-9])
    model = Model()
    assert answer_all(path, ASKED[:2], model) == answer_all(None, ASKED[:2], Model())
    assert model.asked == ["q1"]
    assert len(read_answers(path).texts) == 2


@pytest.mark.parametrize(
    "other",
    [
        show_own(replace(ROWS[1], prompt="What?")),
        Asked(ROWS[1], ROWS[1].clip, (0,)),
        Asked(ROWS[1], "clip9", ROWS[1].frames),
    ],
)
def test_another_prompt_or_other_frames_are_asked_again(other: Asked, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    answer_all(path, ASKED, Model())
    model = Model()
    answer_all(path, [ASKED[0], other], model)
    assert model.asked == ["q1"]
    assert read_answers(path).find(ROWS[1]) == "answer to q1\nwith clip0"


def test_a_row_that_comes_twice_is_asked_once() -> None:
    model = Model()
    texts = answer_all(None, [*ASKED[:2], ASKED[0]], model)
    assert model.asked == ["q0", "q1"]
    assert texts[2] == texts[0]


def test_a_foreign_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"text": "hello"}\n')
    with pytest.raises(InputError, match=r"answers.jsonl:1: no line of answers"):
        read_answers(path)
