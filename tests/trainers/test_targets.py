"""Targets: the texts of a sample by form of the map and choice of its entries, worked out by hand."""

import json
from dataclasses import replace

import pytest

from simgen.errors import InputError
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.templates.loading import list_template_ids, load_templates
from simgen.scoring import parse_map, split_response
from simgen.store.clips import read_clip
from simgen.store.rows import Row
from simgen.trainers.grid import Grid, make_grid, parse_cells, render_cells
from simgen.trainers.map_answers import answer_from_map, read_map_question
from simgen.trainers.targets import build_prompt, build_target, find_target
from tests.qa.real_clips import FOLDER
from tests.qa.scenes import asked_of
from tests.trainers.questions import make_rows

BOXES = {"fridge": (0.0, 0.0, 1.0, 1.0), "bed": (3.0, 6.0, 5.0, 8.0), "chair": (9.0, 9.0, 10.0, 10.0)}
MAP = json.dumps([{"object_name": name, "bbox": list(box)} for name, box in BOXES.items()])


def row() -> Row:
    """A row whose map covers 10 m by 10 m, so that a cell is 1 m wide."""
    made = make_rows(1)[0]
    think = "fridge is [0.0, 0.0, 1.0, 1.0]; chair is [9.0, 9.0, 10.0, 10.0], 12.73 m away"
    target = f"<map>{MAP}</map><think>{think}</think><answer>12.73</answer>"
    return replace(made, map=MAP, think=think, answer="12.73", target=target)


@pytest.fixture(scope="module")
def asked_row() -> Row:
    """A real row with a camera on its map."""
    clip = read_clip(sorted(FOLDER.glob("*.h5"))[0])
    return asked_of(clip, load_templates(["camera_distance"]), QuestionSettings((8,), 1))[0][0]


def test_the_metric_target_is_that_of_the_row(asked_row: Row) -> None:
    assert build_target(row()) == row().target
    assert build_target(asked_row) == asked_row.target
    assert build_prompt(asked_row) == asked_row.prompt


def test_a_grid_has_the_cells_of_the_centers() -> None:
    # Centres (0.5, 0.5), (4, 7) and (9.5, 9.5) in cells of 1 m. The boxes that the thought quotes change too.
    assert build_target(row(), "grid") == (
        '<map>[{"object_name": "fridge", "cell": [0, 0]}, {"object_name": "bed", "cell": [4, 7]}, '
        '{"object_name": "chair", "cell": [9, 9]}]</map>'
        "<think>fridge is [0, 0]; chair is [9, 9], 12.73 m away</think><answer>12.73</answer>"
    )


def test_the_grid_is_a_square_around_all_boxes() -> None:
    entries = parse_map(
        '[{"object_name": "a", "bbox": [-1, 2, 3, 4]}, {"object_name": "b", "bbox": [0, 3, 1, 4]}]'
    )
    # 4 m wide and 2 m deep: a square of 4 m, one more metre below and above.
    assert make_grid(entries or []) == Grid(-1.0, 1.0, 0.4)
    assert make_grid(parse_map('[{"object_name": "a", "bbox": [2, 2, 2, 2]}]') or []) == Grid(1.5, 1.5, 0.1)
    assert make_grid([]).cell_m == 0.1


def test_cells_are_read_back_as_the_squares_that_they_cover() -> None:
    grid = Grid(-1.0, 1.0, 0.4)
    found = parse_cells('[{"object_name": "a", "cell": [0, 9]}]', grid) or []
    assert found[0].bbox == pytest.approx((-1.0, 4.6, -0.6, 5.0))
    assert render_cells(found, grid) == '[{"object_name": "a", "cell": [0, 9]}]'


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "[1]",
        '[{"object_name": "a"}]',
        '[{"object_name": "a", "cell": [1, 10]}]',
        '[{"object_name": "a", "cell": [1.0, 2]}]',
        '[{"object_name": "a", "cell": [true, 2]}]',
        '[{"object_name": "a", "bbox": [0, 0, 1, 1]}]',
    ],
)
def test_what_is_no_map_of_cells_is_none(text: str | None) -> None:
    assert parse_cells(text, Grid(0.0, 0.0, 1.0)) is None


def test_the_target_none_is_the_answer_alone(asked_row: Row) -> None:
    assert build_target(row(), "none") == "<answer>12.73</answer>"
    prompt = build_prompt(asked_row, "none")
    assert prompt.splitlines()[:2] == asked_row.prompt.splitlines()[:2]
    assert prompt.splitlines()[-1] == "Answer with the number of meters alone. Reply as <answer>...</answer>."
    assert "map" not in prompt


