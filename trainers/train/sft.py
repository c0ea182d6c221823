"""Supervised fine-tuning (SFT): the model learns to write each row's target."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from simgen.trainers.config import SftSpec
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.samples import ROW_COLUMN
from simgen.trainers.train.checkpoints import CheckpointMixin
from simgen.trainers.train.number_loss import IGNORED, NumberLoss, make_number_loss
from simgen.trainers.train.order import OrderLog, OrderMixin
from simgen.trainers.train.packing import PackingCollator
from simgen.trainers.train.phase import LogEntries, ProgressBar, run_trainer


def run_sft(
    loaded: VisionModel,
    data: Dataset,
    order: OrderLog,
    options: SFTConfig,
    spec: SftSpec,
    callbacks: Sequence[TrainerCallback] = (),
) -> LogEntries:
    """Fine-tunes the model, and returns one log entry for each step. `data` has the samples in their order.

    Continues from the last complete checkpoint in `options.output_dir` if there is one.
    """
    trainer_type = _Trainer
    if spec.number_spread_m:
        trainer_type = partial(_NumberTrainer, make_number_loss(loaded.tokenizer, spec.number_spread_m))
    trainer = trainer_type(
        order,
        model=loaded.model,
        args=options,
        train_dataset=data,
        processing_class=loaded.processor,
        data_collator=PackingCollator(loaded) if spec.pack > 1 else None,
        callbacks=[ProgressBar("SFT", "loss"), *callbacks],
    )
    return run_trainer(trainer, loaded, order)


class _Trainer(CheckpointMixin, OrderMixin, SFTTrainer):
    def __init__(self, order: OrderLog, **options: Any) -> None:
        self.order = order
        super().__init__(**options)
        self.data_collator = _RowCollator(self.data_collator)
        if getattr(self.accelerator, "parallelism_config", None) is None:
            # The loss of a step is the mean over all its tokens. Qwen's models say that they take no count of
            # tokens, and transformers would then average the means of processes and accumulated batches, in
            # which tokens of short samples weigh more. TRL's loss needs only the count, not the model's help.
            self.model_accepts_loss_kwargs = True

    def _prepare_inputs(self, inputs: Any) -> Any:
        self.order.record(self.gather_rows(inputs.pop(ROW_COLUMN)))
        return super()._prepare_inputs(inputs)


class _NumberTrainer(_Trainer):
    """TRL's trainer with the loss that knows numbers. TRL's own hook would run the model twice a step."""

    def __init__(self, number_loss: NumberLoss, order: OrderLog, **options: Any) -> None:
        super().__init__(order, **options)
        self.number_loss = number_loss

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        labels = inputs.pop("labels")
        outputs = model(**inputs, use_cache=False)
        loss = self.number_loss(outputs.logits, labels)
        if num_items_in_batch is not None:
            # The part of this batch in the mean over all tokens of the step, as TRL's own loss.
            loss = loss * (labels[:, 1:] != IGNORED).sum() / num_items_in_batch
            if self.args.average_tokens_across_devices:
                loss = loss * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss


@dataclass(frozen=True, slots=True)
class _RowCollator:
    """A collator, which keeps only what the model takes, with the index of each sample's row."""

    collate: Callable[[list[dict[str, Any]]], Any]

    def __call__(self, samples: list[dict[str, Any]]) -> Any:
        rows = torch.tensor([sample[ROW_COLUMN] for sample in samples])
        batch = self.collate(samples)
        batch[ROW_COLUMN] = rows
        return batch
