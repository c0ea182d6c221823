"""Paths over the grid of reachable positions, and poses along them."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from simgen.errors import HouseError
from simgen.scenes.trajectories.place import GRID_SIZE, Ground
from simgen.types import AgentPose, Array

MIN_POSITIONS = 24
"""Rooms with fewer reachable positions than this (0.4 square metres) are too small for a walk."""
WALL_SHYNESS = 2.0
"""Extra cost of a step without free neighbours, in its lengths: it keeps paths away from walls."""
LOOK_AHEAD = 1.5
"""Distance along the path to the point that the agent looks at, metres."""
INWARDS = 0.5
"""How far the point to look at is moved towards the middle of the room, as a share of the distance. Paths run
along walls, and an agent that looks straight ahead would see little else."""
MIN_GAZE_M = 0.4
"""A nearer point does not give a steady gaze direction."""
TURN_FIRST_DEG = 75.0
"""If the gaze must turn by more than this, the agent turns before it walks on."""


def find_inside(positions: Array, rooms: Sequence[shapely.Polygon]) -> NDArray[np.bool_]:
    """(N) whether each of the positions (N, 2) lies in one of the rooms."""
    area = shapely.union_all(list(rooms))
    return np.asarray(shapely.contains_xy(area, positions[:, 0], positions[:, 1]))


def find_walkable(ground: Ground) -> NDArray[np.bool_]:
    """(N) whether each position lies in the rooms to walk in. Raises HouseError when too few do."""
    found = find_inside(ground.positions, ground.rooms)
    if found.sum() < MIN_POSITIONS:
        raise HouseError(f"only {found.sum()} reachable positions in the rooms to walk through")
    return found


def build_walking_graph(positions: Array, step_m: float, cut_corners: bool = False) -> csr_array:
    """(N, N) costs of steps to the eight neighbours; steps with few free neighbours cost more.

    A diagonal step needs a `step_m` that is long enough. Unless `cut_corners`, it also needs all four
    positions of its square, so that both sides of it are free.
    """
    tree = KDTree(positions)
    pairs = tree.query_pairs(GRID_SIZE * 1.5, output_type="ndarray")
    neighbours = np.bincount(pairs.ravel(), minlength=len(positions))
    length = np.linalg.norm(positions[pairs[:, 0]] - positions[pairs[:, 1]], axis=1)
    diagonal = length > 1.2 * GRID_SIZE
    kept = ~diagonal | ((length <= step_m + 1e-9) & (cut_corners | _whole_squares(positions, pairs)))
    pairs, length = pairs[kept], length[kept]
    crowding = 1.0 - neighbours[pairs].min(axis=1) / 8.0
    cost = length * (1.0 + WALL_SHYNESS * crowding)
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    return csr_array((np.tile(cost, 2), (rows, columns)), shape=(len(positions),) * 2)


def spread_points(
    positions: Array, among: NDArray[np.bool_], gap_m: float, rng: np.random.Generator
) -> list[int]:
    """Marked positions (`among`) about `gap_m` apart, by farthest-point sampling from a random one."""
    candidates = np.flatnonzero(among)
    chosen = [int(rng.choice(candidates))]
    gap = np.linalg.norm(positions[candidates] - positions[chosen[0]], axis=1)
    while gap.max() > gap_m:
        chosen.append(int(candidates[gap.argmax()]))
        gap = np.minimum(gap, np.linalg.norm(positions[candidates] - positions[chosen[-1]], axis=1))
    return chosen


def find_room_middles(positions: Array, rooms: Sequence[shapely.Polygon]) -> list[int]:
    """For each room with reachable floor the position nearest to the middle of that floor."""
    free = [np.flatnonzero(find_inside(positions, [room])) for room in rooms]
    return [
        int(points[np.linalg.norm(positions[points] - positions[points].mean(axis=0), axis=1).argmin()])
        for points in free
        if len(points)
    ]


def find_shortest_paths(graph: csr_array, sources: Sequence[int]) -> Mapping[int, NDArray[np.int32]]:
    """For each source, the predecessor of every grid point on the shortest path from that source."""
    _, predecessors = dijkstra(graph, indices=list(sources), return_predecessors=True)
    return dict(zip(sources, predecessors, strict=True))


def trace_path(paths: Mapping[int, NDArray[np.int32]], start: int, end: int) -> list[int]:
    """Grid points from `start`, one of the sources, to `end`. Raises HouseError when there is no path."""
    path = [end]
    while path[-1] != start:
        previous = int(paths[start][path[-1]])
        if previous < 0:
            raise HouseError("two reachable positions have no path between them")
        path.append(previous)
    return path[::-1]


def plan_round_trip(graph: csr_array, waypoints: Sequence[int], length_m: float) -> list[int]:
    """Grid points through the way-points and back again, repeated until the path is `length_m` long."""
    order = [*waypoints, *waypoints[-2:0:-1]] if len(waypoints) > 2 else list(waypoints)
    paths = find_shortest_paths(graph, waypoints)
    path, index = [waypoints[0]], 0
    while (len(path) - 1) * GRID_SIZE < length_m:
        start, end = (order[i % len(order)] for i in (index, index + 1))
        if start == end:
            return path
        path.extend(trace_path(paths, start, end)[1:])
        index += 1
    return path


def compute_gazes_deg(path: Array, ground: Ground) -> Array:
    """(P) yaws to look in from each point of a path (P, 2): ahead, and into the room."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    ahead = path[np.minimum(np.searchsorted(along, along + LOOK_AHEAD), len(path) - 1)]
    gaze = ahead + INWARDS * (_middles(path, ground) - ahead) - path
    near = np.linalg.norm(gaze, axis=1) < MIN_GAZE_M
    gaze[near] = (ahead - path)[near]
    return np.degrees(np.arctan2(gaze[:, 0], gaze[:, 1])) % 360.0


