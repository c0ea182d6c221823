"""The planar shell of a house as meshes: floors, ceilings, and walls with their holes."""

from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from simgen.engine.look.materials import Material, find_material, floor_material, wall_paint
from simgen.engine.shapes import Part, part_from_mesh
from simgen.house.parse import House, HouseRoom, Opening, Wall
from simgen.types import Array

THRESHOLD = 0.25
"""How far the floor extends under a door that leads outside, metres: at least the depth of its frame."""


def floor_part(room: HouseRoom, openings: Iterable[Opening]) -> Part:
    """The floor of a room and the thresholds of its outer doors, facing up, world frame."""
    material = floor_material(room.floor_material)
    doors = [o for o in openings if room.id in o.room_ids and o.outside and not o.is_window]
    area = shapely.union_all([room.polygon, *map(_threshold, doors)])
    return _flat_part(area, 0.0, facing_up=True, material=material)


def ceiling_part(house: House, room: HouseRoom) -> Part:
    """The ceiling of a room, facing down, world frame."""
    material = _paint_material(house.ceiling_material, house.ceiling_color)
    return _flat_part(room.polygon, house.ceiling_y, facing_up=False, material=material)


def wall_part(wall: Wall, openings: Iterable[Opening]) -> Part | None:
    """A wall with its holes, facing its room, world frame; None when nothing is left of it."""
    face = shapely.box(0.0, wall.y_min, wall.length, wall.y_max)
    for opening in openings:
        face = face.difference(_hole(wall, opening))
    if wall.empty or face.is_empty:
        return None
    triangles = _triangles(face)
    floor_points = wall.start + triangles[..., :1] * wall.direction
    positions = np.stack([floor_points[..., 0], triangles[..., 1], floor_points[..., 1]], axis=-1)
    return _facing(positions, _normal_into_room(wall), _paint_material(wall.material, wall.color))


def _threshold(door: Opening) -> shapely.Polygon:
    return shapely.LineString([door.start, door.end]).buffer(THRESHOLD, cap_style="flat")


def _hole(wall: Wall, opening: Opening) -> shapely.Polygon:
    along = [float((end - wall.start) @ wall.direction) for end in (opening.start, opening.end)]
    return shapely.box(min(along), opening.y_min, max(along), opening.y_max)


def _normal_into_room(wall: Wall) -> Array:
    # ProcTHOR lists a room's walls clockwise seen from above, and exterior walls counter-clockwise. So a
    # wall always faces the right-hand side of its direction.
    dx, dz = wall.direction
    return np.array([dz, 0.0, -dx])


def _paint_material(name: str, color: tuple[float, float, float] | None) -> Material:
    if color is None:
        return find_material("Wall", name)
    return wall_paint(name, color)


def _flat_part(polygon: BaseGeometry, y: float, facing_up: bool, material: Material) -> Part:
    triangles = _triangles(polygon)
    heights = np.full(triangles.shape[:2], y)
    positions = np.stack([triangles[..., 0], heights, triangles[..., 1]], axis=-1)
    return _facing(positions, np.array([0.0, 1.0 if facing_up else -1.0, 0.0]), material)


def _triangles(polygon: BaseGeometry) -> NDArray[np.float64]:
    """(F, 3, 2) triangles that cover a polygon with holes."""
    parts = shapely.get_parts(shapely.constrained_delaunay_triangles(polygon))
    return np.stack([np.asarray(part.exterior.coords)[:3] for part in parts])


def _facing(triangles: NDArray[np.float64], normal: Array, material: Material) -> Part:
    """A part of flat triangles (F, 3, 3), each turned so that it faces along `normal`."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    backwards = np.cross(b - a, c - a) @ normal < 0
    triangles = np.where(backwards[:, None, None], triangles[:, ::-1], triangles)
    positions = triangles.reshape(-1, 3)
    faces = np.arange(len(positions), dtype=np.int32).reshape(-1, 3)
    return part_from_mesh(positions, np.tile(normal, (len(positions), 1)), faces, material)
