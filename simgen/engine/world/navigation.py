"""The free space of the agent: an exact polygon, and AI2-THOR's grid of positions on it."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from simgen.engine.world.scene import Body, Scene
from simgen.errors import EngineError
from simgen.house.agent import AGENT_HEIGHT, AGENT_RADIUS, DOOR_POST, STEP_OFFSET
from simgen.house.parse import House, Opening, Wall
from simgen.types import Array

MAX_GRID_POINTS = 4_000_000
"""Limit of a grid, because a larger one takes minutes and gigabytes.

ProcTHOR's largest house has this many points at a spacing of 1 cm.
"""
LEAF_THICKNESS = 0.04
"""Thickness of an open door leaf, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class FreeSpace:
    """The positions that the centre of the agent can have."""

    area: BaseGeometry
    """World (x, z)."""
    obstacles: tuple[tuple[str, BaseGeometry], ...]
    """Id and plan of every obstacle, before it is grown by the agent's radius."""

    def holds(self, point: Array) -> bool:
        """Whether the agent can stand with its centre at a world (x, z)."""
        return bool(shapely.contains_xy(self.area, point[0], point[1]))

    def allows(self, start: Array, end: Array) -> bool:
        """Whether the agent can walk in a straight line between two world (x, z)."""
        return bool(shapely.contains(self.area, shapely.LineString([start, end])))

    def find_blocker(self, start: Array, end: Array) -> str:
        """Id of the first obstacle that the agent would touch on a straight line, "" for none."""
        path, here = shapely.LineString([start, end]), shapely.Point(start)
        hits = [
            (plan.distance(here), name) for name, plan in self.obstacles if plan.distance(path) < AGENT_RADIUS
        ]
        return min(hits)[1] if hits else ""


def free_space(scene: Scene) -> FreeSpace:
    """The free space of a scene: its floors minus the obstacles, which are grown by the agent's radius."""
    if scene.house is None:
        return FreeSpace(area=shapely.Polygon(), obstacles=())
    obstacles = (*_wall_obstacles(scene.house), *_body_obstacles(scene))
    floors = shapely.union_all([room.polygon.buffer(1e-4) for room in scene.house.rooms])
    blocked = shapely.union_all([shapely.buffer(plan, AGENT_RADIUS) for _, plan in obstacles])
    area = shapely.difference(floors, blocked)
    shapely.prepare(area)
    return FreeSpace(area=area, obstacles=obstacles)


def reachable_positions(space: FreeSpace, start: Array, grid_size: float) -> Array:
    """(N, 2) world (x, z) that the agent can walk to on a grid through `start`, steps along x and z.

    `start` comes first. Like AI2-THOR's GetReachablePositions, this is a breadth-first search in which every
    step must be free. Raises EngineError when the grid has more than `MAX_GRID_POINTS`.
    """
    if not space.holds(start):
        return np.zeros((0, 2))
    free = _free_cells(space, start, grid_size)
    seen, queue = {(0, 0)}, deque([(0, 0)])
    while queue:
        cell = queue.popleft()
        for step in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            neighbour = (cell[0] + step[0], cell[1] + step[1])
            if neighbour in seen or neighbour not in free:
                continue
            if space.allows(start + np.multiply(cell, grid_size), start + np.multiply(neighbour, grid_size)):
                seen.add(neighbour)
                queue.append(neighbour)
    order = sorted(seen, key=lambda cell: (abs(cell[0]) + abs(cell[1]), cell))
    return start + np.array(order, dtype=np.float64) * grid_size


def obstacle_plan(body: Body) -> BaseGeometry | None:
    """World (x, z) area in which a body blocks the agent's capsule; None when it does not block."""
    if body.held:
        return None
    if body.asset.object_type == "Doorway":
        return _leaves(body)
    return body.plan if not body.is_opening and _in_the_way(body) else None


def _free_cells(space: FreeSpace, start: Array, grid_size: float) -> set[tuple[int, int]]:
    x_min, z_min, x_max, z_max = space.area.bounds
    if (x_max - x_min) * (z_max - z_min) > MAX_GRID_POINTS * grid_size**2:
        least = math.sqrt((x_max - x_min) * (z_max - z_min) / MAX_GRID_POINTS)
        raise EngineError(f"a grid of {grid_size} m has too many points here; give at least {least:.3f} m")
    columns = np.arange(np.ceil((x_min - start[0]) / grid_size), np.floor((x_max - start[0]) / grid_size) + 1)
    lines = np.arange(np.ceil((z_min - start[1]) / grid_size), np.floor((z_max - start[1]) / grid_size) + 1)
    cells = np.stack(np.meshgrid(columns, lines, indexing="ij"), axis=-1).reshape(-1, 2)
    points = start + cells * grid_size
    inside = shapely.contains_xy(space.area, points[:, 0], points[:, 1])
    return {(int(i), int(j)) for i, j in cells[inside]}


def _wall_obstacles(house: House) -> Iterator[tuple[str, BaseGeometry]]:
    for wall in house.walls:
        if wall.empty or wall.exterior:
            continue
        line = shapely.LineString([wall.start, wall.end])
        for opening in house.openings:
            if wall.id in opening.wall_ids and _passable(opening):
                line = line.difference(_doorway(wall, opening))
        if not line.is_empty:
            yield wall.id, line


def _passable(opening: Opening) -> bool:
    return not opening.is_window and not opening.outside


def _doorway(wall: Wall, opening: Opening) -> BaseGeometry:
    """A thin area around the part of a door's hole between its posts."""
    post = DOOR_POST * wall.direction * np.sign((opening.end - opening.start) @ wall.direction)
    return shapely.LineString([opening.start + post, opening.end - post]).buffer(1e-3, cap_style="flat")


def _body_obstacles(scene: Scene) -> Iterator[tuple[str, BaseGeometry]]:
    for body in scene.bodies.values():
        plan = obstacle_plan(body)
        if plan is not None:
            yield body.id, plan


def _in_the_way(body: Body) -> bool:
    heights = body.corners[:, 1]
    return bool(heights.min() < AGENT_HEIGHT and heights.max() > STEP_OFFSET)


def _leaves(body: Body) -> BaseGeometry:
    """Plan of a door's leaf, hinged at the frame's lower local x, swinging towards its front (+z).

    A double door has two, hinged at either side.
    """
    half = body.asset.size[0] / 2 - DOOR_POST
    if "double" in body.asset.asset_id.lower():
        return shapely.union(_leaf(body, -half, half), _leaf(body, half, -half))
    return _leaf(body, -half, 2 * half)


def _leaf(body: Body, hinge_x: float, reach: float) -> BaseGeometry:
    angle = np.radians(90.0 * body.openness)
    hinge = np.array([hinge_x, 0.0, 0.0])
    tip = hinge + np.array([reach * np.cos(angle), 0.0, abs(reach) * np.sin(angle)])
    ends = np.stack([hinge, tip]) @ body.rotation.T + body.position
    return shapely.LineString(ends[:, [0, 2]]).buffer(LEAF_THICKNESS / 2, cap_style="flat")
