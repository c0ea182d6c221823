"""Supervised fine-tuning (SFT): the model learns to write each row's target."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import TrainerCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from simgen.trainers.config import TrainConfig
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.train.checkpoints import CheckpointMixin
from simgen.trainers.train.packing import PackingCollator
from simgen.trainers.train.phase import LogEntries, ProgressBar, build_common_options, run_trainer


def run_sft(
    loaded: VisionModel,
    data: Dataset,
    config: TrainConfig,
    out: Path,
    callbacks: Sequence[TrainerCallback] = (),
) -> LogEntries:
    """Fine-tunes the model on the samples in their order, and returns one log entry for each step.

    Continues from the last complete checkpoint in `out` if there is one.
    """
    own: dict[str, Any] = {
        "per_device_train_batch_size": config.sft.batch_size,
        "learning_rate": config.sft.learning_rate,
        "train_sampling_strategy": "sequential",
        # None: the default of 1024 would cut answers and image tokens; check_budget refuses instead.
        "max_length": None,
        "completion_only_loss": True,
    }
    options = SFTConfig(**build_common_options(config, out, config.sft.steps) | own | config.sft.trl)
    trainer = _Trainer(
        model=loaded.model,
        args=options,
        train_dataset=data,
        processing_class=loaded.processor,
        data_collator=PackingCollator(loaded) if config.sft.pack > 1 else None,
        callbacks=[ProgressBar("SFT", "loss"), *callbacks],
    )
    return run_trainer(trainer, out)


class _Trainer(CheckpointMixin, SFTTrainer):
    pass
