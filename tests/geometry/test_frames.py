import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.geometry.frames import (
    MapFrame,
    camera_pose,
    euler_rotation,
    intrinsics,
    map_frame,
    project,
    yaw_deg_of,
)
from simgen.types import Array

DEGREES = st.floats(-720, 720)
METRES = st.floats(-50, 50)
POINTS = st.tuples(METRES, METRES, METRES).map(np.array)
WIDTH, HEIGHT = 640, 480


class TestRotations:
    @given(x=DEGREES, y=DEGREES, z=DEGREES)
    def test_they_are_proper(self, x: float, y: float, z: float) -> None:
        rotation = euler_rotation(x, y, z)

        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1.0)

    # Unity: yaw 90 turns forward (+z) to the right (+x); pitch 90 turns it down; roll 90 turns right to up.
    @pytest.mark.parametrize(
        ("euler_deg", "vector", "turned"),
        [
            ((0, 90, 0), (0, 0, 1), (1, 0, 0)),
            ((90, 0, 0), (0, 0, 1), (0, -1, 0)),
            ((0, 0, 90), (1, 0, 0), (0, 1, 0)),
            ((90, 90, 0), (0, 0, 1), (0, -1, 0)),
            ((90, 90, 0), (0, 1, 0), (1, 0, 0)),
            ((0, 90, 90), (1, 0, 0), (0, 1, 0)),
        ],
    )
    def test_unitys_directions(
        self, euler_deg: tuple[float, ...], vector: tuple[float, ...], turned: tuple[float, ...]
    ) -> None:
        np.testing.assert_allclose(euler_rotation(*euler_deg) @ vector, turned, atol=1e-12)

    @given(yaw=DEGREES)
    def test_forward_is_sine_and_cosine_of_the_yaw(self, yaw: float) -> None:
        forward = camera_pose(np.zeros(3), yaw, 0.0)[:3, 2]

        np.testing.assert_allclose(forward, [np.sin(np.radians(yaw)), 0, np.cos(np.radians(yaw))], atol=1e-9)

    @given(yaw=st.floats(0, 359.9), horizon=st.floats(-90, 90))
    def test_the_yaw_is_read_back_at_any_pitch(self, yaw: float, horizon: float) -> None:
        error = yaw_deg_of(camera_pose(np.zeros(3), yaw, horizon)) - yaw

        assert (error + 180) % 360 - 180 == pytest.approx(0, abs=1e-9)

    def test_a_yaw_is_below_360(self) -> None:
        assert 0 <= yaw_deg_of(camera_pose(np.zeros(3), -1e-15, 0.0)) < 360


class TestProjection:
    @given(position=POINTS, yaw=DEGREES, horizon=st.floats(-60, 60), distance=st.floats(0.1, 30))
    def test_the_axis_lands_in_the_centre(
        self, position: Array, yaw: float, horizon: float, distance: float
    ) -> None:
        pose = camera_pose(position, yaw, horizon)
        ahead = position + distance * pose[:3, 2]

        np.testing.assert_allclose(
            _seen(ahead, pose), [WIDTH / 2, HEIGHT / 2, distance], rtol=1e-6, atol=1e-6
        )

    @given(position=POINTS, yaw=DEGREES, horizon=st.floats(-60, 60), aside=st.floats(0.05, 1))
    def test_right_is_larger_u_and_up_is_smaller_v(
        self, position: Array, yaw: float, horizon: float, aside: float
    ) -> None:
        pose = camera_pose(position, yaw, horizon)
        ahead = position + 3 * pose[:3, 2]
        heading = np.radians(yaw)
        right = np.array([np.cos(heading), 0.0, -np.sin(heading)])

        u, v, _ = _seen(ahead + aside * right, pose)
        assert (u > WIDTH / 2 + 1, abs(v - HEIGHT / 2) < 1e-6) == (True, True)
        u, v, _ = _seen(ahead + np.array([0.0, aside, 0.0]), pose)
        assert (v < HEIGHT / 2 - 1, abs(u - WIDTH / 2) < 1e-6) == (True, True)

    def test_the_field_of_view_is_vertical(self) -> None:
        # At 90 degrees the picture's upper edge is as far up as it is away.
        pose = camera_pose(np.zeros(3), 0.0, 0.0)
        (top,) = project(np.array([[0.0, 2.0, 2.0]]), pose, intrinsics(WIDTH, HEIGHT, 90.0))

        np.testing.assert_allclose(top, [WIDTH / 2, 0.0, 2.0], atol=1e-9)

    def test_looking_down_raises_what_is_level(self) -> None:
        # 30 degrees down: a point level with the camera is 30 degrees above the axis.
        pose = camera_pose(np.array([0.0, 1.5, 0.0]), 0.0, 30.0)
        _, v, depth = _seen(np.array([0.0, 1.5, 2.0]), pose)

        focal_px = HEIGHT / 2 / np.tan(np.radians(45.0))
        assert v == pytest.approx(HEIGHT / 2 - focal_px * np.tan(np.radians(30.0)))
        assert depth == pytest.approx(2.0 * np.cos(np.radians(30.0)))

    def test_a_point_in_the_cameras_plane_gives_finite_numbers(self) -> None:
        assert np.isfinite(_seen(np.array([1.0, 0.0, 0.0]), camera_pose(np.zeros(3), 0.0, 0.0))).all()


class TestMapFrame:
    @given(origin=POINTS, yaw=DEGREES, point=POINTS)
    def test_there_and_back(self, origin: Array, yaw: float, point: Array) -> None:
        frame = MapFrame(origin[:2], yaw)
        points = point[None, :2]

        np.testing.assert_allclose(frame.to_world(frame.from_world(points)), points, atol=1e-9)
        np.testing.assert_allclose(frame.from_world(frame.to_world(points)), points, atol=1e-9)

    @given(position=POINTS, yaw=DEGREES, horizon=st.floats(-60, 60))
    def test_ahead_is_y_and_right_is_x(self, position: Array, yaw: float, horizon: float) -> None:
        pose = camera_pose(position, yaw, horizon)
        heading = np.radians(yaw)
        ahead, right = (
            np.array([np.sin(heading), np.cos(heading)]),
            np.array([np.cos(heading), -np.sin(heading)]),
        )
        under = position[[0, 2]]

        on_map = map_frame(pose).from_world(np.stack([under, under + 2 * ahead, under + 3 * right]))
        np.testing.assert_allclose(on_map, [[0, 0], [0, 2], [3, 0]], atol=1e-9)

    @given(a=POINTS, b=POINTS, yaw=DEGREES)
    def test_it_keeps_distances(self, a: Array, b: Array, yaw: float) -> None:
        on_map = MapFrame(np.array([1.0, -2.0]), yaw).from_world(np.stack([a[:2], b[:2]]))

        assert np.linalg.norm(on_map[0] - on_map[1]) == pytest.approx(np.linalg.norm(a[:2] - b[:2]), abs=1e-9)


def _seen(point: Array, pose: Array) -> Array:
    return project(point[None], pose, intrinsics(WIDTH, HEIGHT, 90.0))[0]
