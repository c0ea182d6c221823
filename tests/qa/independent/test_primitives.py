"""The functions of the independent check, against values computed by hand."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.qa.independent.boxes import gap, nearest_in, outline_of, sizes, volume
from tests.qa.independent.direction import place, side
from tests.qa.independent.fairness import words
from tests.qa.independent.plane import area, bearing_deg, holds, hull, polygon_gap, to_polygon, turned_deg
from tests.qa.independent.world import World, read_world
from tests.synthetic import write_synthetic_clip

SQUARE = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
ELL = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0], [1.0, 1.0], [1.0, 3.0], [0.0, 3.0]])


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> World:
    return read_world(write_synthetic_clip(Path(tmp_path_factory.mktemp("kitchen")) / "kitchen.h5"))


def boxed(
    world: World, index: int, center: tuple[float, ...], half: tuple[float, ...], yaw_deg: float
) -> World:
    """The world with another box for one object."""
    turn, (centers, halves, axes) = (
        math.radians(yaw_deg),
        (world.centers.copy(), world.halves.copy(), world.axes.copy()),
    )
    c, s = math.cos(turn), math.sin(turn)
    centers[index], halves[index] = center, half
    axes[index] = [[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]]
    return replace(world, centers=centers, halves=halves, axes=axes)


def test_the_kitchen_is_read_as_it_is_written(kitchen: World) -> None:
    table = kitchen.ids.index("1|1")
    assert (kitchen.types[table], kitchen.room_of[table]) == ("DiningTable", "room|1")
    assert kitchen.corners(table).min(axis=0) == pytest.approx([1.7, 0.0, 2.05])
    assert kitchen.heights(table) == pytest.approx((0.0, 0.8))
    # The first camera stands at (2, 0.5) and looks along z: the table's middle is 0.5 to the right, 2 ahead.
    assert kitchen.on_map(place(kitchen, table)) == pytest.approx([0.5, 2.0])
    assert [
        bearing_deg(kitchen.on_map(h + kitchen.cameras[0])) for h in kitchen.headings[:3]
    ] == pytest.approx([0.0, 5.0, 10.0])


def test_the_gap_of_boxes_is_that_of_their_faces_edges_and_corners(kitchen: World) -> None:
    chair, table, can = (kitchen.ids.index(name) for name in ("1|2", "1|1", "1|4"))
    # The chair's side is at x = 1.45, the table's at 1.7.
    assert gap(kitchen, chair, table) == pytest.approx(0.25, abs=1e-6)
    # Corner to corner: 3 along x, 4 along z, 12 up.
    world = boxed(kitchen, chair, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.0)
    world = boxed(world, table, (5.0, 14.0, 6.0), (1.0, 1.0, 1.0), 0.0)
    assert gap(world, chair, table) == pytest.approx(13.0, abs=1e-6)
    # A box turned by 45 degrees reaches out by the square root of two.
    world = boxed(kitchen, can, (0.0, 0.5, 0.0), (1.0, 0.5, 1.0), 45.0)
    world = boxed(world, table, (4.0, 0.5, 0.0), (1.0, 0.5, 1.0), 0.0)
    assert gap(world, can, table) == pytest.approx(3.0 - math.sqrt(2.0), abs=1e-6)
    assert gap(boxed(world, table, (1.0, 0.5, 0.0), (1.0, 0.5, 1.0), 0.0), can, table) == 0.0


def test_the_nearest_point_of_a_box(kitchen: World) -> None:
    world = boxed(kitchen, 0, (0.0, 0.0, 0.0), (1.0, 2.0, 3.0), 0.0)
    points = np.array([[5.0, 0.0, 0.0], [0.5, 0.5, 0.5], [-2.0, 9.0, 4.0]])
    assert nearest_in(world, 0, points).tolist() == [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [-1.0, 2.0, 3.0]]


def test_sizes_and_volume_do_not_hang_on_how_a_box_is_turned(kitchen: World) -> None:
    world = boxed(kitchen, 0, (0.0, 0.0, 0.0), (0.5, 2.0, 1.5), 33.0)
    assert sizes(world, 0) == pytest.approx([3.0, 1.0, 4.0])
    assert volume(world, 0) == pytest.approx(12.0)
    assert area(outline_of(world, 0)) == pytest.approx(3.0)


def test_polygons() -> None:
    assert area(ELL) == pytest.approx(5.0)
    assert area(hull(ELL)) == pytest.approx(7.0)
    assert holds(ELL, np.array([[0.5, 2.5], [2.5, 0.5], [2.0, 2.0], [-0.1, 0.5]])).tolist() == [
        True,
        True,
        False,
        False,
    ]
    assert to_polygon(np.array([[2.0, 2.0], [0.5, 0.5], [6.0, 5.0]]), ELL) == pytest.approx([1.0, 0.0, 5.0])
    assert polygon_gap(SQUARE, SQUARE + np.array([5.0, 6.0])) == pytest.approx(5.0)
    assert polygon_gap(SQUARE, SQUARE + np.array([1.0, 1.0])) == 0.0
    # Two bars that cross without a corner of one inside the other.
    bar = np.array([[-1.0, 0.9], [3.0, 0.9], [3.0, 1.1], [-1.0, 1.1]])
    assert polygon_gap(SQUARE, bar) == 0.0


def test_bearings() -> None:
    assert [bearing_deg(np.array(v)) for v in ((0, 1), (1, 0), (0, -1), (-1, 0))] == [0.0, 90.0, 180.0, 270.0]
    assert (turned_deg(350.0, 20.0), turned_deg(20.0, 350.0), turned_deg(0.0, 180.0)) == (30.0, -30.0, 180.0)


def test_sides() -> None:
    ahead, quadrants = np.array([0.0, 1.0]), ("front_left", "front_right", "back_left", "back_right")
    ways = {"front_right": (1, 2), "front_left": (-1, 2), "back_right": (1, -2), "back_left": (-1, -2)}
    assert all(side(ahead, np.array(way, float), quadrants) == label for label, way in ways.items())
    three = ("left", "right", "back")
    assert [side(ahead, np.array(way, float), three) for way in ((1, -0.9), (1, -1.1), (-1, 0))] == [
        "right",
        "back",
        "left",
    ]
    hours = [str(hour) for hour in range(1, 13)]
    ways_by_hour = {"12": (0, 1), "3": (1, 0), "6": (0, -1), "9": (-1, 0), "1": (1, 1.8), "11": (-1, 1.8)}
    assert all(side(ahead, np.array(way, float), hours) == hour for hour, way in ways_by_hour.items())
    assert side(np.array([1.0, 0.0]), np.array([0.2, -1.0]), ("front", "right", "back", "left")) == "right"


def test_words() -> None:
    names = ("DiningTable", "TVStand", "Sofa", "CD", "ToiletPaperHanger")
    assert [words(name) for name in names] == [
        "dining table",
        "tv stand",
        "sofa",
        "cd",
        "toilet paper hanger",
    ]
