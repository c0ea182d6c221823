"""Floors as rectangles, by hand and turned."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from simgen.geometry.frames import euler_rotation
from simgen.geometry.rectangles import area, extents, rectangles
from simgen.types import Array

L_SHAPE = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 2.0], [2.0, 2.0], [2.0, 5.0], [0.0, 5.0]])
C_SHAPE = np.array([[0, 0], [3, 0], [3, 1], [1, 1], [1, 4], [3, 4], [3, 6], [0, 6]], dtype=np.float64)


def test_by_hand() -> None:
    # Along its longest edge (5 m) the L is 5 m by 2 m and, beside that, 2 m by 2 m.
    assert rectangles(L_SHAPE) == [(5.0, 2.0), (2.0, 2.0)]
    assert area(L_SHAPE) == 14.0
    assert extents(L_SHAPE) == (5.0, 4.0)
    # Along its back (6 m): the back 1 m deep, then the two arms, 1 m and 2 m wide and 2 m deep.
    assert sorted(rectangles(C_SHAPE) or []) == [(1.0, 2.0), (2.0, 2.0), (6.0, 1.0)]


def test_a_slanted_wall_makes_no_rectangles() -> None:
    assert rectangles(np.array([[0.0, 0.0], [4.0, 0.0], [3.0, 3.0], [0.0, 3.0]])) is None


@given(st.sampled_from([L_SHAPE, C_SHAPE]), st.floats(-180, 180), st.floats(-9, 9))
def test_turned_and_moved_floors_have_the_same_rectangles(ring: Array, yaw_deg: float, shift: float) -> None:
    turned = ring @ euler_rotation(0.0, yaw_deg, 0.0)[np.ix_([0, 2], [0, 2])].T + shift
    assert np.array(rectangles(turned)) == pytest.approx(np.array(rectangles(ring)), abs=1e-6)
    assert sum(w * d for w, d in rectangles(turned) or []) == pytest.approx(shapely.Polygon(ring).area)
