"""Scenes that only Unity has. The stand-in has one, and shows a house for it."""

import json
from pathlib import Path

import numpy as np
import pytest

from simgen.store.clips import read_clip
from tests.scenes.engines.unity.running import Bench, house


@pytest.mark.slow
def test_a_scene_is_entered_by_its_name_and_is_one_room(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.plan(scenes={"FloorPlan1_physics": house(0)})
    bench.write_recipe({"source": "scenes", "scenes": ["FloorPlan1", "FloorPlan2"]})
    summary, stderr = bench.render("--workers", "1")
    assert summary.get("clips") == 1, stderr
    (refused,) = summary["failed"]
    assert "AI2-THOR refuses it: Scene 'FloorPlan2_physics' not contained in build" in refused
    clip = read_clip(next((bench.data / "faults" / "clips").glob("*.h5")))
    assert clip.house["scene"] == "FloorPlan1"
    assert (clip.info.engine, clip.info.engine_version) == ("ai2thor", "local:unity with a space")
    (room,) = clip.rooms
    assert (room.id, room.type) == ("FloorPlan1", "Kitchen")
    # The two rooms' floors reach from 0 to 8 and from 0 to 4.
    assert np.allclose(room.polygon.min(axis=0), [0, 0])
    assert np.allclose(room.polygon.max(axis=0), [8, 4])
    assert sorted(item.type for item in clip.objects) == ["Chair", "Doorway", "HousePlant"]
    assert {item.room_id for item in clip.objects} == {"FloorPlan1"}
    assert json.loads(clip.info.recipe)["houses"]["scenes"] == ["FloorPlan1", "FloorPlan2"]
    bench.require_nothing_left()
