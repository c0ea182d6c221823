"""Frames and cameras.

World: AI2-THOR's, left-handed, y up, metres. Camera: x right, y up, z along the optical axis (so a
camera's pose is a proper rotation). Map: the floor as one camera of a clip sees it, by default the
first: x to its right, y straight ahead, origin at the floor point below it.
"""

from dataclasses import dataclass

import numpy as np

from simgen.types import Array


def euler_rotation(x_deg: float, y_deg: float, z_deg: float) -> Array:
    """(3, 3) rotation of Unity's Euler angles: about z first, then x, then y.

    In this left-handed frame a positive yaw (y) turns right seen from above and a positive pitch (x)
    looks down, which gives the same numbers as the usual right-handed matrices.
    """
    x, y, z = np.radians([x_deg, y_deg, z_deg])
    rx = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rz = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return ry @ rx @ rz


def camera_pose(position: Array, yaw_deg: float, horizon_deg: float) -> Array:
    """(4, 4) world_from_camera of a camera at `position` (3,), metres."""
    world_from_camera = np.eye(4)
    world_from_camera[:3, :3] = euler_rotation(horizon_deg, yaw_deg, 0.0)
    world_from_camera[:3, 3] = position
    return world_from_camera


def yaw_deg_of(world_from_camera: Array) -> float:
    """Yaw of a camera in degrees, clockwise seen from above, 0 looks along +z, in [0, 360)."""
    # The right axis is level at any pitch, so it gives the yaw even when the camera looks straight down.
    right = world_from_camera[:3, 0]
    # Twice, because the remainder of the smallest negative angles is 360.0 itself.
    return float(np.degrees(np.arctan2(-right[2], right[0])) % 360.0 % 360.0)


def intrinsics(width: int, height: int, fov_deg: float) -> Array:
    """(3, 3) pinhole matrix in pixels; `fov_deg` is the vertical field of view.

    A camera-frame point lands on u = cx + fx x / z (to the right) and v = cy - fy y / z (downwards);
    pixel centres are at half-integers.
    """
    focal_px = height / 2.0 / np.tan(np.radians(fov_deg) / 2.0)
    return np.array([[focal_px, 0.0, width / 2.0], [0.0, focal_px, height / 2.0], [0.0, 0.0, 1.0]])


def project(points: Array, world_from_camera: Array, camera_matrix: Array) -> Array:
    """(N, 3) of u, v (pixels) and depth (metres along the axis) of world points (N, 3).

    u and v are meaningless where the depth is not positive.
    """
    rotation, position = world_from_camera[:3, :3], world_from_camera[:3, 3]
    in_camera = (points - position) @ rotation
    depth = in_camera[:, 2]
    safe_depth = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    u = camera_matrix[0, 2] + camera_matrix[0, 0] * in_camera[:, 0] / safe_depth
    v = camera_matrix[1, 2] - camera_matrix[1, 1] * in_camera[:, 1] / safe_depth
    return np.stack([u, v, depth], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class MapFrame:
    """A bird's-eye frame: 2-D, metres, x right and y ahead of one camera, by default a clip's first."""

    origin_xz: Array
    """(2,) world x and z under that camera."""
    yaw_deg: float

    def from_world(self, points_xz: Array) -> Array:
        """(N, 2) map coordinates of world floor points (N, 2) given as (x, z)."""
        return (np.asarray(points_xz, dtype=np.float64) - self.origin_xz) @ self._axes()

    def to_world(self, points: Array) -> Array:
        """(N, 2) world (x, z) of map points (N, 2)."""
        return np.asarray(points, dtype=np.float64) @ self._axes().T + self.origin_xz

    def turn_from(self, other: "MapFrame", displacements: Array) -> Array:
        """(N, 2) displacements (N, 2) that are given along the axes of another map."""
        return displacements @ (other._axes().T @ self._axes())

    def _axes(self) -> Array:
        """(2, 2) whose columns are the map's x and y axes in world (x, z)."""
        yaw = np.radians(self.yaw_deg)
        return np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])


def map_frame(world_from_camera: Array) -> MapFrame:
    """The map frame whose origin is below a camera with this (4, 4) pose."""
    return MapFrame(origin_xz=world_from_camera[[0, 2], 3], yaw_deg=yaw_deg_of(world_from_camera))
