"""Oriented boxes: corners, footprints, and the distances between them."""

import numpy as np
import shapely

from simgen.types import Array, OrientedBox

UPRIGHT_TILT = 1e-8
"""A box is upright when one of its axes is vertical to within this angle, in radians. Its corners then
differ by nanometres from those of an exactly upright box."""

PARALLEL = 1e-9
"""Edges are parallel when the sine of their angle is smaller. Then a corner is among the nearest points."""

_SIGNS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)


def corners(box: OrientedBox) -> Array:
    """(8, 3) corners of a box in the world frame, metres."""
    return box.center + (_SIGNS * box.half_extents) @ box.rotation.T


def aabb(points: Array) -> Array:
    """(2, 3) lowest and highest corner of points (N, 3)."""
    return np.stack([points.min(axis=0), points.max(axis=0)])


def footprint(points: Array) -> Array:
    """(P, 2) convex hull of points (N, 3) on the floor plane as (x, z), counter-clockwise, metres."""
    hull = shapely.convex_hull(shapely.MultiPoint(points[:, [0, 2]]))
    if not isinstance(hull, shapely.Polygon):
        raise ValueError("the points lie on a vertical line or plane: they have no footprint")
    return np.asarray(shapely.geometry.polygon.orient(hull).exterior.coords)[:-1]


def is_upright(box: OrientedBox) -> bool:
    """Whether one of the box's axes is vertical, so that the box is a vertical prism over its footprint."""
    return bool(np.sort(np.abs(box.rotation[1]))[1] <= UPRIGHT_TILT)


def footprint_gap(a: Array, b: Array) -> float:
    """Shortest horizontal distance between two footprints (P, 2), in metres.

    Both are polygons on the floor plane of the world frame. 0.0 when they touch or overlap.
    """
    return float(shapely.distance(shapely.Polygon(a), shapely.Polygon(b)))


def box_gap(a: OrientedBox, b: OrientedBox) -> float:
    """Shortest distance between two boxes, in metres; 0.0 when they touch or overlap.

    For two upright boxes it combines the gap of their footprints and the gap of their heights by Pythagoras.
    Otherwise it is the shortest distance of a corner to a box or of an edge to an edge: for two separate
    boxes one of these is the minimum. (FCL's distance is not used: for boxes that share an axis it was wrong
    by tens of centimetres.)
    """
    if not (is_upright(a) and is_upright(b)):
        return _tilted_gap(a, b)
    corners_a, corners_b = corners(a), corners(b)
    horizontal = footprint_gap(footprint(corners_a), footprint(corners_b))
    low = max(corners_a[:, 1].min(), corners_b[:, 1].min())
    high = min(corners_a[:, 1].max(), corners_b[:, 1].max())
    return float(np.hypot(horizontal, max(low - high, 0.0)))


def point_gaps(points: Array, box: OrientedBox) -> Array:
    """(N,) shortest distances from world points (N, 3) to a box, in metres; 0.0 inside it."""
    local = (points - box.center) @ box.rotation
    return np.linalg.norm(np.maximum(np.abs(local) - box.half_extents, 0.0), axis=1)


def _tilted_gap(a: OrientedBox, b: OrientedBox) -> float:
    if _overlap(a, b):
        return 0.0
    return float(min(point_gaps(corners(a), b).min(), point_gaps(corners(b), a).min(), _edge_gap(a, b)))


def _overlap(a: OrientedBox, b: OrientedBox) -> bool:
    """Whether no plane separates the boxes: the 15 separating axes of Gottschalk, Lin and Manocha (1996)."""
    crossed = np.cross(a.rotation.T[:, None], b.rotation.T[None]).reshape(9, 3)
    axes = np.concatenate([a.rotation.T, b.rotation.T, crossed])
    reach = np.abs(axes @ a.rotation) @ a.half_extents + np.abs(axes @ b.rotation) @ b.half_extents
    return bool((np.abs(axes @ (b.center - a.center)) <= reach).all())


def _edge_gap(a: OrientedBox, b: OrientedBox) -> float:
    """Least distance of two edges whose nearest points lie inside both; infinite if there are none."""
    (starts_a, along_a), (starts_b, along_b) = _edges(a), _edges(b)
    between = starts_b[None] - starts_a[:, None]
    normal = np.cross(along_a[:, None], along_b[None])  # (12, 12, 3)
    square = (normal**2).sum(axis=2)
    crossing = square > PARALLEL**2 * np.outer((along_a**2).sum(axis=1), (along_b**2).sum(axis=1))
    square = np.where(crossing, square, 1.0)
    on_a = (np.cross(between, along_b[None]) * normal).sum(axis=2) / square
    on_b = (np.cross(between, along_a[:, None]) * normal).sum(axis=2) / square
    within = crossing & (on_a >= 0) & (on_a <= 1) & (on_b >= 0) & (on_b <= 1)
    gaps = np.abs((between * normal).sum(axis=2)) / np.sqrt(square)
    return float(np.where(within, gaps, np.inf).min())


def _edges(box: OrientedBox) -> tuple[Array, Array]:
    """Start points (12, 3) and vectors to the end points (12, 3) of a box's edges."""
    along = 2.0 * (box.rotation * box.half_extents).T  # (3, 3), one row an axis
    starts = [corners(box)[_SIGNS[:, axis] < 0] for axis in range(3)]
    return np.concatenate(starts), np.repeat(along, 4, axis=0)
