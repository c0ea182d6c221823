"""`coverage`: walks to the views that show the most objects not seen before."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from simgen.recipe import Coverage
from simgen.scenes.trajectories.paths import (
    build_walking_graph,
    find_shortest_paths,
    make_pose,
    trace_path,
    turn_to,
    walk_to,
    wrap_angle_deg,
)
from simgen.scenes.trajectories.place import Ground, Place
from simgen.scenes.trajectories.vantage import CandidateViews, look_about
from simgen.types import AgentPose, Array

GLANCE = 2.0
"""Frames added to the cost of every view, so that many new objects count more than a short walk."""


def plan_coverage(place: Place, spec: Coverage, rng: np.random.Generator) -> list[AgentPose]:
    """Plans `spec.frames` poses that go greedily from view to view.

    The first view is the one with the most objects. Each next view shows the most unseen objects per frame
    that it takes to get there. Objects seen on the way count too. When all objects have been seen, all count
    as unseen again. Raises HouseError when no object is seen or the floor is too small.
    """
    views = look_about(place, spec.horizon_deg, rng)
    graph = build_walking_graph(place.ground.positions, spec.step_m)
    view = int(np.where(views.square, views.seen.sum(axis=1), -1).argmax())
    poses = [make_pose(place.ground, int(views.points[view]), float(views.yaw_deg[view]), spec.horizon_deg)]
    seen = views.seen[view]
    while len(poses) < spec.frames:
        here = int(views.points[view])
        frames = _frames_to(views, dijkstra(graph, indices=here)[views.points] / spec.step_m, poses[-1], spec)
        following = _next_view(views, seen, frames)
        if following is None:
            seen = np.zeros_like(seen)
            following = _next_view(views, seen, frames)
        if following is None:  # the current view shows all objects that can be seen
            return [*poses, *[poses[-1]] * (spec.frames - len(poses))]
        way = trace_path(find_shortest_paths(graph, [here]), here, int(views.points[following]))
        leg = _leg(place.ground, graph, way, float(views.yaw_deg[following]), poses[-1], spec)
        for pose in leg[: spec.frames - len(poses)]:
            seen = seen | (place.look(pose).seen & place.wanted)
        poses, view = [*poses, *leg], following
    return poses[: spec.frames]


def _frames_to(views: CandidateViews, steps: Array, pose: AgentPose, spec: Coverage) -> Array:
    """(V) estimated frames to walk `steps` (V) and turn to each view; 0 for the current view."""
    turns = np.array([abs(wrap_angle_deg(float(yaw) - pose.yaw_deg)) for yaw in views.yaw_deg])
    return np.maximum(steps, turns / spec.turn_deg)


def _next_view(views: CandidateViews, seen: NDArray[np.bool_], frames: Array) -> int | None:
    """The view with the most new objects per frame; None when no other view shows any."""
    new = np.where(frames > 1e-6, (views.seen & ~seen).sum(axis=1), 0)
    return int((new / (frames + GLANCE)).argmax()) if new.any() else None


def _leg(
    ground: Ground, graph: csr_array, way: list[int], yaw_deg: float, start: AgentPose, spec: Coverage
) -> list[AgentPose]:
    """The poses after `start`: a walk along `way`, then a turn to `yaw_deg`."""
    walked = walk_to(ground, graph, way, start, spec.step_m, spec.turn_deg) if len(way) > 1 else []
    return [*walked, *turn_to([start, *walked][-1], yaw_deg, spec.turn_deg)]
