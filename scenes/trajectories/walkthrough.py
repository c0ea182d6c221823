"""`walkthrough`: walks all over a room, or through the middle of every room."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from simgen.recipe import Walkthrough
from simgen.scenes.trajectories.paths import (
    LOOK_AHEAD,
    build_walking_graph,
    compute_gazes_deg,
    find_room_middles,
    find_walkable,
    make_pose,
    plan_round_trip,
    spread_points,
    walk,
)
from simgen.scenes.trajectories.place import Ground
from simgen.types import AgentPose

WAYPOINT_SPACING = 1.2
"""Metres between way-points: closer ones show nothing new."""


def plan_walkthrough(ground: Ground, spec: Walkthrough, rng: np.random.Generator) -> list[AgentPose]:
    """Plans `spec.frames` poses that visit way-points along shortest paths.

    In one room the way-points are spread all over it; in several rooms they are the rooms' middles. After the
    last way-point the agent goes back along the same path, until there are enough frames. Each frame moves at
    most `spec.step_m` metres and turns at most `spec.turn_deg` degrees. Raises HouseError when the rooms have
    too little free floor.
    """
    positions, rooms, among = ground.positions, ground.rooms, find_walkable(ground)
    # This walk has always cut corners, by two centimetres of the agent's width. It must go on to do so, since
    # a recipe must always give the same clip.
    graph = build_walking_graph(positions, spec.step_m, cut_corners=True)
    if len(rooms) > 1:
        waypoints = find_room_middles(positions, rooms)
    else:
        waypoints = spread_points(positions, among, WAYPOINT_SPACING, rng)
    tour = _in_short_hops(graph, waypoints, rng)
    points = plan_round_trip(graph, tour, length_m=spec.frames * spec.step_m + LOOK_AHEAD)
    path = positions[points]
    gaze_deg = compute_gazes_deg(path, ground)
    # The first camera gives the map its axes. Parallel to the walls, its boxes fit most of the furniture.
    start = make_pose(ground, points[0], round(float(gaze_deg[0]) / 90.0) * 90.0 % 360.0, spec.horizon_deg)
    return list(islice(walk(path, gaze_deg, start, spec.step_m, spec.turn_deg), spec.frames))


def _in_short_hops(graph: csr_array, waypoints: Sequence[int], rng: np.random.Generator) -> list[int]:
    """The way-points in a greedy order: a random one first, then always the nearest one left on foot."""
    cost = dijkstra(graph, indices=list(waypoints))[:, waypoints]
    order = [int(rng.integers(len(waypoints)))]
    while len(order) < len(waypoints):
        rest = [index for index in range(len(waypoints)) if index not in order]
        order.append(min(rest, key=lambda index: float(cost[order[-1], index])))
    return [waypoints[index] for index in order]
