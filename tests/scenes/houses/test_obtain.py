"""Houses from every source: valid, without duplicates, and the same file after any interruption."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import InputError
from simgen.recipe import Houses, Recipe, UnitySpec
from simgen.scenes.houses.files import check_houses, count_by_rule, import_houses, list_houses
from simgen.scenes.houses.obtain import HousesSummary, obtain_houses, require_own_file
from simgen.scenes.houses.sample import make_sampling_recipe
from simgen.store.houses import read_houses, write_piece
from tests.conftest import run_simgen
from tests.scenes.houses.house_variants import HouseJson, valid_house

pytestmark = pytest.mark.slow

BATHS = "specs: {bath: {dims: {x: [2, 2], z: [2, 2]}, rooms: [{type: Bathroom}]}}\n"
"""The smallest house: one room of four cells. It takes a second to sample."""


@pytest.fixture
def baths(tmp_path: Path) -> Path:
    page = tmp_path / "baths.yaml"
    page.write_text(BATHS)
    return page


def sample(page: Path, count: int, out: Path, *more: str) -> list[str]:
    numbers = ["--specs", str(page), "--count", str(count), "--out", str(out), *more]
    return [sys.executable, "-m", "simgen.cli", "houses", "sample", *numbers]


def test_a_killed_run_resumes_and_gives_the_same_file(baths: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole.jsonl.gz", tmp_path / "killed.jsonl.gz"
    assert subprocess.run(sample(baths, 3, whole, "--workers", "2"), capture_output=True).returncode == 0
    process = subprocess.Popen(sample(baths, 3, killed, "--workers", "1"), stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob("killed.jsonl.gz.pieces/*.json")):
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not killed.exists()
    again = subprocess.run(sample(baths, 3, killed, "--workers", "1", "--json"), capture_output=True)
    summary = json.loads(again.stdout)
    assert (summary["houses"], summary["made"] < 3, summary["failed"]) == (3, True, [])
    assert summary["seeds_tried"] == 3 + sum(summary["rejected"].values())
    assert killed.read_bytes() == whole.read_bytes()
    assert list(tmp_path.glob("*.pieces")) == []


def test_more_houses_are_added_and_other_files_are_not_overwritten(baths: Path, tmp_path: Path) -> None:
    out = tmp_path / "houses.jsonl.gz"
    one = make_sampling_recipe(1, "test", 5, ["Bathroom"], (1, 1), str(baths))
    two = make_sampling_recipe(2, "test", 5, ["Bathroom"], (1, 1), str(baths))
    assert obtain_houses(one, out, workers=1).made == 1
    require_own_file(two, out)
    summary = obtain_houses(two, out, workers=1)
    assert (summary.made, len(summary.houses)) == (1, 2)
    assert [house["metadata"]["simgen"]["split"] for house in summary.houses] == ["test", "test"]
    for other in (one, make_sampling_recipe(2, "test", 6, ["Bathroom"], (1, 1), str(baths))):
        with pytest.raises(InputError, match="give another --out"):
            require_own_file(other, out)
    baths.write_text(BATHS.replace("z: [2, 2]", "z: [2, 3]"))  # the page is part of what decides a house
    with pytest.raises(InputError, match="2 of its houses"):
        require_own_file(two, out)


def test_a_house_without_a_valid_seed_is_reported_by_reason(tmp_path: Path) -> None:
    # Four cells are too few for what procthor cuts off the corners of a plan for ten rooms.
    page = tmp_path / "tight.yaml"
    rooms = ", ".join(["{type: Bathroom}"] * 10)
    page.write_text(f"specs: {{tight: {{dims: {{x: [10, 10], z: [2, 2]}}, rooms: [{rooms}]}}}}\n")
    out = tmp_path / "houses.jsonl.gz"
    summary = obtain_houses(make_sampling_recipe(1, "train", 0, [], (1, 12), str(page)), out, workers=1)
    assert summary.houses == ()
    assert len(summary.failed) == 1
    assert "no valid house after 12 seeds" in summary.failed[0]
    assert sum(summary.rejected.values()) == summary.seeds_tried == 12
    assert read_houses(out) == []


@pytest.mark.parametrize(("rooms", "said"), [(["Kitchn"], "did you mean Kitchen"), (["Bedroom"] * 3, "")])
def test_a_wrong_filter_is_refused(rooms: list[str], said: str) -> None:
    if said:
        with pytest.raises(InputError, match=said):
            make_sampling_recipe(1, "train", 0, rooms, (1, 12), None)
    else:
        with pytest.raises(InputError, match="min_rooms is 5"):
            make_sampling_recipe(1, "train", 0, rooms, (5, 2), None)


def file_recipe(path: Path, **numbers: int) -> Recipe:
    return Recipe(name="mine", houses=Houses.model_validate({"source": "file", "path": str(path), **numbers}))


def said(house: HouseJson, split: str) -> HouseJson:
    return {**house, "metadata": {**house["metadata"], "simgen": {"split": split, "house": 99}}}


def splits_and_places(summary: HousesSummary) -> list[tuple[int, str, float]]:
    notes = [house["metadata"]["simgen"] for house in summary.houses]
    places = [house["rooms"][0]["floorPolygon"][0]["x"] for house in summary.houses]
    return [(note["house"], note["split"], x) for note, x in zip(notes, places, strict=True)]


def test_houses_of_a_file_fill_the_splits_in_order(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    broken = valid_house(moved_by=5.0)
    broken["doors"].clear()
    again = {**valid_house(), "metadata": {**valid_house()["metadata"], "roomSpecId": "other"}}
    path.write_text(
        json.dumps(
            [valid_house(), broken, again, said(valid_house(moved_by=10.0), "test"), {}]
            + [valid_house(moved_by=20.0 + i) for i in range(3)]
        )
    )
    recipe = file_recipe(path, train=2, val=1, test=1)
    summary = obtain_houses(recipe, tmp_path / "a.jsonl.gz", workers=2)
    # The broken one had the second place in train; when it is found out, the next house takes it.
    assert splits_and_places(summary) == [
        (0, "train", 0.0),
        (1, "train", 21.0),
        (2, "val", 20.0),
        (3, "test", 10.0),
    ]
    assert summary.rejected == {"unreachable room": 1, "duplicate": 1, "malformed": 1}
    assert summary.failed == ()
    obtain_houses(recipe, tmp_path / "b.jsonl.gz", workers=1)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_a_changed_house_of_a_file_is_read_again(tmp_path: Path) -> None:
    path, out = tmp_path / "mine.json", tmp_path / "out.jsonl.gz"
    path.write_text(json.dumps(valid_house()))
    recipe = file_recipe(path, train=1, val=0)
    assert obtain_houses(recipe, out, workers=1).made == 1
    before = out.read_bytes()
    assert obtain_houses(recipe, out, workers=1).made == 0
    assert out.read_bytes() == before
    path.write_text(json.dumps(valid_house(moved_by=1.0)))
    summary = obtain_houses(recipe, out, workers=1)
    assert (summary.made, splits_and_places(summary)) == (1, [(0, "train", 1.0)])


def test_too_few_houses_are_reported_with_the_rejected_ones(tmp_path: Path) -> None:
    for split, count in (("train", 1), ("val", 2)):
        houses = [valid_house(moved_by=float(i)) for i in range(count)]  # the first is in both
        (tmp_path / f"{split}.jsonl").write_text("".join(json.dumps(h) + "\n" for h in houses))
    summary = obtain_houses(file_recipe(tmp_path, train=2, val=2), tmp_path / "out.jsonl.gz", workers=1)
    assert splits_and_places(summary) == [(0, "train", 0.0), (2, "val", 1.0)]
    assert [text.partition(": ")[2].partition(" houses")[0] for text in summary.failed] == [
        "1 valid train", "1 valid val",
    ]  # fmt: skip
    assert "val.jsonl:1: duplicate: the same house as train.jsonl:1" in summary.failed[1]


def test_rooms_filter_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(valid_house()))
    recipe = file_recipe(path, train=1, val=0)
    rooms = {"require": ["Bedroom"]}
    bedroom = Recipe(name="a", houses=Houses.model_validate({**recipe.houses.model_dump(), "rooms": rooms}))
    summary = obtain_houses(bedroom, tmp_path / "out.jsonl.gz", workers=1)
    assert (summary.houses, summary.rejected) == ((), {"other rooms": 1})


def test_a_damaged_piece_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "mine.json", tmp_path / "out.jsonl.gz"
    path.write_text(json.dumps(valid_house()))
    write_piece(out, {"metadata": {"simgen": {"house": 0}}})
    next(tmp_path.glob("*.pieces/*")).write_text("{")
    assert obtain_houses(file_recipe(path, train=1, val=0), out, workers=1).made == 1
    assert "making all houses again" in capsys.readouterr().err


def test_a_scene_is_stored_by_its_name(tmp_path: Path) -> None:
    houses = Houses(source="scenes", scenes=("FloorPlan27", "FloorPlan_Train2_3"))
    recipe = Recipe(name="mine", engine=UnitySpec(), houses=houses)
    found = obtain_houses(recipe, tmp_path / "out.jsonl.gz", workers=1).houses
    assert [(h["scene"], h["metadata"]["simgen"]["split"]) for h in found] == [
        ("FloorPlan27", "test"),
        ("FloorPlan_Train2_3", "train"),
    ]


def old_file(tmp_path: Path) -> Path:
    """A sound house of an old schema, itself again, a broken one and no house at all."""
    old = valid_house()
    low, high = old["doors"][0].pop("holePolygon")
    old["doors"][0] |= {
        "boundingBox": {"min": low, "max": high},
        "assetOffset": {"x": 0.0, "y": 0.0, "z": 0.0},
    }
    del old["doors"][0]["assetPosition"], old["metadata"]["schema"]
    broken = valid_house(moved_by=1.0)
    broken["walls"].pop()
    path = tmp_path / "old.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in (old, old, broken, {})))
    return path


def test_faults_are_reported_for_each_house(tmp_path: Path) -> None:
    checked = list(check_houses(old_file(tmp_path), workers=2))
    assert [item.label for item in checked] == [f"old.jsonl:{line}" for line in (1, 2, 3, 4)]
    rules = [[fault.partition(":")[0] for fault in item.faults] for item in checked]
    assert rules == [[], ["duplicate"], ["gap in walls"], ["malformed"]]
    assert count_by_rule(checked) == {"duplicate": 1, "gap in walls": 1, "malformed": 1}


def test_valid_houses_are_imported_in_the_current_schema(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl.gz"
    done = run_simgen("houses", "import", str(old_file(tmp_path)), "--out", str(out), "--json", data=tmp_path)
    summary: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 1
    assert (summary["houses"], len(summary["failed"])) == (1, 3)
    (house,) = read_houses(out)
    assert house["metadata"]["schema"] == "1.0.0"
    assert [fault for item in check_houses(out, workers=1) for fault in item.faults] == []
    assert list_houses(out)[0].rooms == ("Kitchen", "LivingRoom")
    with pytest.raises(InputError, match="a file here already"):
        import_houses(out, out, workers=1)


def test_options_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    for arguments, text in (
        ([], "give either --recipe or --count"),
        (["--count", "1", "--recipe", "demo"], "give either --recipe or --count"),
        (["--recipe", "demo", "--seed", "3"], "--seed goes with --count"),
    ):
        done = run_simgen("houses", "sample", *arguments, data=tmp_path)
        assert (done.returncode, text in done.stderr) == (2, True), done.stderr
