"""Walks and route plans: lengths and turns worked out by hand, and the conditions for asking about them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgen.qa.question.map import question_map
from simgen.qa.question.solve import Solved, solve
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask, ChoiceFacts, Facts
from simgen.qa.skills.route import RouteFacts
from simgen.qa.skills.walking import NearestOnFootFacts, WalkFacts
from simgen.qa.view.needs import Needs
from simgen.qa.view.view import View
from simgen.store.clips import Clip
from tests.qa.scenes import template, whole_view, with_pixels
from tests.qa.skills.flat import FURNITURE, Thing, flat, mirrored_flat, moved_flat
from tests.qa.skills.invariance import assert_letters_follow

CAN_TO_CHAIR = Ask(objects=("GarbageCan|1", "Chair|4"))
THROUGH_DOOR_M = 1.34 + math.hypot(0.4, 0.52) + 0.39
"""From beside the can along the wall, whose end at z = 2.04 keeps one 0.2 m off, to (4.8, 2.24); past the
other end, (5.2, 2.76); and on to the chair's surroundings, which begin at z = 3.15."""

SQUARE: tuple[Thing, ...] = (
    ("GarbageCan", 1.0, 1.0, 0.4, 0.4),
    ("Fridge", 1.0, 4.0, 0.4, 0.4),
    ("Chair", 4.0, 4.0, 0.4, 0.4),
    ("Vase", 4.0, 1.0, 0.4, 0.4),
)
"""Four objects at the corners of a square in the kitchen."""
NAMES = ("GarbageCan|0", "Fridge|1", "Chair|2", "Vase|3")
TURNS = ("TurnLeft,TurnLeft", "TurnRight,TurnRight", "TurnRight,TurnLeft", "TurnBack,TurnRight")
ROUND = Ask(objects=NAMES, options=TURNS)


def facts_of(skill: str, view: View, ask: Ask) -> Facts | Refusal:
    return SKILLS[skill].facts(view, ask)


def length(view: View, ask: Ask) -> float:
    facts = facts_of("walk_from_camera" if ask.frames else "walking_distance", view, ask)
    assert isinstance(facts, WalkFacts), facts
    assert sum(leg.length for leg in facts.legs) == pytest.approx(facts.value)
    return facts.value


def reason(skill: str, view: View, ask: Ask) -> str:
    facts = facts_of(skill, view, ask)
    assert isinstance(facts, Refusal), facts
    return facts.kind


def turns(skill: str, view: View, ask: Ask) -> str:
    facts = facts_of(skill, view, ask)
    assert isinstance(facts, RouteFacts), facts
    return ask.options[facts.choice]


def test_a_walk_leads_through_the_door(kitchen: Clip) -> None:
    assert length(whole_view(flat(kitchen)), CAN_TO_CHAIR) == pytest.approx(THROUGH_DOOR_M, abs=1e-3)


@pytest.mark.parametrize(
    "door",
    [
        {"openness": 0.0},
        {"room1": "room|1"},  # leads outside
        {
            "holePolygon": [{"x": 2.0, "y": 0.0, "z": 0.0}, {"x": 2.47, "y": 2.1, "z": 0.0}]
        },  # 0.39 m between posts
    ],
)
def test_no_walk_leads_through_a_closed_or_narrow_door(kitchen: Clip, door: dict[str, object]) -> None:
    assert reason("walking_distance", whole_view(flat(kitchen, door=door)), CAN_TO_CHAIR) == "out of reach"


@pytest.mark.parametrize(("hole_m", "passable"), [(0.43 + 0.08, False), (0.49 + 0.08, True)])
def test_no_walk_depends_on_a_gap_of_the_walkers_width(kitchen: Clip, hole_m: float, passable: bool) -> None:
    hole = [{"x": 2.0, "y": 0.0, "z": 0.0}, {"x": 2.0 + hole_m, "y": 2.1, "z": 0.0}]
    found = facts_of("walking_distance", whole_view(flat(kitchen, door={"holePolygon": hole})), CAN_TO_CHAIR)
    if passable:
        assert isinstance(found, WalkFacts)
    else:
        assert isinstance(found, Refusal)
        assert found.kind == "tight"
        assert found.detail.endswith("nan m for who is 0.46 m wide")


def test_a_doorframe_without_a_leaf_is_always_open(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen, door={"openness": 0.0, "openable": False}))
    assert length(view, CAN_TO_CHAIR) == pytest.approx(THROUGH_DOOR_M, abs=1e-3)


def test_a_walk_may_cross_an_open_side_anywhere(kitchen: Clip) -> None:
    # From (5.0, 0.9), the corner of the can's surroundings, straight to (5.15, 3.15), that of the chair's.
    view = whole_view(flat(kitchen, open_side=True))
    assert length(view, CAN_TO_CHAIR) == pytest.approx(math.hypot(0.15, 2.25), abs=1e-3)


