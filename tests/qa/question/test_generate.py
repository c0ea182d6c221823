import json
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.errors import InputError
from simgen.qa.question.compose import parse_args
from simgen.qa.question.difficulty import WEIGHTS, Features, rate_difficulty
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.question.solve import Solved, answer_on_map, solve
from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask
from simgen.qa.templates.loading import load_templates
from simgen.qa.view.view import View
from simgen.scoring import format_score, parse_map, score_answer, split_response
from simgen.store.clips import Clip
from simgen.store.rows import Rejection, Row
from simgen.types import OrientedBox
from tests.qa.scenes import asked_of, moved, template, whole_view, with_box, with_pixels

ALL = load_templates(
    [
        "absolute_distance",
        "camera_distance",
        "center_distance",
        "relative_distance",
        "relative_distance_closest",
    ]
)
SOFA, OPTIONS = "1|5", ("1|0", "small|1|1", "1|1", "1|4")


def ask(
    clip: Clip, question_settings: QuestionSettings | None = None, seed: int = 0
) -> tuple[list[Row], list[Rejection]]:
    return asked_of(clip, ALL, question_settings, seed)


def view(clip: Clip) -> View:
    return whole_view(clip)


def solved(clip: Clip, name: str, question: Ask) -> Solved:
    result = solve(view(clip), template(name), question)
    assert isinstance(result, Solved), result
    return result


def reason(clip: Clip, name: str, question: Ask) -> str:
    result = solve(view(clip), template(name), question)
    assert isinstance(result, Refusal), result
    return str(result)


def test_every_template_asks_something(kitchen: Clip) -> None:
    rows, _ = ask(kitchen)
    assert {row.template for row in rows} == {template.id for template in ALL}


def test_ids_are_unique_and_tell_where_a_row_is_from(kitchen: Clip) -> None:
    rows, _ = ask(kitchen)
    assert re.fullmatch("kitchen-absolute_distance-[0-9a-f]{8}-06", rows[0].id)
    assert rows[0].id == f"{rows[0].question_id}-06"
    assert len({row.id for row in rows}) == len(rows)
    assert {(row.clip, row.dataset, row.split) for row in rows} == {("kitchen", "kitchens", "train")}


def test_no_question_is_asked_twice(kitchen: Clip) -> None:
    rows, _ = ask(kitchen)
    asks = [(row.template, parse_args(row.args)[0]) for row in rows]
    keys = [(name, frozenset(ask.objects), frozenset(ask.options), ask.frames) for name, ask in asks]
    assert len(keys) == len(set(keys))


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(kitchen: Clip) -> None:
    assert ask(kitchen, seed=1) == ask(kitchen, seed=1)
    assert ask(kitchen, seed=1)[0] != ask(kitchen, seed=2)[0]


def test_rows_of_a_template_do_not_depend_on_the_other_templates(kitchen: Clip) -> None:
    alone, _ = asked_of(kitchen, [template("camera_distance")])
    assert alone == [row for row in ask(kitchen)[0] if row.template == "camera_distance"]


def test_targets_are_well_formed_and_right(kitchen: Clip) -> None:
    for row in ask(kitchen)[0]:
        parts = split_response(row.target)
        assert format_score(row.target) == 1.0
        assert (parts.map, parts.think, parts.answer) == (row.map, row.think, row.answer)
        assert score_answer(parts.answer, row.answer, row.kind, row.options) == 1.0


def test_thoughts_end_in_the_answer(kitchen: Clip) -> None:
    for row in ask(kitchen)[0]:
        end = f"= {row.answer} m." if row.kind == "metres" else f"option {row.answer}."
        assert row.think.endswith(end)


def test_prompts_list_the_options_and_the_format(kitchen: Clip) -> None:
    for row in ask(kitchen)[0]:
        assert row.prompt.startswith(
            "These are 6 frames of a walk through a house, in order.\n" + row.question
        )
        assert "<map>...</map><think>...</think><answer>...</answer>" in row.prompt
        listed = [line[3:] for line in row.prompt.splitlines() if line[1:3] == ". "]
        assert tuple(listed) == row.options
        assert ('"camera"' in row.prompt) == (row.template == "camera_distance")


def test_a_question_about_the_camera_has_it_on_its_map(kitchen: Clip) -> None:
    # Frame 3 stands 0.3 m ahead of frame 0, on the map's y axis.
    entries = solved(kitchen, "camera_distance", Ask(("1|1",), frames=(3,))).map
    assert (entries[-1].name, entries[-1].bbox) == ("camera", (0.0, 0.3, 0.0, 0.3))


