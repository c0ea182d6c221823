import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.errors import InputError
from simgen.qa.difficulty import WEIGHTS, Features, difficulty
from simgen.qa.facts import Ask
from simgen.qa.generate import QuestionSettings, generate_questions
from simgen.qa.solve import Solved, answer_on_map, solve
from simgen.qa.templates import bundled_template_ids, load_templates
from simgen.qa.view import View, VisibilityRule, view_of
from simgen.scoring import format_score, parse_map, score_answer, split_response
from simgen.store.clips import Clip
from simgen.store.rows import Rejection, Row
from simgen.types import OrientedBox
from tests.qa.scenes import moved, template, with_box, with_pixels

ALL = load_templates(["distance"])
SOFA, OPTIONS = "1|5", ("1|0", "small|1|1", "1|1", "1|4")


def ask(
    clip: Clip, question_settings: QuestionSettings | None = None, seed: int = 0
) -> tuple[list[Row], list[Rejection]]:
    rng = np.random.default_rng(seed)
    return generate_questions(clip, "kitchens", ALL, question_settings or QuestionSettings(), rng)


def view(clip: Clip) -> View:
    return view_of(clip, (0, 1, 2, 3, 4, 5), VisibilityRule(64, 0.1))


def solved(clip: Clip, name: str, question: Ask) -> Solved:
    result = solve(view(clip), template(name), question)
    assert isinstance(result, Solved), result
    return result


def reason(clip: Clip, name: str, question: Ask) -> str:
    result = solve(view(clip), template(name), question)
    assert isinstance(result, str), result
    return result


def test_every_template_asks_something(kitchen: Clip) -> None:
    rows, _ = ask(kitchen)
    assert {row.template for row in rows} == set(bundled_template_ids())
    assert max(Counter(row.template for row in rows).values()) <= QuestionSettings().rows_per_template


def test_ids_are_unique_and_tell_where_a_row_is_from(kitchen: Clip) -> None:
    rows, _ = ask(kitchen)
    assert rows[0].id == "kitchen-absolute_distance-000"
    assert len({row.id for row in rows}) == len(rows)
    assert {(row.clip, row.dataset, row.split) for row in rows} == {("kitchen", "kitchens", "train")}


def test_no_question_twice(kitchen: Clip) -> None:
    rows, _ = ask(kitchen)
    asked = [(row.template, frozenset(json.loads(row.args)["objects"]), row.args[-80:]) for row in rows]
    assert len(asked) == len(set(asked))


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(kitchen: Clip) -> None:
    assert ask(kitchen, seed=1) == ask(kitchen, seed=1)
    assert ask(kitchen, seed=1)[0] != ask(kitchen, seed=2)[0]


def test_rows_of_a_template_do_not_depend_on_the_other_templates(kitchen: Clip) -> None:
    alone, _ = generate_questions(
        kitchen, "kitchens", [template("camera_distance")], QuestionSettings(), np.random.default_rng(0)
    )
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
    entries = solved(kitchen, "camera_distance", Ask(("1|1",), frame=3)).map
    assert (entries[-1].name, entries[-1].bbox) == ("camera", (0.0, 0.3, 0.0, 0.3))


def test_phrasings_take_turns(kitchen: Clip) -> None:
    used = Counter(row.phrasing for row in ask(kitchen)[0] if row.template == "absolute_distance")
    assert max(used.values()) - min(used.values()) <= 1
    assert len(used) == 4


def test_answers_and_objects_are_spread(kitchen: Clip) -> None:
    rows = [row for row in ask(kitchen)[0] if row.template == "camera_distance"]
    objects = Counter(json.loads(row.args)["objects"][0] for row in rows)
    assert max(objects.values()) - min(objects.values()) <= 1


def test_fewer_frames_can_be_shown(kitchen: Clip) -> None:
    rows, _ = ask(kitchen, QuestionSettings(frames=3))
    assert {row.frames for row in rows} == {(0, 2, 5)}
    one, _ = ask(kitchen, QuestionSettings(frames=1))
    assert {row.frames for row in one} == {(0,)}
    assert one[0].prompt.startswith("This is 1 frame of a walk through a house.\n")


def test_no_frames_are_an_input_error() -> None:
    with pytest.raises(InputError, match="frames is 0 and rows_per_template 8; give at least 1"):
        QuestionSettings(frames=0)


def test_two_chairs_are_ambiguous_even_if_one_is_barely_seen(kitchen: Clip) -> None:
    assert reason(kitchen, "absolute_distance", Ask(("1|2", "1|0"))).startswith("ambiguous name: 2 things")
    barely = with_pixels(kitchen, "1|2", [1] * 6)
    assert reason(barely, "absolute_distance", Ask(("1|3", "1|0"))).startswith("ambiguous name")
    gone = with_pixels(kitchen, "1|2", [0] * 6)
    assert isinstance(solve(view(gone), template("absolute_distance"), Ask(("1|3", "1|0"))), Solved)


def test_the_ledger_names_what_was_rejected(kitchen: Clip) -> None:
    _, rejections = ask(kitchen)
    reasons = Counter(rejection.reason for rejection in rejections)
    # Of each of the five templates: two chairs, one apple of 8 cm.
    assert (reasons["ambiguous name"], reasons["too small"]) == (10, 5)
    assert all(json.loads(rejection.args)["objects"] for rejection in rejections)


