"""Walks: poses for the agent on the grid of positions that it can reach."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from simgen.errors import HouseError
from simgen.recipe import Trajectory
from simgen.types import AgentPose, Array

GRID_SIZE = 0.125
"""Half of AI2-THOR's default, metres: fine enough that every pose of a walk is a tested grid point."""
MIN_POSITIONS = 24
"""A room in which the agent has fewer places than this (0.4 square metres) cannot be walked through."""
WAYPOINT_SPACING = 1.2
"""Way-points nearer to each other than this (metres) add nothing to see."""
LOOK_AHEAD = 1.5
"""How far ahead on its path the agent looks, metres."""
INWARDS = 0.5
"""Share by which its gaze is drawn from there to the middle of the room: paths run along walls, and who
only looks where it walks sees little but them."""
MIN_GAZE_M = 0.4
"""A point nearer than this gives no steady direction to look in."""
TURN_FIRST_DEG = 75.0
"""Where the path goes off by more than this, the agent turns before it walks on."""
WALL_SHYNESS = 2.0
"""How much longer a step along an obstacle counts than one in the open, so that paths keep off walls."""


def walkthrough(
    positions: Array,
    agent_y: float,
    rooms: Sequence[shapely.Polygon],
    spec: Trajectory,
    rng: np.random.Generator,
) -> list[AgentPose]:
    """`spec.frames` poses that visit way-points by shortest paths between them.

    In one room the way-points are spread all over it; of several rooms the middle of each is one. Who has
    seen all goes back the way it came, until the frames are full.

    `positions` (N, 2) are the reachable grid points as world (x, z); every pose stands on one of them.
    Each frame moves at most `spec.step_m` metres and turns at most `spec.turn_deg` degrees. Raises
    HouseError when the rooms have too little free floor.
    """
    inside = _inside(positions, rooms)
    if inside.sum() < MIN_POSITIONS:
        raise HouseError(f"only {inside.sum()} reachable positions in the rooms to walk through")
    graph = _walking_graph(positions)
    waypoints = _room_middles(positions, rooms) if len(rooms) > 1 else _spread(positions, inside, rng)
    tour = _in_short_hops(graph, waypoints, rng)
    path = positions[_tour(graph, tour, length_m=spec.frames * spec.step_m + LOOK_AHEAD)]
    return _walk(path, _gaze_deg(path, _middles(path, positions, rooms)), agent_y, spec)


def _inside(positions: Array, rooms: Sequence[shapely.Polygon]) -> np.ndarray:
    area = shapely.union_all(list(rooms))
    return shapely.contains_xy(area, positions[:, 0], positions[:, 1])


def _walking_graph(positions: Array) -> csr_array:
    """(N, N) cost of steps to the eight neighbours; steps with few free neighbours cost more."""
    tree = KDTree(positions)
    pairs = tree.query_pairs(GRID_SIZE * 1.5, output_type="ndarray")
    neighbours = np.bincount(pairs.ravel(), minlength=len(positions))
    length = np.linalg.norm(positions[pairs[:, 0]] - positions[pairs[:, 1]], axis=1)
    crowding = 1.0 - neighbours[pairs].min(axis=1) / 8.0
    cost = length * (1.0 + WALL_SHYNESS * crowding)
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    return csr_array((np.tile(cost, 2), (rows, columns)), shape=(len(positions),) * 2)


def _spread(positions: Array, inside: np.ndarray, rng: np.random.Generator) -> list[int]:
    """Way-points all over the marked positions, by farthest-point sampling from a random one."""
    candidates = np.flatnonzero(inside)
    chosen = [int(rng.choice(candidates))]
    gap = np.linalg.norm(positions[candidates] - positions[chosen[0]], axis=1)
    while gap.max() > WAYPOINT_SPACING:
        chosen.append(int(candidates[gap.argmax()]))
        gap = np.minimum(gap, np.linalg.norm(positions[candidates] - positions[chosen[-1]], axis=1))
    return chosen


def _room_middles(positions: Array, rooms: Sequence[shapely.Polygon]) -> list[int]:
    """One way-point a room: the position nearest to the middle of its free floor."""
    free = [np.flatnonzero(_inside(positions, [room])) for room in rooms]
    return [
        int(points[np.linalg.norm(positions[points] - positions[points].mean(axis=0), axis=1).argmin()])
        for points in free
        if len(points)
    ]


