"""Walks planned on the floor alone stay on its grid, within their limits, and inside the rooms."""

from itertools import pairwise, permutations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.errors import HouseError
from simgen.recipe import RandomWalk, RoomToRoom, Walkthrough
from simgen.scenes.trajectories import Ground, plan_walkthrough
from simgen.scenes.trajectories.paths import build_walking_graph
from simgen.scenes.trajectories.random_walk import plan_random_walk
from simgen.scenes.trajectories.room_to_room import _shortest_tour, plan_room_to_room
from simgen.types import AgentPose, Array
from tests.scenes.furnished import places, turns_deg


def grid(width: float, depth: float, hole: shapely.Polygon | None = None) -> np.ndarray:
    xs, zs = np.meshgrid(np.arange(0.25, width, 0.125), np.arange(0.25, depth, 0.125), indexing="ij")
    points = np.stack([xs.ravel(), zs.ravel()], axis=1)
    return points if hole is None else points[~shapely.contains_xy(hole, points[:, 0], points[:, 1])]


def ground(positions: Array, *rooms: shapely.Polygon) -> Ground:
    return Ground(positions, 0.9, rooms)


def room_with_table(side: float) -> Ground:
    table = shapely.box(2 - side / 2, 1.5 - side / 2, 2 + side / 2, 1.5 + side / 2)
    return ground(grid(4.0, 3.0, table), shapely.box(0, 0, 4, 3))


def assert_on_grid_within_limits(
    poses: list[AgentPose], floor: Ground, step_m: float, turn_deg: float
) -> None:
    known = {tuple(point) for point in floor.positions.round(6)}
    assert all(tuple(place) in known for place in places(poses).round(6))
    steps = np.linalg.norm(np.diff(places(poses), axis=0), axis=1)
    assert (steps <= step_m + 1e-9).all()
    assert (np.abs(turns_deg(poses)) <= turn_deg + 1e-9).all()


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
    floor = room_with_table(table)
    through = Walkthrough(frames=frames, step_m=step_m, turn_deg=turn_deg)
    about = RandomWalk(kind="random_walk", frames=frames, step_m=step_m, turn_deg=turn_deg)
    for poses in (
        plan_walkthrough(floor, through, np.random.default_rng(seed)),
        plan_random_walk(floor, about, np.random.default_rng(seed)),
    ):
        assert len(poses) == frames
        assert_on_grid_within_limits(poses, floor, step_m, turn_deg)


def test_a_long_walk_goes_all_over_the_room() -> None:
    floor = ground(grid(5.0, 4.0), shapely.box(0, 0, 5, 4))
    poses = plan_walkthrough(
        floor, Walkthrough(frames=200, step_m=0.25, turn_deg=15), np.random.default_rng(0)
    )
    quadrants = {(pose.x > 2.5, pose.z > 2.0) for pose in poses}
    assert len(quadrants) == 4


@pytest.mark.parametrize("step_m", [0.125, 0.15, 0.17])
def test_a_step_too_short_for_a_diagonal_still_walks_on(step_m: float) -> None:
    spec = Walkthrough(frames=60, step_m=step_m, turn_deg=15)
    walked = places(plan_walkthrough(room_with_table(1.0), spec, np.random.default_rng(0)))
    assert len({tuple(place) for place in walked}) > 30


