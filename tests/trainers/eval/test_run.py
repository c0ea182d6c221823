"""Evaluation of real models: the tiny one, untrained, on clips of synthetic houses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simgen.cli import main
from simgen.errors import InputError, MissingDataError
from simgen.store.folder import DataFolder
from simgen.store.rows import write_rows
from simgen.trainers.config import TrainConfig, load_config
from simgen.trainers.eval.compare import compare_runs
from simgen.trainers.eval.run import EvalOptions, evaluate_model, evaluate_run
from simgen.trainers.eval.stored_answers import BLIND, SEEN, read_answers
from tests.trainers.questions import make_folder, make_rows

pytestmark = pytest.mark.slow

ROWS = make_rows(40, clips=5, frames=2, held_out=3)
HELD_OUT = [row for row in ROWS if row.split == "val"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """Five houses, and two complete runs whose models were never trained."""
    from simgen.trainers.models.loading import load_for_training, save_model

    found = make_folder(tmp_path_factory.mktemp("data"), clips=5, frames=2, held_out=3)
    write_rows(found.dataset("demo").questions_path, ROWS)
    texts = [text for row in ROWS for text in (row.prompt, row.target)]
    for seed, name in enumerate(("first", "second")):
        settings = {"seed": seed, "data.image_px": 56, "data.max_completion_tokens": 12}
        config, out = load_config("tiny", settings), found.run_path(name)
        save_model(load_for_training(config, texts), out / "model")
        (out / "config.json").write_text(config.model_dump_json())
        (out / "report.json").write_text(json.dumps({"max_completion_tokens": 12}))
    return found


def test_answers_are_stored_and_scored_again_without_the_model(folder: DataFolder) -> None:
    out = folder.run_path("first")
    report = evaluate_run(out, folder, ROWS, EvalOptions(rows=12))
    assert (report.rows, report.houses) == (12, 3)
    assert set(report.templates) == {"gap", "side"}
    assert report.overall.value("blind") is not None
    assert len(read_answers(out / "eval" / SEEN).texts) == len(read_answers(out / "eval" / BLIND).texts) == 12
    (out / "model").rename(out / "gone")
    again = evaluate_run(out, folder, ROWS, EvalOptions(rows=12))
    (out / "gone").rename(out / "model")
    assert again == report
    assert evaluate_run(out, folder, ROWS, EvalOptions(rows=12, fresh=True)) == report


def test_two_runs_are_compared_on_what_both_answered(folder: DataFolder) -> None:
    for name, rows in (("first", 12), ("second", 6)):
        evaluate_run(folder.run_path(name), folder, ROWS, EvalOptions(rows=rows, blind=False))
    report = compare_runs(("first", "second"), folder, ROWS)
    assert (report.rows, report.houses) == (6, 3)
    assert report.totals["mixed"].n == 6
    assert "first (first) and second (second): 6 questions that both answered" in report.as_text()
    same = compare_runs(("first", "first"), folder, ROWS)
    assert same.rows == 12
    found = same.totals["mixed"].means["score"].difference
    assert found is not None
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_run_without_answers_has_no_rows_of_its_own(folder: DataFolder) -> None:
    with pytest.raises(MissingDataError, match=r"second.after: all of the 0 questions .* --rows"):
        evaluate_run(folder.run_path("second"), folder, ROWS)
    with pytest.raises(MissingDataError, match=r"none: no answers here; .* simgen eval --run none"):
        compare_runs(("none", "first"), folder, ROWS)


def test_the_answers_of_another_model_are_not_taken_over(folder: DataFolder, tmp_path: Path) -> None:
    def config(name: str) -> TrainConfig:
        settings = {"model.name": str(folder.run_path(name) / "model"), "data.image_px": 56}
        return load_config("lora", {**settings, "data.max_completion_tokens": 12, "eval.rows": 4})

    report = evaluate_model(config("first"), folder, ROWS, answers=tmp_path)
    assert report.rows == 4
    assert evaluate_model(config("first"), folder, ROWS, answers=tmp_path) == report
    with pytest.raises(InputError, match=r"model.json: the answers here are of another model"):
        evaluate_model(config("second"), folder, ROWS, answers=tmp_path)


def test_the_command_prints_a_table_or_json_and_writes_a_report(folder: DataFolder, tmp_path: Path) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["--data", str(folder.path), "eval", *arguments])

    shown = run("--run", "first", "--rows", "12", "--report", str(tmp_path / "report"))
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("12 questions about 3 houses (val: 12 questions, 3 houses)\n")
    assert (tmp_path / "report" / "scores.png").exists()
    plain = json.loads(run("--run", "first", "--rows", "12", "--json").stdout)
    assert plain["templates"]["gap"]["n"] == 6
    assert plain["templates"]["gap"]["blind"] is not None
    assert "first - second" in run("--compare", "first", "first").stdout
    refused = run("--run", "first", "--rows", "3", "--split", "test")
    assert refused.exit_code == 2
    assert "no questions on held-out houses (split test)" in refused.stderr
    assert "--rows has no meaning beside --compare" in run("--compare", "a", "b", "--rows", "3").stderr
    assert "--answers needs --model" in run("--answers", str(tmp_path)).stderr
    rows = folder.dataset("demo").questions_path
    assert run("--run", "first", "--rows", "12", "--dataset", str(rows), "--json").exit_code == 0
    missing = run("--run", "first", "--dataset", str(tmp_path / "none.parquet"))
    assert missing.exit_code == 2
    assert "none.parquet: there is no such file" in missing.stderr
