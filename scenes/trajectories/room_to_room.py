"""`room_to_room`: a tour of all rooms through their doors."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra

from simgen.errors import HouseError
from simgen.recipe import RoomToRoom
from simgen.scenes.trajectories.paths import (
    LOOK_AHEAD,
    build_walking_graph,
    compute_gazes_deg,
    find_inside,
    find_room_middles,
    find_walkable,
    make_pose,
    plan_round_trip,
    walk,
)
from simgen.scenes.trajectories.place import Ground
from simgen.types import AgentPose, Array


def plan_room_to_room(ground: Ground, spec: RoomToRoom, rng: np.random.Generator) -> list[AgentPose]:
    """Plans `spec.frames` poses on the shortest path through the middles of all reachable rooms.

    The start is a random end of the path. After the last room the agent goes back. Raises HouseError when the
    floor is too small, or when there are too few frames to enter every room (and says how many it takes).
    """
    find_walkable(ground)
    graph = build_walking_graph(ground.positions, spec.step_m)
    middles = find_room_middles(ground.positions, ground.rooms)
    cost = dijkstra(graph, indices=middles)[:, middles]
    tour = _shortest_tour(cost)
    stops = [middles[index] for index in (tour if rng.random() < 0.5 else tour[::-1])]
    # The cost of the whole tour is never less than its length.
    whole_m = float(cost[tour[:-1], tour[1:]].sum())
    points = plan_round_trip(graph, stops, whole_m + spec.frames * spec.step_m + LOOK_AHEAD)
    path = ground.positions[points]
    gaze_deg = compute_gazes_deg(path, ground)
    start = make_pose(ground, points[0], round(float(gaze_deg[0]) / 90.0) * 90.0 % 360.0, spec.horizon_deg)
    way = walk(path, gaze_deg, start, spec.step_m, spec.turn_deg, graph, points)
    rooms = [room for room in ground.rooms if find_inside(ground.positions, [room]).any()]
    poses = _until_all_are_entered(way, rooms)
    if len(poses) > spec.frames:
        raise HouseError(
            f"a tour of all {len(rooms)} rooms takes {len(poses)} frames; trajectory.frames is {spec.frames}"
        )
    return [*poses, *islice(way, spec.frames - len(poses))]


def _shortest_tour(cost: Array) -> list[int]:
    """The order of R points on the shortest open path through them, from the costs (R, R) between them.

    By dynamic programming over the sets of points already visited (Held and Karp 1962).
    """
    count = len(cost)
    best: dict[tuple[int, int], tuple[float, list[int]]] = {(1 << i, i): (0.0, [i]) for i in range(count)}
    for _ in range(count - 1):
        longer: dict[tuple[int, int], tuple[float, list[int]]] = {}
        for (visited, last), (spent, order) in best.items():
            for following in range(count):
                if visited >> following & 1:
                    continue
                key, total = (visited | 1 << following, following), spent + float(cost[last, following])
                if key not in longer or total < longer[key][0]:
                    longer[key] = (total, [*order, following])
        best = longer
    return min(best.values(), key=lambda way: way[0])[1]


def _until_all_are_entered(way: Iterator[AgentPose], rooms: Sequence[shapely.Polygon]) -> list[AgentPose]:
    """The poses of an endless walk, up to the first pose in the last of the rooms."""
    poses: list[AgentPose] = []
    left = list(rooms)
    while left:
        poses.append(next(way))
        left = [room for room in left if not shapely.contains_xy(room, poses[-1].x, poses[-1].z)]
    return poses
