import json
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from simgen.errors import ClipError
from simgen.store.clip_fields import DATASETS
from simgen.store.clips import check_content, read_clip, read_images, read_info
from tests.synthetic import HEIGHT, OBJECTS, RECIPE_JSON, WIDTH, scene_objects, write_synthetic_clip


@pytest.fixture
def clip_path(tmp_path: Path) -> Path:
    return write_synthetic_clip(tmp_path / "kitchen.h5")


class TestRoundTrip:
    def test_the_attributes_and_boundaries_come_back(self, clip_path: Path) -> None:
        clip = read_clip(clip_path)

        assert (clip.id, clip.frame_count, clip.size_px) == ("kitchen", 6, (WIDTH, HEIGHT))
        assert (clip.info.split, clip.info.fps, clip.info.recipe) == ("train", 5.0, RECIPE_JSON)
        assert clip.house == {"rooms": [], "objects": [{"position": {"x": 0.0, "y": 0.9, "z": 4.6}}]}
        assert clip.actions == ('{"action": "MoveAhead"}',) * 6
        assert [room.type for room in clip.rooms] == ["Kitchen"]
        np.testing.assert_array_equal(clip.rooms[0].polygon, [[0, 0], [5, 0], [5, 5], [0, 5]])

    def test_every_object_comes_back(self, clip_path: Path) -> None:
        for item, written in zip(read_clip(clip_path).objects, scene_objects(), strict=True):
            assert (item.id, item.type, item.asset_id) == (written.id, written.type, written.asset_id)
            assert (item.room_id, item.parent_id) == (written.room_id, written.parent_id)
            np.testing.assert_array_equal(item.box.center, written.box.center)
            np.testing.assert_array_equal(item.box.half_extents, written.box.half_extents)
            np.testing.assert_array_equal(item.box.rotation, written.box.rotation)
            np.testing.assert_array_equal(item.aabb, written.aabb)
            np.testing.assert_array_equal(item.footprint, written.footprint)

    def test_images_are_read_in_the_order_asked_for(self, clip_path: Path) -> None:
        every = read_images(clip_path, "rgb")

        assert every.shape == (6, HEIGHT, WIDTH, 3)
        np.testing.assert_array_equal(read_images(clip_path, "rgb", (4, 0, 4)), every[[4, 0, 4]])
        assert read_images(clip_path, "depth_mm", (1,)).dtype == np.uint16

    def test_every_dataset_has_a_unit_a_description_and_a_version(self, clip_path: Path) -> None:
        with h5py.File(clip_path) as file:
            found: list[str] = []
            file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
            assert sorted(found) == sorted(field.name for field in DATASETS)
            assert all(set(file[name].attrs) == {"unit", "description", "since"} for name in found)
            assert _at(file, "frames/rgb").chunks == (1, HEIGHT, WIDTH, 3)

    def test_visibility_has_one_column_per_object(self, clip_path: Path) -> None:
        visibility = read_clip(clip_path).visibility

        assert visibility.pixels.shape == visibility.unoccluded_pixels.shape == (6, len(OBJECTS))
        assert visibility.box2d.shape == (6, len(OBJECTS), 4)


class TestContentHash:
    def test_equal_content_has_an_equal_hash(self, tmp_path: Path) -> None:
        first, again = (write_synthetic_clip(tmp_path / name) for name in ("a.h5", "b.h5"))
        other = write_synthetic_clip(tmp_path / "c.h5", seed=1)

        assert read_info(first)[1] == read_info(again)[1] != read_info(other)[1]
        check_content(first)

    @pytest.mark.parametrize(
        "name", ["frames/depth_mm", "objects/obb_center", "visibility/pixels", "objects/type"]
    )
    def test_a_changed_dataset_is_noticed(self, clip_path: Path, name: str) -> None:
        with h5py.File(clip_path, "r+") as file:
            data = _at(file, name)
            data[0] = data[1] if data.dtype.kind == "O" else data[0] + 1
            if name == "objects/type":
                assert data[0] == b"DiningTable"

        with pytest.raises(ClipError, match=r"kitchen\.h5: .*does not match its hash; render the clip again"):
            check_content(clip_path)

    def test_a_changed_attribute_is_noticed(self, clip_path: Path) -> None:
        with h5py.File(clip_path, "r+") as file:
            file.attrs["split"] = "test"

        with pytest.raises(ClipError, match="does not match"):
            check_content(clip_path)


