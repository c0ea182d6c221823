"""Expected values are worked out by hand from the sizes in tests/synthetic.py.

The first camera stands at (2.0, 0.5) and looks along +z, so on the map the centres are: fridge (-1.5, 4.1),
table (0.5, 2.0), chair (-0.8, 2.0), can (2.6, 0.0), sofa (2.4, 3.7), laptop (0.9, 2.1).
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.house.agent import AGENT_RADIUS
from simgen.qa.question.solve import solve
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS, direction, occlusion, sectors, viewpoint
from simgen.qa.skills.facts import Ask, ChoiceFacts
from simgen.store.clips import Clip, Visibility
from tests.qa.real_clips import real_clips
from tests.qa.scenes import moved, template, whole_view
from tests.qa.skills.invariance import asks_of, assert_letters_follow, assert_same_answers

FRIDGE, TABLE, CHAIR, CAN, SOFA, LAPTOP = "1|0", "1|1", "1|2", "1|4", "1|5", "small|1|1"
GROUP = [*direction.SKILLS, *viewpoint.SKILLS, *occlusion.SKILLS]
QUADRANTS, HOURS = sectors.QUADRANTS.labels, sectors.HOURS.labels
BY_HAND = [
    # From fridge to sofa it is (3.9, -0.4), from can to table (-2.1, 2.0).
    ("vertical_direction", (FRIDGE, SOFA, TABLE, CAN), (0.0,), "back_left"),
    ("vertical_direction", (FRIDGE, SOFA, TABLE, CAN), (180.0,), "front_right"),
    ("vertical_direction", (SOFA, FRIDGE, TABLE, CAN), (180.0,), "back_left"),
    # Sofa to the right of fridge: the map's own axes, nearly.
    ("horizontal_direction", (FRIDGE, SOFA, TABLE, CAN), (90.0,), "front_left"),
    ("horizontal_direction", (FRIDGE, SOFA, TABLE, CAN), (270.0,), "back_right"),
    ("horizontal_direction", (FRIDGE, SOFA, CAN, TABLE), (90.0,), "back_right"),
    # From can to table it is (-2.1, 2.0), to sofa (-0.2, 3.7).
    ("left_or_right", (CAN, TABLE, SOFA), (), "right"),
    ("left_or_right", (CAN, SOFA, TABLE), (), "left"),
    # From table to sofa it is (1.9, 1.7), to can (2.1, -2.0), to fridge (-2.0, 2.1).
    ("left_right_or_back", (TABLE, SOFA, CAN), (), "right"),
    ("left_right_or_back", (TABLE, SOFA, FRIDGE), (), "left"),
    ("left_right_or_back", (TABLE, FRIDGE, CAN), (), "back"),
    ("quadrant", (TABLE, SOFA, CAN), (), "front_right"),
    ("quadrant", (TABLE, SOFA, FRIDGE), (), "back_left"),
    ("perspective", (TABLE, SOFA, CAN), (180.0,), "back_left"),
    # Sofa on the left: one looks along (1.7, -1.9), nearly straight at the can.
    ("perspective", (TABLE, SOFA, CAN), (270.0,), "front_left"),
    ("perspective", (TABLE, SOFA, CAN), (90.0,), "back_right"),
]


@pytest.mark.parametrize(("skill", "objects", "values", "label"), BY_HAND)
def test_directions_by_hand(
    kitchen: Clip, skill: str, objects: tuple[str, ...], values: tuple[float, ...], label: str
) -> None:
    ask = Ask(objects, SKILLS[skill].labels, values=values)
    facts = SKILLS[skill].facts(whole_view(kitchen), ask)
    assert isinstance(facts, ChoiceFacts), facts
    assert ask.options[facts.choice] == label


def test_margin_is_the_angle_to_the_nearest_border(kitchen: Clip) -> None:
    facts = direction.direction(whole_view(kitchen), Ask((TABLE, SOFA, CAN), QUADRANTS), sectors.QUADRANTS)
    assert isinstance(facts, direction.AxisFacts)
    # (1.9, 1.7) . (2.1, -2.0) = 0.59 ahead, 1.7 * 2.1 + 1.9 * 2.0 = 7.37 to the right.
    assert facts.bearing.turn_deg == pytest.approx(math.degrees(math.atan2(7.37, 0.59)))
    assert facts.margin == pytest.approx(90.0 - facts.bearing.turn_deg)
    assert facts.best == pytest.approx(45.0 - facts.margin)


def test_turn_from_sofa_to_can(kitchen: Clip) -> None:
    facts = direction.turn_to_face(whole_view(kitchen), Ask((TABLE, SOFA, CAN)))
    assert isinstance(facts, direction.TurnFacts)
    assert facts.value == pytest.approx(math.degrees(math.atan2(7.37, 0.59)))
    mirrored = direction.turn_to_face(whole_view(kitchen), Ask((TABLE, CAN, SOFA)))
    assert isinstance(mirrored, direction.TurnFacts)
    assert mirrored.value == pytest.approx(facts.value)


@pytest.mark.parametrize("objects", [(TABLE, LAPTOP, CAN), (TABLE, CAN, LAPTOP)])
def test_close_objects_have_no_direction(kitchen: Clip, objects: tuple[str, ...]) -> None:
    # The laptop's centre is sqrt(0.4^2 + 0.1^2) = 0.41 m from that of the table.
    facts = direction.turn_to_face(whole_view(kitchen), Ask(objects))
    assert isinstance(facts, Refusal)
    assert facts.kind == "too close"


@pytest.mark.parametrize(
    ("name", "target", "options", "label"),
    [
        ("camera_direction", FRIDGE, sectors.CARDINALS.labels, "front"),
        ("camera_direction", CAN, sectors.CARDINALS.labels, "right"),
        # (-1.5, 4.1) is atan2(-1.5, 4.1) = -20.1 degrees, 9.9 from 11 o'clock and 20.1 from 12.
        ("clock_direction", FRIDGE, HOURS, "11"),
        ("clock_direction", CAN, HOURS, "3"),
        ("clock_direction", SOFA, HOURS, "1"),
    ],
)
def test_directions_from_the_first_camera(
    kitchen: Clip, name: str, target: str, options: tuple[str, ...], label: str
) -> None:
    facts = SKILLS[name].facts(whole_view(kitchen), Ask((target,), options, frames=(0,)))
    assert isinstance(facts, ChoiceFacts), facts
    assert options[facts.choice] == label


@pytest.mark.parametrize(
    ("turn_deg", "label"), [(90.0, "front_left"), (180.0, "back_left"), (270.0, "back_right")]
)
def test_after_a_metre_and_a_turn(kitchen: Clip, turn_deg: float, label: str) -> None:
    # From (0, 1) it is (2.4, 2.7) to the sofa.
    ask = Ask((SOFA,), QUADRANTS, frames=(0,), values=(1.0, turn_deg))
    facts = SKILLS["after_walking"].facts(whole_view(kitchen), ask)
    assert isinstance(facts, viewpoint.ViewpointFacts), facts
    assert facts.stand == pytest.approx((0.0, 1.0))
    assert facts.label == label


def test_no_walk_into_the_table(kitchen: Clip) -> None:
    # Its edge is 1.55 m ahead.
    view = whole_view(kitchen)
    assert view.geometry.free_ahead[0] == pytest.approx(1.55 - AGENT_RADIUS)
    facts = SKILLS["after_walking"].facts(view, Ask((SOFA,), QUADRANTS, frames=(0,), values=(1.5, 90.0)))
    assert isinstance(facts, Refusal)
    assert facts.kind == "blocked"


def test_walks_end_at_the_walls_of_the_room(kitchen: Clip) -> None:
    bare = replace(kitchen, objects=())
    ahead = whole_view(replace(bare, visibility=no_visibility(kitchen))).geometry.free_ahead
    # From z = 0.5 it is 4.5 m to the wall at z = 5, but nobody is asked to walk more than 4 m.
    assert ahead[0] == pytest.approx(4.0)
    turned_back = moved_cameras(bare, 180.0)
    back = whole_view(replace(turned_back, visibility=no_visibility(kitchen))).geometry.free_ahead
    assert back[0] == pytest.approx(0.5 - AGENT_RADIUS)


OTHERS = (FRIDGE, SOFA, CAN, CHAIR)
EDGE_DEG = math.degrees(math.atan2(1.3, 1.55))
"""The rightmost corner of the table, as seen from the first camera."""


def test_the_sofa_is_behind_the_table(kitchen: Clip) -> None:
    # Its centre is at atan2(2.4, 3.7) = 33.0 degrees; the table reaches from -11.0 to 40.0.
    facts = occlusion.behind(whole_view(kitchen), Ask((TABLE,), OTHERS, frames=(0,)))
    assert isinstance(facts, occlusion.OcclusionFacts)
    assert OTHERS[facts.choice] == SOFA
    assert facts.margin == pytest.approx(EDGE_DEG - math.degrees(math.atan2(2.4, 3.7)))
    assert [line.fails for line in facts.lines] == ["left", "", "right", "left"]


def test_the_table_is_in_front_of_the_sofa(kitchen: Clip) -> None:
    options = (FRIDGE, CAN, TABLE, CHAIR)
    facts = occlusion.in_front(whole_view(kitchen), Ask((SOFA,), options, frames=(0,)))
    assert isinstance(facts, occlusion.OcclusionFacts)
    assert options[facts.choice] == TABLE
    assert facts.margin == pytest.approx(EDGE_DEG - math.degrees(math.atan2(2.4, 3.7)))


def test_an_object_at_the_same_distance_is_neither_in_front_nor_behind(kitchen: Clip) -> None:
    # The laptop stands on the table: 2.28 m against 2.06 m.
    options = (LAPTOP, SOFA, CAN, CHAIR)
    facts = occlusion.behind(whole_view(kitchen), Ask((TABLE,), options, frames=(0,)))
    assert isinstance(facts, occlusion.OcclusionFacts)
    assert facts.margin <= 0.0


@given(st.floats(-180.0, 180.0))
def test_a_turn_is_in_one_sector(turn_deg: float) -> None:
    for cut in (sectors.QUADRANTS, sectors.SIDES, sectors.CARDINALS, sectors.HOURS):
        sector = sectors.sector_of(cut, turn_deg)
        middle = 180.0 / len(cut.labels)
        assert 0.0 <= sector.margin_deg <= middle + 1e-9
        assert sector.off_deg == pytest.approx(middle - sector.margin_deg)


@pytest.mark.parametrize("turn_deg", [0.0, 90.0, 180.0, 270.0])
def test_quarter_turns_are_exact(turn_deg: float) -> None:
    # Ahead, to the right, back, to the left of somebody who looks along y.
    assert (
        sectors.turn_way((0.0, 2.0), turn_deg)
        == {
            0.0: (0.0, 2.0),
            90.0: (2.0, 0.0),
            180.0: (0.0, -2.0),
            270.0: (-2.0, 0.0),
        }[turn_deg]
    )


@settings(max_examples=5, deadline=None)
@given(st.floats(-180.0, 180.0), st.floats(-10.0, 10.0), st.floats(-10.0, 10.0))
def test_rigid_motion_changes_nothing(yaw_deg: float, shift_x: float, shift_z: float) -> None:
    clip = real_clips()[0]
    for name in GROUP:
        assert_same_answers(SKILLS[name], clip, moved(clip, yaw_deg, shift_x, shift_z), ASKS[name])


@pytest.mark.parametrize("name", GROUP)
def test_letters_follow_the_options(name: str) -> None:
    assert_letters_follow(SKILLS[name], real_clips()[0], ASKS[name])


def test_a_direction_near_a_border_is_refused(kitchen: Clip) -> None:
    # 4.6 degrees from straight to the right.
    solved = solve(
        whole_view(kitchen), template("relative_direction_hard"), Ask((TABLE, SOFA, CAN), QUADRANTS)
    )
    assert isinstance(solved, Refusal)
    assert solved.kind == "too ambiguous"


def no_visibility(clip: Clip) -> Visibility:
    """The visibility of a clip without objects."""
    empty = np.zeros((clip.frame_count, 0), dtype=np.uint32)
    return Visibility(empty, empty, np.zeros((clip.frame_count, 0, 4), dtype=np.uint16))


def moved_cameras(clip: Clip, yaw_deg: float) -> Clip:
    """The clip with its cameras turned in place."""
    turn = moved(clip, yaw_deg, 0.0, 0.0).world_from_camera
    poses = clip.world_from_camera.copy()
    poses[:, :3, :3] = turn[:, :3, :3]
    return replace(clip, world_from_camera=poses)


ASKS = {name: asks_of(SKILLS[name], real_clips()[0]) for name in GROUP}
