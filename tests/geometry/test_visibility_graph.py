"""Shortest paths among polygons, against lengths worked out by hand; both searches against each other."""

import math
from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from simgen.geometry.visibility_graph import VisibilityGraph
from simgen.geometry.walking import reach_from, shortest_walk
from simgen.types import Array

TOLERANCE = 1e-9
ROOM = shapely.box(0.0, 0.0, 6.0, 4.0)


def length(path: Array | None) -> float:
    return math.inf if path is None else float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def test_a_path_bends_at_the_corners_of_a_hole() -> None:
    graph = VisibilityGraph(ROOM - shapely.box(2.0, 1.0, 4.0, 4.0), TOLERANCE)
    found = graph.shortest_path(np.array([1.0, 3.0]), np.array([5.0, 3.0]))
    assert found == pytest.approx(np.array([[1.0, 3.0], [2.0, 1.0], [4.0, 1.0], [5.0, 3.0]]))
    assert length(found) == pytest.approx(2.0 * math.sqrt(5.0) + 2.0)


def test_a_path_may_run_along_an_edge() -> None:
    graph = VisibilityGraph(ROOM - shapely.box(2.0, 1.0, 4.0, 4.0), TOLERANCE)
    assert len(graph.corners) == 2
    found = graph.shortest_path(np.array([1.0, 1.0]), np.array([5.0, 1.0]))
    assert length(found) == pytest.approx(4.0)


def test_no_path_into_another_polygon() -> None:
    graph = VisibilityGraph(ROOM - shapely.box(2.0, -1.0, 4.0, 5.0), TOLERANCE)
    assert graph.shortest_path(np.array([1.0, 1.0]), np.array([5.0, 1.0])) is None


def test_no_path_without_an_area() -> None:
    graph = VisibilityGraph(shapely.Polygon(), TOLERANCE)
    assert graph.corners.shape == (0, 2)
    assert graph.shortest_path(np.array([1.0, 1.0]), np.array([5.0, 1.0])) is None


millimetres = [st.integers(*ends) for ends in ((-500, 5000), (-500, 3000), (200, 2000), (200, 2000))]
holes = st.tuples(*millimetres, st.integers(0, 90)).map(
    lambda v: shapely.affinity.rotate(
        shapely.box(v[0] / 1e3, v[1] / 1e3, (v[0] + v[2]) / 1e3, (v[1] + v[3]) / 1e3), v[4]
    )
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(holes, min_size=1, max_size=6), st.integers(0, 1000))
def test_both_searches_find_the_same_length(taken: list[BaseGeometry], seed: int) -> None:
    graph = VisibilityGraph(shapely.difference(ROOM, shapely.union_all(taken)), TOLERANCE)
    points = np.random.default_rng(seed).uniform((0.0, 0.0), (6.0, 4.0), size=(8, 2))
    points = points[shapely.contains_xy(graph.space, points[:, 0], points[:, 1])]
    reaches = [reach_from(graph, np.array([[point, point]])) for point in points]
    for first, last in combinations(range(len(points)), 2):
        found = graph.shortest_path(points[first], points[last])
        expected = shortest_walk(graph, reaches[first], reaches[last])
        assert length(found) == pytest.approx(length(expected), abs=1e-7)
        assert found is None or shapely.covers(graph.space.buffer(1e-6), shapely.LineString(found))