class TestSelfContained:
    """HDF5 has three ways to take data from another file; all are refused before any data is read."""

    def test_an_external_link(self, clip_path: Path, tmp_path: Path) -> None:
        with h5py.File(clip_path, "r+") as file:
            file["frames/more"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/secret")

        with pytest.raises(ClipError, match="frames/more links to another file"):
            read_clip(clip_path)

    def test_external_storage(self, clip_path: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(b"0123456789abcdef")
        with h5py.File(clip_path, "r+") as file:
            file.create_dataset("leak", (16,), "u1", external=[(str(tmp_path / "secret"), 0, 16)])

        with pytest.raises(ClipError, match="leak has its data in another file"):
            read_clip(clip_path)

    def test_external_storage_in_place_of_a_known_dataset(self, clip_path: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(bytes(9 * 8))
        with h5py.File(clip_path, "r+") as file:
            del file["frames/intrinsics"]
            file.create_dataset(
                "frames/intrinsics", (3, 3), "f8", external=[(str(tmp_path / "secret"), 0, 72)]
            )

        with pytest.raises(ClipError, match="frames/intrinsics has its data in another file"):
            read_images(clip_path, "rgb")

    def test_a_virtual_dataset(self, clip_path: Path, tmp_path: Path) -> None:
        layout = h5py.VirtualLayout(shape=(4,), dtype="u1")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "secret", shape=(4,))
        with h5py.File(clip_path, "r+") as file:
            file.create_virtual_dataset("deep/inside/leak", layout)

        with pytest.raises(ClipError, match="deep/inside/leak may take its data from another file"):
            read_clip(clip_path)

    def test_a_circle_of_groups_is_read(self, clip_path: Path) -> None:
        with h5py.File(clip_path, "r+") as file:
            file["frames/loop"] = file["/"]

        assert read_clip(clip_path).frame_count == 6


class TestRefusals:
    def test_a_newer_major_schema_names_the_cure(self, clip_path: Path) -> None:
        with h5py.File(clip_path, "r+") as file:
            file.attrs["schema"] = "2.0"

        with pytest.raises(
            ClipError, match=r"schema 2\.0 is newer than 1\.1; upgrade with: pip install -U simgen"
        ):
            read_clip(clip_path)

    def test_a_newer_minor_schema_is_read(self, clip_path: Path) -> None:
        with h5py.File(clip_path, "r+") as file:
            file.attrs["schema"] = "1.7"
            file["frames/normals"] = [1.0]

        assert read_clip(clip_path).frame_count == 6
        check_content(clip_path)

    @pytest.mark.parametrize("schema", [None, "new", "", "0.9", "1.x"])
    def test_no_schema(self, clip_path: Path, schema: str | None) -> None:
        with h5py.File(clip_path, "r+") as file:
            del file.attrs["schema"]
            if schema is not None:
                file.attrs["schema"] = schema

        with pytest.raises(ClipError, match=r"not a simgen clip .*; take it out of here"):
            read_clip(clip_path)

    def test_what_is_missing_is_named(self, clip_path: Path) -> None:
        with h5py.File(clip_path, "r+") as file:
            del file["objects/aabb"], file.attrs["fps"]

        with pytest.raises(
            ClipError, match="attribute fps, objects/aabb missing; delete the file and render"
        ):
            read_clip(clip_path)

    def test_not_hdf5(self, tmp_path: Path) -> None:
        (tmp_path / "text.h5").write_text(json.dumps({}))

        with pytest.raises(
            ClipError, match=r"text\.h5: not a readable HDF5 file .*delete the file and render again"
        ):
            read_clip(tmp_path / "text.h5")

    def test_a_truncated_file(self, clip_path: Path) -> None:
        clip_path.write_bytes(clip_path.read_bytes()[:-1000])

        with pytest.raises(ClipError, match="not a readable HDF5 file"):
            check_content(clip_path)

    def test_damage_inside_a_picture(self, clip_path: Path) -> None:
        with h5py.File(clip_path) as file:
            chunk = file["frames/rgb"].id.get_chunk_info(0)
        damaged = bytearray(clip_path.read_bytes())
        damaged[chunk.byte_offset : chunk.byte_offset + 40] = bytes(40)
        clip_path.write_bytes(damaged)

        with pytest.raises(ClipError, match="not a readable HDF5 file"):
            read_images(clip_path, "rgb")

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ClipError, match="there is no such clip; make clips with: simgen render"):
            read_info(tmp_path / "none.h5")

    def test_each_message_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "text.h5").write_text("x")
        with pytest.raises(ClipError) as caught:
            read_clip(tmp_path / "text.h5")

        assert "\n" not in str(caught.value)


def test_a_crash_while_writing_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("simgen.store.clips.hash_content", fail)
    with pytest.raises(KeyboardInterrupt):
        write_synthetic_clip(tmp_path / "kitchen.h5")

    assert list(tmp_path.iterdir()) == []


def _at(file: h5py.File, name: str) -> Any:
    return file[name]


class TestThePageOnClips:
    """docs/clips.md"""

    PAGE = (Path(__file__).parents[2] / "docs" / "clips.md").read_text(encoding="utf-8")

    @pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    def test_its_examples_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
        write_synthetic_clip(tmp_path / "demo-00000-00.h5")
        monkeypatch.chdir(tmp_path)
        exec(code, {})