def walk(
    path: Array,
    gaze_deg: Array,
    start: AgentPose,
    step_m: float,
    turn_deg: float,
    free: csr_array | None = None,
    points: Sequence[int] = (),
) -> Iterator[AgentPose]:
    """Endless poses along a path of grid points (P, 2), with yaws `gaze_deg` (P) as far as turning allows.

    The first pose is `start`; at the end of the path the agent stays. A step may cut a corner of the path. If
    `free` is given, the graph that the path's `points` (P) belong to, it must have such a step too.
    """
    here, yaw_deg = 0, start.yaw_deg
    while True:
        yield AgentPose(float(path[here, 0]), start.y, float(path[here, 1]), yaw_deg, start.horizon_deg)
        error = wrap_angle_deg(float(gaze_deg[here]) - yaw_deg)
        yaw_deg = (yaw_deg + float(np.clip(error, -turn_deg, turn_deg))) % 360.0
        if abs(error) <= TURN_FIRST_DEG:
            here = advance(path, here, step_m, free, points)


def advance(
    path: Array, here: int, step_m: float, free: csr_array | None = None, points: Sequence[int] = ()
) -> int:
    """Index of the farthest later point of the path within one step, measured along the path.

    `free` and `points` as for `walk`.
    """
    walked, there = 0.0, here
    while there + 1 < len(path):
        walked += float(np.linalg.norm(path[there + 1] - path[there]))
        if walked > step_m + 1e-9:
            break
        there += 1
    return there if free is None else _uncut(free, points, path, here, there)


def walk_to(
    ground: Ground, graph: csr_array, points: Sequence[int], start: AgentPose, step_m: float, turn_deg: float
) -> list[AgentPose]:
    """The poses after `start`, which stands on the first of the grid points, up to the last of them."""
    path = ground.positions[list(points)]
    poses: list[AgentPose] = []
    for pose in walk(path, compute_gazes_deg(path, ground), start, step_m, turn_deg, graph, points):
        poses.append(pose)
        if (pose.x, pose.z) == (float(path[-1, 0]), float(path[-1, 1])):
            return poses[1:]
    raise AssertionError("the walk did not reach the end of its path")


def turn_to(start: AgentPose, yaw_deg: float, turn_deg: float) -> list[AgentPose]:
    """The poses after `start` that turn in place, the shorter way, in equal turns of `turn_deg` at most."""
    error = wrap_angle_deg(yaw_deg - start.yaw_deg)
    count = int(np.ceil(abs(error) / turn_deg - 1e-9))
    return [turn_pose(start, start.yaw_deg + error * (index + 1) / count) for index in range(count)]


def turn_pose(pose: AgentPose, yaw_deg: float) -> AgentPose:
    """The same position with another yaw."""
    return AgentPose(pose.x, pose.y, pose.z, yaw_deg % 360.0, pose.horizon_deg)


def make_pose(ground: Ground, point: int, yaw_deg: float, horizon_deg: float) -> AgentPose:
    """The pose on a grid point."""
    x, z = ground.positions[point]
    return AgentPose(float(x), ground.agent_y, float(z), yaw_deg, horizon_deg)


def wrap_angle_deg(angle_deg: float) -> float:
    """The same angle, from -180 (inclusive) to 180."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def _whole_squares(positions: Array, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(E) whether the other two corners of the square between two diagonal neighbours are positions too."""
    cells = np.rint((positions - positions.min(axis=0)) / GRID_SIZE).astype(np.int64)
    there = {(int(i), int(j)) for i, j in cells}
    return np.array(
        [
            (int(a[0]), int(b[1])) in there and (int(b[0]), int(a[1])) in there
            for a, b in zip(cells[pairs[:, 0]], cells[pairs[:, 1]], strict=True)
        ],
        dtype=bool,
    )


def _middles(path: Array, ground: Ground) -> Array:
    """(P, 2) for each point of a path (P, 2), the middle of the free floor of the nearest room."""
    free = [ground.positions[find_inside(ground.positions, [room])] for room in ground.rooms]
    middles = np.array([points.mean(axis=0) for points in free if len(points)])
    polygons = [room for room, points in zip(ground.rooms, free, strict=True) if len(points)]
    gaps = np.stack([shapely.distance(polygon, shapely.points(path)) for polygon in polygons])
    return middles[gaps.argmin(axis=0)]


def _uncut(graph: csr_array, points: Sequence[int], path: Array, here: int, there: int) -> int:
    """The index to step to: `there`, or the next one if a straight step would cut a corner."""
    if there <= here + 1:
        return there
    straight = np.allclose(path[here + 1] - path[here], path[here + 2] - path[here + 1])
    return there if straight or graph[points[here], points[there]] > 0.0 else here + 1
