"""Quality photo: the path tracer sees what the rasteriser sees, and says what it lacks."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgen.engine.draw.batch import Batch, build_batch
from simgen.engine.draw.cameras import Camera
from simgen.engine.draw.render import Renderer
from simgen.engine.photo import PhotoRenderer, system, tone_map
from simgen.engine.photo.hybrid import HybridRenderer
from simgen.engine.photo.scene import tracer_scene
from simgen.engine.protocol.simulator import Simulator
from simgen.engine.world.scene import Scene, scene_from_house
from simgen.errors import MissingSystemError
from simgen.geometry.frames import camera_pose
from tests.engine.house_fixture import house_object, two_room_house

SIZE = (160, 120)
TABLE = house_object("Table|1", "Dining_Table_21_1", 2.0, 0.4, 2.0)
PLANT = house_object("Plant|1", "Houseplant_1", 3.2, 0.4, 3.2)
VIEWS = [
    Camera(camera_pose(np.array([0.4, 1.5, 0.4]), 45.0, 25.0), 75.0),
    Camera(camera_pose(np.array([3.0, 1.5, 2.0]), 90.0, 10.0), 60.0),  # through the door
    Camera(
        camera_pose(np.array([4.0, 9.0, -3.0]), 0.0, 55.0), 60.0
    ),  # from outside: only what faces it is seen
    Camera(camera_pose(np.array([4.0, 8.0, 2.0]), 0.0, 90.0), 60.0, orthographic_size=2.5),
]
needs_mitsuba = pytest.mark.skipif(
    any(find_spec(name) is None for name in system.PHOTO_PACKAGES),
    reason=f"needs the [photo] extra: {system.PHOTO_CURE}",
)


def furnished() -> tuple[Scene, Batch]:
    scene = scene_from_house(two_room_house([TABLE, PLANT]))
    return scene, build_batch(scene)


@pytest.fixture(scope="module")
def photo() -> PhotoRenderer:
    try:
        renderer = PhotoRenderer(*SIZE)
    except MissingSystemError as error:
        pytest.skip(str(error))
    renderer.load(*furnished())
    return renderer


@needs_mitsuba
def test_geometry_is_the_rasterisers(photo: PhotoRenderer) -> None:
    rasteriser = Renderer(*SIZE, "fast")
    rasteriser.load(*furnished())
    for view in VIEWS:
        difference = np.abs(photo.depth(view) - rasteriser.render(view).depth)
        assert (difference < 0.005).mean() >= 0.995
    rasteriser.release()


@needs_mitsuba
def test_a_draft_is_not_traced_and_has_the_same_ids() -> None:
    rasteriser = Renderer(*SIZE, "fast")
    rasteriser.load(*furnished())
    drawn = rasteriser.render(VIEWS[0])
    rasteriser.release()
    pictures = HybridRenderer(*SIZE)
    pictures.load(*furnished())
    draft = pictures.render_draft(VIEWS[0])
    pictures.release()
    assert np.array_equal(draft.rgb, drawn.rgb)
    assert np.array_equal(draft.ids, drawn.ids)


@needs_mitsuba
def test_the_same_camera_gives_the_same_bytes_on_any_number_of_threads(photo: PhotoRenderer) -> None:
    first = photo.render_rgb(VIEWS[0])
    photo.render_rgb(VIEWS[1])
    np.testing.assert_array_equal(photo.render_rgb(VIEWS[0]), first)
    before = photo._dr.thread_count()
    photo._dr.set_thread_count(1)
    np.testing.assert_array_equal(photo.render_rgb(VIEWS[0]), first)
    photo._dr.set_thread_count(before)


@needs_mitsuba
def test_pictures_are_as_bright_as_the_rasterisers(photo: PhotoRenderer) -> None:
    rasteriser = Renderer(*SIZE, "standard")
    rasteriser.load(*furnished())
    for view in VIEWS[:2]:
        mine, theirs = photo.render_rgb(view), rasteriser.render_rgb(view)
        assert 0.6 < mine.mean() / theirs.mean() < 1.6
        # Upright and not mirrored: bright where the other is bright.
        assert np.corrcoef(mine.mean(axis=2).ravel(), theirs.mean(axis=2).ravel())[0, 1] > 0.7
    rasteriser.release()


@needs_mitsuba
def test_without_lamps_there_is_little_light(photo: PhotoRenderer) -> None:
    dark = PhotoRenderer(*SIZE)
    dark.load(Scene(None, {}), furnished()[1])
    assert dark.render_rgb(VIEWS[0]).mean() < 0.6 * photo.render_rgb(VIEWS[0]).mean()


@needs_mitsuba
def test_the_simulator_draws_photos_over_exact_depth_and_ids(photo: PhotoRenderer) -> None:
    replies = {}
    for quality in ("fast", "photo"):
        simulator = Simulator(*SIZE, quality=quality)
        simulator.step({"action": "Initialize", "renderDepthImage": True, "renderInstanceSegmentation": True})
        replies[quality] = simulator.step({"action": "CreateHouse", "house": two_room_house([TABLE])}).images
        assert ("Mitsuba" in simulator.gl_driver()) == (quality == "photo")
    for field in ("image_depth", "image_ids"):
        np.testing.assert_array_equal(replies["photo"][field][0], replies["fast"][field][0])
    assert (replies["photo"]["image"][0] != replies["fast"]["image"][0]).any()


@needs_mitsuba
def test_what_is_moved_is_moved_in_the_photo(photo: PhotoRenderer) -> None:
    scene, batch = furnished()
    pictures = HybridRenderer(*SIZE)
    pictures.load(scene, batch)
    before = pictures.render_rgb(VIEWS[0])
    lifted = batch.vertices["id_room"][:, 0] == batch.names.index("Table|1") + 1
    batch.vertices["position"][lifted] += np.array([0.0, 5.0, 0.0], dtype=np.float32)
    pictures.rewrite(slice(0, len(batch.vertices)))
    assert (np.abs(pictures.render_rgb(VIEWS[0]).astype(int) - before).max(axis=2) > 20).mean() > 0.02
    pictures.release()


def test_tables_give_every_face_the_lights_of_its_room() -> None:
    scene, batch = furnished()
    tables = tracer_scene(scene, batch)
    assert tables.lights.lamp_spans.tolist() == [[0, 1], [1, 2]]
    group_of = dict(
        zip(batch.vertices["id_room"][batch.indices[::3], 0], tables.mesh.layer_group >> 8, strict=True)
    )
    assert group_of[batch.names.index("room|2") + 1] == 0
    assert group_of[batch.names.index("room|3") + 1] == 1
    assert group_of[batch.names.index("door|2|3") + 1] == 255  # where it is seen decides


def test_more_light_is_never_darker_and_white_is_not_passed() -> None:
    ramp = np.repeat(np.linspace(0.0, 50.0, 400, dtype=np.float32)[None, :, None], 3, axis=2)
    shown = tone_map(ramp).astype(int)
    assert shown.min() == 0
    assert shown.max() <= 255
    assert (np.diff(shown, axis=1) >= 0).all()


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("libLLVM-15.so.1", 15),
        ("libLLVM.so.19.1", 19),
        ("libLLVM-14.0.6.so.1", 14),
        ("libLLVM-19.so", 19),
        ("libLLVM.so", None),
        ("libclang-cpp.so.14", None),
    ],
)
def test_an_llvm_is_known_by_its_file_name(name: str, version: int | None) -> None:
    assert system.llvm_version(name) == version


def test_the_newest_llvm_that_works_is_taken() -> None:
    names = ["libLLVM-15.so.1", "libLLVM.so.19.1", "libLLVM-16.so.1", "libLLVM.so"]
    assert system.newest_llvm(map(Path, names)) == Path("libLLVM.so.19.1")
    assert system.newest_llvm([Path("libLLVM-15.so.1")]) is None


def test_missing_packages_are_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "find_spec", _finds_nothing)
    with pytest.raises(
        MissingSystemError, match=r"needs mitsuba and pyoidn; .* pip install 'simgen\[photo\]'"
    ):
        PhotoRenderer(*SIZE)


def test_an_llvm_that_fails_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(system.LLVM_VARIABLE, "/nowhere/libLLVM-15.so.1")
    with pytest.raises(MissingSystemError, match=r"LLVM 15.*unset it.*apt-get install -y libllvm19"):
        system.choose_llvm()


@pytest.mark.skipif(system.sys.platform != "linux", reason="elsewhere Dr.Jit looks for LLVM itself")
def test_no_llvm_is_said_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(system.LLVM_VARIABLE, raising=False)
    monkeypatch.setattr(system, "LLVM_FOLDERS", ("/nowhere",))
    with pytest.raises(MissingSystemError, match="none was found; try: apt-get install -y libllvm19"):
        system.choose_llvm()


def _finds_nothing(name: str) -> Any:
    return None