def test_a_walk_through_several_rooms_enters_each() -> None:
    rooms = [shapely.box(4 * index, 0, 4 * index + 4, 3) for index in range(3)]
    spec = Walkthrough(frames=80, step_m=0.25, turn_deg=15)
    poses = plan_walkthrough(ground(grid(12.0, 3.0), *rooms), spec, np.random.default_rng(1))
    assert {int(pose.x // 4) for pose in poses} == {0, 1, 2}


def test_a_tour_enters_every_room_or_says_how_many_frames_it_takes() -> None:
    floor = ground(grid(16.0, 3.0), *(shapely.box(4 * index, 0, 4 * index + 4, 3) for index in range(4)))
    spec = RoomToRoom(kind="room_to_room", frames=120)
    poses = plan_room_to_room(floor, spec, np.random.default_rng(0))
    assert len(poses) == 120
    assert_on_grid_within_limits(poses, floor, 0.25, 15.0)
    rooms = [int(pose.x // 4) for pose in poses]
    assert set(rooms) == {0, 1, 2, 3}
    # The shortest way goes from one end of the row to the other: no room is left before its neighbours.
    assert [*dict.fromkeys(rooms)] in ([0, 1, 2, 3], [3, 2, 1, 0])
    needed = next(n for n in range(1, 121) if len(set(rooms[:n])) == 4)
    assert plan_room_to_room(floor, spec.replace(frames=needed), np.random.default_rng(0))
    with pytest.raises(HouseError, match=f"all 4 rooms takes {needed} frames; trajectory.frames is 10"):
        plan_room_to_room(floor, spec.replace(frames=10), np.random.default_rng(0))


def test_a_room_that_cannot_be_reached_is_not_on_the_tour() -> None:
    floor = ground(grid(8.0, 3.0), shapely.box(0, 0, 4, 3), shapely.box(4, 0, 8, 3), shapely.box(8, 0, 12, 3))
    poses = plan_room_to_room(floor, RoomToRoom(kind="room_to_room", frames=80), np.random.default_rng(0))
    assert {int(pose.x // 4) for pose in poses} == {0, 1}


@given(st.integers(1, 6), st.integers(0, 10_000))
def test_the_shortest_tour_is_the_shortest_of_all_orders(count: int, seed: int) -> None:
    points = np.random.default_rng(seed).uniform(0, 9, (count, 2))
    cost = np.linalg.norm(points[:, None] - points[None], axis=2)

    def length(order: list[int]) -> float:
        return float(cost[order[:-1], order[1:]].sum())

    tour = _shortest_tour(cost)
    assert sorted(tour) == list(range(count))
    assert length(tour) == pytest.approx(min(length(list(order)) for order in permutations(range(count))))


def test_a_diagonal_step_needs_both_other_corners_and_a_long_enough_step() -> None:
    square = np.array([[0.0, 0.0], [0.125, 0.0], [0.0, 0.125], [0.125, 0.125]])
    assert build_walking_graph(square, 0.2)[0, 3] > 0
    assert build_walking_graph(square, 0.17)[0, 3] == 0
    bent = square[[0, 1, 3]]
    assert build_walking_graph(bent, 0.2)[0, 2] == 0
    assert build_walking_graph(bent, 0.2, cut_corners=True)[0, 2] > 0
    assert build_walking_graph(bent, 0.2)[0, 1] > 0


def test_a_random_walk_stays_in_its_rooms_and_turns_away_from_walls() -> None:
    floor = ground(grid(8.0, 3.0), shapely.box(0, 0, 4, 3))
    spec = RandomWalk(kind="random_walk", frames=400)
    poses = plan_random_walk(floor, spec, np.random.default_rng(3))
    assert all(pose.x < 4 for pose in poses)
    moved = np.linalg.norm(np.diff(places(poses), axis=0), axis=1) > 0
    assert 0.4 < moved.mean() < 1.0
    # Nobody stands for longer than a turn right round takes.
    runs = "".join("." if step else "x" for step in moved).split(".")
    assert max(map(len, runs)) <= 360 / 15


def test_a_random_walk_steps_the_way_it_looks() -> None:
    poses = plan_random_walk(
        room_with_table(1.0), RandomWalk(kind="random_walk", frames=200), np.random.default_rng(1)
    )
    for before, after in pairwise(poses):
        dx, dz = after.x - before.x, after.z - before.z
        if dx or dz:
            error = np.degrees(np.arctan2(dx, dz)) - before.yaw_deg
            assert abs((error + 180) % 360 - 180) <= 40.0


def test_a_room_without_floor_to_walk_on_is_refused() -> None:
    floor = ground(grid(0.5, 0.5), shapely.box(0, 0, 1, 1))
    with pytest.raises(HouseError, match="reachable positions"):
        plan_walkthrough(floor, Walkthrough(), np.random.default_rng(0))
    with pytest.raises(HouseError, match="reachable positions"):
        plan_random_walk(floor, RandomWalk(kind="random_walk"), np.random.default_rng(0))


def test_the_same_seed_walks_the_same_way() -> None:
    floor = ground(grid(4.0, 3.0), shapely.box(0, 0, 4, 3))
    walks = [plan_walkthrough(floor, Walkthrough(), np.random.default_rng(3)) for _ in range(2)]
    assert walks[0] == walks[1]
