"""Shortest ways through free space, exact: they bend only at its corners.

A* over the corners of the free-space polygon. From a corner only those others need looking at to which the
way is taut, that is tangent to the polygon at both ends (Lozano-Pérez and Wesley 1979 for the graph, Liu
and Arimoto 1992 for the tangents).
"""

import heapq
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from simgen.types import Array

NEAR_ENOUGH = 1e-9
"""Metres that rounding may put a point outside of the polygon it was found on."""


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """The corners of a free-space polygon that point into it. K of them."""

    area: BaseGeometry
    points: Array
    """(K, 2)."""
    before: Array
    """(K, 2) the polygon's vertex before each."""
    after: Array


def corners_of(area: BaseGeometry) -> Corners:
    """The corners around which a shortest way can bend. `area` is a polygon or several."""
    points, before, after = [], [], []
    for polygon in getattr(area, "geoms", [area]):
        if polygon.is_empty:
            continue
        # Outer rings run counter-clockwise and holes clockwise, so free space is always on the left.
        oriented = shapely.geometry.polygon.orient(polygon)
        for ring in (oriented.exterior, *oriented.interiors):
            vertices = np.asarray(ring.coords)[:-1]
            previous, following = np.roll(vertices, 1, axis=0), np.roll(vertices, -1, axis=0)
            bends_in = _cross(vertices - previous, following - vertices) < 0.0
            points.append(vertices[bends_in])
            before.append(previous[bends_in])
            after.append(following[bends_in])
    empty = np.zeros((0, 2))
    # Grown by a hair: a way along the polygon's own edges must count as inside it.
    grown = area.buffer(NEAR_ENOUGH, join_style="mitre")
    shapely.prepare(grown)
    return Corners(grown, *(np.concatenate([empty, *parts]) for parts in (points, before, after)))


def shortest_path(corners: Corners, start: Array, end: Array) -> Array | None:
    """(N, 2) corners of the shortest way from `start` to `end`, both included; None when there is none."""
    if np.array_equal(start, end):
        return np.stack([start, end])
    places = np.concatenate([corners.points, [start, end]])
    first, last = len(places) - 2, len(places) - 1
    cost, came_from = {first: 0.0}, {first: first}
    queue, done = [(float(np.linalg.norm(end - start)), first)], set[int]()
    while queue:
        _, here = heapq.heappop(queue)
        if here == last:
            return _trace(places, came_from, last)
        if here in done:
            continue
        done.add(here)
        for there in _seen_from(corners, places, here):
            reached = cost[here] + float(np.linalg.norm(places[there] - places[here]))
            if reached < cost.get(there, np.inf):
                cost[there], came_from[there] = reached, here
                heapq.heappush(queue, (reached + float(np.linalg.norm(end - places[there])), there))
    return None


def _seen_from(corners: Corners, places: Array, here: int) -> list[int]:
    """Indices of the places to which the straight way from `here` is free and taut."""
    count = len(corners.points)
    along = places - places[here]
    taut = np.ones(len(places), dtype=bool)
    taut[:count] = _tangent(corners.before - corners.points, corners.after - corners.points, along[:count])
    if here < count:
        taut &= _tangent(corners.before[here] - places[here], corners.after[here] - places[here], along)
    taut[[here, count]] = False
    candidates: NDArray[np.intp] = np.flatnonzero(taut)
    ways = shapely.linestrings(
        np.stack([np.broadcast_to(places[here], (len(candidates), 2)), places[candidates]], axis=1)
    )
    return [int(index) for index in candidates[np.asarray(shapely.covers(corners.area, ways))]]


def _tangent(back: Array, forth: Array, along: Array) -> NDArray[np.bool_]:
    """Whether a line `along` (…, 2) through a corner has both of the corner's sides on one side of it."""
    one, other = _cross(along, back), _cross(along, forth)
    slack = 1e-9 * np.linalg.norm(along, axis=-1)
    return ~(((one > slack) & (other < -slack)) | ((one < -slack) & (other > slack)))


def _cross(a: Array, b: Array) -> Array:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _trace(places: Array, came_from: dict[int, int], last: int) -> Array:
    order = [last]
    while came_from[order[-1]] != order[-1]:
        order.append(came_from[order[-1]])
    return places[order[::-1]]
