"""An engine from outside simgen: its recipe, its clips, and questions about them, through the seam alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from simgen.errors import RecipeError
from simgen.house.assets import find_asset
from simgen.qa.ask import AskOptions, ask
from simgen.qa.templates.loading import list_template_ids
from simgen.qa.verify import verify
from simgen.recipe import load_recipe
from simgen.scenes.render import Machine, render
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from tests.engine.house_fixture import house_object, two_room_house
from tests.scenes.engines.boxes import BoxesSpec

FURNITURE = (
    ("Fridge|1", "Fridge_10", 3.45, 0.45, 0.0),
    ("GarbageCan|1", "bin_1", 0.4, 0.4, 0.0),
    ("HousePlant|1", "Houseplant_1", 0.4, 3.6, 0.0),
    ("FloorLamp|1", "Floor_Lamp_1", 3.6, 3.6, 0.0),
    ("Chair|1", "Chair_002_1", 2.0, 3.3, 30.0),
)
RECIPE = """
name: boxes
seed: 4
engine: {{kind: boxes, brightness: 0.9}}
houses: {{source: file, path: {path}, train: 1, val: 0}}
trajectory: {{frames: 12}}
camera: {{width: 160, height: 120}}
visibility: {{min_visible_px: 20}}
"""


def one_room() -> str:
    """ProcTHOR JSON of the kitchen of the two-room house, furnished and without its door."""
    things = [
        house_object(name, asset, x, find_asset(asset).size[1] / 2, z, yaw)
        for name, asset, x, z, yaw in FURNITURE
    ]
    house = two_room_house(things)
    house |= {
        "rooms": house["rooms"][:1],
        "walls": [wall for wall in house["walls"] if wall["roomId"] == house["rooms"][0]["id"]],
        "doors": [],
    }
    del house["metadata"]["simgen"]
    return json.dumps([house])


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "houses.json").write_text(one_room())
    (tmp_path / "boxes.yaml").write_text(RECIPE.format(path=tmp_path / "houses.json"))
    return tmp_path / "boxes.yaml"


@pytest.mark.slow
def test_clips_of_another_engine_are_rendered_asked_about_and_verified(page: Path, tmp_path: Path) -> None:
    recipe, folder = load_recipe(str(page)), DataFolder(tmp_path / "data")
    assert recipe.engine == BoxesSpec(brightness=0.9)
    summary = render(recipe, folder, Machine(workers=1))
    assert (summary.rendered, summary.failed, summary.retried) == (1, (), ())
    clip = read_clip(folder.dataset("boxes").clip_paths()[0])
    assert (clip.info.engine, clip.info.engine_version) == ("boxes", "1")
    assert clip.info.gl_driver.startswith("numpy")
    assert np.abs(np.linalg.det([item.box.rotation for item in clip.objects]) - 1.0).max() < 1e-6
    assert render(recipe, folder, Machine(workers=1)).reused == 1

    asked = ask(folder, "boxes", list_template_ids(), AskOptions(frames=(4,)))
    assert asked.questions >= 10
    assert len(asked.questions_by_template) >= 5
    verified = verify(folder, "boxes", list_template_ids())
    assert (verified.checked, verified.failed, verified.failures) == (asked.rows, 0, ())


def test_its_recipe_is_checked(page: Path) -> None:
    page.write_text(page.read_text().replace("0.9", "2"))
    with pytest.raises(RecipeError, match=r"boxes\.yaml:4: engine\.brightness: input should be less than"):
        load_recipe(str(page))
