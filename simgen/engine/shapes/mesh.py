"""Triangle meshes of simple solids, from which the shapes are built.

Points are in metres, y is up. A triangle (a, b, c) is wound so that cross(b - a, c - a) points outward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Range = tuple[float, float]
Point = tuple[float, float, float]

CREASE_COS = 0.75
"""Neighbouring bands of a lathe are shaded smoothly if the cosine between their normals is above this."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles with one unit normal per vertex."""

    positions: Floats
    """(V, 3) metres."""
    normals: Floats
    """(V, 3) unit, outward."""
    faces: NDArray[np.int32]
    """(F, 3)."""


def join(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh with the triangles of several meshes."""
    offsets = np.cumsum([0, *(len(mesh.positions) for mesh in meshes[:-1])])
    return Mesh(
        np.concatenate([mesh.positions for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.faces + np.int32(o) for mesh, o in zip(meshes, offsets, strict=True)]),
    )


def shift(mesh: Mesh, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
    """The mesh moved by these distances, metres."""
    return Mesh(mesh.positions + np.array([x, y, z]), mesh.normals, mesh.faces)


def scale(mesh: Mesh, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Mesh:
    """The mesh scaled about the origin. A negative factor mirrors it."""
    factors = np.array([x, y, z])
    normals = mesh.normals / factors
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    faces = mesh.faces if factors.prod() > 0 else mesh.faces[:, ::-1]
    return Mesh(mesh.positions * factors, normals, faces)


def rotate(mesh: Mesh, axis: str, angle_deg: float, pivot: Point = (0.0, 0.0, 0.0)) -> Mesh:
    """The mesh rotated about an axis (`x`, `y` or `z`) through `pivot`, by the usual right-handed matrix."""
    first = {"x": 1, "y": 2, "z": 0}[axis]
    second = (first + 1) % 3
    cos, sin = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    center = np.array(pivot)
    return Mesh((mesh.positions - center) @ matrix.T + center, mesh.normals @ matrix.T, mesh.faces)


def lay_along_x(mesh: Mesh) -> Mesh:
    """The mesh rotated so that its +y axis points along +x."""
    return Mesh(mesh.positions[:, [1, 2, 0]], mesh.normals[:, [1, 2, 0]], mesh.faces)


def lay_along_z(mesh: Mesh) -> Mesh:
    """The mesh rotated so that its +y axis points along +z."""
    return Mesh(mesh.positions[:, [2, 0, 1]], mesh.normals[:, [2, 0, 1]], mesh.faces)


def box(x: Range, y: Range, z: Range) -> Mesh:
    """An axis-aligned box with sharp edges: 12 triangles."""
    corners, normals, faces = _unit_box()
    low, high = np.array([x[0], y[0], z[0]]), np.array([x[1], y[1], z[1]])
    return Mesh(low + corners * (high - low), normals, faces)


def frustum(low: tuple[Range, Range], high: tuple[Range, Range], y: Range) -> Mesh:
    """A solid between a rectangle (x range, z range) at y[0] and another at y[1]: legs, chair backs."""
    corners, _, faces = _unit_box()
    at = corners.astype(int)
    plan = np.array([low, high])  # (top, axis, end)
    points = np.stack(
        [plan[at[:, 1], 0, at[:, 0]], np.array(y)[at[:, 1]], plan[at[:, 1], 1, at[:, 2]]], axis=-1
    )
    a, b, c = points[faces[::2, 0]], points[faces[::2, 1]], points[faces[::2, 2]]
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(points, np.repeat(normals, 4, axis=0), faces)


@cache
def _unit_box() -> tuple[Floats, Floats, NDArray[np.int32]]:
    corners, normals = [], []
    for axis in range(3):
        for end in (0.0, 1.0):
            square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
            for u, v in square if end else square[::-1]:
                corner, normal = np.zeros(3), np.zeros(3)
                corner[axis], corner[(axis + 1) % 3], corner[(axis + 2) % 3] = end, u, v
                normal[axis] = 2.0 * end - 1.0
                corners.append(corner)
                normals.append(normal)
    faces = [(4 * i + a, 4 * i + b, 4 * i + c) for i in range(6) for a, b, c in ((0, 1, 2), (0, 2, 3))]
    return np.array(corners), np.array(normals), np.array(faces, dtype=np.int32)


def rounded_box(x: Range, y: Range, z: Range, radius: float, steps: int = 2) -> Mesh:
    """A box with rounded edges: 60 triangles with 2 steps per quarter turn, 140 with 3."""
    directions, signs, faces = _box_of_directions(steps)
    low, high = np.array([x[0], y[0], z[0]]), np.array([x[1], y[1], z[1]])
    center, half = (low + high) / 2.0, (high - low) / 2.0
    radii = np.minimum(radius, 0.999 * half)
    positions = center + signs * (half - radii) + directions * radii
    normals = directions / radii
    return Mesh(positions, normals / np.linalg.norm(normals, axis=1, keepdims=True), faces)


@cache
def _box_of_directions(steps: int) -> tuple[Floats, Floats, NDArray[np.int32]]:
    """Unit directions of a sphere divided into octants, the signs of their octants, and the faces."""
    quarter = np.linspace(0.0, np.pi / 2.0, steps)
    turns = np.concatenate([quarter + k * np.pi / 2.0 for k in range(4)])
    quadrant = np.repeat(np.pi / 4.0 + np.arange(4) * np.pi / 2.0, steps)
    rises = np.concatenate([quarter - np.pi / 2.0, quarter])
    half = np.repeat([-1.0, 1.0], steps)
    rise, turn = np.meshgrid(rises, turns, indexing="ij")
    directions = np.stack([np.cos(rise) * np.cos(turn), np.sin(rise), np.cos(rise) * np.sin(turn)], axis=-1)
    sides = np.sign(np.stack([np.cos(quadrant), np.sin(quadrant)]))
    signs = np.stack(np.broadcast_arrays(sides[0][None], half[:, None], sides[1][None]), axis=-1)
    rows, columns = rise.shape
    ends = [(0, k, k + 1) for k in range(1, columns - 1)]
    ends += [
        (k + (rows - 1) * columns, (rows - 1) * columns, k + 1 + (rows - 1) * columns)
        for k in range(1, columns - 1)
    ]
    faces = np.concatenate([_grid_faces(rows, columns, closed=True), np.array(ends, dtype=np.int32)])
    directions, signs = directions.reshape(-1, 3), signs.reshape(-1, 3)
    a, b, c = (np.round(0.7 * signs + 0.3 * directions, 9)[faces[:, k]] for k in range(3))
    # The rows at the poles are flat squares with repeated corners, so some of their triangles have no area.
    real = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-9
    return directions, signs, faces[real]


@cache
def _grid_faces(rows: int, columns: int, closed: bool) -> NDArray[np.int32]:
    """Two triangles per cell of a grid whose rows go up and whose columns go around from x to z."""
    around = np.arange(columns if closed else columns - 1)
    first = np.arange(rows - 1)[:, None] * columns
    a = (first + around).ravel()
    b = (first + (around + 1) % columns).ravel()
    lower = np.stack([a, a + columns, b], axis=-1)
    upper = np.stack([a + columns, b + columns, b], axis=-1)
    return np.concatenate([lower, upper]).astype(np.int32)


def lathe(
    profile: Sequence[tuple[float, float]], segments: int = 14, at: tuple[float, float] = (0.0, 0.0)
) -> Mesh:
    """A surface of revolution about the vertical through (x, z) = `at`.

    The profile's points are (radius, y), listed so that the outside is on the right of the line's direction:
    outward from the centre of the bottom, up the side, and back to the axis over the top.
    """
    points = np.array(profile, dtype=float)
    steps = np.diff(points, axis=0)
    steps = steps[(lengths := np.linalg.norm(steps, axis=1)) > 1e-9] / lengths[lengths > 1e-9, None]
    points = points[np.concatenate([[True], lengths > 1e-9])]
    band_normals = np.stack([steps[:, 1], -steps[:, 0]], axis=-1)
    rings, normals = _banded(points, band_normals)  # (2B, 2): two rings per band
    turns = np.arange(segments) * 2.0 * np.pi / segments
    cos, sin = np.cos(turns), np.sin(turns)
    positions = _spun(rings, cos, sin) + np.array([at[0], 0.0, at[1]])
    faces = _lathe_faces(len(band_normals), segments)
    radius = np.repeat(rings[:, 0], segments)
    # A ring at the axis is a single point, so triangles that use it twice have no area.
    flat = (radius[faces] < 1e-9).sum(axis=1) > 1
    return Mesh(positions.reshape(-1, 3), _spun(normals, cos, sin).reshape(-1, 3), faces[~flat])


def _banded(points: Floats, band_normals: Floats) -> tuple[Floats, Floats]:
    """Both ends of each band and their normals, averaged with the neighbouring band's at smooth edges."""
    smooth = (band_normals[1:] * band_normals[:-1]).sum(axis=1) > CREASE_COS
    mean = band_normals[1:] + band_normals[:-1]
    mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
    first, last = band_normals.copy(), band_normals.copy()
    first[1:][smooth] = mean[smooth]
    last[:-1][smooth] = mean[smooth]
    rings = np.stack([points[:-1], points[1:]], axis=1).reshape(-1, 2)
    return rings, np.stack([first, last], axis=1).reshape(-1, 2)


def _spun(rings: Floats, cos: Floats, sin: Floats) -> Floats:
    heights = np.broadcast_to(rings[:, 1:], (len(rings), len(cos)))
    return np.stack([rings[:, :1] * cos, heights, rings[:, :1] * sin], axis=-1)


@cache
def _lathe_faces(bands: int, segments: int) -> NDArray[np.int32]:
    one = _grid_faces(2, segments, closed=True)
    return np.concatenate([one + 2 * segments * band for band in range(bands)])


def cylinder(
    x: float, z: float, radius: float, y: Range, segments: int = 12, top: float | None = None
) -> Mesh:
    """An upright cylinder, or the frustum of a cone if the `top` radius differs."""
    top = radius if top is None else top
    return lathe([(0.0, y[0]), (radius, y[0]), (top, y[1]), (0.0, y[1])], segments, (x, z))


def disc(x: float, y: float, radius: float, z: Range, segments: int = 14) -> Mesh:
    """A cylinder along z: knobs, dials, clock faces."""
    return shift(lay_along_z(cylinder(0.0, 0.0, radius, z, segments)), x, y)


def ellipsoid(
    center: Point,
    radii: Point,
    columns: int = 12,
    rows: int = 8,
    power: float = 1.0,
) -> Mesh:
    """An ellipsoid. A `power` below 1 makes it more like a box (superellipsoid, A. Barr 1981)."""
    rise = np.linspace(-np.pi / 2.0, np.pi / 2.0, rows + 1)[:, None]
    turn = (np.arange(columns) * 2.0 * np.pi / columns)[None]
    positions = _superellipsoid(rise, turn, power) * np.array(radii) + np.array(center)
    normals = _superellipsoid(rise, turn, 2.0 - power) / np.array(radii)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(positions, normals, _ball_faces(rows, columns))


@cache
def _ball_faces(rows: int, columns: int) -> NDArray[np.int32]:
    faces = _grid_faces(rows + 1, columns, closed=True)
    cells = rows * columns
    # At the poles, one of the two triangles of each cell has no area.
    return np.concatenate([faces[columns:cells], faces[cells : 2 * cells - columns]])


def _superellipsoid(rise: Floats, turn: Floats, power: float) -> Floats:
    across = _power(np.cos(rise), power)
    x, z = across * _power(np.cos(turn), power), across * _power(np.sin(turn), power)
    return np.stack([x, np.broadcast_to(_power(np.sin(rise), power), x.shape), z], axis=-1).reshape(-1, 3)


def _power(values: Floats, power: float) -> Floats:
    values = np.where(np.abs(values) < 1e-9, 0.0, values)
    return values if power == 1.0 else np.sign(values) * np.abs(values) ** power


def smooth(positions: ArrayLike, faces: NDArray[np.int32]) -> Mesh:
    """A mesh whose normals are averaged over all triangles that meet at a point, also across seams."""
    points = np.asarray(positions, dtype=float)
    a, b, c = (points[faces[:, k]] for k in range(3))
    areas = np.cross(b - a, c - a)
    _, place = np.unique(np.round(points, 6), axis=0, return_inverse=True)
    sums = np.zeros((place.max() + 1, 3))
    for k in range(3):
        np.add.at(sums, place.ravel()[faces[:, k]], areas)
    normals = sums[place.ravel()]
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(points, np.where(length > 1e-12, normals / np.maximum(length, 1e-12), [0.0, 1.0, 0.0]), faces)


def tube(path: Sequence[Point], radius: float | Sequence[float], sides: int = 6) -> Mesh:
    """A round bar along a polyline, closed at both ends: taps, handles, wires."""
    points = np.array(path, dtype=float)
    radii = np.broadcast_to(np.asarray(radius, dtype=float), len(points))
    tangents = np.gradient(points, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    helper = np.eye(3)[np.argmin(np.abs(tangents).max(axis=0))]
    u = np.cross(helper, tangents)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(tangents, u)
    turn = np.arange(sides) * 2.0 * np.pi / sides
    ring = np.cos(turn)[None, :, None] * u[:, None] + np.sin(turn)[None, :, None] * v[:, None]
    sideways = Mesh(
        (points[:, None] + radii[:, None, None] * ring).reshape(-1, 3),
        ring.reshape(-1, 3),
        _grid_faces(len(points), sides, closed=True)[:, ::-1],
    )
    first, last = sideways.positions[:sides], sideways.positions[-sides:]
    return join([sideways, flat_polygon(first[::-1]), flat_polygon(last)])


def flat_polygon(points: ArrayLike) -> Mesh:
    """One side of a flat convex polygon. The cross product of its successive edges points outward."""
    corners = np.asarray(points, dtype=float)
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    normal /= np.linalg.norm(normal)
    faces = np.array([(0, k, k + 1) for k in range(1, len(corners) - 1)], dtype=np.int32)
    return Mesh(corners, np.tile(normal, (len(corners), 1)), faces)


def sheet(rows: ArrayLike) -> Mesh:
    """Both sides of a thin sheet given as a grid of points (R, C, 3): leaves, cloth, paper."""
    grid = np.asarray(rows, dtype=float)
    faces = _grid_faces(grid.shape[0], grid.shape[1], closed=False)
    front = smooth(grid.reshape(-1, 3), faces)
    back = Mesh(front.positions, -front.normals, front.faces[:, ::-1])
    return join([front, back])


def prism(plan: Sequence[tuple[float, float]], y: Range) -> Mesh:
    """An upright prism over a convex polygon of (x, z) points, listed in the direction from x to z."""
    points = np.array(plan, dtype=float)
    following = np.roll(points, -1, axis=0)
    low, high = _at_height(points, y[0]), _at_height(points, y[1])
    low_next, high_next = _at_height(following, y[0]), _at_height(following, y[1])
    sides = [flat_polygon([a, b, c, d]) for a, b, c, d in zip(low, high, high_next, low_next, strict=True)]
    return join([flat_polygon(low), flat_polygon(high[::-1]), *sides])


def _at_height(plan: Floats, y: float) -> Floats:
    return np.stack([plan[:, 0], np.full(len(plan), y), plan[:, 1]], axis=-1)


def puff(x: Range, y: Range, z: Range, cells: int = 6) -> Mesh:
    """A stuffed cushion lying flat: thick in the middle, thin at the seam, with slightly concave sides."""
    line = np.sin(np.linspace(-np.pi / 2.0, np.pi / 2.0, cells + 1))
    u, v = np.meshgrid(line, line, indexing="ij")
    thick = ((1.0 - u**4) * (1.0 - v**4)) ** 0.5
    pinched_u = u * (1.0 - 0.06 * (1.0 - v**2) * u**4)
    pinched_v = v * (1.0 - 0.06 * (1.0 - u**2) * v**4)
    top = np.stack([pinched_u, thick, pinched_v], axis=-1).reshape(-1, 3)
    bottom = top * np.array([1.0, -1.0, 1.0])
    low, high = np.array([x[0], y[0], z[0]]), np.array([x[1], y[1], z[1]])
    faces = _grid_faces(cells + 1, cells + 1, closed=False)
    both = np.concatenate([faces[:, ::-1], faces + np.int32(len(top))])
    return smooth(np.concatenate([top, bottom]) * (high - low) / 2.0 + (low + high) / 2.0, both)
