"""An interrupted and resumed phase ends with the weights and the log of an uninterrupted one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import TrainerCallback

from simgen.store.folder import DataFolder
from simgen.trainers.config import LoraSpec, load_config
from simgen.trainers.models.loading import VisionModel, add_lora, load_model, save_model
from simgen.trainers.models.tiny import build_tiny
from simgen.trainers.quiet import silence_transformers
from simgen.trainers.rewards import Reward
from simgen.trainers.rewards.completions import Completion
from simgen.trainers.samples import build_dataset
from simgen.trainers.train import grpo
from simgen.trainers.train.checkpoints import COMPLETE_MARKER, find_last_checkpoint
from simgen.trainers.train.grpo import run_grpo
from simgen.trainers.train.phase import LogEntries
from simgen.trainers.train.sft import run_sft
from tests.trainers.questions import make_folder, make_rows

pytestmark = pytest.mark.slow

SETTINGS = {
    "sft.steps": 4, "grpo.steps": 4, "grpo.prompts_per_step": 1, "grpo.num_generations": 2,
    "grpo.learning_rate": 1e-3, "save_steps": 2, "data.image_px": 56, "data.max_completion_tokens": 12,
}  # fmt: skip
CONFIG = load_config("tiny", SETTINGS)
ROWS = make_rows(8, clips=2, frames=1)
PHASES = {"sft": (run_sft, 2), "grpo": (run_grpo, 1)}


class StopAfter(TrainerCallback):
    """Interrupts like Ctrl-C once a step is over."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self.step:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def reward_for_vowels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Untrained answers all score 0, and without differences GRPO would change no weight."""

    def accuracy_reward(completions: list[Completion], **_: object) -> list[float]:
        return [float(sum(c in "aeiou" for c in completion[0]["content"])) for completion in completions]

    vowels = Reward("accuracy", "vowels", accuracy_reward)
    monkeypatch.setattr(grpo, "choose_rewards", lambda *_: [(vowels, 1.0)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return make_folder(tmp_path_factory.mktemp("resume"), clips=2, frames=1)


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny") / "model"
    save_model(VisionModel(*build_tiny([row.prompt + row.target for row in ROWS], 512, seed=0)), path)
    return path


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def run(
    phase: str, loaded: VisionModel, folder: DataFolder, out: Path, callbacks: Sequence[TrainerCallback] = ()
) -> LogEntries:
    train_phase, per_step = PHASES[phase]
    data = build_dataset(ROWS, np.arange(4 * per_step) % len(ROWS), folder, CONFIG)
    with silence_transformers():
        return train_phase(loaded, data, CONFIG, out, callbacks)


# peft 0.21 reads a property that transformers 5.23 deprecates.
@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
def test_interrupt_and_resume_equals_a_straight_run(
    phase: str, lora: bool, folder: DataFolder, tiny_folder: Path, tmp_path: Path
) -> None:
    def fresh() -> VisionModel:
        loaded = load_model(str(tiny_folder))
        return (
            VisionModel(add_lora(loaded.model, LoraSpec(rank=4), CONFIG.seed), loaded.processor)
            if lora
            else loaded
        )

    straight, resumed = fresh(), fresh()
    start = weights(straight.model)
    straight_log = run(phase, straight, folder, tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        run(phase, fresh(), folder, tmp_path / "cut", [StopAfter(3)])
    assert find_last_checkpoint(tmp_path / "cut") == tmp_path / "cut" / "checkpoint-2"
    resumed_log = run(phase, resumed, folder, tmp_path / "cut")

    assert [entry["loss"] for entry in resumed_log] == pytest.approx(
        [entry["loss"] for entry in straight_log]
    )
    expected, found = weights(straight.model), weights(resumed.model)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, msg=name)
    changed = {name for name, value in expected.items() if not torch.equal(value, start[name])}
    assert changed
    if lora:
        assert all("lora_" in name and "visual" not in name for name in changed)


def test_prompts_of_different_lengths_share_a_step(
    folder: DataFolder, tiny_folder: Path, tmp_path: Path
) -> None:
    # Seven digits are seven tokens: padding on the wrong side would cut through the other row's picture.
    rows = [ROWS[0], replace(ROWS[0], prompt=ROWS[0].prompt + "0000000")]
    config = load_config("tiny", SETTINGS | {"grpo.prompts_per_step": 2, "grpo.steps": 1})
    loaded = load_model(str(tiny_folder))
    assert loaded.tokenizer.padding_side == "left"
    with silence_transformers():
        log = run_grpo(loaded, build_dataset(rows, np.arange(2), folder, config), config, tmp_path)
    assert len(log) == 1


def test_an_interrupted_checkpoint_is_removed_and_not_resumed(tmp_path: Path) -> None:
    for name in ("checkpoint-2", "checkpoint-10", "checkpoint-12"):
        (tmp_path / name).mkdir()
    for name in ("checkpoint-2", "checkpoint-10"):
        (tmp_path / name / COMPLETE_MARKER).touch()
    assert find_last_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
    assert not (tmp_path / "checkpoint-12").exists()
