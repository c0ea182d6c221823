"""Rooms: areas, sides and counts worked out by hand, and the conditions for asking about them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgen.geometry.frames import camera_pose
from simgen.qa.question.map import question_map
from simgen.qa.question.solve import Solved, solve
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask, ChoiceFacts, Facts, NumberFacts
from simgen.qa.view.needs import Needs
from simgen.qa.view.view import View
from simgen.store.clips import Clip
from tests.qa.scenes import template, whole_view, with_pixels
from tests.qa.skills.flat import FURNITURE, Thing, flat, mirrored_flat, moved_flat
from tests.qa.skills.invariance import assert_letters_follow, assert_same_answers

KITCHEN, BEDROOM = Ask(rooms=("room|1",)), Ask(rooms=("room|2",))
BOTH = Ask(options=("room|1", "room|2"))
TYPES = ("LivingRoom", "Bedroom", "Bathroom", "Kitchen")
VASE = Ask(objects=("Vase|2",), options=TYPES)
TOGETHER = Ask(objects=("Chair|4",), options=("Vase|2", "HousePlant|5", "GarbageCan|1"))
INTO_KITCHEN, INTO_BEDROOM = (0, 1), (2, 4)


def facts_of(skill: str, view: View, ask: Ask) -> Facts | Refusal:
    return SKILLS[skill].facts(view, ask)


def number(skill: str, view: View, ask: Ask) -> float:
    facts = facts_of(skill, view, ask)
    assert isinstance(facts, NumberFacts), facts
    return facts.value


def option(skill: str, view: View, ask: Ask) -> str:
    facts = facts_of(skill, view, ask)
    assert isinstance(facts, ChoiceFacts), facts
    return ask.options[facts.choice]


def reason(skill: str, view: View, ask: Ask) -> str:
    facts = facts_of(skill, view, ask)
    assert isinstance(facts, Refusal), facts
    return facts.kind


def test_areas_are_those_of_the_floors(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen))
    assert number("room_area", view, KITCHEN) == pytest.approx(25.0)
    assert number("room_area", view, BEDROOM) == pytest.approx(16.0)
    assert number("shown_area", view, Ask()) == pytest.approx(41.0)
    assert number("shown_room_count", view, Ask()) == 2.0
    assert number("room_side", view, KITCHEN) == pytest.approx(5.0)
    assert option("largest_room", view, BOTH) == "room|1"
    assert option("largest_room", view, replace(BOTH, options=BOTH.options[::-1])) == "room|1"


def test_only_rooms_that_are_shown_count(kitchen: Clip) -> None:
    clip = flat(kitchen)
    assert number("shown_area", whole_view(clip, INTO_KITCHEN), Ask()) == pytest.approx(25.0)
    # The second look into the bedroom sees through the door; into the kitchen's corner it does not.
    assert number("shown_area", whole_view(clip, INTO_BEDROOM), Ask()) == pytest.approx(16.0)
    assert reason("shown_area", whole_view(clip, (3,)), Ask()) == "partly shown"
    assert reason("room_area", whole_view(clip, INTO_KITCHEN), BEDROOM) == "not shown"


def test_a_closed_door_is_opaque(kitchen: Clip) -> None:
    closed = whole_view(flat(kitchen, door={"openness": 0.0}), (3,))
    assert closed.room_shares[0] == 0.0
    assert number("shown_area", closed, Ask()) == pytest.approx(16.0)


def test_a_wall_hides_what_is_in_the_picture(kitchen: Clip) -> None:
    # From outside the kitchen, looking at it through its wall.
    pose = camera_pose(np.array([2.5, 1.5, -3.0]), 0.0, 0.0)
    clip = replace(flat(kitchen), world_from_camera=np.stack([pose] * 6))
    assert whole_view(clip, (0,)).room_shares == (0.0, 0.0)


def test_a_room_is_named_only_if_an_object_in_view_identifies_it(kitchen: Clip) -> None:
    unseen = with_pixels(flat(kitchen), "Bed|3", [0] * 6)
    assert reason("room_area", whole_view(unseen), BEDROOM) == "nondescript"
    assert number("room_area", whole_view(unseen), KITCHEN) == pytest.approx(25.0)


def test_two_rooms_of_one_kind_are_not_named(kitchen: Clip) -> None:
    clip = flat(kitchen)
    kitchens = replace(clip, rooms=tuple(replace(room, type="Kitchen") for room in clip.rooms))
    assert reason("room_area", whole_view(kitchens), KITCHEN) == "ambiguous name"


def test_a_room_with_an_open_side_is_not_measured(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen, open_side=True))
    assert reason("room_area", view, KITCHEN) == "open side"
    assert reason("shown_room_count", view, Ask()) == "open side"
    assert number("shown_area", view, Ask()) == pytest.approx(41.0)
    assert reason("shown_area", whole_view(flat(kitchen, open_side=True), (0,)), Ask()) == "open side"


def test_an_object_is_in_the_room_of_its_centre(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen))
    assert option("room_of_object", view, VASE) == "Kitchen"
    assert option("same_room", view, TOGETHER) == "HousePlant|5"
    facts = facts_of("room_of_object", view, VASE)
    assert isinstance(facts, ChoiceFacts)
    assert facts.margin == pytest.approx(3.8)  # from x = 1.2 to the wall at x = 5
    assert reason("room_of_object", view, replace(VASE, options=("Bathroom", "LivingRoom"))) == "unknown room"


def test_an_object_near_an_open_side_has_no_certain_room(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen, open_side=True))
    assert reason("same_room", view, TOGETHER) == "open side"  # the chair stands at x = 5.6
    assert option("room_of_object", view, VASE) == "Kitchen"


def test_another_object_must_identify_the_room(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen))
    assert reason("room_of_object", view, Ask(objects=("Fridge|0",), options=TYPES)) == "nondescript"


def test_maps_contain_the_rooms_and_give_the_same_answers(kitchen: Clip) -> None:
    view = whole_view(flat(kitchen))
    asked = {
        "room_area": KITCHEN,
        "room_size": Ask(),
        "room_side": BEDROOM,
        "room_count": Ask(),
        "largest_room": BOTH,
        "room_of_object": VASE,
        "same_room": TOGETHER,
    }
    answers = {}
    for name, ask in asked.items():
        solved = solve(view, template(name), ask)
        assert isinstance(solved, Solved), (name, solved)
        answers[name] = solved.answer
    assert answers == {
        "room_area": "25.0",
        "room_size": "41.0",
        "room_side": "4.00",
        "room_count": "2",
        "largest_room": "A",
        "room_of_object": "D",
        "same_room": "B",
    }
    entries = {entry.name: entry for entry in question_map(view, SKILLS["room_area"], KITCHEN)}
    # The first camera stands at (2.5, 0.3) and looks along z.
    assert entries["kitchen"].outline == ((-2.5, -0.3), (2.5, -0.3), (2.5, 4.7), (-2.5, 4.7))
    assert "bedroom" not in entries


def test_candidates_are_about_rooms_that_are_shown(kitchen: Clip) -> None:
    view, rng = whole_view(flat(kitchen), INTO_KITCHEN), np.random.default_rng(0)
    assert list(SKILLS["room_area"].candidates(view, Needs(), rng)) == [KITCHEN]
    assert list(SKILLS["largest_room"].candidates(view, Needs(), rng)) == []
    both = list(SKILLS["largest_room"].candidates(whole_view(flat(kitchen)), Needs(), rng))
    assert [set(ask.options) for ask in both] == [set(BOTH.options)]


asks = st.sampled_from(
    [
        ("room_area", BEDROOM),
        ("shown_area", Ask()),
        ("room_side", KITCHEN),
        ("largest_room", BOTH),
        ("room_of_object", VASE),
        ("same_room", TOGETHER),
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asks, st.floats(-180, 180), st.floats(-9, 9), st.floats(-9, 9))
def test_moving_and_mirroring_change_nothing(
    kitchen: Clip, asked: tuple[str, Ask], yaw_deg: float, shift_x: float, shift_z: float
) -> None:
    skill, ask = SKILLS[asked[0]], asked[1]
    clip = flat(kitchen)
    assert_same_answers(skill, clip, moved_flat(clip, yaw_deg, shift_x, shift_z), [ask])
    assert_same_answers(skill, clip, mirrored_flat(clip), [ask])
    assert_letters_follow(skill, clip, [ask])


def test_doors_move_with_the_house(kitchen: Clip) -> None:
    clip = flat(kitchen)
    here, there = (whole_view(c).geometry.plan.passages[0] for c in (clip, moved_flat(clip, 77.0, 3.0, -2.0)))
    assert there.ends == pytest.approx(here.ends)


def test_more_furniture_hides_no_room(kitchen: Clip) -> None:
    screen: Thing = ("ShelvingUnit", 2.5, 2.5, 3.0, 0.3)
    bare, full = (whole_view(flat(kitchen, things)) for things in (FURNITURE, (*FURNITURE, screen)))
    assert bare.room_shares == full.room_shares
