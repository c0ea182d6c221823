"""Shortest walks, against lengths worked out by hand and against a search over all corners."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import shortest_path
from shapely.geometry.base import BaseGeometry

from simgen.geometry.visibility_graph import VisibilityGraph
from simgen.geometry.walking import TOLERANCE_M, edges_beside, free_floor, reach_from, shortest_walk
from simgen.types import Array

RADIUS = 0.2
ROOM = shapely.box(0.0, 0.0, 6.0, 4.0)


def walk(
    start: BaseGeometry, end: BaseGeometry, others: Sequence[BaseGeometry], walls: BaseGeometry | None = None
) -> Array | None:
    rooms = [ROOM] if walls is None else [shapely.box(0.0, 0.0, 3.0, 4.0), shapely.box(3.0, 0.0, 6.0, 4.0)]
    floor = free_floor(rooms, ROOM.boundary if walls is None else walls, [start, end, *others], RADIUS)
    return walk_between(floor, *(edges_beside(thing, floor, RADIUS) for thing in (start, end)))


def walk_between(floor: BaseGeometry, start: Array, end: Array) -> Array | None:
    graph = VisibilityGraph(floor, TOLERANCE_M)
    return shortest_walk(graph, reach_from(graph, start), reach_from(graph, end))


def length(points: Array | None) -> float:
    return math.inf if points is None else float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def test_straight_over_an_empty_floor() -> None:
    # From x = 1.4 to x = 4.0, less 0.2 m at either end, on any line between y = 1 and 2.
    found = walk(shapely.box(1.0, 1.0, 1.4, 2.0), shapely.box(4.0, 1.0, 5.0, 2.0), [])
    assert length(found) == pytest.approx(2.2, abs=1e-4)


def test_around_an_object_that_stands_between() -> None:
    # A screen from y = 0 to 3 at x = 2.8 to 3.2 grows to x = 2.6 to 3.4 and y = 3.2. The walk begins at
    # (1.6, 0.6) and ends at (4.8, 0.6), the corners of the grown boxes.
    screen = shapely.box(2.8, 0.0, 3.2, 3.0)
    found = walk(shapely.box(1.0, 0.0, 1.4, 0.4), shapely.box(5.0, 0.0, 5.4, 0.4), [screen])
    expected = math.hypot(1.0, 2.6) + 0.8 + math.hypot(1.4, 2.6)
    assert length(found) == pytest.approx(expected, abs=1e-4)
    assert found is not None
    assert found[1:3] == pytest.approx(np.array([[2.6, 3.2], [3.4, 3.2]]), abs=1e-4)


def test_through_a_door_between_its_posts() -> None:
    # The wall at x = 3 is open from y = 3 to 4, of which both walls take 0.2 m.
    walls = shapely.union(ROOM.boundary, shapely.LineString([(3.0, 0.0), (3.0, 3.0)]))
    found = walk(shapely.box(1.0, 0.0, 1.4, 0.4), shapely.box(5.0, 0.0, 5.4, 0.4), [], walls)
    expected = math.hypot(1.2, 2.6) + 0.4 + math.hypot(1.6, 2.6)
    assert length(found) == pytest.approx(expected, abs=1e-4)


def test_no_walk_through_a_door_that_is_too_narrow() -> None:
    walls = shapely.union(ROOM.boundary, shapely.LineString([(3.0, 0.0), (3.0, 3.61)]))
    assert walk(shapely.box(1.0, 0.0, 1.4, 0.4), shapely.box(5.0, 0.0, 5.4, 0.4), [], walls) is None


def test_no_walk_to_an_object_that_others_surround() -> None:
    ring = [shapely.box(2.0, 1.0, 2.2, 3.0), shapely.box(3.8, 1.0, 4.0, 3.0)]
    ring += [shapely.box(2.0, 1.0, 4.0, 1.2), shapely.box(2.0, 2.8, 4.0, 3.0)]
    assert walk(shapely.box(2.9, 1.9, 3.1, 2.1), shapely.box(5.0, 0.0, 5.4, 0.4), ring) is None


boxes = st.tuples(
    st.floats(0.0, 5.0), st.floats(0.0, 3.0), st.floats(0.2, 1.5), st.floats(0.2, 1.5), st.floats(0.0, 90.0)
).map(lambda v: shapely.affinity.rotate(shapely.box(v[0], v[1], v[0] + v[2], v[1] + v[3]), v[4]))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(boxes, min_size=2, max_size=6))
def test_as_short_as_the_shortest_walk_over_all_corners(things: list[BaseGeometry]) -> None:
    floor = free_floor([ROOM], ROOM.boundary, things, RADIUS)
    beside = [edges_beside(thing, floor, RADIUS) for thing in things[:2]]
    found = walk_between(floor, *beside)
    expected = brute_force(floor, *beside)
    if math.isinf(expected):
        assert found is None
        return
    # The sampled edges give each end to within 1.5 cm.
    assert expected - 0.015 <= length(found) <= expected + 1e-4
    assert found is not None
    assert shapely.covers(floor.buffer(1e-4), shapely.LineString(found))
    back = walk_between(floor, *beside[::-1])
    assert length(back) == pytest.approx(length(found))


def brute_force(floor: BaseGeometry, start: Array, end: Array) -> float:
    """Length of the shortest walk over all corners and points every 3 cm along the edges at both ends."""
    ends = [sampled(edges) for edges in (start, end)]
    points = np.concatenate([*ends, shapely.get_coordinates(floor)])
    first, second = np.triu_indices(len(points), 1)
    legs = np.stack([points[first], points[second]], axis=1)
    lines = np.asarray(shapely.linestrings(legs), dtype=object)
    area = floor.buffer(2e-5)
    shapely.prepare(area)
    free = shapely.covers(area, lines)
    table = np.full((len(points), len(points)), np.inf)
    table[first[free], second[free]] = shapely.length(lines[free])
    if not len(ends[0]) or not len(ends[1]):
        return math.inf
    reach = shortest_path(table, directed=False, indices=range(len(ends[0])))
    return float(reach[:, len(ends[0]) : len(ends[0]) + len(ends[1])].min())


def sampled(edges: Array) -> Array:
    lines = [shapely.LineString(edge) for edge in edges]
    found = [line.interpolate(s) for line in lines for s in [*np.arange(0.0, line.length, 0.03), line.length]]
    return shapely.get_coordinates(found).reshape(-1, 2)
