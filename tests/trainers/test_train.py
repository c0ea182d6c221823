"""One real run of the tiny model from end to end, its files, and the errors of a run."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.errors import InputError, MissingDataError
from simgen.store.folder import DataFolder
from simgen.trainers.config import TrainConfig, load_config
from simgen.trainers.eval.held_out import choose_held_out
from simgen.trainers.eval.run import EvalOptions, evaluate_run
from simgen.trainers.eval.stored_answers import read_answers, show_own
from simgen.trainers.report import TrainReport
from simgen.trainers.train.run import train
from tests.trainers.questions import make_folder, make_rows

pytestmark = pytest.mark.slow

SMALL = {
    "sft.steps": 12, "grpo.steps": 2, "grpo.prompts_per_step": 1, "grpo.num_generations": 2,
    "curriculum.stages": 2, "eval.rows": 4, "data.image_px": 56, "data.max_completion_tokens": 40,
    "eval.every_steps": 6, "eval.every_rows": 2,
}  # fmt: skip


def make_config(**changes: object) -> TrainConfig:
    """The config of these tests with some settings changed; `__` stands for the dot."""
    return load_config("tiny", SMALL | {key.replace("__", "."): value for key, value in changes.items()})


CONFIG = make_config()
ROWS = make_rows(24, frames=3)
Finished = tuple[TrainReport, DataFolder, Path]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    root = tmp_path_factory.mktemp("train")
    folder = make_folder(root / "data", frames=3)
    report = train(CONFIG, folder, ROWS, root / "run")
    return report, folder, root / "run"


def test_the_loss_falls_and_every_score_is_a_share(finished: Finished) -> None:
    report, _, _ = finished
    assert report.sft_loss_first is not None
    assert report.sft_loss_last is not None
    assert report.sft_loss_last < 0.9 * report.sft_loss_first
    for scores in (report.before, report.after):
        assert scores.rows == 4
        assert set(scores.totals) == {"accuracy", "mra", "mixed"}
        shares = [scores.overall.value(name) for name in ("score", "format", "map_recall", "map_iou")]
        assert all(share is not None and 0.0 <= share <= 1.0 for share in shares)
    assert report.grpo_last is not None
    assert 0.0 <= report.grpo_last["total"] <= 1.0


def test_the_table_says_what_became_of_rows_with_too_many_frames(finished: Finished) -> None:
    report, _, _ = finished
    assert "too many frames" not in report.as_table()
    thinned = replace(report, thinned_rows=3, left_out_rows={"left out": 2})
    assert "rows with too many frames: 3 asked again with fewer, 2 left out\n" in thinned.as_table()


def test_grpo_continues_from_a_folder_without_sft(finished: Finished, tmp_path: Path) -> None:
    before, folder, out = finished
    config = make_config(model__name=str(out / "model"), sft__steps=0, curriculum__stages=1)
    report = train(config, folder, ROWS, tmp_path / "run")

    assert report.before.as_dict()["templates"].keys() == before.after.as_dict()["templates"].keys()
    assert report.before.overall.value("format") == before.after.overall.value("format")
    assert (report.sft_steps, report.sft_loss_first, report.grpo_steps, report.stages) == (0, None, 2, 1)
    assert "SFT" not in report.as_table()
    assert not (tmp_path / "run" / "sft").exists()


def test_a_run_leaves_its_config_log_model_and_report(finished: Finished) -> None:
    report, _, out = finished
    assert TrainReport.from_dict(json.loads((out / "report.json").read_text())) == report
    assert json.loads((out / "config.json").read_text())["sft"]["steps"] == 12
    phases = [json.loads(line)["phase"] for line in (out / "log.jsonl").read_text().splitlines()]
    assert phases == ["sft"] * 12 + ["grpo"] * 2
    assert [place for place, _ in read_scores(out)] == [("sft", 6), ("sft", 12), ("grpo", 2)]
    assert (out / "curves.png").exists()
    assert not list(out.glob("*/checkpoint-*"))


def read_scores(out: Path) -> list[tuple[tuple[str, int], dict[str, float]]]:
    """The held-out scores in a run's log, each with its phase and step."""
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    scores = [{name: value for name, value in entry.items() if name.startswith("eval_")} for entry in log]
    return [((e["phase"], e["step"]), found) for e, found in zip(log, scores, strict=True) if found]


def test_the_saved_model_answers_as_it_did(finished: Finished) -> None:
    from simgen.trainers.eval.answers import answer_asked
    from simgen.trainers.models.loading import load_model

    _, folder, out = finished
    stored = read_answers(out / "after" / "answers.jsonl")
    rows = choose_held_out(ROWS, 4)
    texts = answer_asked(load_model(str(out / "model")), list(map(show_own, rows)), folder, CONFIG)
    assert texts == [stored.find(row) for row in rows]


