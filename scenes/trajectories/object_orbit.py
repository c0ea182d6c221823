"""`object_orbit`: goes around an object and faces it."""

import difflib
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from simgen.errors import HouseError
from simgen.recipe import ObjectOrbit
from simgen.scenes.trajectories.paths import advance, build_walking_graph, find_walkable
from simgen.scenes.trajectories.place import GRID_SIZE, Place
from simgen.types import AgentPose, Array, SceneObject

SECTORS = 24
"""Parts of a full circle around an object, 15 degrees each."""
MIN_ARC_DEG = 90.0
"""A shorter arc around an object does not show another side of it."""
NEARNESS = 0.25
"""Preferred distance, as a share of the range from nearest to farthest: a near camera shows more."""
MIN_SIDE_M = 0.3
"""Smallest longer side of an object to orbit, where the recipe names no type."""
OBJECTS_TRIED = 4
"""Objects tried when the recipe names no type, or there are several of that type."""
LOOKS = 8
"""How often a path is planned again, without the points from which the object turned out to be hidden."""
DETOUR = 2.5
"""A path to the next sector that is this many times longer than the straight line is not part of an orbit."""
START_PART = 4
"""Walking to and fro begins in the first of this many parts of the path and goes to the other end first."""
SQUARE_DEG = 15.0
"""The first camera turns by at most this to look along a wall; the object stays in view."""
HORIZONS_DEG = (-30.0, 60.0)
"""How far AI2-THOR's agent can look up (negative) and down."""


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """A path around an object, as grid points."""

    item: SceneObject
    points: list[int]
    arc_deg: float
    closed: bool


def plan_object_orbit(place: Place, spec: ObjectOrbit, rng: np.random.Generator) -> list[AgentPose]:
    """Plans `spec.frames` poses on the longest path around an object from which it is always seen.

    The path is a full circle if that is free; otherwise the agent walks to and fro. Each frame moves at most
    `spec.step_m` metres and turns as far as needed to face the object. Raises HouseError when there is no
    such object, or none that can be seen from a quarter of a circle.
    """
    positions = place.ground.positions
    graph = build_walking_graph(positions, spec.step_m)
    ways = [_way_around(place, graph, index, spec) for index in _candidates(place, spec)]
    way = max(ways, key=lambda way: way.arc_deg)
    if way.arc_deg < MIN_ARC_DEG:
        raise HouseError(
            f"the best {way.item.type} to orbit is seen from {way.arc_deg:.0f} degrees of a circle between "
            f"{spec.nearest_m:g} and {spec.farthest_m:g} m; {MIN_ARC_DEG:.0f} are needed"
        )
    points = _round_and_round(place, way, spec, clockwise=bool(rng.random() < 0.5))
    path, here, poses = positions[points], 0, list[AgentPose]()
    for _ in range(spec.frames):
        poses.append(_facing(place, way.item, points[here]))
        here = advance(path, here, spec.step_m, graph, points)
    return [_square_up(poses[0]), *poses[1:]]


def _candidates(place: Place, spec: ObjectOrbit) -> list[int]:
    """The objects with free floor on the most sides, at most OBJECTS_TRIED."""
    wanted = [int(index) for index in np.flatnonzero(place.wanted)]
    of_type = [i for i in wanted if spec.object in (None, place.objects[i].type)]
    if not of_type:
        types = sorted({place.objects[i].type for i in wanted})
        near = difflib.get_close_matches(spec.object or "", types, n=3, cutoff=0.0)
        raise HouseError(f"no {spec.object or 'object'} in the rooms to walk in; there are {', '.join(near)}")
    if spec.object is None:
        of_type = [i for i in of_type if _stands_alone(place.objects[i])] or of_type
    sides = {i: len(set(_sectors(place, place.objects[i])[_ring(place, i, spec)])) for i in of_type}
    return sorted(sides, key=lambda i: -sides[i])[:OBJECTS_TRIED]


def _stands_alone(item: SceneObject) -> bool:
    return not item.parent_id and float(np.ptp(item.footprint, axis=0).max()) >= MIN_SIDE_M


def _ring(place: Place, index: int, spec: ObjectOrbit) -> NDArray[np.bool_]:
    """(N) whether each position is in the rooms and at the right distance from an object."""
    gaps = _gaps(place, place.objects[index])
    return find_walkable(place.ground) & (gaps >= spec.nearest_m) & (gaps <= spec.farthest_m)


def _gaps(place: Place, item: SceneObject) -> Array:
    """(N) metres from each position to an object's outline."""
    return np.asarray(
        shapely.distance(shapely.Polygon(item.footprint), shapely.points(place.ground.positions))
    )


def _sectors(place: Place, item: SceneObject) -> NDArray[np.int64]:
    """(N) the sector of the circle around an object in which each position lies."""
    x, z = (place.ground.positions - item.box.center[[0, 2]]).T
    return np.floor((np.arctan2(x, z) / (2.0 * np.pi) % 1.0) * SECTORS).astype(np.int64) % SECTORS


