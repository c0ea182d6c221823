"""The scene for the peer renderers: one mesh per instance id, in a right-handed frame.

simgen's world is left-handed. Here z is negated and the winding of each triangle is reversed, which gives the
same pictures. Distances and depths do not change.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch
from simgen.engine.world.scene import room_of_point
from simgen.house.parse import House
from simgen.types import Array

MIRROR = np.array([1.0, 1.0, -1.0])
"""Factors from the left-handed world to the right-handed one and back."""


@dataclass(frozen=True, slots=True, eq=False)
class PeerMesh:
    """The mesh of one instance id: y up, right-handed, metres."""

    instance_id: int
    positions: NDArray[np.float32]
    """(V, 3)."""
    normals: NDArray[np.float32]
    """(V, 3) unit, outward."""
    rgb: NDArray[np.uint8]
    """(V, 3) sRGB without light or texture."""
    faces: NDArray[np.uint32]
    """(F, 3), counter-clockwise when seen from outside."""


@dataclass(frozen=True, slots=True, eq=False)
class PeerScene:
    """A house, the cameras, and the lamp that lights each picture."""

    meshes: tuple[PeerMesh, ...]
    cameras: Array
    """(N, 4, 4) world_from_camera in OpenGL's convention: x right, y up, z backward."""
    lamps: Array
    """(N, 3) position of the lamp in the room of each camera."""
    fov_deg: float
    """Vertical field of view."""

    @property
    def triangle_count(self) -> int:
        return sum(len(mesh.faces) for mesh in self.meshes)


def peer_scene(house: House, batch: Batch, cameras: Sequence[Array], fov_deg: float) -> PeerScene:
    """Converts a batch and cameras (4, 4), both in simgen's world frame, for the peer renderers."""
    return PeerScene(
        meshes=tuple(_mesh(batch, chunk) for chunk in range(len(batch.names)) if _has_faces(batch, chunk)),
        cameras=np.stack([_opengl_pose(camera) for camera in cameras]),
        lamps=np.stack([_lamp(house, camera[:3, 3]) for camera in cameras]) * MIRROR,
        fov_deg=fov_deg,
    )


def _has_faces(batch: Batch, chunk: int) -> bool:
    return bool(batch.first_index[chunk + 1] > batch.first_index[chunk])


def _mesh(batch: Batch, chunk: int) -> PeerMesh:
    indices = batch.indices[batch.first_index[chunk] : batch.first_index[chunk + 1]]
    first = indices.min()
    vertices = batch.vertices[first : indices.max() + 1]
    normals = vertices["normal_pattern"][:, :3].astype(np.float32) * MIRROR.astype(np.float32)
    return PeerMesh(
        instance_id=chunk + 1,
        positions=vertices["position"] * MIRROR.astype(np.float32),
        normals=normals / np.linalg.norm(normals, axis=1, keepdims=True),
        rgb=vertices["rgb_kind"][:, :3].copy(),
        faces=(indices - first).reshape(-1, 3)[:, ::-1].astype(np.uint32),
    )


def _opengl_pose(world_from_camera: Array) -> Array:
    """(4, 4) pose of the same camera in the mirrored world, looking along its own -z."""
    pose = world_from_camera.copy()
    pose[:3, 2] *= -1.0
    pose[:3] *= MIRROR[:, None]
    return pose


def _lamp(house: House, eye: Array) -> Array:
    """(3,) position of the nearest lamp. Lamps in the camera's own room come first, if there are any."""
    room = room_of_point(house, eye[0], eye[2])
    lamps = [light.position for light in house.lights]
    inside = [lamp for lamp in lamps if room_of_point(house, lamp[0], lamp[2]) == room]
    return min(inside or lamps or [eye], key=lambda lamp: float(np.linalg.norm(lamp - eye)))
