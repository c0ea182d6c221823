"""Supervised fine-tuning (SFT): the model learns to write each row's target."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import TrainerCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from simgen.trainers.config import TrainConfig
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.train.checkpoints import CheckpointMixin
from simgen.trainers.train.number_loss import NumberLoss, make_number_loss
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
    trainer_type = _Trainer
    if config.sft.number_spread_m:
        trainer_type = partial(_NumberTrainer, make_number_loss(loaded.tokenizer, config.sft.number_spread_m))
    trainer = trainer_type(
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


class _NumberTrainer(_Trainer):
    """TRL's trainer with the loss that knows numbers. TRL's own hook would run the model twice a step."""

    def __init__(self, number_loss: NumberLoss, **options: Any) -> None:
        super().__init__(**options)
        self.number_loss = number_loss

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,  # noqa: ARG002  # TRL's signature
    ) -> Any:
        labels = inputs.pop("labels")
        outputs = model(**inputs, use_cache=False)
        loss = self.number_loss(outputs.logits, labels)
        return (loss, outputs) if return_outputs else loss
