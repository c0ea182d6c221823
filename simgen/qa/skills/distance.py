"""Distances: between closest points, between centres, to the nearest of four options, and from the camera.

All distances are measured between oriented boxes, in metres; points are in the map frame.
"""

import math
from dataclasses import dataclass
from functools import partial
from itertools import product

from simgen.qa.skills.extremes import decide, find_least
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts
from simgen.qa.skills.proposals import propose_at_frames, propose_pairs, propose_with_options
from simgen.qa.skills.skill import MapAsk, Skill
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.view import View
from simgen.scoring import BBox, box_center
from simgen.types import Point


@dataclass(frozen=True, slots=True)
class GapFacts(NumberFacts):
    """The shortest displacement between two boxes: its extents along the map's x, its y, and upwards."""

    dx: float
    dy: float
    dz: float


@dataclass(frozen=True, slots=True)
class WayFacts(NumberFacts):
    """A straight horizontal displacement from one point to another."""

    start: Point
    end: Point
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class NearestFacts(ChoiceFacts):
    """The displacements from a reference object to each option."""

    ways: tuple[GapFacts, ...] | tuple[WayFacts, ...]


def absolute_distance(view: View, ask: Ask) -> GapFacts:
    """The shortest distance between two oriented boxes, in three dimensions."""
    return gap_between(view.geometry, *ask.objects)


def center_distance(view: View, ask: Ask) -> WayFacts:
    """The horizontal distance between the centres of two oriented boxes."""
    return center_way(view.geometry, *ask.objects)


def outer_distance(view: View, ask: Ask) -> WayFacts:
    """The horizontal distance between the farthest points of two oriented boxes."""
    geometry = view.geometry
    first, second = (geometry.outline_points[geometry.index[name]] for name in ask.objects)
    start, end = max(product(first, second), key=lambda ends: math.dist(*ends))
    return way_between(start, end)


def nearest_by_center(view: View, ask: Ask) -> NearestFacts:
    """Which option's centre is horizontally nearest to the reference's.

    The margin is the smaller of the horizontal and the three-dimensional margin. If it is positive, both
    readings of "nearest center point" give the same option.
    """
    geometry = view.geometry
    ways = tuple(center_way(geometry, ask.objects[0], option) for option in ask.options)
    choice, margin = find_least([way.value for way in ways])
    z, *others = (float(geometry.centers[geometry.index[name], 2]) for name in (*ask.objects, *ask.options))
    spatial = [math.hypot(way.value, other - z) for way, other in zip(ways, others, strict=True)]
    spatial_margin = min(d for i, d in enumerate(spatial) if i != choice) - spatial[choice]
    return NearestFacts(choice, min(margin, spatial_margin), ways[choice].value, ways)


def nearest_by_gap(view: View, ask: Ask) -> NearestFacts:
    """Which option's box comes closest to the reference's."""
    ways = tuple(gap_between(view.geometry, ask.objects[0], option) for option in ask.options)
    choice, margin = find_least([way.value for way in ways])
    return NearestFacts(choice, margin, ways[choice].value, ways)


def camera_distance(view: View, ask: Ask) -> WayFacts:
    """The distance along the floor from the camera at a frame to the closest point of a footprint."""
    return camera_way(view.geometry, ask.frames[0], ask.objects[0])


def gap_between(geometry: ClipGeometry, first: str, second: str) -> GapFacts:
    """The shortest displacement from one oriented box to another."""
    dx, dy, dz = geometry.gap_offset(geometry.index[first], geometry.index[second])
    return GapFacts(math.sqrt(dx * dx + dy * dy + dz * dz), dx, dy, dz)


def center_way(geometry: ClipGeometry, first: str, second: str) -> WayFacts:
    """The horizontal displacement between the centres of two oriented boxes."""
    return way_between(geometry.points[geometry.index[first]], geometry.points[geometry.index[second]])


def camera_way(geometry: ClipGeometry, frame: int, object_id: str) -> WayFacts:
    """The displacement along the floor from the camera at a frame to the closest point of a footprint."""
    return way_between(*geometry.camera_ways(frame)[geometry.index[object_id]])


def gap_on_map(asked: MapAsk) -> float:
    """The distance between two map boxes; 0.0 if they touch or overlap."""
    a, b = (entry.bbox for entry in (*asked.cameras, *asked.objects))
    return box_gap_on_map(a, b)


def center_gap_on_map(asked: MapAsk) -> float:
    """The distance between the centres of two map boxes."""
    a, b = (entry.bbox for entry in asked.objects)
    return math.dist(box_center(a), box_center(b))


def outer_distance_on_map(asked: MapAsk) -> float:
    """The distance between the farthest corners of two map boxes."""
    a, b = (entry.bbox for entry in asked.objects)
    return math.hypot(max(a[2] - b[0], b[2] - a[0]), max(a[3] - b[1], b[3] - a[1]))


def nearest_box_on_map(asked: MapAsk) -> int | None:
    """Which option's box comes closest to the reference's; None if two are equally close."""
    reference = asked.objects[0].bbox
    return decide(find_least([box_gap_on_map(reference, option.bbox) for option in asked.options]))


def nearest_center_on_map(asked: MapAsk) -> int | None:
    """Which option's centre is nearest to the reference's; None if two are equally near."""
    reference = box_center(asked.objects[0].bbox)
    return decide(find_least([math.dist(reference, box_center(option.bbox)) for option in asked.options]))


def box_gap_on_map(a: BBox, b: BBox) -> float:
    """The distance between two map boxes; 0.0 if they touch or overlap."""
    return math.hypot(max(a[0] - b[2], b[0] - a[2], 0.0), max(a[1] - b[3], b[1] - a[3], 0.0))


def way_between(start: Point, end: Point) -> WayFacts:
    """The straight displacement between two map points."""
    dx, dy = abs(end[0] - start[0]), abs(end[1] - start[1])
    return WayFacts(math.hypot(dx, dy), start, end, dx, dy)


SKILLS = {
    "absolute_distance": Skill(propose_pairs, absolute_distance, gap_on_map, GapFacts, objects=2, local=True),
    "center_distance": Skill(
        propose_pairs, center_distance, center_gap_on_map, WayFacts, objects=2, local=True
    ),
    "outer_distance": Skill(
        propose_pairs, outer_distance, outer_distance_on_map, WayFacts, objects=2, apart=False
    ),
    "nearest_by_center": Skill(
        partial(propose_with_options, objects=1, options=4),
        nearest_by_center,
        nearest_center_on_map,
        NearestFacts,
        objects=1,
        options="objects",
        local=True,
        steps=2,
    ),
    "nearest_by_gap": Skill(
        partial(propose_with_options, objects=1, options=4),
        nearest_by_gap,
        nearest_box_on_map,
        NearestFacts,
        objects=1,
        options="objects",
        local=True,
        steps=2,
    ),
    "camera_distance": Skill(
        propose_at_frames, camera_distance, gap_on_map, WayFacts, objects=1, frames=1, local=True
    ),
}
