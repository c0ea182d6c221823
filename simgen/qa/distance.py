"""Distances: between closest points, between centres, to the nearest of four, and from the camera.

Everything is measured on the oriented boxes, in metres, and told in the map frame.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops
from scipy.optimize import lsq_linear

from simgen.geometry.boxes import box_gap, corners, is_upright
from simgen.geometry.frames import MapFrame, map_frame
from simgen.qa.facts import Ask, ChoiceFacts, NumberFacts, object_of
from simgen.scoring import BBox
from simgen.store.clips import Clip
from simgen.types import Array, OrientedBox

TIE_M = 1e-6
"""Two distances on a map that differ by less are equal: its coordinates are multiples of 0.1."""

Point = tuple[float, float]
"""x and y in the map frame, metres."""


@dataclass(frozen=True, slots=True)
class GapFacts(NumberFacts):
    """The shortest way from one box to another: its extents along the map's x, its y, and upwards."""

    dx: float
    dy: float
    dz: float


@dataclass(frozen=True, slots=True)
class CenterFacts(NumberFacts):
    """The horizontal way from one centre to another."""

    start: Point
    end: Point
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class CameraFacts(NumberFacts):
    """The horizontal way from the camera to the closest point of a footprint."""

    start: Point
    end: Point
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class NearestFacts(ChoiceFacts):
    """The ways from a reference object to each option."""

    ways: tuple[GapFacts, ...] | tuple[CenterFacts, ...]


def absolute_distance(clip: Clip, ask: Ask) -> GapFacts:
    """The shortest distance between two oriented boxes, in three dimensions."""
    a, b = (object_of(clip, object_id).box for object_id in ask.objects)
    return _gap(a, b, _map_of(clip))


def center_distance(clip: Clip, ask: Ask) -> CenterFacts:
    """The horizontal distance between the centres of two oriented boxes."""
    a, b = (object_of(clip, object_id).box for object_id in ask.objects)
    return _center_way(a, b, _map_of(clip))


def nearest_by_center(clip: Clip, ask: Ask) -> NearestFacts:
    """Which option's centre is horizontally nearest to the reference's.

    The margin is the smaller of the horizontal and the spatial one, so that both readings of
    "nearest center point" give the same option whenever it is positive.
    """
    reference, *options = (object_of(clip, object_id).box for object_id in ask.objects)
    ways = tuple(_center_way(reference, option, _map_of(clip)) for option in options)
    spatial = [float(np.linalg.norm(option.center - reference.center)) for option in options]
    choice, margin = _nearest([way.value for way in ways])
    spatial_margin = min(s for i, s in enumerate(spatial) if i != choice) - spatial[choice]
    return NearestFacts(choice, min(margin, spatial_margin), ways[choice].value, ways)


def nearest_by_gap(clip: Clip, ask: Ask) -> NearestFacts:
    """Which option's box comes closest to the reference's."""
    reference, *options = (object_of(clip, object_id).box for object_id in ask.objects)
    ways = tuple(_gap(reference, option, _map_of(clip)) for option in options)
    choice, margin = _nearest([way.value for way in ways])
    return NearestFacts(choice, margin, ways[choice].value, ways)


def camera_distance(clip: Clip, ask: Ask) -> CameraFacts:
    """The distance along the floor from the camera at a frame to the closest point of a footprint."""
    assert ask.frame is not None, "camera_distance asks about a frame"
    footprint = shapely.Polygon(object_of(clip, ask.objects[0]).footprint)
    camera = clip.world_from_camera[ask.frame][[0, 2], 3]
    closest = _closest_points(shapely.Point(camera), footprint)[1]
    start, end = _map_of(clip).from_world(np.stack([camera, closest]))
    dx, dy = np.abs(end - start)
    return CameraFacts(math.hypot(dx, dy), _point(start), _point(end), float(dx), float(dy))


def gap_on_map(boxes: Sequence[BBox]) -> float:
    """The distance between two map boxes, 0.0 when they touch or overlap."""
    a, b = boxes
    dx = max(a[0] - b[2], b[0] - a[2], 0.0)
    dy = max(a[1] - b[3], b[1] - a[3], 0.0)
    return math.hypot(dx, dy)


