"""Scores while a phase runs: those of `simgen eval`, kept by a resume, and without effect on the training."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerCallback
from transformers.trainer_callback import TrainerControl, TrainerState

from simgen.errors import TrainingConfigError
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import TrainConfig
from simgen.trainers.eval.answers import ask_on_all_processes
from simgen.trainers.eval.evaluate import evaluate_answers, read_written
from simgen.trainers.eval.held_out import choose_held_out
from simgen.trainers.eval.row_scores import score_each_row
from simgen.trainers.eval.scores import EvalReport, summarize_scores
from simgen.trainers.models.loading import VisionModel, load_model, save_model
from simgen.trainers.models.tiny import build_tiny
from simgen.trainers.train.held_out_scores import LOGGED, PREFIX, HeldOutScores, score_meanwhile
from simgen.trainers.train.options import build_sft_options
from simgen.trainers.train.phase import LogEntries, read_log
from tests.trainers.eval.rows import make_row, map_json, reply
from tests.trainers.phases import StopAfter, make_config, run_phase
from tests.trainers.questions import make_folder, make_rows

ROWS = make_rows(12, clips=3, frames=1, held_out=2)
TRAIN = [row for row in ROWS if row.split == "train"]
CONFIG = make_config({"eval.every_steps": 2})

BOX = (0.0, 0.0, 1.0, 1.0)
TWO = [
    make_row("far", kind="metres", answer="2.0", map=map_json({"sofa": BOX})),
    make_row("side", kind="choice", answer="A", options=("left", "right"), map=map_json({"sofa": BOX})),
]


def report(*texts: str, blind: Sequence[str] | None = None) -> EvalReport:
    """The scores of two texts, about two houses."""
    twin = None if blind is None else read_written(TWO, blind)
    return summarize_scores(score_each_row(TWO, ["a", "b"], read_written(TWO, texts), blind=twin))


def log_step(scores: HeldOutScores, step: int, logs: dict[str, float]) -> dict[str, float]:
    """The entry of a step in the history, after the callback has seen it."""
    state = TrainerState(global_step=step, max_steps=7, log_history=[{**logs, "step": step}])
    scores.on_log(None, state, TrainerControl(), logs=logs)
    assert {**logs, "step": step} == state.log_history[-1]
    return logs


def test_a_step_that_is_due_gets_the_means() -> None:
    # Both answers are right, and one of the twin's. The boxes are 3 m and 4 m off, the twin's 5 m and 0 m.
    seen = reply({"sofa": (3.0, 0.0, 4.0, 1.0)}, "2.0"), reply({"sofa": (0.0, 4.0, 1.0, 5.0)}, "A")
    blind = reply({"sofa": (3.0, 4.0, 4.0, 5.0)}, "9.0"), reply({"sofa": BOX}, "A")
    scores = HeldOutScores(torch.nn.Identity(), lambda: report(*seen, blind=blind), every_steps=3)
    assert log_step(scores, 3, {"loss": 1.0}) == {
        "loss": 1.0, "eval_score": 1.0, "eval_blind": 0.5,
        "eval_center_error_m": 3.5, "eval_blind_center_error_m": 2.5,
    }  # fmt: skip
    due = [step for step in range(1, 8) if len(log_step(scores, step, {"loss": 1.0})) > 1]
    assert due == [3, 6, 7]


def test_what_is_not_known_is_left_out_and_the_end_of_a_phase_is_no_step() -> None:
    scores = HeldOutScores(torch.nn.Identity(), lambda: report("nothing", "nothing"), every_steps=1)
    assert log_step(scores, 1, {"loss": 1.0}) == {"loss": 1.0, "eval_score": 0.0}
    assert log_step(scores, 7, {"train_runtime": 1.0}) == {"train_runtime": 1.0}


# The name that transformers 5.23 deprecates is the one that TRL 1.16 uses.
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
def test_a_model_that_is_spread_over_processes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(TrainingConfigError, match=r"eval\.every_steps is 2: .*set it to 0"):
        build_sft_options(CONFIG, Path("nowhere"))
    build_sft_options(make_config(), Path("nowhere"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return make_folder(tmp_path_factory.mktemp("scores"), clips=3, frames=1, held_out=2)


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny") / "model"
    texts = [row.prompt + row.target for row in ROWS]
    save_model(VisionModel(*build_tiny(texts, 512, seed=0)), path)
    return path


class Reporter(TrainerCallback):
    """Keeps what a reporter such as wandb gets."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        if "eval_score" in logs:
            self.steps.append(state.global_step)


