"""The renderer against an independent ray-triangle reference: Embree's hits, solved again in float64."""

from typing import Any

import numpy as np
import pytest
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch, build_batch
from simgen.engine.protocol.client import EmbeddedController
from simgen.engine.world.rest import scene_at_rest
from simgen.geometry.frames import camera_pose

WIDTH, HEIGHT, FOV_DEG = 320, 240, 75.0


@pytest.mark.slow
@pytest.mark.parametrize("house_index", [0, 1, 2])
def test_depth_and_ids_agree_with_ray_casting(sampled_houses: list[dict[str, Any]], house_index: int) -> None:
    house = sampled_houses[house_index]
    controller = EmbeddedController(width=WIDTH, height=HEIGHT, fieldOfView=FOV_DEG, snapToGrid=False)
    controller.step(action="CreateHouse", house=house, renderImage=False)
    reference = _Reference(build_batch(scene_at_rest(house)))
    positions = controller.step(action="GetReachablePositions", renderImage=False).metadata["actionReturn"]
    rng = np.random.default_rng(house_index)
    depth_errors, ids_agree = [], []
    for _ in range(5):
        spot = positions[int(rng.integers(len(positions)))]
        yaw_deg, horizon_deg = float(rng.uniform(0, 360)), float(rng.uniform(-20, 45))
        moved = controller.step(
            action="TeleportFull", position=spot, rotation=yaw_deg, horizon=horizon_deg, standing=True
        )
        assert moved, moved.metadata["errorMessage"]
        picture = controller.simulator.picture()
        eye = np.array([spot["x"], spot["y"] + 0.675, spot["z"]])
        depth, ids = reference.cast(camera_pose(eye, yaw_deg, horizon_deg))
        # Pictures come bottom row first, rays are cast top row first.
        agree = picture.ids[::-1] == ids
        ids_agree.append(agree.mean())
        depth_errors.append(np.abs(picture.depth[::-1] - depth)[agree])
    assert np.median(np.concatenate(depth_errors)) < 1e-3
    assert np.percentile(np.concatenate(depth_errors), 99) < 1e-3
    assert np.mean(ids_agree) > 0.995


class _Reference:
    """First hits of a batch's triangles, without those that turn their back to the camera."""

    def __init__(self, batch: Batch) -> None:
        self._triangles = batch.vertices["position"][batch.indices].reshape(-1, 3, 3).astype(np.float64)
        self._chunk = np.searchsorted(batch.first_index, np.arange(len(batch.indices))[::3], side="right")

    def cast(self, world_from_camera: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(H, W) depth along the axis in metres and chunk id, both 0 where nothing is hit."""
        focal = HEIGHT / 2 / np.tan(np.radians(FOV_DEG) / 2)
        u, v = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
        rays = np.stack([(u - WIDTH / 2) / focal, -(v - HEIGHT / 2) / focal, np.ones_like(u)], axis=-1)
        directions = rays.reshape(-1, 3) @ world_from_camera[:3, :3].T
        eye = world_from_camera[:3, 3]
        facing = np.flatnonzero(
            np.einsum("ij,ij->i", _normals(self._triangles), self._triangles[:, 0] - eye) < 0
        )
        scene = EmbreeScene(robust=True)
        TriangleMesh(scene, self._triangles[facing].astype(np.float32))
        origins = np.tile(eye, (len(directions), 1)).astype(np.float32)
        hits = scene.run(origins, directions.astype(np.float32))
        triangle = facing[hits]
        # Rays have length 1 along the optical axis, so the ray parameter at the plane is the depth.
        normal = _normals(self._triangles[triangle])
        depth = np.einsum("ij,ij->i", normal, self._triangles[triangle, 0] - eye)
        depth /= np.einsum("ij,ij->i", normal, directions)
        missed = hits < 0
        ids = np.where(missed, 0, self._chunk[triangle])
        return np.where(missed, 0.0, depth).reshape(HEIGHT, WIDTH), ids.reshape(HEIGHT, WIDTH)


def _normals(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
