"""A whole run of the small model: warm-up, packed SFT, GRPO, and that a cut run ends the same."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from simgen.store.folder import DataFolder
from simgen.trainers.config import load_config
from simgen.trainers.eval.run import evaluate_run
from simgen.trainers.report import TrainReport
from simgen.trainers.train.run import train
from tests.trainers.questions import make_folder, make_rows

pytestmark = pytest.mark.slow

CONFIG = load_config(
    "small",
    {
        "warm_up.steps": 4, "warm_up.batch_size": 2, "sft.steps": 10, "sft.batch_size": 2, "grpo.steps": 1,
        "grpo.prompts_per_step": 1, "grpo.num_generations": 2, "eval.rows": 4, "data.map": "all",
        "data.max_tokens": 1024, "data.max_completion_tokens": 40, "eval.every_steps": 10, "model.threads": 2,
    },
)  # fmt: skip
ROWS = make_rows(24, frames=1)
Finished = tuple[TrainReport, DataFolder, Path]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    root = tmp_path_factory.mktemp("small")
    folder = make_folder(root / "data", frames=2)
    yield train(CONFIG, folder, ROWS, root / "run"), folder, root / "run"
    torch.set_num_threads(1)


@pytest.mark.usefixtures("finished")
def test_the_config_sets_the_threads() -> None:
    assert torch.get_num_threads() == 2


def test_every_phase_is_there_and_the_loss_falls(finished: Finished) -> None:
    report, _, out = finished
    assert report.sft_loss_first is not None
    assert report.sft_loss_last is not None
    assert report.sft_loss_last < report.sft_loss_first
    counts = {
        name: len((out / name / "log.jsonl").read_text().splitlines()) for name in ("warm_up", "sft", "grpo")
    }
    assert counts == {"warm_up": 4, "sft": 10, "grpo": 1}
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert Counter(entry["phase"] for entry in log) == counts
    # Four rows are scored in all, so that the last scores of training are those of the report.
    assert log[-1]["eval_score"] == report.after.overall.value("score")
    assert report.after.rows == 4
    assert json.loads((out / "model" / "config.json").read_text())["vision_config"]["model_type"] == (
        "simgen_conv_tower"
    )


def test_the_table_is_computed_again_from_the_runs_folder(finished: Finished) -> None:
    report, folder, out = finished
    assert evaluate_run(out, folder, ROWS) == report.after


@pytest.mark.parametrize("kept", [["warm_up"], ["warm_up", "sft"]])
def test_a_run_cut_between_its_phases_ends_the_same(
    kept: list[str], finished: Finished, tmp_path: Path
) -> None:
    report, folder, out = finished
    for name in ["before", *kept]:
        shutil.copytree(out / name, tmp_path / "run" / name)
    shutil.copy(out / "config.json", tmp_path / "run")
    again = train(CONFIG, folder, ROWS, tmp_path / "run", resume=True)
    assert replace(again, seconds=report.seconds) == report
