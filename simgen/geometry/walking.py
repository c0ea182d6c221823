"""Shortest ways over a floor with things on it, exact for polygons: by the visibility graph of its corners.

All lengths are metres on a plan; points are (x, y).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import shortest_path
from shapely.geometry.base import BaseGeometry

from simgen.types import Array

TOLERANCE_M = 1e-5
"""A way may run along the edge of the free floor, which is known to some billionths of a metre."""
STRAIGHT = 1e-6
"""Where an edge turns by a smaller angle (as a sine), no way bends round it."""
MITRE_LIMIT = 5.0
"""Shapely's own: an edge pushed outwards ends in a point at most so many times as far away."""


def free_floor(
    rooms: Iterable[BaseGeometry], walls: BaseGeometry, things: Iterable[BaseGeometry], radius: float
) -> BaseGeometry:
    """Where the middle of a walker may be: the rooms, less walls and things grown by `radius`.

    Things are polygons, walls are lines without thickness. Both are grown with square corners (every edge is
    pushed outwards by `radius`), so that all stays polygonal; a wall's free end grows by `radius` too.
    """
    # Rooms reach into one another a little, so that no crack parts them; walls grow by more than that.
    floor = shapely.union_all([grown(room, radius / 2.0) for room in rooms])
    solid = [shapely.buffer(walls, radius, cap_style="square", join_style="mitre", mitre_limit=MITRE_LIMIT)]
    solid += [grown(thing, radius) for thing in things]
    return shapely.set_precision(shapely.difference(floor, shapely.union_all(solid)), TOLERANCE_M / 10.0)


def grown(shape: BaseGeometry, radius: float) -> BaseGeometry:
    """A polygon with every edge pushed outwards by `radius`."""
    return shapely.buffer(shape, radius, join_style="mitre", mitre_limit=MITRE_LIMIT)


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Where ways that begin beside a thing may begin, and the straight legs from there to the corners."""

    edges: Array
    """(K, 2, 2) ends of the edges along which one stands beside the thing; none where none is free."""
    starts: Array
    """(V, 2) where the shortest leg to each corner begins."""
    lengths: Array
    """(V,) its length; infinite where no straight leg leads there."""


@dataclass(frozen=True, eq=False)
class Ways:
    """All shortest ways over a free floor."""

    floor: BaseGeometry

    @cached_property
    def corners(self) -> Array:
        """(V, 2) the corners that shortest ways bend round."""
        return self._bends[0]

    def reach(self, edges: Array) -> Reach:
        """From edges (K, 2, 2) on the free floor to all corners."""
        count = len(self.corners)
        if not len(edges) or not count:
            return Reach(edges, np.zeros((count, 2)), np.full(count, np.inf))
        starts = closest_on(edges[:, None], self.corners[None])  # (K, V, 2)
        ends = np.broadcast_to(self.corners, starts.shape)
        lengths = np.linalg.norm(ends - starts, axis=2)
        free = self._is_taut(starts, np.arange(count))
        free[free] = self.is_free(starts[free], ends[free])
        lengths = np.where(free, lengths, np.inf)
        best = lengths.argmin(axis=0), np.arange(count)
        return Reach(edges, starts[best], lengths[best])

    def shortest(self, a: Reach, b: Reach) -> Array | None:
        """(P, 2) points of the shortest way between two reaches, ends included; None when there is none."""
        length, way = np.inf, None
        direct = self._direct(a.edges, b.edges)
        if direct is not None:
            length, way = float(np.linalg.norm(direct[1] - direct[0])), direct
        leaving, arriving = np.flatnonzero(np.isfinite(a.lengths)), np.flatnonzero(np.isfinite(b.lengths))
        if len(leaving) and len(arriving):
            between = self._lengths[np.ix_(leaving, arriving)]
            total = a.lengths[leaving, None] + between + b.lengths[arriving]
            row, column = np.unravel_index(total.argmin(), total.shape)
            if total[row, column] < length:
                first, last = int(leaving[row]), int(arriving[column])
                bends = self.corners[self._chain(first, last)]
                way = np.vstack([a.starts[first], bends, b.starts[last]])
        return way

    def is_free(self, starts: Array, ends: Array) -> NDArray[np.bool_]:
        """(L,) whether the straight legs between points (L, 2) stay on the free floor."""
        lines = shapely.linestrings(np.stack([starts, ends], axis=1))
        return np.asarray(shapely.covers(self._reachable, lines), dtype=bool)

    @cached_property
    def _reachable(self) -> BaseGeometry:
        area = grown(self.floor, TOLERANCE_M)
        shapely.prepare(area)
        return area

    @cached_property
    def _bends(self) -> tuple[Array, Array, Array]:
        """(V, 2) corners, and (V, 2) the corners of the edge before and after each."""
        found = [_reflex(ring) for part in shapely.get_parts(self.floor) for ring in _rings(part)]
        found = [ring for ring in found if len(ring)]
        every = np.concatenate(found) if found else np.zeros((0, 3, 2))
        return every[:, 1], every[:, 0], every[:, 2]

    @cached_property
    def _graph(self) -> tuple[Array, NDArray[np.int32]]:
        count = len(self.corners)
        first, second = np.triu_indices(count, 1)
        starts, ends = self.corners[first], self.corners[second]
        taut = self._is_taut(starts, second) & self._is_taut(ends, first)
        first, second = first[taut], second[taut]
        free = self.is_free(starts[taut], ends[taut])
        first, second = first[free], second[free]
        legs = np.full((count, count), np.inf)
        legs[first, second] = np.linalg.norm(self.corners[first] - self.corners[second], axis=1)
        return shortest_path(legs, method="D", directed=False, return_predecessors=True)

    @property
    def _lengths(self) -> Array:
        return self._graph[0]

    def _chain(self, first: int, last: int) -> list[int]:
        """The corners of the shortest way from one to another, both included."""
        chain = [last]
        while chain[-1] != first:
            chain.append(int(self._graph[1][first, chain[-1]]))
        return chain[::-1]

    def _is_taut(self, points: Array, corners: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether a way that comes straight from `points` (..., 2) may bend at these corners.

        Only where both edges of the corner lie on one side of it: others could be pulled tighter.
        """
        at, before, after = (part[corners] for part in self._bends)
        leg = at - points
        return _cross(leg, before - at) * _cross(leg, after - at) >= -(TOLERANCE_M**2)

    def _direct(self, a: Array, b: Array) -> Array | None:
        """(2, 2) the shortest straight way between two sets of edges; None when none is free."""
        if not len(a) or not len(b):
            return None
        first, second = (part.ravel() for part in np.indices((len(a), len(b))))
        lines = shapely.shortest_line(shapely.linestrings(a[first]), shapely.linestrings(b[second]))
        ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
        lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        lengths = np.where(self.is_free(ends[:, 0], ends[:, 1]), lengths, np.inf)
        best = int(lengths.argmin())
        return ends[best] if np.isfinite(lengths[best]) else None


