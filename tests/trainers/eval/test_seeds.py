"""The mean over runs, worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.errors import InputError
from simgen.trainers.eval.bootstrap import Estimate
from simgen.trainers.eval.evaluate import read_written
from simgen.trainers.eval.row_scores import score_each_row
from simgen.trainers.eval.scores import EvalReport, summarize_scores
from simgen.trainers.eval.seeds import average_reports
from simgen.trainers.eval.tables import format_average
from tests.trainers.eval.test_scores import BLIND, HOUSES, ROWS, SOFA, TEXTS, reply


def make_report(texts: Sequence[str], blind: Sequence[str | None] = BLIND, rows: int = 4) -> EvalReport:
    seen, other = read_written(ROWS[:rows], texts[:rows]), read_written(ROWS[:rows], blind[:rows])
    return summarize_scores(score_each_row(ROWS[:rows], HOUSES[:rows], seen, blind=other))


WORSE = [reply(SOFA, "3.0"), *TEXTS[1:]]
"""As `TEXTS`, but the first answer is off by half: it scores 0.1 and not 1.0."""


def ends_of(found: Estimate | None) -> tuple[float, float | None, float | None] | None:
    return None if found is None else (found.value, found.low, found.high)


def test_each_value_is_the_mean_with_the_lowest_and_the_highest_run() -> None:
    mean = average_reports({"a": make_report(TEXTS), "b": make_report(WORSE)})
    far = mean.templates["far"]
    # The three rows of `far` score 1.0, 0.9 and 0.0, or 0.1, 0.9 and 0.0.
    assert ends_of(far.means["score"]) == pytest.approx(((1.9 / 3 + 1.0 / 3) / 2, 1.0 / 3, 1.9 / 3))
    assert far.means["center_error_m"] == Estimate(0.5, 0.5, 0.5)
    assert far.means["words"] is None
    # Minus blind, over the two rows for which both are known: 0.9 - 0.1 and 0.0 - 0.1, halved.
    assert ends_of(far.differences["score_minus_blind"]) == pytest.approx((0.175, -0.05, 0.4))
    assert (far.n, far.houses, mean.rows, mean.houses) == (3, 2, 4, 2)
    assert ends_of(mean.frames["far"][1].means["score"]) == pytest.approx((0.725, 0.5, 0.95))


def test_the_text_names_the_runs_and_what_the_ends_are() -> None:
    mean = average_reports({"a": make_report(TEXTS), "b": make_report(WORSE)})
    text = format_average(("a", "b"), mean)
    assert text.startswith("mean over 2 runs (a, b): 4 questions about 2 houses")
    assert "score [lowest, highest]" in text
    assert "95 %" not in text
    far = next(line.split() for line in text.splitlines() if line.startswith("far"))
    assert far[:5] == ["far", "3", "0.483", "[0.333,", "0.633]"]


def test_one_run_and_runs_about_other_questions_are_refused() -> None:
    with pytest.raises(InputError, match="at least two"):
        average_reports({"a": make_report(TEXTS)})
    with pytest.raises(
        InputError, match="b answered other questions than a: 3 about 2 houses, and 4 about 2"
    ):
        average_reports({"a": make_report(TEXTS), "b": make_report(TEXTS, rows=3)})


def test_runs_that_were_shown_other_numbers_of_frames_are_refused() -> None:
    report = make_report(TEXTS)
    other = replace(report, frames={**report.frames, "side": {8: report.frames["side"][1]}})
    with pytest.raises(InputError, match="or with other frames; ask both with the same --rows"):
        average_reports({"a": report, "b": other})


def test_the_command_refuses_options_without_a_meaning() -> None:
    done = CliRunner().invoke(main, ["eval", "--seeds", "a", "--seeds", "b", "--rows", "3"])
    assert done.exit_code == 2
    assert "--rows has no meaning beside --seeds; leave it out" in done.output
