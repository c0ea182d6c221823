"""Shortest walks over a floor with objects on it: exact for polygons.

A walk begins anywhere beside one object and ends anywhere beside another. Between them it is a path through
the visibility graph of the free floor.

All lengths are metres on a plan; points are (x, y).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from simgen.geometry.visibility_graph import MITRE_LIMIT, VisibilityGraph
from simgen.types import Array

TOLERANCE_M = 1e-5
"""How far a walk may leave the free floor: it may run along the edge, whose position is rounded."""


def free_floor(
    rooms: Iterable[BaseGeometry], walls: BaseGeometry, things: Iterable[BaseGeometry], radius: float
) -> BaseGeometry:
    """Where the centre of a walker may be: the rooms, less walls and things grown by `radius`.

    Things are polygons, walls are lines without thickness. Both are grown with square corners (every edge is
    pushed outwards by `radius`), so that all stays polygonal; a wall's free end grows by `radius` too.
    """
    # The rooms are grown so that no crack remains between them. Walls grow by more than that.
    floor = shapely.union_all([grow(room, radius / 2.0) for room in rooms])
    solid = [shapely.buffer(walls, radius, cap_style="square", join_style="mitre", mitre_limit=MITRE_LIMIT)]
    solid += [grow(thing, radius) for thing in things]
    return shapely.set_precision(shapely.difference(floor, shapely.union_all(solid)), TOLERANCE_M / 10.0)


def grow(shape: BaseGeometry, radius: float) -> BaseGeometry:
    """A polygon with every edge pushed outwards by `radius`."""
    return shapely.buffer(shape, radius, join_style="mitre", mitre_limit=MITRE_LIMIT)


def edges_beside(thing: BaseGeometry, floor: BaseGeometry, radius: float) -> Array:
    """(K, 2, 2) the edges along which a walker's centre may be while it touches a thing."""
    # The edge of the grown thing bounds the free floor; a little farther out it lies inside the free floor.
    edge = shapely.boundary(grow(thing, radius + TOLERANCE_M))
    parts = shapely.get_parts(shapely.intersection(edge, floor))
    lines = [part for part in parts if part.geom_type == "LineString"]
    pieces = [np.stack([points[:-1], points[1:]], axis=1) for points in map(shapely.get_coordinates, lines)]
    return np.concatenate(pieces) if pieces else np.zeros((0, 2, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Where walks that begin beside a thing may begin, and the straight legs from there to the V corners."""

    edges: Array
    """(K, 2, 2) ends of the edges along which a walker stands beside the thing; K is 0 where none is free."""
    starts: Array
    """(V, 2) where the shortest leg to each corner begins."""
    lengths: Array
    """(V,) length of that leg; infinite where no straight leg leads to the corner."""


def reach_from(graph: VisibilityGraph, edges: Array) -> Reach:
    """The legs from edges (K, 2, 2) on the free floor to all corners of its visibility graph."""
    count = len(graph.corners)
    if not len(edges) or not count:
        return Reach(edges, np.zeros((count, 2)), np.full(count, np.inf))
    starts = closest_on(edges[:, None], graph.corners[None])  # (K, V, 2)
    ends = np.broadcast_to(graph.corners, starts.shape)
    lengths = np.linalg.norm(ends - starts, axis=2)
    free = graph.is_taut(starts, np.arange(count))
    free[free] = graph.is_free(starts[free], ends[free])
    lengths = np.where(free, lengths, np.inf)
    best = lengths.argmin(axis=0), np.arange(count)
    return Reach(edges, starts[best], lengths[best])


def shortest_walk(graph: VisibilityGraph, a: Reach, b: Reach) -> Array | None:
    """(P, 2) points of the shortest walk between two reaches, ends included; None when there is none."""
    length, walk = np.inf, None
    direct = _direct_walk(graph, a.edges, b.edges)
    if direct is not None:
        length, walk = float(np.linalg.norm(direct[1] - direct[0])), direct
    leaving, arriving = np.flatnonzero(np.isfinite(a.lengths)), np.flatnonzero(np.isfinite(b.lengths))
    if len(leaving) and len(arriving):
        between = graph.distances[np.ix_(leaving, arriving)]
        total = a.lengths[leaving, None] + between + b.lengths[arriving]
        row, column = np.unravel_index(total.argmin(), total.shape)
        if total[row, column] < length:
            first, last = int(leaving[row]), int(arriving[column])
            bends = graph.corners[graph.chain(first, last)]
            walk = np.vstack([a.starts[first], bends, b.starts[last]])
    return walk


def closest_on(edges: Array, points: Array) -> Array:
    """(..., 2) the points of edges (..., 2, 2) that are closest to points (..., 2)."""
    along = edges[..., 1, :] - edges[..., 0, :]
    square = np.maximum((along**2).sum(axis=-1), TOLERANCE_M**4)
    share = np.clip(((points - edges[..., 0, :]) * along).sum(axis=-1) / square, 0.0, 1.0)
    return edges[..., 0, :] + share[..., None] * along


def _direct_walk(graph: VisibilityGraph, a: Array, b: Array) -> Array | None:
    """(2, 2) the shortest straight walk between two sets of edges; None when none is free."""
    if not len(a) or not len(b):
        return None
    first, second = (part.ravel() for part in np.indices((len(a), len(b))))
    lines = shapely.shortest_line(shapely.linestrings(a[first]), shapely.linestrings(b[second]))
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    lengths = np.where(graph.is_free(ends[:, 0], ends[:, 1]), lengths, np.inf)
    best = int(lengths.argmin())
    return ends[best] if np.isfinite(lengths[best]) else None