def _way_around(place: Place, graph: csr_array, index: int, spec: ObjectOrbit) -> _Way:
    """The longest path around an object; the object is seen from all its points."""
    item, free = place.objects[index], _ring(place, index, spec)
    shows: dict[int, bool] = {}
    for _ in range(LOOKS):
        way = _longest_run(place, graph, item, free, spec)
        for point in {*way.points} - {*shows}:
            shows[point] = bool(place.look(_facing(place, item, point)).seen[index])
        hidden = [point for point in way.points if not shows[point]]
        if not hidden:
            return way
        free[hidden] = False
    return _Way(item, [], 0.0, closed=False)


def _longest_run(
    place: Place, graph: csr_array, item: SceneObject, free: NDArray[np.bool_], spec: ObjectOrbit
) -> _Way:
    """The path over free positions through the most neighbouring sectors."""
    stops = _stops(place, item, free, spec)
    legs = [
        _leg(graph, place.ground.positions, free, stops[k], stops[(k + 1) % SECTORS]) for k in range(SECTORS)
    ]
    if all(leg is not None for leg in legs):
        points = [point for leg in legs for point in (leg or [])[1:]]
        return _Way(item, points, 360.0, closed=True)
    best: list[int] = []
    arc = 0
    for first in range(SECTORS):
        count = 0
        while count < SECTORS and legs[(first + count) % SECTORS] is not None:
            count += 1
        if count > arc:
            run = [legs[(first + k) % SECTORS] or [] for k in range(count)]
            best, arc = [run[0][0], *(point for leg in run for point in leg[1:])], count
    return _Way(item, best, arc * 360.0 / SECTORS, closed=False)


def _stops(place: Place, item: SceneObject, free: NDArray[np.bool_], spec: ObjectOrbit) -> list[int | None]:
    """For each sector the free position nearest to the preferred distance, None without any."""
    wanted = spec.nearest_m + NEARNESS * (spec.farthest_m - spec.nearest_m)
    error, sectors = np.abs(_gaps(place, item) - wanted), _sectors(place, item)
    found: list[int | None] = []
    for sector in range(SECTORS):
        here = np.flatnonzero(free & (sectors == sector))
        found.append(int(here[error[here].argmin()]) if len(here) else None)
    return found


def _leg(
    graph: csr_array, positions: Array, free: NDArray[np.bool_], start: int | None, end: int | None
) -> list[int] | None:
    """Grid points from one stop to the next over free positions; None when there is no short path."""
    if start is None or end is None:
        return None
    limit = DETOUR * float(np.linalg.norm(positions[end] - positions[start])) + 2.0 * GRID_SIZE
    near = np.flatnonzero(free & (np.linalg.norm(positions - positions[start], axis=1) <= limit))
    first, last = (int(np.flatnonzero(near == point)[0]) for point in (start, end))
    lengths, before = dijkstra(graph[near][:, near], indices=first, return_predecessors=True)
    if not np.isfinite(lengths[last]):
        return None
    leg = [last]
    while leg[-1] != first:
        leg.append(int(before[leg[-1]]))
    return [int(near[point]) for point in leg[::-1]]


def _round_and_round(place: Place, way: _Way, spec: ObjectOrbit, clockwise: bool) -> list[int]:
    """Grid points for all frames: around again and again, or to and fro.

    The first point is the one whose view is most nearly parallel to a wall; to and fro it is searched in the
    first part of the path only.
    """
    points = way.points if clockwise else way.points[::-1]
    starts = points if way.closed else points[: 1 + len(points) // START_PART]
    first = int(np.argmin([_off_square_deg(_facing(place, way.item, point).yaw_deg) for point in starts]))
    turn = points if way.closed else points + points[-2:0:-1]  # its end is a neighbour of its beginning
    needed = int(np.ceil(spec.frames * spec.step_m / GRID_SIZE)) + 1
    return list(islice(cycle(turn), first, first + needed))


def _facing(place: Place, item: SceneObject, point: int) -> AgentPose:
    """The pose on a grid point that looks at the centre of an object, within the agent's limits."""
    x, z = place.ground.positions[point]
    right, up, ahead = item.box.center - [x, place.eye_y, z]
    down_deg = float(np.degrees(np.arctan2(-up, np.hypot(right, ahead))))
    yaw_deg = float(np.degrees(np.arctan2(right, ahead))) % 360.0
    return AgentPose(
        float(x), place.ground.agent_y, float(z), yaw_deg, float(np.clip(down_deg, *HORIZONS_DEG))
    )


def _off_square_deg(yaw_deg: float) -> float:
    return abs((yaw_deg + 45.0) % 90.0 - 45.0)


def _square_up(pose: AgentPose) -> AgentPose:
    """The pose turned parallel to a wall, if it nearly is; otherwise unchanged."""
    if _off_square_deg(pose.yaw_deg) > SQUARE_DEG:
        return pose
    yaw_deg = round(pose.yaw_deg / 90.0) * 90.0 % 360.0
    return AgentPose(pose.x, pose.y, pose.z, yaw_deg, pose.horizon_deg)
