"""The answer that follows from the map that a model drew, on the synthetic kitchen."""

import dataclasses
import math

import pytest

from simgen.store.clips import Clip, read_clip
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.eval.evaluate import read_written
from simgen.trainers.eval.own_map import score_own_maps
from tests.qa.scenes import asked_of, template
from tests.synthetic import write_synthetic_clip
from tests.trainers.eval.rows import reply

FOLDER_CLIP = "kitchen-0-0"
TEMPLATES = ("absolute_distance", "relative_distance_closest")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    found = DataFolder(tmp_path_factory.mktemp("data"))
    write_synthetic_clip(found.dataset("kitchens").clip_path(FOLDER_CLIP))
    return found


@pytest.fixture(scope="module")
def clip(folder: DataFolder) -> Clip:
    return read_clip(folder.dataset("kitchens").clip_path(FOLDER_CLIP))


@pytest.fixture(scope="module")
def rows(clip: Clip) -> list[Row]:
    return asked_of(clip, [template(name) for name in TEMPLATES])[0]


def test_the_true_map_gives_the_true_answer(rows: list[Row], folder: DataFolder) -> None:
    texts = [row.target.replace(f"<answer>{row.answer}", "<answer>nonsense") for row in rows]
    scores = score_own_maps(rows, read_written(rows, texts).maps, folder)
    assert {row.template for row in rows} == set(TEMPLATES)
    # A map is rounded to 0.1 m: numbers may miss the two tightest thresholds.
    assert scores.min() >= 0.8
    assert [score for row, score in zip(rows, scores, strict=True) if row.kind == "choice"].count(1.0) > 0


def test_the_drawn_boxes_decide(rows: list[Row], folder: DataFolder) -> None:
    row = next(row for row in rows if row.args.startswith('{"objects": ["1|0", "1|5"]'))
    # The gap of the two boxes is 3 m along x and 4 m along y, so that the map says 5 m.
    text = reply({"fridge": (0.0, 0.0, 1.0, 1.0), "sofa": (4.0, 5.0, 6.0, 6.0)}, "1.0")
    asked = [dataclasses.replace(row, answer=answer) for answer in ("5.00", "5.50", "50.00")]
    # 5.00 for 5.50 is off by 9 %, which nine of the ten thresholds allow.
    assert score_own_maps(asked, read_written(asked, [text] * 3).maps, folder).tolist() == [1.0, 0.9, 0.0]


@pytest.mark.parametrize(
    "text",
    [
        "5.00",
        "<map>nonsense</map><answer>5.00</answer>",
        reply({"fridge": (0.0, 0.0, 1.0, 1.0)}, "5.00"),
        reply({"fridge": (0.0, 0.0, 1.0, 1.0), "Sofas": (4.0, 5.0, 6.0, 6.0)}, "5.00"),
    ],
)
def test_a_map_without_the_objects_gives_no_answer(text: str, rows: list[Row], folder: DataFolder) -> None:
    row = next(row for row in rows if row.args.startswith('{"objects": ["1|0", "1|5"]'))
    assert score_own_maps([row], read_written([row], [text]).maps, folder).tolist() == [0.0]


def test_skills_of_others_are_unknown(rows: list[Row], folder: DataFolder) -> None:
    row = dataclasses.replace(rows[0], skill="mine")
    assert math.isnan(score_own_maps([row], read_written([row], [row.target]).maps, folder)[0])
