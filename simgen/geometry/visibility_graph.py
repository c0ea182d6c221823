"""The visibility graph of a polygonal free space, and exact shortest paths through it.

A shortest path among polygons bends only at corners of the free space that point into it. The nodes of the
graph are these corners, and two are joined where the straight leg between them stays in the free space
(Lozano-Pérez and Wesley 1979). Only taut legs matter, those that are tangent to the free space at both ends
(Liu and Arimoto 1992): all others could be pulled tighter.

All points are 2-D and all lengths are metres.
"""

import heapq
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
import shapely.geometry
from numpy.typing import NDArray
from scipy.sparse import csgraph
from shapely.geometry.base import BaseGeometry

from simgen.types import Array

LONGEST_EDGE_M = 10.0
"""A corner is no node if an edge of this length, turned by the corner's angle, stays within the tolerance."""
MITRE_LIMIT = 5.0
"""Shapely's default: the tip of a mitred corner lies at most this many buffer widths away."""


@dataclass(frozen=True, eq=False)
class VisibilityGraph:
    """The shortest paths through a free space. It has V corners."""

    space: BaseGeometry
    """The free space: a polygon, several, or none."""
    tolerance: float
    """How far a path may leave the free space, in metres; more than the rounding error of its coordinates."""

    @cached_property
    def corners(self) -> Array:
        """(V, 2) corners at which a shortest path can bend."""
        return self._bends[0]

    def is_free(self, starts: Array, ends: Array) -> NDArray[np.bool_]:
        """(L,) whether the straight legs between points (L, 2) stay in the free space."""
        lines = shapely.linestrings(np.stack([starts, ends], axis=1))
        return np.asarray(shapely.covers(self._covering, lines), dtype=bool)

    def is_taut(self, points: Array, corners: NDArray[np.intp] | int) -> NDArray[np.bool_]:
        """(...) whether a path that comes straight from `points` (..., 2) can bend at the corners of these
        indices.

        It can where both edges of the corner lie on one side of the leg, to within the tolerance.
        """
        at, before, after = (part[corners] for part in self._bends)
        leg = at - points
        one, other = _cross(leg, before - at), _cross(leg, after - at)
        slack = self.tolerance * np.linalg.norm(leg, axis=-1)
        return ~(((one > slack) & (other < -slack)) | ((one < -slack) & (other > slack)))

    def shortest_path(self, start: Array, end: Array) -> Array | None:
        """(P, 2) points of the shortest path between two points, ends included.

        None when there is no path. An A* search that tests only the legs it needs. To find many paths,
        `distances` and `chain` are faster.
        """
        if np.array_equal(start, end):
            return np.stack([start, end])
        places = np.concatenate([self.corners, [start, end]])
        first, last = len(places) - 2, len(places) - 1
        cost, came_from = {first: 0.0}, {first: first}
        queue, done = [(float(np.linalg.norm(end - start)), first)], set[int]()
        while queue:
            _, here = heapq.heappop(queue)
            if here == last:
                return places[_trace(came_from, last)]
            if here in done:
                continue
            done.add(here)
            for there in self._legs_from(places, here):
                reached = cost[here] + float(np.linalg.norm(places[there] - places[here]))
                if reached < cost.get(there, np.inf):
                    cost[there], came_from[there] = reached, here
                    heapq.heappush(queue, (reached + float(np.linalg.norm(end - places[there])), there))
        return None

    @property
    def distances(self) -> Array:
        """(V, V) lengths of the shortest taut paths between all corners, infinite where there is none.

        They are the middle parts of longer paths: a leg that is not taut at both corners is no part of one.
        """
        return self._all_paths[0]

    def chain(self, first: int, last: int) -> list[int]:
        """Indices of the corners on the shortest path between two corners, both included.

        There must be a path.
        """
        chain = [last]
        while chain[-1] != first:
            chain.append(int(self._all_paths[1][first, chain[-1]]))
        return chain[::-1]

    @cached_property
    def _covering(self) -> BaseGeometry:
        """The free space with its edges pushed outwards by the tolerance, so that legs may run along them."""
        grown = shapely.buffer(self.space, self.tolerance, join_style="mitre", mitre_limit=MITRE_LIMIT)
        shapely.prepare(grown)
        return grown

    @cached_property
    def _bends(self) -> tuple[Array, Array, Array]:
        """(V, 2) corners, and (V, 2) the vertices before and after each."""
        straight = self.tolerance / LONGEST_EDGE_M
        rings = [ring for part in shapely.get_parts(self.space) for ring in _rings(part)]
        found = np.concatenate([np.zeros((0, 3, 2)), *(_reflex(ring, straight) for ring in rings)])
        return found[:, 1], found[:, 0], found[:, 2]

    @cached_property
    def _all_paths(self) -> tuple[Array, NDArray[np.int32]]:
        """(V, V) distances, and (V, V) the corner before the last on the path from row to column."""
        count = len(self.corners)
        first, second = np.triu_indices(count, 1)
        starts, ends = self.corners[first], self.corners[second]
        taut = self.is_taut(starts, second) & self.is_taut(ends, first)
        first, second = first[taut], second[taut]
        free = self.is_free(starts[taut], ends[taut])
        first, second = first[free], second[free]
        legs = np.full((count, count), np.inf)
        legs[first, second] = np.linalg.norm(self.corners[first] - self.corners[second], axis=1)
        return csgraph.shortest_path(legs, method="D", directed=False, return_predecessors=True)

    def _legs_from(self, places: Array, here: int) -> NDArray[np.intp]:
        """Indices of the places to which the straight leg from one of them is free and taut.

        Places are the corners, then the start and the end of a path.
        """
        count = len(self.corners)
        taut = np.ones(len(places), dtype=bool)
        taut[:count] = self.is_taut(places[here], np.arange(count))
        if here < count:
            taut &= self.is_taut(places, here)
        taut[[here, count]] = False
        candidates: NDArray[np.intp] = np.flatnonzero(taut)
        starts = np.broadcast_to(places[here], (len(candidates), 2))
        return candidates[self.is_free(starts, places[candidates])]


def _trace(came_from: dict[int, int], last: int) -> list[int]:
    order = [last]
    while came_from[order[-1]] != order[-1]:
        order.append(came_from[order[-1]])
    return order[::-1]


def _rings(part: BaseGeometry) -> list[Array]:
    """The vertices of a polygon's rings, (P, 2) each, with the inside on their left."""
    if not isinstance(part, shapely.Polygon) or part.is_empty:
        return []
    turned = shapely.geometry.polygon.orient(part)
    return [shapely.get_coordinates(ring)[:-1] for ring in (turned.exterior, *turned.interiors)]


def _reflex(ring: Array, straight: float) -> Array:
    """(B, 3, 2) the vertices at which a ring turns right, each between those before and after it.

    Turns by less than the angle whose sine is `straight` do not count.
    """
    before, after = np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0)
    came, goes = ring - before, after - ring
    size = np.linalg.norm(came, axis=1) * np.linalg.norm(goes, axis=1)
    bends = _cross(came, goes) < -straight * size
    return np.stack([before, ring, after], axis=1)[bends]


def _cross(a: Array, b: Array) -> Array:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
