"""Scores by template and number of frames, worked out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from simgen.trainers.config import DataSpec
from simgen.trainers.eval.evaluate import read_written
from simgen.trainers.eval.row_scores import MEASURED, RowScores, score_each_row
from simgen.trainers.eval.scores import COMPARED, EvalReport, summarize_scores
from simgen.trainers.eval.words import Baselines
from tests.trainers.eval.rows import make_row, map_json, reply

SOFA = {"sofa": (0.0, 0.0, 2.0, 2.0)}
METRES = {"template": "far", "kind": "metres", "options": (), "answer": "2.0", "map": map_json(SOFA)}
CHOICE = {"template": "side", "kind": "choice", "options": ("left", "right"), "answer": "A"}
ROWS = [
    make_row("q0", clip="a-0", frames=(0,), **METRES),
    make_row("q1", clip="b-0", frames=(0,), **METRES),
    make_row("q2", clip="b-0", frames=(0, 1, 2, 3), split="test", **METRES),
    make_row("q3", clip="a-0", frames=(0,), **CHOICE, map=map_json({**SOFA, "bed": (5.0, 5.0, 6.0, 6.0)})),
]
TEXTS = [
    reply(SOFA, "2.0"),  # all right
    reply({"sofa": (0.0, 1.0, 2.0, 3.0)}, "2.2"),  # 10 % off; 1 m off; IoU 2 / 6
    "2.0",  # no tags: no answer, no map
    reply(SOFA, "right"),  # wrong; one of two objects
]
BLIND = [reply({"sofa": (0.0, 3.0, 2.0, 5.0)}, "3.0"), reply(SOFA, "2.0"), None, reply({}, "A")]
HOUSES = ["a", "b", "b", "a"]


@pytest.fixture(scope="module")
def scores() -> RowScores:
    baselines = Baselines(np.array([0.5, 0.5, 0.5, np.nan]), np.full(4, 0.25), np.array([1.0, 2, 3, np.nan]))
    seen, blind = read_written(ROWS, TEXTS), read_written(ROWS, BLIND)
    own = np.array([1, 0, 0, np.nan])
    return score_each_row(ROWS, HOUSES, seen, blind=blind, baselines=baselines, own_map=own)


def test_each_row_has_its_scores(scores: RowScores) -> None:
    nan = np.nan
    expected = {
        "score": [1.0, 0.9, 0.0, 0.0],
        # 3.0 for 2.0 is off by exactly half, which the threshold 0.5 still allows.
        "blind": [0.1, 1.0, nan, 1.0],
        "format": [1.0, 1.0, 0.0, 1.0],
        "map_recall": [1.0, 1.0, 0.0, 0.5],
        "map_iou": [1.0, 1 / 3, 0.0, 0.5],
        "center_error_m": [0.0, 1.0, nan, 0.0],
        "blind_center_error_m": [3.0, 0.0, nan, nan],
    }
    for name, column in expected.items():
        assert scores.values[name] == pytest.approx(column, nan_ok=True), name


def test_means_are_by_template_and_number_of_frames(scores: RowScores) -> None:
    report = summarize_scores(scores)
    far = report.templates["far"]
    assert (far.n, far.houses, far.measure) == (3, 2, "mra")
    assert far.value("score") == pytest.approx(1.9 / 3)
    assert far.value("center_error_m") == 0.5
    assert far.value("words") == 0.5
    assert far.value("own_map") == pytest.approx(1 / 3)
    assert report.frames["far"][1].value("score") == pytest.approx(0.95)
    assert report.frames["far"][4].value("score") == 0.0
    side = report.templates["side"]
    assert (side.n, side.measure, side.value("score"), side.value("words")) == (1, "accuracy", 0.0, None)
    assert report.totals["accuracy"] == side
    assert report.splits == {"test": {"rows": 1, "houses": 1}, "val": {"rows": 3, "houses": 2}}
    assert (report.rows, report.houses) == (4, 2)


def test_ends_are_the_means_of_single_houses(scores: RowScores) -> None:
    far = summarize_scores(scores).templates["far"].means["score"]
    assert far is not None
    # House b alone, with 0.9 and 0, and house a alone.
    assert (far.low, far.high) == (0.45, 1.0)


def test_differences_are_over_the_rows_that_have_both(scores: RowScores) -> None:
    apart = summarize_scores(scores).templates["far"].differences
    found = apart["score_minus_blind"]
    assert found is not None
    # Rows q0 and q1: 1 - 0.1 in house a and 0.9 - 1 in house b.
    assert (found.value, found.low, found.high) == pytest.approx((0.4, -0.1, 0.9))
    errors = apart["center_error_minus_blind_m"]
    assert errors is not None
    assert (errors.value, errors.low, errors.high) == pytest.approx((-1.0, -3.0, 1.0))


def test_without_twin_and_baselines_they_are_unknown() -> None:
    report = summarize_scores(score_each_row(ROWS, HOUSES, read_written(ROWS, TEXTS)))
    far = report.templates["far"]
    assert all(far.value(name) is None for name in ("blind", "words", "constant", "own_map"))
    assert far.differences["score_minus_blind"] is None
    assert far.value("score") == pytest.approx(1.9 / 3)


def test_json_has_each_value_and_reads_back(scores: RowScores) -> None:
    report = summarize_scores(scores)
    plain = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    far = plain["templates"]["far"]
    assert far["n"] == 3
    assert far["score"] == pytest.approx(1.9 / 3)
    assert (far["low"], far["high"]) == (0.45, 1.0)
    assert {"blind", "words", "own_map", "center_error_m", "blind_center_error_m"} <= far.keys()
    assert far["frames"]["4"]["n"] == 1
    assert plain["templates"]["side"]["words"] is None
    assert EvalReport.from_dict(plain) == report


def test_cells_and_answers_alone_are_scored_as_their_target_wants() -> None:
    row = make_row("q", map=map_json({**SOFA, "bed": (8.0, 8.0, 10.0, 10.0)}), answer="2.0", kind="metres")
    # Cells of 1 m: the sofa's centre (1, 1) is in cell (1, 1), that of the bed (9, 9) in cell (9, 9).
    text = '<map>[{"object_name": "sofa", "cell": [1, 1]}, {"object_name": "bed", "cell": [9, 6]}]</map>'
    cells = f"{text}<think></think><answer>2.0</answer>"
    grid = score_each_row([row], ["a"], read_written([row], [cells], DataSpec(target="grid"))).values
    assert (grid["score"][0], grid["format"][0], grid["map_recall"][0]) == (1.0, 1.0, 1.0)
    # The bed is three cells off, the sofa right.
    assert grid["center_error_m"][0] == pytest.approx(1.5)
    alone = read_written([row], ["<answer>2.0</answer>"], DataSpec(target="none"))
    none = score_each_row([row], ["a"], alone).values
    assert (none["score"][0], none["format"][0]) == (1.0, 1.0)
    assert np.isnan(none["map_recall"][0])


def test_the_place_of_a_camera_is_not_scored() -> None:
    with_camera = {**SOFA, "camera": (0.0, 0.0, 0.0, 0.0)}
    row = make_row("q", **{**METRES, "map": map_json(with_camera)})
    texts = [reply({"sofa": (0.0, 1.0, 2.0, 3.0), "camera": (0.0, 0.0, 0.0, 0.0)}, "2.0")]
    found = score_each_row([row], ["a"], read_written([row], texts)).values
    assert (found["center_error_m"][0], found["map_iou"][0]) == (1.0, pytest.approx(1 / 3))


def test_the_page_explains_every_name() -> None:
    page = (Path(__file__).parents[3] / "docs" / "training.md").read_text(encoding="utf-8")
    assert [name for name in (*MEASURED, *COMPARED) if f"`{name}`" not in page] == []
