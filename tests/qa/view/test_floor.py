"""Walls block sight and walking; doors leave gaps in them."""

import numpy as np
import pytest
import shapely

from simgen.qa.view.floor import cut_walls, make_floor


@pytest.mark.parametrize("reach", [-0.05, 0.0, 0.05])
def test_a_passage_does_not_cut_the_walls_at_its_ends(reach: float) -> None:
    # Two rooms share an open side, from wall to wall; below both is a third, which nothing leads to. On a map
    # the ends of the side are rounded, so that they miss the walls by a little.
    left, right, below = (shapely.box(*ends) for ends in [(0, 0, 4, 3), (4, 0, 8, 3), (0, -3, 8, 0)])
    walls = cut_walls([left, right, below], [np.array([[4.0, -reach], [4.0, 3.0 + reach]])])
    for x in np.linspace(0.1, 7.9, 157):
        assert walls.intersects(shapely.LineString([(x, 0.1), (x, -0.1)])), f"a hole at {x:.2f}"
    assert not walls.intersects(shapely.LineString([(3.9, 1.5), (4.1, 1.5)]))
    # All edges but the open side; the wall above the third room is an edge of two rooms, and one line.
    assert walls.length == pytest.approx(2 * 8 + 3 * 2 + 8 + 3 * 2, abs=0.11)


def test_a_door_leaves_a_gap_of_its_width_in_the_wall() -> None:
    rooms = [shapely.box(0, 0, 4, 3), shapely.box(4, 0, 8, 3)]
    walls = cut_walls(rooms, [np.array([[4.0, 1.0], [4.0, 1.9]])])
    shared = walls.intersection(shapely.LineString([(4.0, 0.0), (4.0, 3.0)]))
    assert shared.length == pytest.approx(3.0 - 0.9)


def test_a_walk_does_not_depend_on_the_direction_asked_for_first() -> None:
    # Both ways around the block in the middle are equally long.
    room, block = shapely.box(0, 0, 6, 6), shapely.box(2, 2, 4, 4)
    ends = [("west", shapely.box(0.5, 2.8, 0.9, 3.2)), ("east", shapely.box(5.1, 2.8, 5.5, 3.2))]
    floors = [make_floor([room], cut_walls([room], []), [*ends, ("block", block)]) for _ in range(2)]
    there, back = floors[0].walk("west", "east"), floors[1].walk("east", "west")
    assert there is not None
    assert back is not None
    assert there.points == back.points[::-1]
    assert floors[1].walk("west", "east") == there
