import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from simgen.geometry.boxes import (
    _tilted_gap,
    aabb,
    box_gap,
    corners,
    footprint,
    footprint_gap,
    is_upright,
    point_gaps,
)
from simgen.geometry.frames import euler_rotation
from simgen.types import Array, OrientedBox

TOLERANCE_M = 1e-7
ANGLES = st.floats(-180, 180)
SIZES = st.floats(0.02, 1.5)
PLACES = st.floats(-3, 3)


@st.composite
def boxes(draw: st.DrawFn, upright: bool = False) -> OrientedBox:
    center = np.array([draw(PLACES) for _ in range(3)])
    half_extents = np.array([draw(SIZES) for _ in range(3)])
    x, y, z = (0.0 if upright else draw(ANGLES)), draw(ANGLES), (0.0 if upright else draw(ANGLES))
    return OrientedBox(center, half_extents, euler_rotation(x, y, z))


def cube(x: float, y: float, z: float, side: float = 1.0, yaw_deg: float = 0.0) -> OrientedBox:
    return OrientedBox(np.array([x, y, z]), np.full(3, side / 2), euler_rotation(0, yaw_deg, 0))


class TestShapes:
    @pytest.mark.slow
    @given(box=boxes())
    def test_corners_are_at_the_half_extents(self, box: OrientedBox) -> None:
        local = (corners(box) - box.center) @ box.rotation

        np.testing.assert_allclose(np.abs(local), np.tile(box.half_extents, (8, 1)), atol=1e-12)
        assert len(np.unique(np.sign(local), axis=0)) == 8

    def test_the_aabb_of_a_cube_on_its_edge(self) -> None:
        low, high = aabb(corners(cube(0, 0, 0, yaw_deg=45)))

        np.testing.assert_allclose(high, [np.sqrt(0.5), 0.5, np.sqrt(0.5)])
        np.testing.assert_allclose(low, -high)

    @given(box=boxes(upright=True))
    def test_the_footprint_of_an_upright_box_is_its_base(self, box: OrientedBox) -> None:
        polygon = shapely.Polygon(footprint(corners(box)))

        assert polygon.area == pytest.approx(4 * box.half_extents[0] * box.half_extents[2])
        assert polygon.exterior.is_ccw

    def test_a_standing_sheet_has_no_footprint(self) -> None:
        sheet = OrientedBox(np.zeros(3), np.array([1.0, 1.0, 0.0]), np.eye(3))

        with pytest.raises(ValueError, match="no footprint"):
            footprint(corners(sheet))

    @pytest.mark.parametrize("euler_deg", [(0, 30, 0), (90, 0, 0), (0, 77, 90), (180, 5, 0)])
    def test_lying_boxes_are_upright_too(self, euler_deg: tuple[float, ...]) -> None:
        assert is_upright(OrientedBox(np.zeros(3), np.ones(3), euler_rotation(*euler_deg)))

    def test_a_tilted_box_is_not(self) -> None:
        assert not is_upright(OrientedBox(np.zeros(3), np.ones(3), euler_rotation(0.1, 0, 0)))


