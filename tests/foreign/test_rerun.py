"""What Rerun's own reader finds in the file of `simgen view --rrd`, against the clip itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgen.geometry.frames import project
from simgen.store.clips import Clip, read_clip, read_dataset
from tests.foreign.environment import run_foreign
from tests.synthetic import write_synthetic_clip

pytestmark = pytest.mark.foreign
SCRIPT = Path(__file__).with_name("write_and_read_rerun.py")
Z = (1.0, 1.0, -1.0)
"""Rerun's world has z negated."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return read_clip(write_synthetic_clip(tmp_path_factory.mktemp("clips") / "kitchen.h5"))


@pytest.fixture(scope="module")
def found(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The values in the file by entity and component, in the order of the frames."""
    return run_foreign("rerun", SCRIPT, clip.path, tmp_path_factory.mktemp("rrd") / "kitchen.rrd")


def test_the_pictures_are_those_of_the_clip(clip: Clip, found: dict[str, list[Any]]) -> None:
    rgb, depth, ids = (read_dataset(clip.path, f"frames/{name}") for name in ("rgb", "depth_mm", "instance"))
    assert found["/world/camera/depth EncodedDepthImage:blob"] == pytest.approx(depth.mean(axis=(1, 2)))
    assert found["/world/camera/depth EncodedDepthImage:meter"] == [[1000.0]] * len(depth)
    # JPEG changes colours a little.
    assert found["/world/camera/rgb EncodedImage:blob"] == pytest.approx(rgb.mean(axis=(1, 2, 3)), abs=2.0)
    stored = np.array(found["/world/camera/ids SegmentationImage:buffer"], dtype=np.uint8)
    assert (stored.view("<u2").reshape(ids.shape) == ids).all()


def test_objects_are_named_and_where_the_camera_sees_them(clip: Clip, found: dict[str, list[Any]]) -> None:
    (labels,) = found["/world/objects Boxes3D:labels"]
    (centers,) = found["/world/objects Boxes3D:centers"]
    (half_sizes,) = found["/world/objects Boxes3D:half_sizes"]
    assert labels[:2] == ["fridge", "dining table"]
    assert np.array(centers[0]) == pytest.approx(clip.objects[0].box.center * Z)
    assert np.array(half_sizes[0]) == pytest.approx(clip.objects[0].box.half_extents)

    # As Rerun draws it: the columns of both matrices follow one another.
    last = clip.frame_count - 1
    position = np.array(found["/world/camera Transform3D:translation"][last][0])
    rotation = np.reshape(found["/world/camera Transform3D:mat3x3"][last][0], (3, 3)).T
    lens = np.reshape(found["/world/camera Pinhole:image_from_camera"][0][0], (3, 3)).T
    in_camera = (np.array(centers) - position) @ rotation
    pixels = in_camera / in_camera[:, 2:] @ lens.T
    true = np.array([item.box.center for item in clip.objects])
    expected = project(true, clip.world_from_camera[last], clip.intrinsics)
    assert pixels[:, :2] == pytest.approx(expected[:, :2], abs=0.01)
    assert in_camera[:, 2] == pytest.approx(expected[:, 2], abs=1e-5)


def test_rooms_and_walk_are_in_the_mirrored_world(clip: Clip, found: dict[str, list[Any]]) -> None:
    ((outline,),) = found["/world/rooms LineStrips3D:strips"]
    corners = [(x, 0.0, -z) for x, z in clip.rooms[0].polygon]
    assert np.array(outline) == pytest.approx(np.array([*corners, corners[0]]))
    assert found["/world/rooms LineStrips3D:labels"] == [["kitchen"]]
    ((walk,),) = found["/world/walk LineStrips3D:strips"]
    assert np.array(walk) == pytest.approx(clip.world_from_camera[:, :3, 3] * Z)
