"""`look_around`: turns a whole circle at each of some good vantage points."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from simgen.recipe import LookAround
from simgen.scenes.trajectories.paths import (
    build_walking_graph,
    find_shortest_paths,
    make_pose,
    trace_path,
    turn_pose,
    walk_to,
)
from simgen.scenes.trajectories.place import Ground, Place
from simgen.scenes.trajectories.vantage import CandidateViews, look_about
from simgen.types import AgentPose, Array

SECOND_BEST = 8
"""Candidates tried for each further stop, those that show most: the best one may be too far away."""


def plan_look_around(place: Place, spec: LookAround, rng: np.random.Generator) -> list[AgentPose]:
    """Plans `spec.frames` poses: full turns at up to `spec.stops` vantage points, and the walks between them.

    The first stop has the highest score: the number of objects seen from it times the share of its views that
    show any object. (A corner sees the whole room, but most of its views show a wall.) Each further stop has
    the highest score for objects not seen yet, among those whose full turn still fits into the frames. All
    frames that the walks leave are used for the turns, at most `spec.turn_deg` a frame. Raises HouseError
    when no object is seen or the floor is too small.
    """
    views = look_about(place, spec.horizon_deg, rng)
    graph = build_walking_graph(place.ground.positions, spec.step_m)
    points = np.unique(views.points)
    around = np.stack([views.seen[views.points == point].any(axis=0) for point in points])
    busy = np.array([views.seen[views.points == point].any(axis=1).mean() for point in points])
    first = int((around.sum(axis=1) * busy).argmax())
    start = make_pose(
        place.ground, int(points[first]), _best_yaw_deg(views, int(points[first])), spec.horizon_deg
    )
    shown, legs = around[first], list[list[AgentPose]]()
    while len(legs) + 1 < spec.stops:
        gains = (around & ~shown).sum(axis=1) * busy
        found = _next_stop(place.ground, graph, points, gains, [start, *_flat(legs)][-1], spec, legs)
        if found is None:
            break
        stop, leg = found
        shown, legs = shown | around[stop], [*legs, leg]
    return _with_circles(start, legs, spec.frames)


def _best_yaw_deg(views: CandidateViews, point: int) -> float:
    """Yaw of the view from a point that shows the most objects, among those that look along a wall."""
    mine = (views.points == point) & views.square
    return float(views.yaw_deg[mine][views.seen[mine].sum(axis=1).argmax()])


def _next_stop(
    ground: Ground,
    graph: csr_array,
    points: NDArray[np.int64],
    gains: Array,
    start: AgentPose,
    spec: LookAround,
    legs: list[list[AgentPose]],
) -> tuple[int, list[AgentPose]] | None:
    """The point with the highest gain (P) that the frames suffice for, as an index, and the walk there."""
    here = int(np.abs(ground.positions - [start.x, start.z]).sum(axis=1).argmin())
    circles = (len(legs) + 2) * int(np.ceil(360.0 / spec.turn_deg - 1e-9))
    spare = spec.frames - 1 - len(_flat(legs)) - circles
    gap_m = np.linalg.norm(ground.positions[points] - ground.positions[here], axis=1)
    gain = np.where(gap_m <= spare * spec.step_m, gains, 0.0)
    paths = find_shortest_paths(graph, [here])
    for stop in np.argsort(-gain, kind="stable")[:SECOND_BEST]:
        if not gain[stop]:
            return None
        way = trace_path(paths, here, int(points[stop]))
        leg = walk_to(ground, graph, way, start, spec.step_m, spec.turn_deg)
        if len(leg) <= spare:
            return int(stop), leg
    return None


def _with_circles(start: AgentPose, legs: list[list[AgentPose]], frames: int) -> list[AgentPose]:
    """The start and the legs, with a full turn to the right before each leg and after the last."""
    spare, stops = frames - 1 - len(_flat(legs)), len(legs) + 1
    poses = [start]
    for index, leg in enumerate([*legs, []]):
        count = spare // stops + (index < spare % stops)
        here = poses[-1]
        poses += [turn_pose(here, here.yaw_deg + 360.0 * (turn + 1) / count) for turn in range(count)]
        poses += leg
    return poses


def _flat(legs: list[list[AgentPose]]) -> list[AgentPose]:
    return [pose for leg in legs for pose in leg]