def test_a_walk_from_where_a_frame_was_taken(kitchen: Clip) -> None:
    # Frame 0 is taken at (2.5, 0.3); the vase's surroundings reach to x = 1.55.
    assert length(whole_view(flat(kitchen)), Ask(objects=("Vase|2",), frames=(0,))) == pytest.approx(
        0.95, abs=1e-3
    )


def test_hanging_and_flat_objects_are_no_obstacles(kitchen: Clip) -> None:
    clip = flat(kitchen, (*FURNITURE, ("ShelvingUnit", 4.9, 1.6, 0.2, 1.0)))
    around = length(whole_view(clip), CAN_TO_CHAIR)
    assert around > THROUGH_DOOR_M + 0.1
    for shift, height in ((1.9, 0.5), (0.02, 0.02)):  # above 1.8 m, and thinner than 5 cm
        box = replace(clip.objects[-1].box, center=np.array([4.9, shift + height / 2.0, 1.6]))
        box = replace(box, half_extents=np.array([0.1, height / 2.0, 0.5]))
        if height < 0.05:
            box = replace(box, center=np.array([4.9, height / 2.0, 1.6]))
        other = replace(clip, objects=(*clip.objects[:-1], replace(clip.objects[-1], box=box)))
        assert length(whole_view(other), CAN_TO_CHAIR) == pytest.approx(THROUGH_DOOR_M, abs=1e-3)


def test_a_walk_around_an_unseen_obstacle_is_refused(kitchen: Clip) -> None:
    clip = flat(kitchen, (*FURNITURE, ("ShelvingUnit", 4.9, 1.6, 0.2, 1.0)))
    hidden = with_pixels(clip, "ShelvingUnit|6", [0] * 6)
    assert reason("walking_distance", whole_view(hidden), CAN_TO_CHAIR) == "unseen obstacle"
    # One that is not in the way does not.
    aside = with_pixels(clip, "Fridge|0", [0] * 6)
    assert length(whole_view(aside), CAN_TO_CHAIR) == length(whole_view(clip), CAN_TO_CHAIR)


def test_a_walk_over_unseen_floor_is_refused(kitchen: Clip) -> None:
    assert reason("walking_distance", whole_view(flat(kitchen), (2, 4)), CAN_TO_CHAIR) == "unseen floor"


def test_the_nearest_on_foot_is_not_the_nearest_in_a_straight_line(kitchen: Clip) -> None:
    # Beyond the wall the bed is nearest to the can: 2.2 m by air, but the door is far.
    ask = Ask(objects=("GarbageCan|1",), options=("Bed|3", "Vase|2", "Chair|4", "Fridge|0"))
    facts = facts_of("nearest_on_foot", whole_view(flat(kitchen)), ask)
    assert isinstance(facts, NearestOnFootFacts)
    assert ask.options[facts.choice] == "Chair|4"
    assert facts.best == pytest.approx(THROUGH_DOOR_M, abs=1e-3)
    # To the vase, straight along the kitchen's wall: from x = 4.2 to 1.55.
    assert facts.walks[1].value == pytest.approx(2.65, abs=1e-3)
    assert facts.margin == pytest.approx(2.65 - THROUGH_DOOR_M, abs=1e-3)


def test_the_map_of_a_walk_contains_its_rooms_and_doors(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen))
    solved = solve(view, template("walking_distance"), CAN_TO_CHAIR)
    assert isinstance(solved, Solved), solved
    assert solved.answer == "2.39"
    entries = {entry.name: entry for entry in solved.map}
    assert entries["door"].bbox == (2.5, 1.7, 2.5, 2.7)
    assert entries["bedroom"].outline == ((2.5, -0.3), (6.5, -0.3), (6.5, 3.7), (2.5, 3.7))
    inside = question_map(view, SKILLS["walking_distance"], Ask(objects=("Bed|3", "Chair|4")))
    assert "kitchen" not in {entry.name for entry in inside}


def test_turns_round_a_square(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen, SQUARE))
    facts = facts_of("route_plan", view, ROUND)
    assert isinstance(facts, RouteFacts)
    assert ROUND.options[facts.choice] == "TurnRight,TurnRight"
    # Half a metre below the fridge, at (1, 3.3), the chair lies (3, 0.7) away.
    first = math.degrees(math.atan2(3.0, 0.7))
    stop = 1.0 + 2.3, 3.3 + 0.7 * 2.3 / 3.0
    second = math.degrees(math.atan2(4.0 - stop[0], 1.0 - stop[1])) - first
    assert [turn.angle_deg for turn in facts.turns] == pytest.approx([first, second], abs=1e-2)
    assert facts.margin == pytest.approx(min(first - 45.0, 135.0 - second), abs=1e-2)
    left = replace(ROUND, objects=(NAMES[3], NAMES[2], NAMES[1], NAMES[0]))
    assert turns("route_plan", view, left) == "TurnLeft,TurnLeft"


def test_turning_before_the_first_step(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen, SQUARE))
    ask = replace(ROUND, objects=(NAMES[0], NAMES[1], NAMES[3], NAMES[2]))
    # Beside the can, facing the fridge; the vase is to the right, and from it the chair to the left.
    assert turns("route_plan_turning_first", view, ask) == "TurnRight,TurnLeft"


