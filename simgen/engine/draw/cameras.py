"""Cameras of the renderer and their projection."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.types import Array

NEAR, FAR = 0.05, 100.0
"""Distances of the clipping planes, metres. The agent's radius keeps surfaces farther away than `NEAR`."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A pinhole camera or an orthographic camera."""

    world_from_camera: Array
    """(4, 4)."""
    fov_deg: float
    """Vertical field of view."""
    orthographic_size: float | None = None
    """Half the height of the picture in metres for an orthographic camera; None for a pinhole camera."""


def clip_from_world(camera: Camera, size: tuple[int, int]) -> Array:
    """(4, 4) matrix from world points to OpenGL's clip space, for a picture of (width, height) pixels.

    For a pinhole camera, w is the depth along the optical axis.
    """
    aspect = size[1] / size[0]
    # The camera frame is left-handed (z forward) and so is clip space after the division by w, so no axis is
    # flipped.
    if camera.orthographic_size is None:
        focal = 1.0 / np.tan(np.radians(camera.fov_deg) / 2.0)
        clip_from_camera = np.array(
            [
                [focal * aspect, 0.0, 0.0, 0.0],
                [0.0, focal, 0.0, 0.0],
                [0.0, 0.0, (FAR + NEAR) / (FAR - NEAR), -2.0 * FAR * NEAR / (FAR - NEAR)],
                [0.0, 0.0, 1.0, 0.0],
            ]
        )
    else:
        scale = 1.0 / camera.orthographic_size
        clip_from_camera = np.diag([scale * aspect, scale, 2.0 / (FAR - NEAR), 1.0])
        clip_from_camera[2, 3] = -(FAR + NEAR) / (FAR - NEAR)
    return np.asarray(clip_from_camera @ np.linalg.inv(camera.world_from_camera), dtype=np.float64)


def boxes_in_view(bounds: Array, matrix: Array) -> NDArray[np.bool_]:
    """(C) whether each box (C, 2, 3) is at least partly inside all six planes of a view frustum.

    `matrix` is clip from world, (4, 4). Method: G. Gribb and K. Hartmann (2001). A box near a corner of the
    frustum may be counted although it is outside.
    """
    planes = np.concatenate([matrix[3] + matrix[:3], matrix[3] - matrix[:3]])
    # Only the corner of each box that is farthest along the plane's normal has to be tested.
    farthest = np.where(planes[:, None, :3] > 0, bounds[None, :, 1], bounds[None, :, 0])
    inside = np.einsum("pci,pi->pc", farthest, planes[:, :3]) + planes[:, 3:] >= 0
    return np.asarray(inside.all(axis=0), dtype=np.bool_)
