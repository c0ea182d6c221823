"""Sources other than sampling: AI2-THOR's scene names, and ProcTHOR-10K through `prior`."""

import gzip
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ai2thor.controller import Controller
from pydantic import ValidationError

from simgen.errors import RecipeError
from simgen.recipe import Houses, Recipe, load_recipe
from simgen.recipe.scene_names import scene_room_type, scene_splits
from simgen.scenes.houses.sources import make_scene_house
from tests.conftest import run_simgen
from tests.scenes.houses.house_variants import valid_house

CLIENT: Any = Controller


def test_scene_names_are_those_of_ai2thors_client() -> None:
    # Its methods use nothing of the controller.
    ithor = [name.removesuffix("_physics") for name in CLIENT.ithor_scenes(None)]
    robothor = CLIENT.robothor_scenes(None)
    assert list(scene_splits()) == [*ithor, *robothor]
    for kind in ("kitchens", "living_rooms", "bedrooms", "bathrooms"):
        others = {f"include_{k}": k == kind for k in ("kitchens", "living_rooms", "bedrooms", "bathrooms")}
        types = {scene_room_type(n.removesuffix("_physics")) for n in CLIENT.ithor_scenes(None, **others)}
        assert [f"{t.lower()}s" for t in types if t] == [kind.replace("_", "")]
    assert {scene_room_type(name) for name in robothor} == {None}
    assert [scene_splits()[n] for n in robothor] == ["train"] * 60 + ["val"] * 15


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("FloorPlan1", "train"), ("FloorPlan20", "train"), ("FloorPlan21", "val"), ("FloorPlan25", "val"),
        ("FloorPlan26", "test"), ("FloorPlan30", "test"), ("FloorPlan220", "train"), ("FloorPlan330", "test"),
        ("FloorPlan421", "val"), ("FloorPlan_Train12_5", "train"), ("FloorPlan_Val3_1", "val"),
    ],
)  # fmt: skip
def test_scenes_have_ai2thors_splits(name: str, split: str) -> None:
    houses = Houses(source="scenes", scenes=(name,))
    assert (houses.count, houses.split(0)) == (1, split)


def test_a_scene_is_a_house_with_a_name() -> None:
    house = make_scene_house("FloorPlan201")
    assert (house["scene"], house["metadata"]["roomType"]) == ("FloorPlan201", "LivingRoom")
    assert house["rooms"] == house["objects"] == []
    assert "roomType" not in make_scene_house("FloorPlan_Val1_1")["metadata"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"source": "scenes", "scenes": ["FloorPlan_Train1_9"]}, "did you mean FloorPlan_Train1_"),
        ({"source": "scenes", "scenes": ["FloorPlan1", "FloorPlan1"]}, "given twice"),
        ({"source": "scenes"}, "needs scenes"),
        ({"source": "file"}, "needs path"),
        ({"source": "file", "path": "a.json", "specs": "studio"}, "specs is for source: procthor"),
        ({"path": "a.json"}, "path is for source: file"),
        ({"source": "scenes", "scenes": ["FloorPlan1"], "rooms": {"require": ["Bedroom"]}}, "is one Kitchen"),
        (
            {"source": "scenes", "scenes": ["FloorPlan_Val1_1"], "rooms": {"require": ["Bedroom"]}},
            "apartment",
        ),
        ({"rooms": {"min_rooms": 3, "max_rooms": 2}}, "min_rooms is 3 and max_rooms 2"),
        ({"train": 0, "val": 0}, "all 0"),
    ],
)
def test_a_mistake_in_the_source_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Houses.model_validate(given)
    assert said in str(caught.value)


def test_scenes_need_unity(tmp_path: Path) -> None:
    page = tmp_path / "mine.yaml"
    page.write_text("extends: demo\nname: mine\nhouses: {source: scenes, scenes: [FloorPlan1]}\n")
    with pytest.raises(RecipeError, match="only Unity has these scenes"):
        load_recipe(str(page))
    page.write_text(f"{page.read_text()}engine: ai2thor\n")
    assert load_recipe(str(page)).houses.count == 1


def test_splits_follow_one_another() -> None:
    houses = Houses(train=2, val=1, test=2)
    assert [houses.split(i) for i in range(houses.count)] == ["train", "train", "val", "test", "test"]
    assert [list(houses.indexes(s)) for s in ("train", "val", "test")] == [[0, 1], [2], [3, 4]]


def test_new_fields_change_no_recipes_hash() -> None:
    plain = Recipe(name="a", houses=Houses(train=3))
    assert plain.sha256() == Recipe(name="a", houses=Houses(train=3, test=0, revision="main")).sha256()
    assert plain.sha256() != Recipe(name="a", houses=Houses(train=3, test=1)).sha256()


@pytest.mark.slow
def test_without_prior_the_message_says_what_to_install(tmp_path: Path) -> None:
    if importlib.util.find_spec("prior") is not None:
        pytest.skip("prior is installed here")
    page = tmp_path / "mine.yaml"
    page.write_text("extends: demo\nname: mine\nhouses: {source: procthor-10k, train: 1, val: 0}\n")
    done = run_simgen("houses", "sample", "--recipe", str(page), data=tmp_path / "data")
    assert done.returncode == 2
    assert "pip install prior" in done.stderr.splitlines()[-1]


def test_procthor_10k_is_read_through_prior(tmp_path: Path) -> None:
    # The real prior, with the data set where it keeps what it has downloaded, in the data set's own form.
    pytest.importorskip("prior")
    revision = "0123456789abcdef0123456789abcdef01234567"
    folder = tmp_path / "home" / ".prior" / "datasets" / "allenai" / "procthor-10k" / revision
    folder.mkdir(parents=True)
    for split, shift in (("train", 0.0), ("val", 10.0), ("test", 20.0)):
        lines = [json.dumps(valid_house(moved_by=shift + i)).encode() + b"\n" for i in range(2)]
        (folder / f"{split}.jsonl.gz").write_bytes(gzip.compress(b"".join(lines)))
    (folder / "main.py").write_text(
        "import gzip\nfrom prior import LazyJsonDataset, DatasetDict\n"
        "def load_dataset():\n"
        "    read = lambda split: list(gzip.open(f'{split}.jsonl.gz'))\n"
        "    make = lambda split: LazyJsonDataset(read(split), 'procthor-dataset', split)\n"
        "    return DatasetDict(**{split: make(split) for split in ('train', 'val', 'test')})\n"
    )
    git = tmp_path / "bin" / "git"  # prior asks for git-lfs, and there is nothing to fetch
    git.parent.mkdir()
    git.write_text("#!/bin/sh\nexit 0\n")
    git.chmod(0o755)
    page = tmp_path / "mine.yaml"
    source = f"source: procthor-10k, revision: '{revision}'"
    page.write_text(f"extends: demo\nname: mine\nhouses: {{{source}, train: 1, val: 2, test: 1}}\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "simgen.cli",
            "--data",
            str(tmp_path / "data"),
            "houses",
            "sample",
            "-r",
            str(page),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(tmp_path / "home"), "PATH": f"{git.parent}:{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr
    with gzip.open(tmp_path / "data" / "mine" / "houses.jsonl.gz", "rt") as file:
        houses = [json.loads(line) for line in file]
    assert [house["metadata"]["simgen"]["split"] for house in houses] == ["train", "val", "val", "test"]
    assert [house["rooms"][0]["floorPolygon"][0]["x"] for house in houses] == [0.0, 10.0, 11.0, 20.0]