def _in_short_hops(graph: csr_array, waypoints: Sequence[int], rng: np.random.Generator) -> list[int]:
    """The way-points from a random one on, each time to the nearest that is left, as walked."""
    cost = dijkstra(graph, indices=list(waypoints))[:, waypoints]
    order = [int(rng.integers(len(waypoints)))]
    while len(order) < len(waypoints):
        rest = [index for index in range(len(waypoints)) if index not in order]
        order.append(min(rest, key=lambda index: float(cost[order[-1], index])))
    return [waypoints[index] for index in order]


def _tour(graph: csr_array, waypoints: Sequence[int], length_m: float) -> list[int]:
    """Grid points from way-point to way-point and back again, until the path is long enough."""
    there_and_back = [*waypoints, *waypoints[-2:0:-1]] if len(waypoints) > 2 else list(waypoints)
    paths = _shortest_paths(graph, waypoints)
    path, index = [waypoints[0]], 0
    while (len(path) - 1) * GRID_SIZE < length_m:
        start, end = (there_and_back[i % len(there_and_back)] for i in (index, index + 1))
        if start == end:
            return path
        path.extend(_path_between(paths, start, end)[1:])
        index += 1
    return path


def _shortest_paths(graph: csr_array, sources: Sequence[int]) -> Mapping[int, np.ndarray]:
    """For each source, the predecessor of every grid point on the shortest path from that source."""
    _, predecessors = dijkstra(graph, indices=list(sources), return_predecessors=True)
    return dict(zip(sources, predecessors, strict=True))


def _path_between(paths: Mapping[int, np.ndarray], start: int, end: int) -> list[int]:
    path = [end]
    while path[-1] != start:
        previous = int(paths[start][path[-1]])
        if previous < 0:
            raise HouseError("two reachable positions have no path between them")
        path.append(previous)
    return path[::-1]


def _middles(path: Array, positions: Array, rooms: Sequence[shapely.Polygon]) -> Array:
    """(P, 2) the middle of the free floor of the room that each point of a path (P, 2) is nearest to."""
    free = [positions[_inside(positions, [room])] for room in rooms]
    middles = np.array([points.mean(axis=0) for points in free if len(points)])
    polygons = [room for room, points in zip(rooms, free, strict=True) if len(points)]
    gaps = np.stack([shapely.distance(polygon, shapely.points(path)) for polygon in polygons])
    return middles[gaps.argmin(axis=0)]


def _gaze_deg(path: Array, middles: Array) -> Array:
    """(P) where to look from each point of a path, as a yaw."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    ahead = path[np.minimum(np.searchsorted(along, along + LOOK_AHEAD), len(path) - 1)]
    gaze = ahead + INWARDS * (middles - ahead) - path
    near = np.linalg.norm(gaze, axis=1) < MIN_GAZE_M
    gaze[near] = (ahead - path)[near]
    return np.degrees(np.arctan2(gaze[:, 0], gaze[:, 1])) % 360.0


def _walk(path: Array, gaze_deg: Array, agent_y: float, spec: Trajectory) -> list[AgentPose]:
    """Poses along a path of grid points (P, 2), looking where `gaze_deg` (P) says as turning allows."""
    poses: list[AgentPose] = []
    # The map's axes are the first camera's: square to the house, its boxes fit most of the furniture.
    here, yaw_deg = 0, round(float(gaze_deg[0]) / 90.0) * 90.0 % 360.0
    for _ in range(spec.frames):
        poses.append(
            AgentPose(float(path[here, 0]), agent_y, float(path[here, 1]), yaw_deg, spec.horizon_deg)
        )
        error = _signed_angle_deg(float(gaze_deg[here]) - yaw_deg)
        yaw_deg = (yaw_deg + float(np.clip(error, -spec.turn_deg, spec.turn_deg))) % 360.0
        if abs(error) <= TURN_FIRST_DEG:
            here = _advance(path, here, spec.step_m)
    return poses


def _advance(path: Array, here: int, step_m: float) -> int:
    """The farthest later grid point of the path that is within a step, as the crow flies and as walked."""
    walked, there = 0.0, here
    while there + 1 < len(path):
        walked += float(np.linalg.norm(path[there + 1] - path[there]))
        if walked > step_m + 1e-9:
            break
        there += 1
    return there


def _signed_angle_deg(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0
