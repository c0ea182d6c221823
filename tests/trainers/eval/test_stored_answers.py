"""Answers on disk: what is asked again, and what is not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.errors import InputError
from simgen.store.rows import Row
from simgen.trainers.eval.stored_answers import answer_all, read_answers
from tests.trainers.eval.rows import make_row

ROWS = [make_row(f"q{index}") for index in range(5)]


class Model:
    """Answers with the row's id, and counts what it is asked."""

    def __init__(self, most: int = 100) -> None:
        self.asked: list[str] = []
        self.most = most

    def __call__(self, rows: Sequence[Row]) -> list[str]:
        if len(self.asked) + len(rows) > self.most:
            raise KeyboardInterrupt
        self.asked += [row.id for row in rows]
        return [f"answer to {row.id}\n{row.prompt[:3]}" for row in rows]


def test_an_interrupted_evaluation_asks_only_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with pytest.raises(KeyboardInterrupt):
        answer_all(path, ROWS, Model(most=4), at_once=2)
    assert len(read_answers(path).texts) == 4
    model = Model()
    texts = answer_all(path, ROWS, model, at_once=2)
    assert model.asked == ["q4"]
    assert texts == answer_all(None, ROWS, Model())


def test_a_line_that_was_cut_off_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    answer_all(path, ROWS[:2], Model())
    path.write_bytes(path.read_bytes()[:-9])
    model = Model()
    assert answer_all(path, ROWS[:2], model) == answer_all(None, ROWS[:2], Model())
    assert model.asked == ["q1"]
    assert len(read_answers(path).texts) == 2


@pytest.mark.parametrize("change", [{"prompt": "What?"}, {"frames": (0,)}, {"clip": "clip2"}])
def test_another_prompt_or_other_frames_are_asked_again(change: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    answer_all(path, ROWS, Model())
    model = Model()
    answer_all(path, [ROWS[0], replace(ROWS[1], **change)], model)
    assert model.asked == ["q1"]


def test_a_row_that_comes_twice_is_asked_once() -> None:
    model = Model()
    texts = answer_all(None, [*ROWS[:2], ROWS[0]], model)
    assert model.asked == ["q0", "q1"]
    assert texts[2] == texts[0]


def test_a_foreign_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"text": "hello"}\n')
    with pytest.raises(InputError, match=r"answers.jsonl:1: no line of answers"):
        read_answers(path)
