"""The baselines that see no frame."""

import dataclasses

import numpy as np
import pytest

from simgen.store.rows import Row
from simgen.trainers.eval.words import find_typical_boxes, score_baselines
from tests.trainers.eval.rows import entries, make_row, map_json

FRIDGE, SOFA = (0.0, 2.0, 1.0, 3.0), (-2.0, 4.0, 0.0, 5.0)


def how_far(index: int, name: str, answer: str, split: str) -> Row:
    return make_row(
        f"{split}{index}", split=split, clip=f"{split}-{index % 10}-0", template="far", kind="metres",
        options=(), question=f"How far is the {name} from you?", answer=answer,
        map=map_json({name: FRIDGE if name == "fridge" else SOFA}),
    )  # fmt: skip


def which_side(index: int, name: str, answer: str, split: str) -> Row:
    return make_row(
        f"side-{split}{index}", split=split, clip=f"{split}-{index % 10}-0", template="side", kind="choice",
        options=("left", "right"), question=f"Is the {name} to your left or right?", answer=answer,
    )  # fmt: skip


def test_names_that_decide_a_number_are_learned() -> None:
    train = [
        how_far(index, *(("fridge", "2.0") if index % 2 else ("sofa", "4.0")), "train") for index in range(80)
    ]
    rows = [how_far(0, "fridge", "2.0", "val"), how_far(1, "sofa", "4.0", "val")]
    found = score_baselines(rows, train, [entries({"fridge": FRIDGE}), entries({"sofa": SOFA})])
    assert found.words.tolist() == [1.0, 1.0]
    # "2.0" for all: right for the fridge, and off by half of 4.0, which passes the loosest threshold alone.
    assert found.constant.tolist() == [1.0, pytest.approx(0.1)]
    assert found.center_error_m.tolist() == [0.0, 0.0]


def test_names_that_decide_a_choice_are_learned() -> None:
    train = [which_side(i, *(("sofa", "B") if i % 4 == 0 else ("fridge", "A")), "train") for i in range(120)]
    rows = [which_side(0, "fridge", "A", "val"), which_side(1, "sofa", "B", "val")]
    found = score_baselines(rows, train, [[], []])
    assert found.words.tolist() == [1.0, 1.0]
    assert found.constant.tolist() == [1.0, 0.0]


def test_few_training_questions_teach_a_constant_and_none_nothing() -> None:
    rows = [how_far(0, "fridge", "2.0", "val"), which_side(1, "sofa", "B", "val")]
    found = score_baselines(rows, [how_far(9, "sofa", "4.0", "train")], [[], []])
    # 4.0 for 2.0 is off by more than half.
    assert found.words[0] == found.constant[0] == 0.0
    assert np.isnan(found.words[1])
    assert np.isnan(found.constant[1])


def test_a_question_at_several_numbers_of_frames_is_guessed_once() -> None:
    train = [how_far(index, "fridge", "2.0", "train") for index in range(40)]
    once = how_far(0, "fridge", "2.0", "val")
    rows = [dataclasses.replace(once, id="val0-08", frames=(0, 1)), once]
    assert score_baselines(rows, train, [[], []]).words.tolist() == [1.0, 1.0]


def test_the_typical_box_is_the_median_of_its_type() -> None:
    chairs = [{"chair1": (0.0, 0.0, 1.0, 1.0), "chair2": (2.0, float(y), 3.0, y + 1.0)} for y in range(3)]
    found = find_typical_boxes([entries(boxes) for boxes in [*chairs, {"bed": (9.0, 9.0, 9.0, 9.0)}]])
    # Of six chairs, sorted: x_min 0, 0, 0, 2, 2, 2 and y_min 0, 0, 0, 0, 1, 2.
    assert found["chair"] == (1.0, 0.0, 2.0, 1.0)
    # Of all seven boxes, for the rare bed.
    assert "bed" not in found
    assert found[""] == (2.0, 0.0, 3.0, 1.0)


def test_objects_get_the_typical_box_of_their_type_or_of_all() -> None:
    train = [how_far(index, "fridge", "2.0", "train") for index in range(5)]
    true = entries({"fridge": (0.0, 5.0, 1.0, 6.0), "stool": (3.0, 2.0, 4.0, 3.0)})
    found = score_baselines([make_row("q")], train, [true])
    # Both get the fridges' box with its centre at (0.5, 2.5): 3 m from each.
    assert found.center_error_m.tolist() == [3.0]
    assert np.isnan(score_baselines([make_row("q")], [], [true]).center_error_m[0])
