"""Expected values are worked out by hand from the sizes in tests/synthetic.py."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.geometry.boxes import box_gap, corners
from simgen.geometry.frames import euler_rotation
from simgen.qa.distance import (
    absolute_distance,
    camera_distance,
    center_distance,
    center_gap_on_map,
    gap_on_map,
    nearest_box_on_map,
    nearest_by_center,
    nearest_by_gap,
)
from simgen.qa.facts import Ask
from simgen.store.clips import Clip
from simgen.types import OrientedBox
from tests.qa.scenes import moved, with_box

FRIDGE, TABLE, CAN, SOFA, LAPTOP = "1|0", "1|1", "1|4", "1|5", "small|1|1"
OPTIONS = (FRIDGE, LAPTOP, TABLE, CAN)


def test_closest_points_of_fridge_and_table(kitchen: Clip) -> None:
    # Fridge: x 0.1..0.9, z 4.25..4.95. Table: x 1.7..3.3, z 2.05..2.95. Both stand on the floor.
    facts = absolute_distance(kitchen, Ask((FRIDGE, TABLE)))
    assert facts.value == pytest.approx(math.sqrt(0.8**2 + 1.3**2))
    assert (facts.dx, facts.dy, facts.dz) == pytest.approx((0.8, 1.3, 0.0))


def test_height_counts_between_closest_points(kitchen: Clip) -> None:
    # The laptop begins at 0.8 m, the can ends at 0.6 m.
    assert absolute_distance(kitchen, Ask((LAPTOP, CAN))).dz == pytest.approx(0.2)


def test_centres_of_fridge_and_sofa(kitchen: Clip) -> None:
    facts = center_distance(kitchen, Ask((FRIDGE, SOFA)))
    assert facts.value == pytest.approx(math.hypot(3.9, 0.4))
    # The first camera stands at (2.0, 0.5) and looks along +z, so the map's axes are the world's.
    assert facts.start == pytest.approx((-1.5, 4.1))


def test_centre_distance_is_horizontal(kitchen: Clip) -> None:
    assert center_distance(kitchen, Ask((LAPTOP, TABLE))).value == pytest.approx(math.hypot(0.4, 0.1))


def test_camera_in_front_of_the_table(kitchen: Clip) -> None:
    # At z = 0.5, and 1.7 < x = 2.0 < 3.3, so straight ahead to the edge at z = 2.05.
    facts = camera_distance(kitchen, Ask((TABLE,), frame=0))
    assert facts.value == pytest.approx(1.55)
    assert facts.end == pytest.approx((0.0, 1.55))


def test_camera_at_a_later_frame(kitchen: Clip) -> None:
    # Frame 5 stands at z = 1.0; the fridge's nearest corner is (0.9, 4.25).
    facts = camera_distance(kitchen, Ask((FRIDGE,), frame=5))
    assert facts.value == pytest.approx(math.hypot(1.1, 3.25))
    assert facts.start == pytest.approx((0.0, 0.5))


def test_nearest_centre_to_the_sofa(kitchen: Clip) -> None:
    facts = nearest_by_center(kitchen, Ask((SOFA, *OPTIONS)))
    assert facts.choice == 1
    # Sofa (4.4, 0.4, 4.2), laptop (2.9, 0.9, 2.6), table (2.5, 0.4, 2.5); in 3-D the margin is smaller.
    assert facts.margin == pytest.approx(math.hypot(1.9, 1.7) - math.sqrt(1.5**2 + 0.5**2 + 1.6**2))
    assert facts.best == pytest.approx(math.hypot(1.5, 1.6))


def test_nearest_box_to_the_sofa_is_another_one(kitchen: Clip) -> None:
    facts = nearest_by_gap(kitchen, Ask((SOFA, *OPTIONS)))
    assert OPTIONS[facts.choice] == TABLE
    assert facts.best == pytest.approx(math.hypot(0.65, 0.3))


@settings(deadline=None)
@given(st.permutations(range(4)))
def test_permuting_options_permutes_the_choice(kitchen: Clip, order: list[int]) -> None:
    options = tuple(OPTIONS[index] for index in order)
    for skill in (nearest_by_center, nearest_by_gap):
        there = skill(kitchen, Ask((SOFA, *OPTIONS)))
        here = skill(kitchen, Ask((SOFA, *options)))
        assert options[here.choice] == OPTIONS[there.choice]
        assert here.margin == pytest.approx(there.margin)


@settings(deadline=None)
@given(yaw_deg=st.floats(-180, 180), x=st.floats(-50, 50), z=st.floats(-50, 50))
def test_no_distance_changes_under_rigid_motion(kitchen: Clip, yaw_deg: float, x: float, z: float) -> None:
    there = moved(kitchen, yaw_deg, x, z)
    pair, five = Ask((CAN, LAPTOP)), Ask((SOFA, *OPTIONS))
    assert absolute_distance(there, pair).dx == pytest.approx(absolute_distance(kitchen, pair).dx, abs=1e-9)
    assert center_distance(there, pair).value == pytest.approx(center_distance(kitchen, pair).value)
    at_frame = Ask((CAN,), frame=3)
    assert camera_distance(there, at_frame).value == pytest.approx(camera_distance(kitchen, at_frame).value)
    assert nearest_by_gap(there, five).choice == nearest_by_gap(kitchen, five).choice


@settings(deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    center=st.tuples(st.floats(2.5, 6), st.floats(-3, 3), st.floats(-3, 3)),
)
def test_tilted_boxes_have_a_way_as_long_as_their_gap(
    kitchen: Clip, angles: tuple[float, float, float], center: tuple[float, float, float]
) -> None:
    box = OrientedBox(np.array(center), np.array([0.3, 0.2, 0.5]), euler_rotation(*angles))
    other = OrientedBox(np.zeros(3), np.array([0.5, 0.4, 0.3]), euler_rotation(10.0, 20.0, 30.0))
    clip = with_box(with_box(kitchen, FRIDGE, box), TABLE, other)
    facts = absolute_distance(clip, Ask((FRIDGE, TABLE)))
    assert math.hypot(facts.dx, facts.dy, facts.dz) == pytest.approx(box_gap(box, other), abs=1e-4)
    # No pair of points is nearer than the closest one; corners are an easy sample.
    apart = np.linalg.norm(corners(box)[:, None] - corners(other)[None], axis=2)
    assert facts.value <= apart.min() + 1e-6


def test_distances_on_a_map() -> None:
    a, b, inside = (0.0, 0.0, 1.0, 1.0), (4.0, 5.0, 6.0, 6.0), (0.2, 0.2, 0.4, 0.4)
    assert gap_on_map((a, b)) == pytest.approx(5.0)
    assert gap_on_map((a, inside)) == 0.0
    assert center_gap_on_map((a, b)) == pytest.approx(math.hypot(4.5, 5.0))


def test_a_tie_on_a_map_decides_nothing() -> None:
    left, right = (-2.0, 0.0, -1.0, 1.0), (2.0, 0.0, 3.0, 1.0)
    assert nearest_box_on_map(((0.0, 0.0, 1.0, 1.0), left, right)) is None
    assert nearest_box_on_map(((0.0, 0.0, 1.1, 1.0), left, right)) == 1