def test_a_complete_run_is_returned_by_resume_and_never_overwritten(finished: Finished) -> None:
    report, folder, out = finished
    assert train(CONFIG, folder, ROWS, out, resume=True) == report
    with pytest.raises(InputError, match="--resume"):
        train(CONFIG, folder, ROWS, out)


def test_a_run_cut_between_its_phases_ends_the_same(finished: Finished, tmp_path: Path) -> None:
    report, folder, out = finished
    shutil.copytree(out, tmp_path / "run")
    for name in ("grpo", "model", "after"):
        shutil.rmtree(tmp_path / "run" / name)
    for name in ("report.json", "log.jsonl"):
        (tmp_path / "run" / name).unlink()
    again = train(CONFIG, folder, ROWS, tmp_path / "run", resume=True)
    assert replace(again, seconds=report.seconds) == report
    assert read_scores(tmp_path / "run") == read_scores(out)


def test_a_complete_run_can_be_evaluated_again(finished: Finished) -> None:
    report, folder, out = finished
    assert evaluate_run(out, folder, ROWS) == report.after
    assert evaluate_run(out, folder, ROWS, EvalOptions(fresh=True)) == report.after
    before = evaluate_run(out, folder, ROWS, EvalOptions(before=True)).overall
    assert before.means["score"] == report.before.overall.means["score"]
    assert before.means["map_iou"] == report.before.overall.means["map_iou"]
    with pytest.raises(InputError, match="not kept"):
        evaluate_run(out, folder, ROWS, EvalOptions(before=True, rows=2))


def test_a_model_in_a_relative_folder_is_trained_with_lora(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, folder, out = finished
    monkeypatch.chdir(out.parent)
    config = make_config(
        model__name="run/model", model__lora={"rank": 4, "alpha": 8}, sft__steps=1, grpo__steps=1
    )
    report = train(config, folder, ROWS, tmp_path / "lora")
    # Each of the three layers: q, o (128 to 128), k, v (128 to 64), gate, up, down (128 and 384), at rank 4.
    assert report.trainable_parameters == 3 * 4 * (2 * 256 + 2 * 192 + 3 * 512)
    assert (tmp_path / "lora" / "model" / "adapter_model.safetensors").exists()
    # The adapter names its base model: it must be found from any working folder.
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert evaluate_run(tmp_path / "lora", folder, ROWS, EvalOptions(fresh=True)) == report.after


def test_resume_with_other_config_names_them(finished: Finished) -> None:
    _, folder, out = finished
    with pytest.raises(InputError, match="other values of seed"):
        train(make_config(seed=5), folder, ROWS, out, resume=True)


@pytest.mark.parametrize("split", ["train", "val"])
def test_both_sides_of_the_split_are_needed(split: str, tmp_path: Path) -> None:
    rows = [row for row in ROWS if row.split == split]
    with pytest.raises(MissingDataError, match="simgen qa"):
        train(CONFIG, DataFolder(tmp_path), rows, tmp_path / "run")


def test_a_sample_over_the_budget_is_refused_by_name(finished: Finished, tmp_path: Path) -> None:
    _, folder, _ = finished
    config = make_config(data__max_tokens=20)
    with pytest.raises(InputError, match=r"demo/q\d+: .*data.max_tokens is 20; 20 rows are too long"):
        train(config, folder, ROWS, tmp_path / "run")


def test_a_model_that_cannot_be_loaded_is_one_line(finished: Finished, tmp_path: Path) -> None:
    _, folder, _ = finished
    config = make_config(model__name="nobody/nothing-vl")
    with pytest.raises(InputError, match=r"nobody/nothing-vl: cannot load .*hf download") as caught:
        train(config, folder, ROWS, tmp_path / "run")
    assert "\n" not in str(caught.value)


def test_evaluating_counts_only_the_rows_it_asks(finished: Finished) -> None:
    report, folder, out = finished
    index = next(index for index, row in enumerate(ROWS) if row.split == "train")
    too_long = replace(ROWS[index], prompt="1 " * 3000)
    rows = [*ROWS[:index], too_long, *ROWS[index + 1 :]]
    assert evaluate_run(out, folder, rows, EvalOptions(fresh=True)) == report.after


def test_a_run_that_is_not_complete_is_not_scored(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no complete run here.*simgen train --run mine"):
        evaluate_run(tmp_path / "mine", DataFolder(tmp_path), ROWS)
