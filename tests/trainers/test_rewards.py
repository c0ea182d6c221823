"""Rewards, called as TRL does: by keyword, with columns that a reward does not use. Scores are by hand."""

import json
import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.errors import InputError
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.skills.facts import Ask
from simgen.qa.templates.loading import list_template_ids, load_templates
from simgen.scoring import TAGS, parse_map
from simgen.store.clips import read_clip
from simgen.trainers import report
from simgen.trainers.grid import make_grid
from simgen.trainers.map_answers import MapQuestion, read_map_question
from simgen.trainers.rewards import REWARDS, Reward, choose_rewards
from simgen.trainers.rewards.answer import accuracy_reward
from simgen.trainers.rewards.completions import Completion
from simgen.trainers.targets import build_target
from tests.qa.real_clips import FOLDER
from tests.qa.scenes import asked_of

WHOLE = "<map>[]</map><think>x</think><answer>{}</answer>"
FRIDGE, CHAIR = ("fridge", (0.0, 0.0, 1.0, 1.0)), ("chair", (3.0, 0.0, 3.5, 0.5))
THINK = "On the map fridge is [0.0, 0.0, 1.0, 1.0] and chair is [3.0, 0.0, 3.5, 0.5]. The gap is 2.0 m."
GAP = MapQuestion("absolute_distance", Ask(("1|0", "1|2")), ("fridge", "chair"))


def says(*texts: str) -> list[Completion]:
    return [[{"role": "assistant", "content": text}] for text in texts]


def response(entries: Sequence[tuple[str, tuple[float, ...]]], think: str = "x", answer: str = "2.0") -> str:
    records = [{"object_name": name, "bbox": list(box)} for name, box in entries]
    return f"<map>{json.dumps(records)}</map><think>{think}</think><answer>{answer}</answer>"


TARGET = response([FRIDGE, CHAIR], THINK)


def score(name: str, text: str, **columns: Any) -> float:
    """One response's score by a reward of the table, as an answer to a question about fridge and chair."""
    reward = next(reward for reward in REWARDS if reward.name == name)
    sample = {"target": TARGET, "grid": [], "answer": "2.0", "kind": "metres", "options": []}
    sample |= {"map_question": GAP, "unused": None, **columns}
    return reward.function(completions=says(text), **{key: [value] for key, value in sample.items()})[0]


def test_accuracy_is_mra_for_numbers_and_a_match_for_choices() -> None:
    scores = accuracy_reward(
        completions=says(WHOLE.format("3.3"), WHOLE.format("right"), WHOLE.format("A"), "3.0"),
        prompts=[None] * 4,
        answer=["3.0", "B", "B", "3.0"],
        kind=["metres", "choice", "choice", "metres"],
        options=[[], ["left", "right"], ["left", "right"], []],
    )
    # 10 % off passes nine of MRA's ten thresholds; a number outside the answer tag is no answer.
    assert scores == [0.9, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("said", "expected"),
    # Of 3.0, an error of 1 - t passes threshold t: 0.15 passes all ten, 0.3 nine, 1.5 one, more none.
    [
        *(("3.0", 1.0), ("3.15", 1.0), ("2.85", 1.0), ("3.3", 0.9), ("2.7", 0.9), ("3.31", 0.8)),
        *(("4.5", 0.1), ("1.5", 0.1), ("4.51", 0.0), ("-3.0", 0.0)),
        *(("about 3.0 m", 1.0), ("", 0.0), ("nan", 0.0)),
    ],
)
def test_accuracy_at_the_boundaries_of_mra(said: str, expected: float) -> None:
    assert score("accuracy", WHOLE.format(said), answer="3.0") == pytest.approx(expected)


def test_format_wants_the_parts_of_the_target_in_order() -> None:
    for part in ("map", "think", "answer"):
        assert score("format", TARGET.replace(f"</{part}>", "")) == 0.0
    assert score("format", TARGET) == 1.0
    assert score("format", TARGET + "<answer>2.0</answer>") == 0.0
    assert score("format", "<answer>2.0</answer>") == 0.0
    answer_only = {"target": "<answer>2.0</answer>"}
    assert score("format", "<answer>7</answer>", **answer_only) == 1.0
    assert score("format", TARGET, **answer_only) == 0.0