class TestBoxGap:
    # By hand: faces 1 apart; corners 1 and 1 apart sideways; 3-4-12 apart, 13 in space; touching; inside.
    @pytest.mark.parametrize(
        ("other", "gap"),
        [
            (cube(2, 0, 0), 1.0),
            (cube(2, 0, 2), np.sqrt(2)),
            (cube(4, 5, 13), 13.0),
            (cube(1, 0, 0), 0.0),
            (cube(0, 0, 0, side=0.1), 0.0),
            (cube(2, 0, 0, yaw_deg=45), 1.5 - np.sqrt(0.5)),
            (cube(0, 3, 0, yaw_deg=10), 2.0),
        ],
    )
    def test_by_hand(self, other: OrientedBox, gap: float) -> None:
        assert box_gap(cube(0, 0, 0), other) == pytest.approx(gap, abs=1e-9)

    def test_a_cube_on_its_corner_by_hand(self) -> None:
        # Its body diagonal points straight down: the lowest corner is sqrt(3) / 2 below the centre.
        tilt = np.degrees(np.arctan(np.sqrt(0.5)))
        on_corner = OrientedBox(np.array([0.0, 3.0, 0.0]), np.full(3, 0.5), euler_rotation(tilt, 0, 45))

        assert box_gap(cube(0, 0, 0), on_corner) == pytest.approx(3 - 0.5 - np.sqrt(3) / 2, abs=TOLERANCE_M)

    def test_a_rod_through_a_plate_overlaps_it(self) -> None:
        # No corner of either lies in the other, and no edges meet.
        rod = OrientedBox(np.zeros(3), np.array([0.1, 2.0, 0.1]), euler_rotation(10, 20, 5))
        plate = OrientedBox(np.zeros(3), np.array([2.0, 0.1, 2.0]), np.eye(3))

        assert box_gap(rod, plate) == 0.0

    def test_two_boxes_tilted_about_the_same_axis(self) -> None:
        # FCL 0.7 says 1.107: its GJK stops early where the boxes share an axis.
        a = OrientedBox(np.zeros(3), np.array([0.5, 1.0, 0.5]), euler_rotation(18, 0, 0))
        b = OrientedBox(np.array([0.0, 3.0, 0.0]), np.array([0.25, 1.0, 0.5]), euler_rotation(23, 0, 0))

        # Along a's own axes b's nearest corner is this far up and back; a's nearest edge is at (1, 0.5).
        turn, five = np.radians(18), np.radians(5)
        up = 3 * np.cos(turn) - np.cos(five) - 0.5 * np.sin(five)
        back = 3 * np.sin(turn) + np.sin(five) - 0.5 * np.cos(five)
        assert back > 0.5
        assert box_gap(a, b) == pytest.approx(np.hypot(up - 1.0, back - 0.5))

    @given(a=boxes(), b=boxes())
    def test_it_is_symmetric(self, a: OrientedBox, b: OrientedBox) -> None:
        assert box_gap(a, b) == pytest.approx(box_gap(b, a), abs=TOLERANCE_M)

    @given(a=boxes(), b=boxes(), by=boxes())
    def test_a_rigid_motion_changes_nothing(self, a: OrientedBox, b: OrientedBox, by: OrientedBox) -> None:
        assert box_gap(_moved(a, by), _moved(b, by)) == pytest.approx(box_gap(a, b), abs=TOLERANCE_M)

    @given(a=boxes(upright=True), b=boxes(upright=True), yaw=ANGLES, shift=PLACES)
    def test_turning_the_house_changes_nothing(
        self, a: OrientedBox, b: OrientedBox, yaw: float, shift: float
    ) -> None:
        by = OrientedBox(np.full(3, shift), np.ones(3), euler_rotation(0, yaw, 0))

        assert box_gap(_moved(a, by), _moved(b, by)) == pytest.approx(box_gap(a, b), abs=1e-9)

    @given(a=boxes(upright=True), b=boxes(upright=True))
    def test_the_upright_formula_equals_the_general_one(self, a: OrientedBox, b: OrientedBox) -> None:
        assert box_gap(a, b) == pytest.approx(_tilted_gap(a, b), abs=TOLERANCE_M)

    @given(a=boxes(), b=boxes())
    def test_no_two_surface_points_are_nearer(self, a: OrientedBox, b: OrientedBox) -> None:
        assert box_gap(a, b) <= point_gaps(_surface(a, 7), b).min() + TOLERANCE_M

    @settings(deadline=None)  # an optimisation for every example
    @given(a=boxes(), b=boxes())
    def test_it_equals_a_bounded_least_squares(self, a: OrientedBox, b: OrientedBox) -> None:
        assert box_gap(a, b) == pytest.approx(_least_squares_gap(a, b), abs=TOLERANCE_M)

    @given(a=boxes(), b=boxes(), scale=st.floats(0.1, 0.9))
    def test_a_smaller_box_is_no_nearer(self, a: OrientedBox, b: OrientedBox, scale: float) -> None:
        smaller = OrientedBox(b.center, scale * b.half_extents, b.rotation)

        assert box_gap(a, smaller) >= box_gap(a, b) - TOLERANCE_M


class TestFootprintGap:
    @given(a=boxes(), b=boxes())
    def test_it_is_no_longer_than_the_gap_in_space(self, a: OrientedBox, b: OrientedBox) -> None:
        horizontal = footprint_gap(footprint(corners(a)), footprint(corners(b)))

        assert horizontal <= box_gap(a, b) + TOLERANCE_M

    def test_by_hand(self) -> None:
        square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])

        assert footprint_gap(square, square + np.array([4.0, 5.0])) == pytest.approx(5.0)
        assert footprint_gap(square, square + np.array([0.5, 0.0])) == 0.0


class TestPointGaps:
    @given(box=boxes(), point=st.tuples(PLACES, PLACES, PLACES).map(np.array))
    def test_it_is_the_distance_to_the_nearest_point(self, box: OrientedBox, point: Array) -> None:
        limits = (-box.half_extents, box.half_extents)
        # The default method stops some micrometres short of the bounds.
        lengths = lsq_linear(box.rotation, point - box.center, limits, method="bvls", tol=1e-14).x
        nearest = box.center + box.rotation @ lengths

        assert point_gaps(point[None], box) == pytest.approx(np.linalg.norm(point - nearest), abs=1e-6)

    @given(box=boxes(), share=st.floats(-1, 1))
    def test_it_is_zero_inside(self, box: OrientedBox, share: float) -> None:
        inside = box.center + share * box.rotation @ box.half_extents

        assert point_gaps(inside[None], box) == pytest.approx(0, abs=1e-12)

    @given(box=boxes(), height=st.floats(0.01, 5))
    def test_it_is_the_height_above_a_face(self, box: OrientedBox, height: float) -> None:
        assume(height > 0)
        above = box.center + (box.half_extents[1] + height) * box.rotation[:, 1]

        assert point_gaps(above[None], box) == pytest.approx(height)


def _moved(box: OrientedBox, by: OrientedBox) -> OrientedBox:
    """A box after a rotation and a shift."""
    return OrientedBox(by.rotation @ box.center + by.center, box.half_extents, by.rotation @ box.rotation)


def _surface(box: OrientedBox, steps: int) -> Array:
    """(M, 3) points on a box's faces."""
    line = np.linspace(-1, 1, steps)
    grid = np.stack(np.meshgrid(line, line, line), axis=-1).reshape(-1, 3)
    return box.center + (grid[np.abs(grid).max(axis=1) == 1] * box.half_extents) @ box.rotation.T


def _least_squares_gap(a: OrientedBox, b: OrientedBox) -> float:
    """Distance of two boxes by quadratic programming, in three lengths along each one's axes."""
    axes = np.hstack([a.rotation, -b.rotation])
    limits = np.concatenate([a.half_extents, b.half_extents])
    found = lsq_linear(axes, b.center - a.center, (-limits, limits), method="bvls", tol=1e-14)
    return float(np.sqrt(2 * found.cost))