def test_all_phrasings_are_used(kitchen: Clip) -> None:
    used = {row.phrasing for row in ask(kitchen)[0] if row.template == "camera_distance"}
    assert used == set(range(len(template("camera_distance").phrasings)))


def test_fewer_frames_can_be_shown(kitchen: Clip) -> None:
    rows, _ = ask(kitchen, QuestionSettings(frames=(3,)))
    assert {row.frames for row in rows} == {(0, 2, 5)}
    one, _ = ask(kitchen, QuestionSettings(frames=(1,)))
    assert {row.frames for row in one} == {(0,)}
    assert one[0].prompt.startswith("This is 1 frame of a walk through a house.\n")


def test_the_same_question_at_several_numbers_of_frames(kitchen: Clip) -> None:
    # The fridge is seen in frames 2 and 3 only: not with 1 frame (0), nor with 2 (0 and 5), but with 4.
    late = with_pixels(kitchen, "1|0", [0, 0, 500, 500, 0, 0])
    rows, _ = ask(late, QuestionSettings(frames=(1, 2, 4, 6)))
    of_fridge = [row for row in rows if row.template == "absolute_distance" and '"1|0"' in row.args]
    assert {len(row.frames) for row in of_fridge} == {4, 6}
    assert {row.answerable for row in of_fridge} == {(4, 8, 12, 16)}
    from_first = [row for row in rows if row.answerable == (1, 4, 8, 12, 16)]
    assert {len(row.frames) for row in from_first} == {1, 2, 4, 6}
    for asked in {row.question_id for row in rows}:
        same = [row for row in rows if row.question_id == asked]
        assert len({(row.phrasing, row.answer, row.args) for row in same}) == 1


def test_no_frames_are_an_input_error() -> None:
    with pytest.raises(InputError, match=r"frames is \(0,\) and rows_per_template 8; give at least 1"):
        QuestionSettings(frames=(0,))


def test_two_chairs_are_ambiguous_even_if_one_is_barely_seen(kitchen: Clip) -> None:
    assert reason(kitchen, "absolute_distance", Ask(("1|2", "1|0"))).startswith("ambiguous name: 2 things")
    barely = with_pixels(kitchen, "1|2", [1] * 6)
    assert reason(barely, "absolute_distance", Ask(("1|3", "1|0"))).startswith("ambiguous name")
    gone = with_pixels(kitchen, "1|2", [0] * 6)
    assert isinstance(solve(view(gone), template("absolute_distance"), Ask(("1|3", "1|0"))), Solved)


def test_the_ledger_lists_the_rejected_candidates(kitchen: Clip) -> None:
    _, rejections = ask(kitchen)
    reasons = Counter(rejection.reason for rejection in rejections)
    # Of each of the five templates: two chairs, one apple of 8 cm.
    assert (reasons["ambiguous name"], reasons["too small"]) == (10, 5)
    assert all("objects" in json.loads(rejection.args) for rejection in rejections)


@pytest.mark.parametrize(
    ("name", "question", "start"),
    [
        ("absolute_distance", Ask(("1|0", "1|0")), "same object twice"),
        ("absolute_distance", Ask(("1|0", "small|1|0")), "too small: 0.08 m"),
        ("absolute_distance", Ask(("small|1|1", "1|1")), "touching"),
        (
            "relative_distance",
            Ask(("1|4",), ("1|0", "small|1|1", "1|1", "1|5")),
            "too ambiguous: ahead by 0.13",
        ),
    ],
)
def test_refusals_name_their_reason(kitchen: Clip, name: str, question: Ask, start: str) -> None:
    assert reason(kitchen, name, question).startswith(start)


def test_a_pen_is_too_thin_to_ask_for(kitchen: Clip) -> None:
    pen = OrientedBox(np.array([0.5, 0.9, 4.6]), np.array([0.01, 0.01, 0.4]), np.eye(3))
    clip = with_box(kitchen, "1|0", pen)
    assert (
        reason(clip, "absolute_distance", Ask(("1|0", "1|1")))
        == "too small: 0.02 m, at least 0.2 m is needed"
    )


