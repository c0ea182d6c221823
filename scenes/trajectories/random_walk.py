"""`random_walk`: walks ahead with random turns."""

import numpy as np
from scipy.sparse import csr_array

from simgen.recipe import RandomWalk
from simgen.scenes.trajectories.paths import build_walking_graph, find_walkable, make_pose, wrap_angle_deg
from simgen.scenes.trajectories.place import GRID_SIZE, Ground
from simgen.types import AgentPose, Array

SWAY = 0.4
"""Standard deviation of a frame's turn, as a share of the largest turn: the path bends without jitter."""
TURN_AWAY_DEG = 60.0, 180.0
"""Smallest and largest turn at an obstacle. With smaller turns the agent would walk along the walls and see
little else."""
HEADING_SLACK_DEG = 40.0
"""Largest angle between a step and the agent's yaw: a grid has steps in eight directions only."""


def plan_random_walk(ground: Ground, spec: RandomWalk, rng: np.random.Generator) -> list[AgentPose]:
    """Plans `spec.frames` poses that turn at random and step ahead where the floor is free.

    At an obstacle the agent stands still and turns away by a random angle. Each frame moves at most
    `spec.step_m` metres and turns at most `spec.turn_deg` degrees. Raises HouseError when the rooms have
    too little free floor.
    """
    among = find_walkable(ground)
    graph = build_walking_graph(ground.positions, spec.step_m)[among][:, among]
    points = np.flatnonzero(among)
    here, yaw_deg, away_deg = int(rng.integers(len(points))), 90.0 * int(rng.integers(4)), 0.0
    poses: list[AgentPose] = []
    for _ in range(spec.frames):
        poses.append(make_pose(ground, int(points[here]), yaw_deg, spec.horizon_deg))
        there = _ahead(graph, ground.positions[points], here, yaw_deg, spec.step_m)
        if away_deg == 0.0 and there == here:
            away_deg = float(rng.choice([-1.0, 1.0]) * rng.uniform(*TURN_AWAY_DEG))
        turn_deg = away_deg or float(rng.normal(0.0, SWAY * spec.turn_deg))
        turn_deg = float(np.clip(turn_deg, -spec.turn_deg, spec.turn_deg))
        if away_deg == 0.0:
            here = there
        else:
            away_deg -= turn_deg
        yaw_deg = (yaw_deg + turn_deg) % 360.0
    return poses


def _ahead(graph: csr_array, positions: Array, here: int, yaw_deg: float, step_m: float) -> int:
    """The point to step to: the neighbour most nearly ahead, or the one behind it; `here` for none."""
    steps = {n: positions[n] - positions[here] for n in _neighbours(graph, here)}
    errors = {
        n: abs(wrap_angle_deg(float(np.degrees(np.arctan2(x, z))) - yaw_deg)) for n, (x, z) in steps.items()
    }
    near = min(errors, key=lambda n: errors[n], default=here)
    if near == here or errors[near] > HEADING_SLACK_DEG:
        return here
    if 2.0 * np.linalg.norm(steps[near]) > step_m + 1e-9:
        return near
    beyond = positions[near] + steps[near]
    further = (n for n in _neighbours(graph, near) if np.abs(positions[n] - beyond).max() < GRID_SIZE / 4)
    return next(further, near)


def _neighbours(graph: csr_array, point: int) -> list[int]:
    """The points to which there is a free step."""
    return [int(n) for n in graph.indices[graph.indptr[point] : graph.indptr[point + 1]]]