@pytest.mark.parametrize(
    ("name", "question", "start"),
    [
        ("absolute_distance", Ask(("1|0", "1|0")), "same object twice"),
        ("absolute_distance", Ask(("1|0", "small|1|0")), "too small: 0.08 m"),
        ("absolute_distance", Ask(("small|1|1", "1|1")), "touching"),
        (
            "relative_distance",
            Ask(("1|4", "1|0", "small|1|1", "1|1", "1|5")),
            "too ambiguous: ahead by 0.13 m",
        ),
    ],
)
def test_reasons(kitchen: Clip, name: str, question: Ask, start: str) -> None:
    assert reason(kitchen, name, question).startswith(start)


def test_a_pen_is_too_thin_to_ask_for(kitchen: Clip) -> None:
    pen = OrientedBox(np.array([0.5, 0.9, 4.6]), np.array([0.01, 0.01, 0.4]), np.eye(3))
    clip = with_box(kitchen, "1|0", pen)
    assert (
        reason(clip, "absolute_distance", Ask(("1|0", "1|1")))
        == "too small: 0.02 m, at least 0.2 m is needed"
    )


def test_what_is_not_visible_is_not_asked(kitchen: Clip) -> None:
    hidden = with_pixels(kitchen, "1|0", [63] * 6)
    rows, _ = ask(hidden)
    assert not any('"1|0"' in row.args or "fridge" in row.map for row in rows)
    assert reason(hidden, "absolute_distance", Ask(("1|0", "1|1"))).startswith("not visible")


def test_the_camera_frame_must_show_the_object(kitchen: Clip) -> None:
    clip = with_pixels(kitchen, "1|1", [0, 500, 0, 0, 0, 0])
    assert isinstance(solve(view(clip), template("camera_distance"), Ask(("1|1",), frame=1)), Solved)
    assert reason(clip, "camera_distance", Ask(("1|1",), frame=2)).startswith("not visible")


def test_a_scene_with_too_little_to_ask_about_says_so(kitchen: Clip) -> None:
    empty = kitchen
    for item in kitchen.objects[1:]:
        empty = with_pixels(empty, item.id, [0] * 6)
    rows, rejections = ask(empty)
    assert {row.template for row in rows} == {"camera_distance"}
    assert (
        Counter((r.reason, r.detail) for r in rejections)["too few objects", "1 can be named, 5 are needed"]
        == 2
    )


def test_a_map_too_coarse_for_the_number_rejects_the_question(kitchen: Clip) -> None:
    # The laptop is turned nowhere, but the garbage can by 30 degrees: its map box is 0.15 m wider.
    strict = template("absolute_distance").model_copy(
        update={"margins": template("absolute_distance").margins.model_copy(update={"map_score": 1.0})}
    )
    result = solve(view(kitchen), strict, Ask(("1|4", "1|1")))
    assert result == "map disagrees: 1.64 from the map, 1.77 from the clip"


@given(st.permutations(range(4)))
@settings(max_examples=24, deadline=None)
def test_permuting_options_permutes_the_letter(kitchen: Clip, order: list[int]) -> None:
    for name in ("relative_distance", "relative_distance_closest"):
        there = solved(kitchen, name, Ask((SOFA, *OPTIONS)))
        options = tuple(OPTIONS[index] for index in order)
        here = solved(kitchen, name, Ask((SOFA, *options)))
        assert options["ABCD".index(here.answer)] == OPTIONS["ABCD".index(there.answer)]


@given(yaw_deg=st.floats(-180, 180), x=st.floats(-50, 50), z=st.floats(-50, 50))
@settings(max_examples=20, deadline=None)
def test_no_row_changes_under_rigid_motion(kitchen: Clip, yaw_deg: float, x: float, z: float) -> None:
    assert ask(moved(kitchen, yaw_deg, x, z))[0] == ask(kitchen)[0]


def test_both_laws_hold_for_every_row(kitchen: Clip) -> None:
    for row in ask(kitchen)[0]:
        names = [entry.name for entry in parse_map(row.map) or ()]
        ids = json.loads(row.args)["objects"]
        asked = [names[[seen.object.id for seen in view(kitchen).seen].index(object_id)] for object_id in ids]
        asked = ["camera", *asked] if row.template == "camera_distance" else asked
        on_map = answer_on_map(template(row.template), parse_map(row.map) or (), asked)
        # 0.8 is 8 of the 10 thresholds.
        assert score_answer(on_map, row.answer, row.kind, row.options) >= 0.8 - 1e-9


def test_difficulty_is_the_weighted_sum_of_its_terms() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    easy = Features(margin=2.0, slack=1.0, objects=0, frames=1, extent_m=0.0, covisibility=1.0)
    hard = Features(margin=0.0, slack=0.0, objects=90, frames=64, extent_m=40.0, covisibility=0.0)
    assert (difficulty(easy), difficulty(hard)) == (0.0, 1.0)
    # Half the slack, 15 of 30 objects, 4 of 16 frames on a log scale, 6 of 12 m, half together: all halves.
    half = Features(margin=1.0, slack=0.5, objects=15, frames=4, extent_m=6.0, covisibility=0.5)
    assert difficulty(half) == 0.5
    assert difficulty(replace(half, objects=20)) > difficulty(half)


def test_features_are_stored_with_the_row(kitchen: Clip) -> None:
    row = ask(kitchen)[0][0]
    features = Features(**json.loads(row.features))
    assert difficulty(features) == row.difficulty
    assert (features.margin, features.objects, features.frames) == (row.margin, 8, 6)
