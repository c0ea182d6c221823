"""Clips rendered by the real command: their parts agree with each other and with the house."""

from typing import Any

import numpy as np
import pytest
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from simgen.engine.draw.batch import build_batch
from simgen.engine.world.rest import scene_at_rest
from simgen.geometry.boxes import corners
from simgen.geometry.frames import project
from simgen.store.clips import Clip, check_content, read_clip, read_images
from simgen.store.folder import DataFolder
from simgen.store.houses import house_sha256


@pytest.fixture(scope="module")
def clips(demo: DataFolder) -> list[Clip]:
    return [read_clip(path) for path in demo.dataset("demo").clip_paths()]


def test_clips_are_whole_and_know_their_house(
    clips: list[Clip], sampled_houses: list[dict[str, Any]]
) -> None:
    assert len(clips) == 3
    for clip, house in zip(clips, sampled_houses, strict=True):
        check_content(clip.path)
        assert clip.info.house_sha256 == house_sha256(house) == house_sha256(clip.house)
    assert [clip.info.split for clip in clips] == ["train", "train", "val"]


def test_pixels_are_counted_from_the_instance_images(clips: list[Clip]) -> None:
    for clip in clips:
        ids = read_images(clip.path, "instance")
        for index in range(len(clip.objects)):
            own = ids == index + 1
            assert np.array_equal(own.sum(axis=(1, 2)), clip.visibility.pixels[:, index])
        assert (clip.visibility.unoccluded_pixels >= clip.visibility.pixels).all()


def test_objects_are_seen_where_their_boxes_project(clips: list[Clip]) -> None:
    for clip in clips:
        for frame in range(0, clip.frame_count, 5):
            for index in np.flatnonzero(clip.visibility.pixels[frame]):
                box = project(
                    corners(clip.objects[index].box), clip.world_from_camera[frame], clip.intrinsics
                )
                if (box[:, 2] <= 0.05).any() or clip.objects[index].type == "Doorway":
                    continue  # behind the camera the projection means nothing; an open leaf leaves its frame
                x_min, y_min, x_max, y_max = clip.visibility.box2d[frame, index].astype(float)
                assert x_min >= box[:, 0].min() - 1.5
                assert x_max <= box[:, 0].max() + 1.5
                assert y_min >= box[:, 1].min() - 1.5
                assert y_max <= box[:, 1].max() + 1.5


def test_depth_of_an_object_lies_within_its_box(clips: list[Clip]) -> None:
    for clip in clips:
        ids, depth = read_images(clip.path, "instance"), read_images(clip.path, "depth_mm")
        for index, item in enumerate(clip.objects):
            if item.type == "Doorway":
                continue
            for frame in np.flatnonzero(clip.visibility.pixels[:, index])[::4]:
                span = project(corners(item.box), clip.world_from_camera[frame], clip.intrinsics)[:, 2]
                own = depth[frame][ids[frame] == index + 1] / 1000.0
                assert own.min() >= span.min() - 0.002
                assert own.max() <= span.max() + 0.002


def test_the_walk_passes_through_nothing(clips: list[Clip], sampled_houses: list[dict[str, Any]]) -> None:
    for clip, house in zip(clips, sampled_houses, strict=True):
        batch = build_batch(scene_at_rest(house))
        scene = EmbreeScene(robust=True)
        TriangleMesh(scene, batch.vertices["position"][batch.indices].reshape(-1, 3, 3))
        places = clip.world_from_camera[:, :3, 3]
        steps = np.diff(places, axis=0)
        moved = np.linalg.norm(steps, axis=1) > 0
        assert moved.any()
        for height in (0.3, 0.9, 1.5):
            origins = places[:-1][moved] * [1, 0, 1] + [0, height, 0]
            hits = scene.run(origins.astype("f4"), steps[moved].astype("f4"), query="DISTANCE")
            assert (hits > 1.0).all()  # in lengths of the step