def edges_beside(thing: BaseGeometry, floor: BaseGeometry, radius: float) -> Array:
    """(K, 2, 2) the edges along which a walker's middle may be while it touches a thing."""
    # A hair's breadth off: the edge itself belongs to what is grown as much as to the free floor.
    edge = shapely.boundary(grown(thing, radius + TOLERANCE_M))
    parts = shapely.get_parts(shapely.intersection(edge, floor))
    lines = [part for part in parts if part.geom_type == "LineString"]
    pieces = [np.stack([points[:-1], points[1:]], axis=1) for points in map(shapely.get_coordinates, lines)]
    return np.concatenate(pieces) if pieces else np.zeros((0, 2, 2))


def closest_on(edges: Array, points: Array) -> Array:
    """(..., 2) the points of edges (..., 2, 2) that are closest to points (..., 2)."""
    along = edges[..., 1, :] - edges[..., 0, :]
    square = np.maximum((along**2).sum(axis=-1), TOLERANCE_M**4)
    share = np.clip(((points - edges[..., 0, :]) * along).sum(axis=-1) / square, 0.0, 1.0)
    return edges[..., 0, :] + share[..., None] * along


def _rings(part: BaseGeometry) -> list[Array]:
    """The corners of a polygon's rings, (P, 2) each, with the free floor on their left."""
    if not isinstance(part, shapely.Polygon) or part.is_empty:
        return []
    turned = shapely.geometry.polygon.orient(part)
    return [shapely.get_coordinates(ring)[:-1] for ring in (turned.exterior, *turned.interiors)]


def _reflex(ring: Array) -> Array:
    """(B, 3, 2) the corners at which a ring turns right, each between those before and after it."""
    before, after = np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0)
    came, goes = ring - before, after - ring
    size = np.linalg.norm(came, axis=1) * np.linalg.norm(goes, axis=1)
    bends = _cross(came, goes) < -STRAIGHT * size
    return np.stack([before, ring, after], axis=1)[bends]


def _cross(a: Array, b: Array) -> Array:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