def run(
    phase: str,
    tiny_folder: Path,
    folder: DataFolder,
    config: TrainConfig,
    out: Path,
    callbacks: Sequence[TrainerCallback] = (),
    rows: Sequence[Row] = ROWS,
) -> tuple[LogEntries, VisionModel]:
    """The log of a phase and the trained model, which drops a part of its attention while it is trained."""
    loaded = load_model(str(tiny_folder))
    for module in loaded.model.modules():
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.2
    train_rows = [row for row in rows if row.split == "train"]
    scores = score_meanwhile(loaded, rows, folder, config)
    return run_phase(phase, loaded, train_rows, folder, config, out, [*callbacks, *scores]), loaded


def scores_of(log: LogEntries) -> dict[int, dict[str, float]]:
    """By step: what was scored there."""
    found = {entry["step"]: {k: v for k, v in entry.items() if k.startswith(PREFIX)} for entry in log}
    return {step: scores for step, scores in found.items() if scores}


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["sft", "grpo"])
def test_scores_change_no_weight_and_survive_a_resume(
    phase: str, folder: DataFolder, tiny_folder: Path, tmp_path: Path
) -> None:
    plain_log, plain = run(phase, tiny_folder, folder, make_config(), tmp_path / "plain")
    reporter = Reporter()
    log, scored = run(phase, tiny_folder, folder, CONFIG, tmp_path / "scored", [reporter])
    assert [entry["loss"] for entry in log] == [entry["loss"] for entry in plain_log]
    for name, value in plain.model.state_dict().items():
        assert torch.equal(value, scored.model.state_dict()[name]), name
    assert scores_of(plain_log) == {}
    assert list(scores_of(log)) == reporter.steps == [2, 4]

    with pytest.raises(KeyboardInterrupt):
        run(phase, tiny_folder, folder, CONFIG, tmp_path / "cut", [StopAfter(3)])
    again = Reporter()
    resumed_log, resumed = run(phase, tiny_folder, folder, CONFIG, tmp_path / "cut", [again])
    assert again.steps == [4]
    assert scores_of(resumed_log) == scores_of(log) == scores_of(read_log(tmp_path / "cut"))
    for name, value in scored.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value, msg=name)


@pytest.mark.slow
def test_the_scores_are_those_of_an_evaluation(folder: DataFolder, tiny_folder: Path, tmp_path: Path) -> None:
    # Every target is the same, so that the model soon writes it for every question. It is right for a part
    # of the held-out questions, whose sofas are 3 m and 4 m away from it.
    held_out = [row for row in ROWS if row.split != "train"]
    text = reply({"sofa": BOX}, "A")
    rows = [replace(row, kind="choice", answer="A", target=text) for row in TRAIN]
    for index, row in enumerate(held_out):
        box, answer = [((3.0, 0.0, 4.0, 1.0), "A"), ((0.0, 4.0, 1.0, 5.0), "B")][index % 2]
        target = reply({"sofa": box}, answer)
        rows.append(replace(row, kind="choice", template="side", answer=answer, target=target))
    config = make_config(
        {"sft.steps": 80, "sft.learning_rate": 5e-3, "data.max_completion_tokens": 80}
        | {"eval.every_steps": 80, "eval.every_rows": 4}
    )
    log, _ = run("sft", tiny_folder, folder, config, tmp_path, rows=rows)
    again = load_model(str(tmp_path / "model"))
    chosen = choose_held_out(rows, 4)
    means = evaluate_answers(chosen, ask_on_all_processes(again, folder, config), folder).overall
    assert scores_of(log) == {80: {PREFIX + name: means.value(name) for name in LOGGED}}
    assert means.value("score") == [row.answer for row in chosen].count("A") / 4
    assert (means.value("center_error_m") or 0.0) > 1.0


@pytest.mark.slow
def test_a_model_that_is_trained_in_bfloat16_is_scored_with_its_own_weights(
    folder: DataFolder, tiny_folder: Path, tmp_path: Path
) -> None:
    loaded = load_model(str(tiny_folder))
    seen: list[torch.Tensor] = []

    def evaluate() -> EvalReport:
        seen.append(ask_logits(loaded))
        return report("", "")

    config = make_config({"sft.steps": 1, "sft.trl": {"bf16": True}})
    scores = HeldOutScores(loaded.model, evaluate, every_steps=1)
    run_phase("sft", loaded, TRAIN, folder, config, tmp_path, [scores])
    assert torch.equal(seen[0], ask_logits(load_model(str(tmp_path / "model"))))
    # The trained model itself still computes in bfloat16.
    assert not torch.equal(seen[0], ask_logits(loaded))


def ask_logits(loaded: VisionModel) -> torch.Tensor:
    with torch.no_grad():
        return loaded.model(input_ids=torch.arange(20)[None]).logits
