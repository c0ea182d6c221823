"""Expected values are worked out by hand; for the positions of the objects see test_direction.py."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.geometry.frames import camera_pose
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS, egomotion, sectors
from simgen.qa.skills.facts import Ask, ChoiceFacts
from simgen.store.clips import Clip
from tests.qa.real_clips import real_clips
from tests.qa.scenes import moved, whole_view, with_pixels
from tests.qa.skills.invariance import asks_of, assert_letters_follow, assert_same_answers

CAN = "1|4"
QUADRANTS, SIDES, CHANGES = sectors.QUADRANTS.labels, sectors.SIDES.labels, egomotion.CHANGES
WALK = real_clips()[0]


@pytest.fixture(scope="module")
def moving(kitchen: Clip) -> Clip:
    """The kitchen with a camera that moves from (0, 0) to (1.5, 2.0) on the map and turns left by 60
    degrees."""
    poses = kitchen.world_from_camera.copy()
    poses[0] = camera_pose(np.array([2.0, 1.5, 0.5]), 0.0, 10.0)
    poses[1:] = camera_pose(np.array([3.5, 1.5, 2.5]), 300.0, 10.0)
    return replace(kitchen, world_from_camera=poses)


def test_displacement_is_horizontal(moving: Clip) -> None:
    facts = egomotion.camera_displacement(whole_view(moving), Ask(frames=(0, 1)))
    assert not isinstance(facts, Refusal)
    assert facts.value == pytest.approx(2.5)  # hypot(1.5, 2.0)


@pytest.mark.parametrize(("frames", "label"), [((0, 1), "left"), ((1, 0), "right")])
def test_turn_of_sixty_degrees(moving: Clip, frames: tuple[int, int], label: str) -> None:
    turn = egomotion.camera_turn(whole_view(moving), Ask(frames=frames))
    assert isinstance(turn, egomotion.HeadingFacts)
    assert (turn.value, turn.apart_deg) == pytest.approx((60.0, 300.0))
    side = egomotion.turn_side(whole_view(moving), Ask(options=SIDES, frames=frames))
    assert isinstance(side, egomotion.TurnSideFacts)
    assert (side.label, side.margin) == (label, pytest.approx(60.0))


@pytest.mark.parametrize(("frames", "label"), [((0, 1), "front_right"), ((1, 0), "front_left")])
def test_direction_of_the_second_camera(moving: Clip, frames: tuple[int, int], label: str) -> None:
    facts = egomotion.camera_move(whole_view(moving), Ask(options=QUADRANTS, frames=frames))
    assert isinstance(facts, egomotion.MoveFacts)
    # Back again it is (-1.5, -2.0), along (-sin 60, cos 60): 0.30 ahead and 2.48 to the left.
    assert facts.label == label


def test_a_camera_that_stays_has_no_direction(moving: Clip) -> None:
    facts = egomotion.camera_move(whole_view(moving), Ask(options=QUADRANTS, frames=(1, 2)))
    assert isinstance(facts, Refusal)
    assert facts.kind == "too close"


@pytest.mark.parametrize(("frames", "label"), [((0, 1), "closer"), ((1, 0), "farther")])
def test_closer_to_the_can(moving: Clip, frames: tuple[int, int], label: str) -> None:
    facts = egomotion.approach(whole_view(moving), Ask((CAN,), CHANGES, frames))
    assert isinstance(facts, egomotion.ApproachFacts)
    assert CHANGES[facts.choice] == label
    # The can is at (2.6, 0.0): (1.1, -2.0) from the second camera.
    assert facts.margin == pytest.approx(2.6 - math.hypot(1.1, 2.0))


def test_frame_closest_to_the_can(moving: Clip) -> None:
    for options in (("0", "1"), ("1", "0")):
        facts = egomotion.closest_frame(whole_view(moving), Ask((CAN,), options, (0, 1)))
        assert isinstance(facts, ChoiceFacts)
        assert options[facts.choice] == "1"


@pytest.mark.parametrize("name", egomotion.SKILLS)
def test_frames_that_share_one_object_are_not_compared(moving: Clip, name: str) -> None:
    clip = moving
    for item in clip.objects:
        if item.id != "1|0":
            clip = with_pixels(clip, item.id, [600, 0, 0, 0, 0, 0])
    skill = SKILLS[name]
    options = skill.labels if skill.options == "labels" else ("0", "1")
    objects = (CAN,) if skill.objects else ()
    ask = Ask(objects, options if skill.options else (), (0, 1))
    facts = skill.facts(whole_view(clip), ask)
    assert isinstance(facts, Refusal)
    assert facts.kind == "not linked"
    assert not isinstance(skill.facts(whole_view(moving), ask), str)


@settings(max_examples=5, deadline=None)
@given(st.floats(-180.0, 180.0), st.floats(-10.0, 10.0), st.floats(-10.0, 10.0))
def test_rigid_motion_changes_nothing(yaw_deg: float, shift_x: float, shift_z: float) -> None:
    for name, skill in egomotion.SKILLS.items():
        assert_same_answers(skill, WALK, moved(WALK, yaw_deg, shift_x, shift_z), ASKS[name])


@pytest.mark.parametrize("name", egomotion.SKILLS)
def test_letters_follow_the_options(name: str) -> None:
    assert_letters_follow(SKILLS[name], WALK, ASKS[name])


ASKS = {name: asks_of(skill, WALK) for name, skill in egomotion.SKILLS.items()}