@pytest.mark.parametrize(
    ("length", "expected"),
    # The target has 20 characters, so 22 are free and 44 earn nothing; 33 is halfway.
    [(0, 1.0), (20, 1.0), (22, 1.0), (33, 0.5), (44, 0.0), (1000, 0.0)],
)
def test_length_falls_from_the_budget_to_twice_the_budget(length: int, expected: float) -> None:
    assert score("length", "a" * length, target="b" * 20) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([FRIDGE, CHAIR], 1.0),
        ([("Fridge", FRIDGE[1]), ("chair2", CHAIR[1])], 1.0),
        ([FRIDGE], 1 / 2),
        ([FRIDGE, CHAIR, ("bed", (0.0, 0.0, 2.0, 2.0))], 2 / 3),
        ([FRIDGE, ("bed", (0.0, 0.0, 2.0, 2.0))], 1 / 3),
        ([FRIDGE, FRIDGE, CHAIR], 2 / 3),
        # Moved by 1 m: exp(-1), and of the grown boxes (1.1 x 1.1) 0.1 x 1.1 is shared.
        ([("fridge", (1.0, 0.0, 2.0, 1.0)), CHAIR], (1 + 0.5 * math.exp(-1) + 0.5 * 0.11 / 2.31) / 2),
        # The right centre, but half the width: grown, 0.6 x 1.1 of 1.1 x 1.1.
        ([("fridge", (0.25, 0.0, 0.75, 1.0)), CHAIR], (1 + 0.5 + 0.5 * 0.6 / 1.1) / 2),
        ([], 0.0),
    ],
)
def test_map_is_recall_times_center_error_and_iou(
    entries: list[tuple[str, tuple[float, ...]]], expected: float
) -> None:
    assert score("map", response(entries)) == pytest.approx(expected)


def test_map_gives_flat_objects_and_cameras_an_area() -> None:
    target = response([("camera", (1.0, 2.0, 1.0, 2.0))])
    # 0.05 m off: half of the grown box (0.1 x 0.1) is shared, so the IoU is 1/3.
    near = response([("camera", (1.05, 2.0, 1.05, 2.0))])
    expected = 0.5 * math.exp(-0.05) + 0.5 / 3
    assert score("map", near, target=target) == pytest.approx(expected)


def test_map_pays_nothing_for_the_camera_at_the_origin() -> None:
    origin = ("camera", (0.0, 0.0, 0.0, 0.0))
    target = response([FRIDGE, origin])
    assert score("map", response([origin]), target=target) == 0.0
    assert score("map", response([FRIDGE]), target=target) == 1.0
    # A camera elsewhere is an invented entry.
    assert score("map", response([FRIDGE, ("camera", (1.0, 0.0, 1.0, 0.0))]), target=target) == 1 / 2


def test_map_is_zero_without_a_map_and_one_for_two_empty_maps() -> None:
    assert score("map", "<answer>2.0</answer>") == 0.0
    assert score("map", response([]), target=response([])) == 1.0
    assert score("map", TARGET, target=response([])) == 0.0


def test_map_of_cells_is_scored_by_the_squares_of_the_cells() -> None:
    grid = make_grid(parse_map('[{"object_name": "a", "bbox": [0, 0, 10, 10]}]') or [])
    columns = {"grid": [grid.x_min, grid.y_min, grid.cell_m]}
    wanted = '<map>[{"object_name": "fridge", "cell": [2, 3]}]</map>'
    assert score("map", wanted, target=wanted, **columns) == 1.0
    beside = wanted.replace("[2, 3]", "[3, 3]")
    # Cells of 1 m: as two boxes of 1 m by 1 m whose centres are 1 m apart.
    expected = 0.5 * math.exp(-1) + 0.5 * 0.11 / 2.31
    assert score("map", beside, target=wanted, **columns) == pytest.approx(expected)
    assert score("map", wanted.replace("[2, 3]", "[2, 10]"), target=wanted, **columns) == 0.0


