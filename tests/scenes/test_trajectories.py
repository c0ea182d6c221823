"""Walks stay on the grid, within their limits, and inside the rooms."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.errors import HouseError
from simgen.recipe import Trajectory
from simgen.scenes.trajectories import walkthrough


def grid(width: float, depth: float, hole: shapely.Polygon | None = None) -> np.ndarray:
    xs, zs = np.meshgrid(np.arange(0.25, width, 0.125), np.arange(0.25, depth, 0.125), indexing="ij")
    points = np.stack([xs.ravel(), zs.ravel()], axis=1)
    return points if hole is None else points[~shapely.contains_xy(hole, points[:, 0], points[:, 1])]


@settings(max_examples=25, deadline=None)
@given(
    frames=st.integers(1, 60),
    step_m=st.floats(0.125, 0.25),
    turn_deg=st.floats(1.0, 15.0),
    seed=st.integers(0, 1000),
    table=st.floats(0.6, 1.6),
)
def test_every_pose_is_a_grid_point_and_no_step_or_turn_is_too_large(
    frames: int, step_m: float, turn_deg: float, seed: int, table: float
) -> None:
    room = shapely.box(0, 0, 4, 3)
    positions = grid(4.0, 3.0, shapely.box(2 - table / 2, 1.5 - table / 2, 2 + table / 2, 1.5 + table / 2))
    spec = Trajectory(frames=frames, step_m=step_m, turn_deg=turn_deg)
    poses = walkthrough(positions, 0.9, [room], spec, np.random.default_rng(seed))
    assert len(poses) == frames
    places = np.array([(pose.x, pose.z) for pose in poses])
    known = {tuple(point) for point in positions.round(6)}
    assert all(tuple(place) in known for place in places.round(6))
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert (steps <= step_m + 1e-9).all()
    turns = np.diff([pose.yaw_deg for pose in poses])
    assert (np.abs((turns + 180) % 360 - 180) <= turn_deg + 1e-9).all()


def test_a_long_walk_goes_all_over_the_room() -> None:
    positions = grid(5.0, 4.0)
    spec = Trajectory(frames=200, step_m=0.25, turn_deg=15)
    poses = walkthrough(positions, 0.9, [shapely.box(0, 0, 5, 4)], spec, np.random.default_rng(0))
    quadrants = {(pose.x > 2.5, pose.z > 2.0) for pose in poses}
    assert len(quadrants) == 4


def test_a_tour_goes_from_room_to_room() -> None:
    rooms = [shapely.box(4 * index, 0, 4 * index + 4, 3) for index in range(3)]
    spec = Trajectory(frames=80, step_m=0.25, turn_deg=15)
    poses = walkthrough(grid(12.0, 3.0), 0.9, rooms, spec, np.random.default_rng(1))
    assert {int(pose.x // 4) for pose in poses} == {0, 1, 2}


def test_a_room_without_floor_to_walk_on_is_refused() -> None:
    with pytest.raises(HouseError, match="reachable positions"):
        walkthrough(grid(0.5, 0.5), 0.9, [shapely.box(0, 0, 1, 1)], Trajectory(), np.random.default_rng(0))


def test_the_same_seed_walks_the_same_way() -> None:
    positions, room = grid(4.0, 3.0), shapely.box(0, 0, 4, 3)
    walks = [walkthrough(positions, 0.9, [room], Trajectory(), np.random.default_rng(3)) for _ in range(2)]
    assert walks[0] == walks[1]
