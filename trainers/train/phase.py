"""What the two phases of a run, SFT and GRPO, share: TRL's common options, the progress bar, the resume."""

from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm
from transformers import PrinterCallback, ProgressCallback, TrainerCallback

from simgen.trainers.config import TrainConfig
from simgen.trainers.train.checkpoints import find_last_checkpoint

LogEntries = list[dict[str, Any]]
"""One entry for each step, with TRL's names."""
CHECKPOINTS_PER_PHASE = 5


def build_common_options(config: TrainConfig, out: Path, steps: int) -> dict[str, Any]:
    """The options that SFTConfig and GRPOConfig have in common, by TRL's names."""
    cuda = torch.cuda.is_available()
    return {
        "output_dir": str(out),
        "max_steps": steps,
        "lr_scheduler_type": "cosine",
        "warmup_steps": min(10, steps // 10),
        "logging_steps": 1,
        "save_strategy": "steps",
        "save_steps": config.save_steps or max(1, steps // CHECKPOINTS_PER_PHASE),
        "save_total_limit": 2,
        "seed": config.seed,
        # TRL's defaults are bf16 and checkpointing, which only cost time on a CPU.
        "bf16": cuda,
        "use_cpu": not cuda,
        "gradient_checkpointing": False,
        "dataloader_pin_memory": cuda,
        "remove_unused_columns": False,
        "report_to": "none",
        "disable_tqdm": True,
    }


def run_trainer(trainer: Any, out: Path) -> LogEntries:
    """Trains from the last complete checkpoint in `out`, or from the start; returns the log of all steps."""
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    checkpoint = find_last_checkpoint(out)
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    return [entry for entry in trainer.state.log_history if "train_runtime" not in entry]


class ProgressBar(TrainerCallback):
    """One tqdm bar on stderr. The one of transformers would print every log entry to stdout."""

    def __init__(self, name: str, shown: str) -> None:
        """`shown` is the log's key whose value stands beside the bar."""
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