def test_map_gated_counts_for_good_answers_alone() -> None:
    half = [FRIDGE]
    # 2.8 is 40 % off: MRA 0.3. 2.4 is 20 % off: MRA 0.7.
    assert score("map_gated", response(half, answer="2.4")) == 0.5
    assert score("map_gated", response(half, answer="2.8")) == 0.0
    choice = {"answer": "B", "kind": "choice", "options": ["left", "right"]}
    assert score("map_gated", response(half, answer="B"), **choice) == 0.5
    assert score("map_gated", response(half, answer="A"), **choice) == 0.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TARGET, 1.0),
        # All right with itself although nothing is true: gap 4.0 m on the map, in the thought, as the answer.
        (
            response(
                [FRIDGE, ("chair", (5.0, 0.0, 6.0, 1.0))],
                "fridge [0.0, 0.0, 1.0, 1.0], chair [5.0, 0.0, 6.0, 1.0]: 4.0 m.",
                "4.0",
            ),
            1.0,
        ),
        # The answer does not follow from the map, nor from the thought.
        (response([FRIDGE, CHAIR], THINK, "9.0"), 1 / 3),
        # 2.6 is said, 2.0 is on the map: 23 % of 2.6, so an MRA of 0.6 of the 0.8 that count as agreement.
        (response([FRIDGE, CHAIR], THINK.replace("2.0 m", "2.6 m"), "2.6"), (0.6 / 0.8 + 1 + 1) / 3),
        # One of two quoted boxes is another one than on the map.
        (response([FRIDGE, CHAIR], THINK.replace("3.5", "3.6")), (1 + 1 / 2 + 1) / 3),
        # No boxes are quoted, where the target quotes two.
        (response([FRIDGE, CHAIR], "The gap is 2.0 m."), 2 / 3),
        # The map lacks the chair, so no answer follows from it.
        (response([FRIDGE], THINK), (0 + 1 / 2 + 1) / 3),
        (response([FRIDGE, CHAIR], "", "2.0"), 1 / 3),
        ("<answer>2.0</answer>", 0.0),
        ("", 0.0),
    ],
)
def test_consistency_of_map_thought_and_answer(text: str, expected: float) -> None:
    assert score("consistency", text) == pytest.approx(expected)


def test_consistency_counts_only_what_the_target_passes() -> None:
    # A thought of numbers alone quotes nothing and states no answer: the answer on the map alone counts.
    target = response([FRIDGE, CHAIR], "2.0, 0.0")
    assert score("consistency", response([FRIDGE, CHAIR], "1.0, 5.0"), target=target) == 1.0
    # Without the question's skill nothing can be checked.
    assert score("consistency", target, target=target, map_question=None) == 0.0


@pytest.mark.parametrize(
    ("kind", "answer", "options", "end"),
    [("choice", "B", ["a", "b"], "It is option A. No, option B."), ("order", "B, A", ["a", "b"], "So B, A.")],
)
def test_consistency_reads_letters_from_the_end_of_a_thought(
    kind: str, answer: str, options: list[str], end: str
) -> None:
    columns = {"kind": kind, "answer": answer, "options": options, "map_question": None}
    target = response([], end, answer)
    assert score("consistency", target, target=target, **columns) == 1.0
    other = response([], end, "A" if kind == "choice" else "A, B")
    assert score("consistency", other, target=target, **columns) == 0.0


@pytest.mark.slow
def test_every_target_of_every_template_earns_every_reward_in_full() -> None:
    path = sorted(FOLDER.glob("*.h5"))[0]
    rows, _ = asked_of(read_clip(path), load_templates(list_template_ids()), QuestionSettings((8,), 1))
    assert len({row.group for row in rows}) == 8
    for row, form in product(rows, ("metric", "grid")):
        target, grid = build_target(row, form), make_grid(parse_map(row.map) or [])
        columns = {
            "target": target,
            "grid": [grid.x_min, grid.y_min, grid.cell_m] if form == "grid" else [],
            "answer": row.answer,
            "kind": row.kind,
            "options": list(row.options),
            "map_question": read_map_question(str(path), row.frames, row.skill, row.args),
        }
        for reward in REWARDS:
            assert score(reward.name, target, **columns) == pytest.approx(1.0), (row.template, reward.name)


def test_a_wrong_answer_to_a_real_question_fails_two_of_three_checks() -> None:
    path = sorted(FOLDER.glob("*.h5"))[0]
    rows, _ = asked_of(read_clip(path), load_templates(["camera_distance"]), QuestionSettings((8,), 1))
    question = read_map_question(str(path), rows[0].frames, rows[0].skill, rows[0].args)
    wrong = rows[0].target.replace(f"<answer>{rows[0].answer}", "<answer>1000")
    columns = {"target": rows[0].target, "answer": rows[0].answer, "map_question": question}
    assert score("consistency", wrong, **columns) == pytest.approx(1 / 3)