def test_invisible_objects_are_not_asked_about(kitchen: Clip) -> None:
    hidden = with_pixels(kitchen, "1|0", [63] * 6)
    rows, _ = ask(hidden)
    assert not any('"1|0"' in row.args or "fridge" in row.map for row in rows)
    assert reason(hidden, "absolute_distance", Ask(("1|0", "1|1"))).startswith("not visible")


def test_the_camera_frame_must_show_the_object(kitchen: Clip) -> None:
    clip = with_pixels(kitchen, "1|1", [0, 500, 0, 0, 0, 0])
    assert isinstance(solve(view(clip), template("camera_distance"), Ask(("1|1",), frames=(1,))), Solved)
    assert reason(clip, "camera_distance", Ask(("1|1",), frames=(2,))).startswith("not visible")


def test_a_clip_with_one_object_gives_camera_questions_only(kitchen: Clip) -> None:
    empty = kitchen
    for item in kitchen.objects[1:]:
        empty = with_pixels(empty, item.id, [0] * 6)
    rows, _ = ask(empty)
    assert {row.template for row in rows} == {"camera_distance"}


def test_a_map_too_coarse_for_the_number_rejects_the_question(kitchen: Clip) -> None:
    # The laptop is turned nowhere, but the garbage can by 30 degrees: its map box is 0.15 m wider.
    strict = template("absolute_distance").model_copy(
        update={"margins": template("absolute_distance").margins.model_copy(update={"map_score": 1.0})}
    )
    result = solve(view(kitchen), strict, Ask(("1|4", "1|1")))
    assert result == Refusal("map disagrees", "1.64 from the map, 1.77 from the clip")


@given(st.permutations(range(4)))
@settings(max_examples=24, deadline=None)
def test_permuting_options_permutes_the_letter(kitchen: Clip, order: list[int]) -> None:
    for name in ("relative_distance", "relative_distance_closest"):
        there = solved(kitchen, name, Ask((SOFA,), OPTIONS))
        options = tuple(OPTIONS[index] for index in order)
        here = solved(kitchen, name, Ask((SOFA,), options))
        assert options["ABCD".index(here.answer)] == OPTIONS["ABCD".index(there.answer)]


@given(yaw_deg=st.floats(-180, 180), x=st.floats(-50, 50), z=st.floats(-50, 50))
@settings(max_examples=20, deadline=None)
def test_no_row_changes_under_rigid_motion(kitchen: Clip, yaw_deg: float, x: float, z: float) -> None:
    assert ask(moved(kitchen, yaw_deg, x, z))[0] == ask(kitchen)[0]


def test_every_row_passes_both_checks(kitchen: Clip) -> None:
    for row in ask(kitchen)[0]:
        question, _ = parse_args(row.args)
        entries = tuple(parse_map(row.map) or ())
        on_map = answer_on_map(view(kitchen), template(row.template), question, entries)
        # 0.8 is 8 of the 10 thresholds.
        assert score_answer(on_map, row.answer, row.kind, row.options) >= 0.8 - 1e-9


def test_difficulty_is_the_weighted_sum_of_its_terms() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    easy = Features(
        2.0,
        1.0,
        involved=1,
        objects=0,
        frames=1,
        extent_m=0.0,
        covisibility=1.0,
        view_change_deg=0.0,
        steps=1,
        words=0,
    )
    hard = Features(
        0.0,
        0.0,
        involved=9,
        objects=90,
        frames=64,
        extent_m=40.0,
        covisibility=0.0,
        view_change_deg=180.0,
        steps=4,
        words=99,
    )
    assert (rate_difficulty(easy), rate_difficulty(hard)) == (0.0, 1.0)
    # Half of each: 3 is half way from 1 to 5, 4 frames are half of 16 on a log scale.
    half = Features(
        1.0,
        0.5,
        involved=3,
        objects=15,
        frames=4,
        extent_m=6.0,
        covisibility=0.5,
        view_change_deg=90.0,
        steps=1,
        words=20,
    )
    # Only the steps, at none of 0.15, are not half.
    assert rate_difficulty(half) == pytest.approx(0.5 - 0.15 / 2)
    assert rate_difficulty(replace(half, objects=20)) > rate_difficulty(half)


def test_features_are_stored_with_the_row(kitchen: Clip) -> None:
    row = ask(kitchen)[0][0]
    features = Features(**json.loads(row.features))
    assert rate_difficulty(features) == row.difficulty
    assert (features.margin, features.objects, features.frames) == (row.margin, 8, 6)
