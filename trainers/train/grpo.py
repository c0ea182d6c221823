"""Group relative policy optimization (GRPO): the model's own answers are reinforced by their rewards."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import TrainerCallback
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from simgen.trainers.config import TrainConfig
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.rewards import choose_rewards
from simgen.trainers.train.checkpoints import CheckpointMixin
from simgen.trainers.train.phase import LogEntries, ProgressBar, build_common_options, run_trainer


def run_grpo(
    loaded: VisionModel,
    data: Dataset,
    config: TrainConfig,
    out: Path,
    callbacks: Sequence[TrainerCallback] = (),
) -> LogEntries:
    """Reinforces answers by the rewards on the samples in their order; returns one log entry for each step.

    Continues from the last complete checkpoint in `out` if there is one.
    """
    rewards = choose_rewards(config.grpo.rewards, config.data.target)
    functions: list[Any] = [reward.function for reward, _ in rewards]
    own: dict[str, Any] = {
        "per_device_train_batch_size": config.grpo.prompts_per_step * config.grpo.num_generations,
        "steps_per_generation": 1,
        "num_generations": config.grpo.num_generations,
        "learning_rate": config.grpo.learning_rate,
        "shuffle_dataset": False,
        "max_completion_length": config.data.max_completion_tokens,
        "temperature": config.grpo.temperature,
        "reward_weights": [share for _, share in rewards],
    }
    options = GRPOConfig(**build_common_options(config, out, config.grpo.steps) | own | config.grpo.trl)
    trainer = _Trainer(
        model=loaded.model,
        reward_funcs=functions,
        args=options,
        train_dataset=data,
        processing_class=loaded.processor,
        callbacks=[ProgressBar("GRPO", "reward"), *callbacks],
    )
    return run_trainer(trainer, out)


class _Trainer(CheckpointMixin, GRPOTrainer):
    pass
