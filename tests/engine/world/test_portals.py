"""Culling by rooms must never hide anything: pictures with it equal pictures without it."""

from typing import Any

import numpy as np
import pytest

from simgen.engine.draw.batch import build_batch
from simgen.engine.draw.render import Camera, Renderer
from simgen.engine.world.portals import portals_of, visible_rooms
from simgen.engine.world.rest import scene_at_rest
from simgen.geometry.frames import camera_pose
from simgen.house.parse import parse_house
from tests.engine.house_fixture import two_room_house


def test_the_other_room_is_seen_through_the_door_only() -> None:
    portals = portals_of(parse_house(two_room_house()))
    eye = np.array([1.0, 2.0])
    towards_door = (np.array([1.0, -0.1]), np.array([1.0, 0.1]))
    past_the_door = (np.array([0.5, 1.0]), np.array([0.0, 1.0]))
    assert visible_rooms(portals, "room|2", eye, [towards_door]) == {"room|2", "room|3"}
    assert visible_rooms(portals, "room|2", eye, [past_the_door]) == {"room|2"}


@pytest.mark.slow
@pytest.mark.parametrize("house_index", [0, 1, 2])
def test_culling_changes_no_pixel(
    sampled_houses: list[dict[str, Any]], house_index: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scene_at_rest(sampled_houses[house_index])
    assert scene.house is not None
    renderer = Renderer(160, 120)
    renderer.load(scene, build_batch(scene))
    rng = np.random.default_rng(house_index)
    cameras = []
    for _ in range(8):
        room = scene.house.rooms[int(rng.integers(len(scene.house.rooms)))].polygon.representative_point()
        yaw_deg, horizon_deg = rng.uniform(0, 360), rng.uniform(-30, 60)
        cameras.append(Camera(camera_pose(np.array([room.x, 1.5, room.y]), yaw_deg, horizon_deg), 75.0))
    culled = [renderer.render(camera) for camera in cameras]
    monkeypatch.setattr("simgen.engine.draw.buffers.SceneBuffers._in_rooms", lambda *_: np.array([True]))
    for camera, picture in zip(cameras, culled, strict=True):
        whole = renderer.render(camera)
        assert np.array_equal(picture.ids, whole.ids)
        assert np.array_equal(picture.depth, whole.depth)
