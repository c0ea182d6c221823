"""The report as text, Markdown and a picture."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgen.trainers.eval.bootstrap import Estimate
from simgen.trainers.eval.evaluate import read_written
from simgen.trainers.eval.report_files import write_report
from simgen.trainers.eval.row_scores import score_each_row
from simgen.trainers.eval.scores import EvalReport, summarize_scores
from simgen.trainers.eval.tables import (
    ONE_HOUSE,
    describe_report,
    format_estimate,
    format_report,
    list_groups,
    make_tables,
)
from tests.trainers.eval.test_scores import BLIND, HOUSES, ROWS, TEXTS


@pytest.fixture(scope="module")
def report() -> EvalReport:
    return summarize_scores(
        score_each_row(ROWS, HOUSES, read_written(ROWS, TEXTS), blind=read_written(ROWS, BLIND))
    )


def test_an_estimate_has_its_interval_if_there_is_one() -> None:
    assert format_estimate(Estimate(0.5154, 0.4, 0.6)) == "0.515 [0.400, 0.600]"
    assert format_estimate(Estimate(0.25, -0.1, 0.6), 2, signed=True) == "+0.25 [-0.10, +0.60]"
    assert format_estimate(Estimate(0.5, None, None)) == "0.500"
    assert format_estimate(None) == "-"


def test_the_text_says_what_was_asked_and_what_it_scored(report: EvalReport) -> None:
    assert describe_report(report) == (
        "4 questions about 2 houses (test: 1 question, 1 house; val: 3 questions, 2 houses)"
    )
    assert ONE_HOUSE not in format_report(report)
    lines = format_report(report).splitlines()
    far = next(line.split() for line in lines if line.startswith("far"))
    # n, score and interval, blind, and three baselines that are not known here.
    assert far[:8] == ["far", "3", "0.633", "[0.450,", "1.000]", "0.550", "-", "-"]


def test_totals_are_shown_where_they_add_something(report: EvalReport) -> None:
    # One template with numbers and one with choices: only the total of both says more than they do.
    assert [name for name, _ in list_groups(report)] == ["far", "side", "all"]
    assert list(make_tables(report)) == ["Answers", "Maps", "Frames"]
    one = summarize_scores(score_each_row(ROWS[:2], HOUSES[:2], read_written(ROWS[:2], TEXTS[:2])))
    assert [name for name, _ in list_groups(one)] == ["far"]
    alone = summarize_scores(score_each_row(ROWS[:1], HOUSES[:1], read_written(ROWS[:1], TEXTS[:1])))
    assert format_report(alone).endswith(ONE_HOUSE)
    assert list(make_tables(one)) == ["Answers", "Maps"]


def test_the_files_of_a_report(report: EvalReport, tmp_path: Path) -> None:
    write_report(report, tmp_path / "report", "Evaluation of a test")
    page = (tmp_path / "report" / "report.md").read_text()
    assert page.startswith("# Evaluation of a test\n")
    assert "![Scores by template](scores.png)" in page
    assert "| far | 3 | 0.633 [0.450, 1.000] |" in page
    assert EvalReport.from_dict(json.loads((tmp_path / "report" / "report.json").read_text())) == report
    pixels = np.array(Image.open(tmp_path / "report" / "scores.png").convert("RGB")).reshape(-1, 3)
    # The bars of the model and of its twin are there, in their colours; the words are unknown.
    shown = {tuple(color) for color in np.unique(pixels, axis=0).tolist()}
    assert {(0x00, 0x72, 0xB2), (0x99, 0x99, 0x99)} <= shown
