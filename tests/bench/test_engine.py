"""`simgen bench engine` in a tiny form: all keys, the peers' meshes, and what happens without a peer."""

from typing import Any

import numpy as np
import pytest

from simgen.bench import engine
from simgen.bench.fixed_house import bench_walk, world_from_camera
from simgen.bench.meshes import PeerScene, peer_scene
from simgen.bench.processes import BenchFrame, RendererProcess, peak_memory_mb
from simgen.bench.table import engine_table
from simgen.engine.draw.batch import Batch, build_batch
from simgen.engine.world.rest import scene_at_rest
from simgen.geometry.frames import camera_pose, intrinsics, project
from simgen.types import AgentPose
from tests.engine.house_fixture import house_object, two_room_house

pytestmark = pytest.mark.slow

POSES = [AgentPose(2.0, 0.9009997, 2.0, 90.0, 15.0), AgentPose(6.0, 0.9009997, 2.0, 270.0, 0.0)]
NEEDED = {
    "fps.fast.640x480", "fps.standard.640x480", "fps.high.640x480", "fps.fast.384x384",
    "fps.standard.384x384", "fps_rgb.standard.640x480", "fps.step.standard.640x480",
    "ratio.step_vs_frame", "build_s", "build_s.shapes_known", "build_s.first_of_process",
    "rss_mb", "rooms", "triangles", "objects", "cores",
}  # fmt: skip
OF_PEERS = {
    "ratio.standard_vs_mujoco", "ratio.fast_vs_mujoco_bare", "fps.mujoco.640x480", "fps.pyrender.640x480",
    "fps.vtk.384x384", "rss_mb.vtk", "version.mujoco", "gl_renderer.pyrender", "depth_difference_m.vtk",
}  # fmt: skip


@pytest.fixture(scope="module")
def house() -> dict[str, Any]:
    return two_room_house([house_object("Mug|1", "Mug_1", 3.0, 0.5, 3.0)])


@pytest.fixture(scope="module")
def results(house: dict[str, Any]) -> engine.Results:
    return engine.measure(house, POSES, rounds=1, with_peers=False)


@pytest.fixture
def batch(house: dict[str, Any]) -> Batch:
    return build_batch(scene_at_rest(house))


@pytest.fixture
def scene(house: dict[str, Any], batch: Batch) -> PeerScene:
    built = scene_at_rest(house).house
    assert built is not None
    return peer_scene(built, batch, [world_from_camera(pose) for pose in POSES], fov_deg=75.0)


def test_every_key_has_a_sane_value(results: engine.Results) -> None:
    assert all(results[key] > 0 for key in NEEDED)
    assert results["build_s.first_of_process"] > results["build_s.shapes_known"]
    assert results["rooms"] == 2
    assert results["cameras"] == 2
    assert isinstance(results["gl_renderer"], str)


def test_peers_that_did_not_run_are_null_with_the_reason(results: engine.Results) -> None:
    assert all(results[key] is None for key in OF_PEERS)
    assert results["missing.vtk"] == engine.LEFT_OUT


def test_a_peer_that_is_not_installed_is_named_with_its_cure(
    scene: PeerScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    children: dict[str, RendererProcess] = {}
    missing = engine._start_peers(children, scene)
    assert children == {}
    assert missing["mujoco_bare"] == "mujoco is not installed: pip install 'simgen[bench]'"
    assert set(missing) == {"mujoco", "mujoco_bare", "pyrender", "vtk"}


def test_the_table_has_a_line_a_renderer_and_names_the_missing(results: engine.Results) -> None:
    lines = engine_table(results).splitlines()
    assert [line.split("  ")[0] for line in lines[1:4]] == [
        "simgen, fast",
        "simgen, standard",
        "simgen, high",
    ]
    assert f"pyrender: {engine.LEFT_OUT}" in lines


def test_peers_get_every_triangle_where_it_was(batch: Batch, scene: PeerScene) -> None:
    assert scene.triangle_count == batch.triangle_count
    theirs = np.concatenate([mesh.positions[mesh.faces] for mesh in scene.meshes]) * [1.0, 1.0, -1.0]
    ours = batch.vertices["position"][batch.indices].reshape(-1, 3, 3)
    assert np.array_equal(theirs[:, ::-1], ours)
    first = [batch.first_index[mesh.instance_id - 1] for mesh in scene.meshes]
    assert np.array_equal(first, 3 * np.cumsum([0, *(len(mesh.faces) for mesh in scene.meshes[:-1])]))


def test_peers_triangles_still_face_outwards(scene: PeerScene) -> None:
    for mesh in scene.meshes:
        a, b, c = np.moveaxis(mesh.positions[mesh.faces], 1, 0)
        outwards = np.einsum("ij,ij->i", np.cross(b - a, c - a), mesh.normals[mesh.faces].mean(axis=1))
        assert (outwards > -1e-9).all()


def test_peers_cameras_show_points_on_the_same_pixels(scene: PeerScene) -> None:
    matrix = intrinsics(640, 480, 75.0)
    pose = world_from_camera(POSES[0])
    point = pose[:3, 3] + pose[:3, :3] @ [0.3, -0.2, 2.0]
    u, v, depth = project(point[None], pose, matrix)[0]
    right, up, back = np.linalg.inv(scene.cameras[0])[:3] @ [*(point * [1.0, 1.0, -1.0]), 1.0]
    assert depth == pytest.approx(-back)
    assert u == pytest.approx(320.0 - matrix[0, 0] * right / back)
    assert v == pytest.approx(240.0 + matrix[1, 1] * up / back)
    assert np.linalg.det(scene.cameras[0][:3, :3]) == pytest.approx(1.0)


def test_each_camera_gets_the_lamp_of_its_own_room(scene: PeerScene) -> None:
    assert scene.lamps.tolist() == [[2.0, 2.8, -2.0], [6.0, 2.8, -2.0]]


def test_the_walk_passes_every_room(house: dict[str, Any]) -> None:
    walk = bench_walk(house, cameras=12)
    assert len(walk) == 12
    assert {pose.x > 4.0 for pose in walk} == {False, True}


class _Blank:
    """A renderer that shows nothing."""

    gl_renderer, version, triangle_count = "none", "0", 0

    def resize(self, width: int, height: int) -> None:
        self._shape = (height, width)

    def rgb(self, camera: int) -> object:
        return np.zeros((*self._shape, 3), np.uint8)

    def everything(self, camera: int) -> object:
        flat = np.zeros(self._shape)
        return BenchFrame(
            np.zeros((*self._shape, 3), np.uint8), flat.astype(np.float32), flat.astype(np.uint16)
        )


def test_a_renderer_that_shows_nothing_is_found_out() -> None:
    child = RendererProcess(_Blank)
    try:
        assert child.time_cameras((8, 6), everything=True, cameras=[0, 1]) >= 0.0
        with pytest.raises(engine.EngineError, match="one colour only"):
            child.draw_frame((8, 6), 0)
    finally:
        child.stop()


def test_a_renderer_that_cannot_start_says_why() -> None:
    with pytest.raises(engine.EngineError, match="TypeError"):
        RendererProcess(_Blank, "too", "much")


def test_memory_is_this_processs_own() -> None:
    assert 10 < peak_memory_mb() < 1e5


def test_a_camera_looks_along_its_yaw() -> None:
    eye = [2.0, 0.9009997 + 0.675, 2.0]
    assert np.allclose(world_from_camera(POSES[0]), camera_pose(np.array(eye), 90.0, 15.0))
