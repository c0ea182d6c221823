"""The first intersection of a ray with the scene, exact to the triangle."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simgen.engine.shapes import Part
from simgen.engine.world.parts import world_parts
from simgen.engine.world.scene import Body, Scene
from simgen.engine.world.shell import ceiling_part, floor_part, wall_part
from simgen.house.parse import House
from simgen.types import Array

PARALLEL = 1e-12
"""A ray is parallel to a triangle, and misses it, if its triple product with two sides is smaller."""


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """The nearest intersection on a ray."""

    object_id: str
    distance: float
    """Metres from the ray's origin."""
    point: Array
    """(3,) world."""
    built_in: bool
    """A floor, wall or ceiling."""


def first_hit(scene: Scene, origin: Array, direction: Array) -> Hit | None:
    """The first hit of a ray from `origin` (3,) along `direction` (3,); None when there is none.

    Triangles are hit from both sides.
    """
    direction = direction / np.linalg.norm(direction)
    best: Hit | None = None
    for body in _on_the_way(scene, origin, direction):
        best = _nearer(best, body.id, world_parts(body), origin, direction, built_in=False)
    for name, part in _shell(scene.house):
        best = _nearer(best, name, [part], origin, direction, built_in=True)
    return best


def _nearer(
    best: Hit | None, name: str, parts: list[Part], origin: Array, direction: Array, built_in: bool
) -> Hit | None:
    for part in parts:
        distance = _distance(part.positions.astype(np.float64)[part.faces], origin, direction)
        if np.isfinite(distance) and (best is None or distance < best.distance):
            best = Hit(name, distance, origin + distance * direction, built_in)
    return best


def _distance(triangles: Array, origin: Array, direction: Array) -> float:
    """Distance to the nearest of triangles (F, 3, 3), infinite for none (Möller and Trumbore 1997)."""
    one, other = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    normal = np.cross(direction, other)
    volume = np.einsum("fi,fi->f", one, normal)
    volume = np.where(np.abs(volume) < PARALLEL, np.nan, volume)
    start = origin - triangles[:, 0]
    across = np.cross(start, one)
    with np.errstate(invalid="ignore"):
        u = np.einsum("fi,fi->f", start, normal) / volume
        v = (across @ direction) / volume
        distance = np.einsum("fi,fi->f", other, across) / volume
        met = (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0) & (distance > 0.0)
    return float(np.where(met, distance, np.inf).min(initial=np.inf))


def _on_the_way(scene: Scene, origin: Array, direction: Array) -> Iterator[Body]:
    """Bodies near enough to the ray's line that it may hit them. Open leaves reach out of their box."""
    for body in scene.bodies.values():
        reach = float(np.linalg.norm(body.asset.size)) * 1.5
        offset = body.position - origin
        if np.linalg.norm(np.cross(direction, offset)) < reach:
            yield body


def _shell(house: House | None) -> Iterator[tuple[str, Part]]:
    if house is None:
        return
    for room in house.rooms:
        yield room.id, floor_part(room, house.openings)
        yield f"ceiling|{room.id}", ceiling_part(house, room)
    for wall in house.walls:
        part = wall_part(wall, [opening for opening in house.openings if wall.id in opening.wall_ids])
        if part is not None:
            yield wall.id, part
