"""Group relative policy optimization (GRPO): the model's own answers are reinforced by their rewards."""

from collections.abc import Sequence
from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from simgen.trainers.models.loading import VisionModel
from simgen.trainers.samples import ROW_COLUMN
from simgen.trainers.train.checkpoints import CheckpointMixin
from simgen.trainers.train.image_counts import ImageCountsMixin
from simgen.trainers.train.options import RewardShares
from simgen.trainers.train.order import OrderLog, OrderMixin, OrderSampler
from simgen.trainers.train.phase import LogEntries, ProgressBar, run_trainer


def run_grpo(
    loaded: VisionModel,
    data: Dataset,
    order: OrderLog,
    options: GRPOConfig,
    rewards: RewardShares,
    callbacks: Sequence[TrainerCallback] = (),
) -> LogEntries:
    """Reinforces answers by the rewards on the samples in the given order; returns a log entry for each step.

    Continues from the last complete checkpoint in `options.output_dir` if there is one. `data` has one sample
    for each row.
    """
    functions: list[Any] = [reward.function for reward, _ in rewards]
    trainer = _Trainer(
        order,
        model=loaded.model,
        reward_funcs=functions,
        args=options,
        train_dataset=data,
        processing_class=loaded.processor,
        callbacks=[ProgressBar("GRPO", "reward"), *callbacks],
    )
    return run_trainer(trainer, loaded, order)


class _Trainer(CheckpointMixin, OrderMixin, ImageCountsMixin, GRPOTrainer):
    def __init__(self, order: OrderLog, **options: Any) -> None:
        self.order = order
        super().__init__(**options)

    def _get_train_sampler(self, *_: Any, **__: Any) -> OrderSampler:
        # TRL's sampler of the positions: each comes once for each answer.
        return OrderSampler(super()._get_train_sampler(self.order), self.order)  # pyright: ignore[reportArgumentType]  # needs len() only

    def _calculate_rewards(self, inputs: list[dict[str, Any]], *answers: Any) -> torch.Tensor:
        """(answers of all processes, rewards), as TRL's; records the prompts and what they earned."""
        rewards = super()._calculate_rewards(inputs, *answers)
        own = torch.tensor([sample[ROW_COLUMN] for sample in inputs], device=rewards.device)
        # The answers to one prompt stand side by side.
        rows = self.gather_rows(own)[:: self.num_generations]
        earned = _weigh(rewards, self.reward_weights.to(rewards.device)).reshape(len(rows), -1)
        spread = earned.amax(dim=1) - earned.amin(dim=1)
        self.order.record(rows, earned.mean(dim=1).tolist(), spread.tolist())
        return rewards


def _weigh(rewards: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(answers,) weighted means of the rewards, 0 to 1. A reward that does not apply (NaN) counts as 0."""
    return (rewards * weights).nansum(dim=1) / weights.sum()