def center_gap_on_map(boxes: Sequence[BBox]) -> float:
    """The distance between the centres of two map boxes."""
    a, b = boxes
    return math.hypot((a[0] + a[2] - b[0] - b[2]) / 2.0, (a[1] + a[3] - b[1] - b[3]) / 2.0)


def nearest_box_on_map(boxes: Sequence[BBox]) -> int | None:
    """Which of the boxes after the first comes closest to it; None when two do."""
    return _decided([gap_on_map((boxes[0], option)) for option in boxes[1:]])


def nearest_center_on_map(boxes: Sequence[BBox]) -> int | None:
    """Which of the boxes after the first has the centre nearest to its; None when two do."""
    return _decided([center_gap_on_map((boxes[0], option)) for option in boxes[1:]])


def _gap(a: OrientedBox, b: OrientedBox, frame: MapFrame) -> GapFacts:
    offset = np.abs(_offset(a, b, frame))
    return GapFacts(box_gap(a, b), float(offset[0]), float(offset[1]), float(offset[2]))


def _offset(a: OrientedBox, b: OrientedBox, frame: MapFrame) -> Array:
    """(3,) from the closest point of a to that of b: the map's x and y, then up.

    The points need not be unique (parallel faces), but their difference is.
    """
    start, end = _closest_upright(a, b) if is_upright(a) and is_upright(b) else _closest_tilted(a, b)
    across = np.diff(frame.from_world(np.stack([start, end])[:, [0, 2]]), axis=0)[0]
    return np.append(across, end[1] - start[1])


def _closest_upright(a: OrientedBox, b: OrientedBox) -> tuple[Array, Array]:
    """(3,) world points, closest to one another."""
    start, end = _closest_points(_outline(a), _outline(b))
    heights_a, heights_b = corners(a)[:, 1], corners(b)[:, 1]
    # Where the heights overlap, both points lie in the overlap.
    rise = max(heights_b.min() - heights_a.max(), 0.0) - max(heights_a.min() - heights_b.max(), 0.0)
    return np.array([start[0], 0.0, start[1]]), np.array([end[0], rise, end[1]])


def _closest_tilted(a: OrientedBox, b: OrientedBox) -> tuple[Array, Array]:
    """(3,) world points, closest to one another: a least-squares problem with bounds."""
    edges = np.hstack([a.rotation * a.half_extents, -b.rotation * b.half_extents])
    best = lsq_linear(edges, b.center - a.center, bounds=(-1.0, 1.0), tol=1e-12).x
    start = a.center + (a.rotation * a.half_extents) @ best[:3]
    return start, b.center + (b.rotation * b.half_extents) @ best[3:]


def _closest_points(a: shapely.Geometry, b: shapely.Geometry) -> tuple[Array, Array]:
    """(2,) closest points of two shapes on the floor."""
    start, end = shapely.ops.nearest_points(a, b)
    return np.array([start.x, start.y]), np.array([end.x, end.y])


def _outline(box: OrientedBox) -> shapely.Geometry:
    return shapely.convex_hull(shapely.MultiPoint(corners(box)[:, [0, 2]]))


def _center_way(a: OrientedBox, b: OrientedBox, frame: MapFrame) -> CenterFacts:
    start, end = frame.from_world(np.stack([a.center, b.center])[:, [0, 2]])
    dx, dy = np.abs(end - start)
    return CenterFacts(math.hypot(dx, dy), _point(start), _point(end), float(dx), float(dy))


def _nearest(distances: Sequence[float]) -> tuple[int, float]:
    """Index of the smallest distance, and by how much the next one is larger."""
    order = np.argsort(distances, kind="stable")
    return int(order[0]), distances[order[1]] - distances[order[0]]


def _decided(distances: Sequence[float]) -> int | None:
    choice, margin = _nearest(distances)
    return choice if margin > TIE_M else None


def _map_of(clip: Clip) -> MapFrame:
    return map_frame(clip.world_from_camera[0])


def _point(xy: Array) -> Point:
    return float(xy[0]), float(xy[1])
