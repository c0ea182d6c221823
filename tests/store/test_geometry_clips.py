"""Geometry clips: a clip without its pictures reads as the clip in all else."""

from dataclasses import fields
from pathlib import Path

import h5py
import numpy as np
import pytest

from simgen.errors import ClipError
from simgen.store.clip_fields import DATASETS, PICTURES
from simgen.store.clips import check_content, read_clip, read_dataset, read_images
from simgen.store.geometry_clips import write_geometry_clip
from tests.synthetic import HEIGHT, WIDTH, write_synthetic_clip


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return write_synthetic_clip(tmp_path / "whole" / "kitchen.h5")


@pytest.fixture
def bare(whole: Path, tmp_path: Path) -> Path:
    write_geometry_clip(whole, tmp_path / "kitchen.h5")
    return tmp_path / "kitchen.h5"


def test_all_but_the_pictures_is_kept(whole: Path, bare: Path) -> None:
    for field in DATASETS:
        if field.name not in PICTURES:
            np.testing.assert_array_equal(read_dataset(bare, field.name), read_dataset(whole, field.name))
    kept, full = read_clip(bare), read_clip(whole)
    assert (full.has_pictures, kept.has_pictures) == (True, False)
    assert kept.size_px == (WIDTH, HEIGHT)
    assert kept.content_sha256 == full.content_sha256
    assert [getattr(kept.info, f.name) for f in fields(kept.info)] == [
        getattr(full.info, f.name) for f in fields(full.info)
    ]
    check_content(bare)


def test_it_is_small_and_the_same_each_time(whole: Path, bare: Path, tmp_path: Path) -> None:
    write_geometry_clip(whole, tmp_path / "again.h5")
    write_geometry_clip(bare, tmp_path / "of_itself.h5")
    assert (
        (tmp_path / "again.h5").read_bytes() == (tmp_path / "of_itself.h5").read_bytes() == bare.read_bytes()
    )


@pytest.mark.parametrize("kind", ["rgb", "depth_mm", "instance"])
def test_reading_a_picture_says_what_is_missing(bare: Path, kind: str) -> None:
    with pytest.raises(ClipError, match=f"kitchen.h5: this clip was published without frames/{kind}"):
        read_images(bare, kind)  # pyright: ignore[reportArgumentType]


def test_a_change_is_noticed(bare: Path) -> None:
    with h5py.File(bare, "r+") as file:
        file["visibility/pixels"][0, 0] = 7  # pyright: ignore[reportIndexIssue]
    with pytest.raises(ClipError, match="does not match its hash"):
        check_content(bare)


def test_a_whole_clip_may_not_lack_pictures(whole: Path) -> None:
    with h5py.File(whole, "r+") as file:
        del file["frames/rgb"]
    with pytest.raises(ClipError, match="frames/rgb missing"):
        read_clip(whole)


def test_other_datasets_cannot_be_left_out(bare: Path) -> None:
    with h5py.File(bare, "r+") as file:
        file.attrs["left_out"] = "frames/rgb frames/depth_mm frames/instance house"
        del file["house"]
    with pytest.raises(ClipError, match="house missing"):
        read_clip(bare)


@pytest.mark.parametrize("name", ["width_px", "height_px", "kept_sha256"])
def test_its_own_attributes_are_needed(bare: Path, name: str) -> None:
    with h5py.File(bare, "r+") as file:
        del file.attrs[name]
    with pytest.raises(ClipError, match=f"attribute {name} missing"):
        read_clip(bare)


def test_a_damaged_clip_is_not_stripped(whole: Path, tmp_path: Path) -> None:
    with h5py.File(whole, "r+") as file:
        pixels = file["frames/rgb"]
        assert isinstance(pixels, h5py.Dataset)
        pixels[0, 0, 0, 0] = 255 - pixels[0, 0, 0, 0]
    with pytest.raises(ClipError, match="does not match its hash"):
        write_geometry_clip(whole, tmp_path / "bare.h5")
    assert not (tmp_path / "bare.h5").exists()
