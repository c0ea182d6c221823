"""Oriented boxes: corners, footprints, and the distances between them."""

import fcl
import numpy as np
import shapely

from simgen.types import Array, OrientedBox

UPRIGHT_COSINE = 1.0 - 1e-9
"""A box is upright when one of its axes is vertical to within this cosine (about 0.003 degrees)."""

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
    """Whether one of the box's axes is vertical, so that it is its footprint pulled up."""
    return bool(np.abs(box.rotation[1]).max() >= UPRIGHT_COSINE)


def footprint_gap(a: Array, b: Array) -> float:
    """Shortest horizontal distance between two footprints (P, 2), in metres.

    Both are polygons on the floor plane of the world frame. 0.0 when they touch or overlap.
    """
    return float(shapely.distance(shapely.Polygon(a), shapely.Polygon(b)))


def box_gap(a: OrientedBox, b: OrientedBox) -> float:
    """Shortest distance between two boxes, in metres; 0.0 when they touch or overlap.

    Two upright boxes: the gaps of their footprints and of their heights, by Pythagoras. Otherwise
    FCL's GJK distance of convex shapes (Gilbert, Johnson and Keerthi 1988).
    """
    if not (is_upright(a) and is_upright(b)):
        return _gjk_gap(a, b)
    corners_a, corners_b = corners(a), corners(b)
    horizontal = footprint_gap(footprint(corners_a), footprint(corners_b))
    low = max(corners_a[:, 1].min(), corners_b[:, 1].min())
    high = min(corners_a[:, 1].max(), corners_b[:, 1].max())
    return float(np.hypot(horizontal, max(low - high, 0.0)))


def point_gap(point: Array, box: OrientedBox) -> float:
    """Shortest distance from a world point (3,) to a box, in metres; 0.0 inside it."""
    local = (point - box.center) @ box.rotation
    return float(np.linalg.norm(np.maximum(np.abs(local) - box.half_extents, 0.0)))


def _gjk_gap(a: OrientedBox, b: OrientedBox) -> float:
    result = fcl.DistanceResult()
    gap = fcl.distance(_fcl_box(a), _fcl_box(b), fcl.DistanceRequest(), result)
    return float(max(gap, 0.0))


def _fcl_box(box: OrientedBox) -> fcl.CollisionObject:
    shape = fcl.Box(*(2.0 * box.half_extents))
    return fcl.CollisionObject(shape, fcl.Transform(box.rotation, box.center))