BROKEN = st.one_of(
    st.text(),
    st.text('<>/mapthinkanswer[]{}",: 0123456789.-eE'),
    st.lists(
        st.sampled_from(
            [f"<{tag}>" for tag in TAGS]
            + [f"</{tag}>" for tag in TAGS]
            + ["[", "]", "{", "}", '"object_name": ', '"bbox": [0, 0, 1, 1]', '"cell": [1, 2]', "fridge", ","]
            + ["9" * 400, "-1e308", "NaN", "Infinity", "[" * 3000, "\N{MINUS SIGN}3", "٣", "option A", "A, B"]
        )
    ).map("".join),
)
NUMBER = st.one_of(st.integers(), st.floats(), st.none(), st.text(max_size=3))
ENTRY = st.fixed_dictionaries(
    {
        "object_name": st.one_of(st.sampled_from(["fridge", "chair", "chair2"]), NUMBER),
        "bbox": st.lists(NUMBER, max_size=5) | st.lists(st.floats(-9, 9), min_size=4, max_size=4).map(sorted),
    },
    optional={"cell": st.lists(NUMBER, max_size=3), "height": st.lists(NUMBER), "outline": st.lists(NUMBER)},
)
MAPS = st.lists(ENTRY, max_size=6).map(lambda entries: f"<map>{json.dumps(entries)}</map>")
RESPONSES = st.tuples(MAPS | BROKEN, BROKEN, BROKEN).map("".join) | BROKEN


@settings(max_examples=80)
@given(
    text=RESPONSES,
    target=st.just(TARGET) | RESPONSES,
    grid=st.sampled_from([[], [-4.0, -4.0, 0.8]]),
    kind=st.sampled_from(["metres", "count", "choice", "order"]),
)
def test_no_reward_raises_or_leaves_its_range(text: str, target: str, grid: list[float], kind: str) -> None:
    answer = {"choice": "A", "order": "B, A"}.get(kind, "2")
    for reward in REWARDS:
        value = score(
            reward.name, text, target=target, grid=grid, kind=kind, answer=answer, options=["a", "b"]
        )
        assert 0.0 <= value <= 1.0, reward.name


def test_weights_are_divided_by_their_sum() -> None:
    chosen = choose_rewards({"format": 1, "accuracy": 3, "map": 0})
    assert [(reward.name, share) for reward, share in chosen] == [("accuracy", 0.75), ("format", 0.25)]


@pytest.mark.parametrize(
    ("target", "names"), [("metric", ["accuracy", "format", "map"]), ("none", ["accuracy", "format"])]
)
def test_the_default_rewards_the_map_if_there_is_one(target: str, names: list[str]) -> None:
    chosen = choose_rewards(None, target)
    assert [reward.name for reward, _ in chosen] == names
    assert sum(share for _, share in chosen) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("weights", "target", "message"),
    [
        ({"acuracy": 1.0}, "metric", "'acuracy' is not known; did you mean 'accuracy'?"),
        ({"map": -0.1}, "metric", "the weight of 'map' is -0.1; give a number of at least 0"),
        ({"map": math.nan}, "metric", "the weight of 'map' is nan"),
        ({"accuracy": 0.0}, "metric", "all weights are 0"),
        ({}, "metric", "all weights are 0"),
        ({"accuracy": 1.0, "consistency": 0.5}, "none", "'consistency' needs a map"),
    ],
)
def test_wrong_weights_are_refused_in_one_line(weights: dict[str, float], target: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        choose_rewards(weights, target)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_and_functions_are_unique() -> None:
    # TRL logs a reward by the name of its function.
    assert len({reward.name for reward in REWARDS}) == len({reward.log_key for reward in REWARDS}) == 6


def test_the_report_follows_the_table_of_rewards(monkeypatch: pytest.MonkeyPatch) -> None:
    def polite_reward(completions: list[Completion], **_: object) -> list[float]:
        return [1.0 for _ in completions]

    monkeypatch.setattr(report, "REWARDS", (*REWARDS, Reward("polite", "polite", polite_reward)))
    names = ("accuracy_reward", "format_reward", "polite_reward")
    log = [{"reward": 0.5, **{f"rewards/{name}/mean": step / 10 for name in names}} for step in range(10)]
    fields = report.summarize_log([{"loss": 1.0}], log)
    # The first fifth of ten steps is 0.0 and 0.1, the last is 0.8 and 0.9. The others are not in the log.
    assert fields["grpo_first"]["polite"] == pytest.approx(0.05)
    assert fields["grpo_last"] == pytest.approx(
        {"total": 0.5, "accuracy": 0.85, "format": 0.85, "polite": 0.85}
    )