def test_turning_back(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen, SQUARE))
    ask = Ask(objects=(NAMES[2], NAMES[1], NAMES[3]), options=("TurnBack", "TurnLeft", "TurnRight"))
    # West to (1.7, 4.0), then south-east to the vase, (2.3, -3) away: a turn of nearly 135 degrees.
    facts = facts_of("route_plan_one_turn", view, ask)
    assert isinstance(facts, RouteFacts)
    assert facts.margin == pytest.approx(135.0 - (90.0 + math.degrees(math.atan2(2.3, 3.0))), abs=1e-2)
    back = whole_view(flat(kitchen, (*SQUARE[:3], ("Vase", 4.0, 2.9, 0.4, 0.4))))
    assert turns("route_plan_one_turn", back, ask) == "TurnBack"


def test_a_route_from_where_a_frame_was_taken(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen, SQUARE))
    # At (2.5, 0.3) facing along z: the can is to the left, at (-1.5, 0.7); from it the fridge to the right.
    ask = Ask(objects=(NAMES[0], NAMES[1]), options=(*TURNS, "TurnLeft,TurnRight"), frames=(0,))
    assert turns("route_plan_from_camera", view, ask) == "TurnLeft,TurnRight"


def test_a_leg_through_an_obstacle_is_refused(kitchen: Clip) -> None:
    screen: Thing = ("ShelvingUnit", 2.5, 4.0, 0.2, 1.0)
    assert reason("route_plan", whole_view(flat(kitchen, (*SQUARE, screen))), ROUND) == "not walkable"


def test_a_route_needs_its_turns_among_the_options(kitchen: Clip) -> None:
    ask = replace(ROUND, options=("TurnLeft,TurnLeft", "TurnBack,TurnBack"))
    assert reason("route_plan", whole_view(flat(kitchen, SQUARE)), ask) == "not offered"


@pytest.mark.parametrize(
    "name", ["route_plan", "route_plan_turning_first", "route_plan_one_turn", "route_plan_from_camera"]
)
def test_every_proposed_route_is_walkable(kitchen: Clip, name: str) -> None:
    view = whole_view(flat(kitchen, SQUARE))
    found = list(SKILLS[name].candidates(view, Needs(), np.random.default_rng(0)))
    assert found
    assert len(set(found)) == len(found)
    for ask in found:
        facts = facts_of(name, view, ask)
        assert isinstance(facts, ChoiceFacts), facts
        assert facts.margin >= 15.0
        assert len(set(ask.options)) == len(ask.options) == (3 if name == "route_plan_one_turn" else 4)


asks = st.sampled_from(
    [
        ("route_plan", ROUND, SQUARE),
        ("walking_distance", CAN_TO_CHAIR, FURNITURE),
        ("walk_from_camera", Ask(objects=("Bed|3",), frames=(1,)), FURNITURE),
        ("nearest_on_foot", Ask(("GarbageCan|1",), ("Bed|3", "Vase|2", "Chair|4", "Fridge|0")), FURNITURE),
    ]
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asks, st.floats(-180, 180), st.floats(-9, 9), st.floats(-9, 9))
def test_moving_changes_nothing_and_mirroring_swaps_left_and_right(
    kitchen: Clip, asked: tuple[str, Ask, tuple[Thing, ...]], yaw_deg: float, shift_x: float, shift_z: float
) -> None:
    skill, ask, things = SKILLS[asked[0]], asked[1], asked[2]
    clip = flat(kitchen, things)
    moved, mirrored = whole_view(moved_flat(clip, yaw_deg, shift_x, shift_z)), whole_view(mirrored_flat(clip))
    here, there, swapped = (skill.facts(view, ask) for view in (whole_view(clip), moved, mirrored))
    for other in (there, swapped):
        assert type(other) is type(here)
    if isinstance(here, WalkFacts) and isinstance(there, WalkFacts) and isinstance(swapped, WalkFacts):
        assert [there.value, swapped.value] == pytest.approx([here.value] * 2, abs=1e-4)
    if isinstance(here, ChoiceFacts) and isinstance(there, ChoiceFacts) and isinstance(swapped, ChoiceFacts):
        assert (there.margin, swapped.margin) == pytest.approx((here.margin, here.margin), abs=2e-3)
        assert there.choice == here.choice
        same = ask.options[here.choice]
        expected = "TurnLeft,TurnLeft" if same == "TurnRight,TurnRight" else same
        assert ask.options[swapped.choice] == expected


def test_letters_follow_the_options(kitchen: Clip) -> None:
    assert_letters_follow(SKILLS["route_plan"], flat(kitchen, SQUARE), [ROUND])


def test_the_map_gives_the_same_turns(kitchen: Clip) -> None:
    solved = solve(whole_view(flat(kitchen, SQUARE)), template("route_plan"), ROUND)
    assert isinstance(solved, Solved), solved
    assert solved.answer == "B"
