"""Stands at good vantage points and turns."""

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
"""So many candidates for a further stop are tried, those that show most: the best one may be too far away."""


def plan_look_around(place: Place, spec: LookAround, rng: np.random.Generator) -> list[AgentPose]:
    """`spec.frames` poses: a whole circle at each of up to `spec.stops` vantage points, and the ways between.

    The first stop is where most objects are seen, times the share of the circle that shows any: from a
    corner one sees the whole room, and for most of the circle a wall. Each further one is where most others
    are, likewise, as far as its circle is whole within the frames. The frames that the ways leave are the
    circles': the more, the slower, and never faster than `spec.turn_deg` a frame. Raises HouseError when no
    object is seen or the floor is too small.
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
    """Of the views along a wall from a point, the one with most objects."""
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
    """The point that gains (P) most of those that there are frames for, and the way there."""
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
    """The start and the legs, with a whole turn to the right before each leg and after the last."""
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
