"""The two phases of a run, SFT and GRPO: TRL's trainers with settings that fit a list in a fixed order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from tqdm import tqdm
from transformers import PrinterCallback, ProgressCallback, TrainerCallback
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from simgen.trainers.checkpoints import WholeCheckpoints, last_checkpoint
from simgen.trainers.loading import VisionModel
from simgen.trainers.rewards import accuracy_reward, format_reward
from simgen.trainers.settings import REWARD_WEIGHTS, TrainSettings

LogEntries = list[dict[str, Any]]
CHECKPOINTS_A_PHASE = 5


def run_sft(
    loaded: VisionModel,
    data: Dataset,
    settings: TrainSettings,
    out: Path,
    callbacks: Sequence[TrainerCallback] = (),
) -> LogEntries:
    """Fine-tunes on the data as it lies, and returns one log entry a step.

    Goes on from the last whole checkpoint in `out` where there is one.
    """
    assert settings.sft_steps is not None
    config = SFTConfig(
        **_common(settings, out, settings.sft_steps),
        per_device_train_batch_size=settings.batch_size or 1,
        learning_rate=settings.sft_learning_rate or 0.0,
        train_sampling_strategy="sequential",
        # None: the default of 1024 would cut answers and image tokens; check_budget refuses instead.
        max_length=None,
        completion_only_loss=True,
    )
    trainer = _SFT(
        model=loaded.model,
        args=config,
        train_dataset=data,
        processing_class=loaded.processor,
        callbacks=_with_bar("SFT", "loss", callbacks),
    )
    return _run(trainer, out)


def run_grpo(
    loaded: VisionModel,
    data: Dataset,
    settings: TrainSettings,
    out: Path,
    callbacks: Sequence[TrainerCallback] = (),
) -> LogEntries:
    """Reinforces answers that score well on the data as it lies, and returns one log entry a step.

    Goes on from the last whole checkpoint in `out` where there is one.
    """
    assert settings.grpo_steps is not None
    rewards: list[Any] = [accuracy_reward, format_reward]
    completions = settings.prompts_per_step * settings.num_generations
    config = GRPOConfig(
        **_common(settings, out, settings.grpo_steps),
        per_device_train_batch_size=completions,
        steps_per_generation=1,
        num_generations=settings.num_generations,
        learning_rate=settings.grpo_learning_rate or 0.0,
        shuffle_dataset=False,
        max_completion_length=settings.max_completion_tokens,
        temperature=settings.temperature or 1.0,
        reward_weights=list(REWARD_WEIGHTS),
    )
    trainer = _GRPO(
        model=loaded.model,
        reward_funcs=rewards,
        args=config,
        train_dataset=data,
        processing_class=loaded.processor,
        callbacks=_with_bar("GRPO", "reward", callbacks),
    )
    return _run(trainer, out)


class _SFT(WholeCheckpoints, SFTTrainer):
    pass


class _GRPO(WholeCheckpoints, GRPOTrainer):
    pass


class _Bar(TrainerCallback):
    """One tqdm bar on stderr; transformers' own would print every log entry to stdout."""

    def __init__(self, name: str, shown: str) -> None:
        self.name, self.shown = name, shown
        self.bar: tqdm[Any] | None = None

    def on_train_begin(self, *event: Any, **_: Any) -> None:
        state = event[1]
        self.bar = tqdm(total=state.max_steps, initial=state.global_step, desc=self.name, unit="step")

    def on_log(self, *_: Any, logs: dict[str, float], **__: Any) -> None:
        if self.bar is not None and self.shown in logs:
            self.bar.set_postfix({self.shown: f"{logs[self.shown]:.3f}"}, refresh=False)

    def on_step_end(self, *event: Any, **_: Any) -> None:
        if self.bar is not None:
            self.bar.update(event[1].global_step - self.bar.n)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        if self.bar is not None:
            self.bar.close()


def _with_bar(name: str, shown: str, callbacks: Sequence[TrainerCallback]) -> list[TrainerCallback]:
    return [_Bar(name, shown), *callbacks]


def _common(settings: TrainSettings, out: Path, steps: int) -> dict[str, Any]:
    cuda = torch.cuda.is_available()
    return {
        "output_dir": str(out),
        "max_steps": steps,
        "lr_scheduler_type": "cosine",
        "warmup_steps": min(10, steps // 10),
        "logging_steps": 1,
        "save_strategy": "steps",
        "save_steps": settings.save_steps or max(1, steps // CHECKPOINTS_A_PHASE),
        "save_total_limit": 2,
        "seed": settings.seed,
        # TRL's defaults are bf16 and checkpointing, which only cost time on a CPU.
        "bf16": cuda,
        "use_cpu": not cuda,
        "gradient_checkpointing": not settings.is_tiny,
        "dataloader_pin_memory": cuda,
        "remove_unused_columns": False,
        "report_to": "none",
        "disable_tqdm": True,
    }


def _run(trainer: Any, out: Path) -> LogEntries:
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    checkpoint = last_checkpoint(out)
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    return [entry for entry in trainer.state.log_history if "train_runtime" not in entry]