def test_the_prompt_of_a_grid_asks_for_cells(asked_row: Row) -> None:
    prompt = build_prompt(asked_row, "grid")
    assert "bbox" not in prompt
    assert '{"object_name": name, "cell": [x, y]}' in prompt
    assert 'Add an entry "camera" for the camera of frame' in prompt
    assert prompt.splitlines()[:2] == asked_row.prompt.splitlines()[:2]


def test_what_a_target_writes_it_reads_back() -> None:
    grid = make_grid(parse_map(MAP) or [])
    metric, cells = (
        find_target(name).read_map(split_response(build_target(row(), name)).map, grid) or []
        for name in ("metric", "grid")
    )
    assert {entry.name: entry.bbox for entry in metric} == BOXES
    # The fridge and the chair are each just one cell; of the bed only the centre's cell is left.
    assert [entry.bbox for entry in cells] == [BOXES["fridge"], (4.0, 7.0, 5.0, 8.0), BOXES["chair"]]
    assert find_target("none").read_map(MAP, grid) is None


def test_a_row_in_other_words_is_refused_for_other_targets() -> None:
    assert build_prompt(row()) == row().prompt
    with pytest.raises(InputError, match=r"in other words than this simgen does.*simgen qa"):
        build_prompt(row(), "grid")


def test_a_row_that_does_not_name_its_entries_is_refused_for_short_maps() -> None:
    for choice in ("asked", "near"):
        with pytest.raises(InputError, match=r"does not name the entries.*simgen qa"):
            build_target(row(), "metric", choice)


BEDS = {"bed": (0.0, 0.0, 2.0, 2.0), "apple": (0.0, 2.5, 2.0, 3.5), "sofa": (0.0, 3.1, 2.0, 3.1)}
"""The centres (1, 1), (1, 3) and (1, 3.1): the apple is 2 m from the bed, the sofa 2.1 m."""


def short_map(entries: str, asked: tuple[str, ...]) -> list[str]:
    text = json.dumps([{"object_name": name, "bbox": list(box)} for name, box in BEDS.items()])
    short = replace(row(), map=text, target=f"<map>{text}</map>", asked=asked)
    found = parse_map(split_response(build_target(short, "metric", entries)).map) or []
    assert all(BEDS[entry.name] == entry.bbox for entry in found)
    return [entry.name for entry in found]


def test_a_map_of_what_is_asked_lists_it_in_the_order_of_the_column() -> None:
    assert short_map("asked", ("sofa", "bed")) == ["sofa", "bed"]
    assert short_map("all", ("sofa", "bed")) == ["bed", "apple", "sofa"]


def test_a_map_of_what_is_near_adds_what_is_within_two_metres() -> None:
    assert short_map("near", ("bed",)) == ["bed", "apple"]
    assert short_map("near", ("sofa",)) == ["sofa", "apple"]
    assert short_map("near", ("apple",)) == ["apple", "bed", "sofa"]


def test_a_column_that_names_no_entry_of_the_map_is_refused() -> None:
    with pytest.raises(InputError, match="no entry 'chair' that its question is about"):
        short_map("asked", ("bed", "chair"))


def test_the_prompt_says_which_objects_the_map_should_have(asked_row: Row) -> None:
    for entries, words in (
        ("asked", "draw a map of the objects that the question is about, as a JSON list"),
        ("near", "the question is about and of all objects within 2 meters of them (from center to center)"),
    ):
        assert words in build_prompt(asked_row, "metric", entries)
        assert "that you see" not in build_prompt(asked_row, "metric", entries)
        short = replace(asked_row, wording="short", prompt="distance from camera to fridge")
        assert build_prompt(short, "metric", entries) == short.prompt


@pytest.mark.slow
@pytest.mark.parametrize("entries", ["asked", "near"])
def test_the_answer_of_every_template_can_be_read_from_a_short_map(entries: str) -> None:
    path = sorted(FOLDER.glob("*.h5"))[0]
    rows, _ = asked_of(read_clip(path), load_templates(list_template_ids()), QuestionSettings((8,), 1))
    assert len(rows) > 50
    for asked in rows:
        found = parse_map(split_response(build_target(asked, "metric", entries)).map) or []
        question = read_map_question(str(path), asked.frames, asked.skill, asked.args)
        assert question is not None
        whole = answer_from_map(question, parse_map(asked.map), asked.kind, asked.answer)
        assert answer_from_map(question, found, asked.kind, asked.answer) == whole, asked.template
