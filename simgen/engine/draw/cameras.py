"""Cameras of the renderer, and how they project."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.types import Array

NEAR, FAR = 0.05, 100.0
"""Clipping planes in metres: the agent's radius keeps surfaces farther than `NEAR`."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A camera in the world: a pinhole, or one without perspective."""

    world_from_camera: Array
    """(4, 4)."""
    fov_deg: float
    """Vertical field of view."""
    orthographic_size: float | None = None
    """Half the height of the picture in metres, for a camera without perspective; None has one."""


def clip_from_world(camera: Camera, size: tuple[int, int]) -> Array:
    """(4, 4) from world points to OpenGL's clip space, for a picture of (width, height) pixels.

    With perspective, w is the depth along the optical axis.
    """
    aspect = size[1] / size[0]
    # The camera frame is left-handed (z ahead) as is clip space after the division, so no axis flips.
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
    """(C) whether each box (C, 2, 3) is partly in front of all six planes of a view (4, 4) clip from world.

    After G. Gribb and K. Hartmann (2001); a box near a corner of the view may be counted in.
    """
    planes = np.concatenate([matrix[3] + matrix[:3], matrix[3] - matrix[:3]])
    # Of each box only the corner farthest along a plane's normal matters.
    farthest = np.where(planes[:, None, :3] > 0, bounds[None, :, 1], bounds[None, :, 0])
    inside = np.einsum("pci,pi->pc", farthest, planes[:, :3]) + planes[:, 3:] >= 0
    return np.asarray(inside.all(axis=0), dtype=np.bool_)
