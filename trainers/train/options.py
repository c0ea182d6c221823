"""TRL's options: what simgen sets on SFTConfig and GRPOConfig, and what `sft.trl` and `grpo.trl` may add.

Everything that is not set here is TRL's default.
"""

import importlib.util
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import parse_flag_from_env
from transformers import TrainingArguments
from transformers.integrations.integration_utils import get_available_reporting_integrations
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from simgen.errors import MissingSystemError, TrainingConfigError
from simgen.trainers.config import TrainConfig
from simgen.trainers.rewards import Reward
from simgen.trainers.train.plan import PlanSize

RewardShares = Sequence[tuple[Reward, float]]
"""The rewards of GRPO with their shares of the total, as `choose_rewards` gives them."""
CHECKPOINTS_PER_PHASE = 5

OWN_SETTINGS = {
    "output_dir": "--run",
    "max_steps": "{section}.steps",
    "num_train_epochs": "{section}.steps",
    "learning_rate": "{section}.learning_rate",
    "save_steps": "save_steps",
    "seed": "seed",
    "data_seed": "seed",
    "model_init_kwargs": "section model",
    "resume_from_checkpoint": "--resume",
}
"""Options of both phases that have a setting of simgen's own, and its name."""
OWN_SFT_SETTINGS = {"per_device_train_batch_size": "sft.batch_size"}
OWN_GRPO_SETTINGS = {
    "per_device_train_batch_size": "grpo.prompts_per_step",
    "num_generations": "grpo.num_generations",
    "temperature": "grpo.temperature",
    "max_completion_length": "data.max_completion_tokens",
    "reward_weights": "grpo.rewards",
}

_ORDER = "the curriculum is the order of the samples"
_CHECKPOINTS = "a resume needs whole checkpoints at known steps"
_NO_EVALUATION = "simgen itself scores held-out houses, also while a phase runs (eval.every_steps)"
FIXED = {
    "train_sampling_strategy": _ORDER,
    "shuffle_dataset": _ORDER,
    "packing": _ORDER,
    "dataloader_drop_last": _ORDER,
    "auto_find_batch_size": "the curriculum is planned for a known batch",
    "max_length": "a cut sample loses frames or its answer; data.max_tokens refuses it instead",
    "remove_unused_columns": "the rewards and the log of the order need the columns",
    "logging_steps": "the report needs a line for each step",
    "logging_strategy": "the report needs a line for each step",
    "save_strategy": _CHECKPOINTS,
    "save_only_model": _CHECKPOINTS,
    "ignore_data_skip": "a resumed run would see its samples again",
    "do_eval": _NO_EVALUATION,
    "eval_strategy": _NO_EVALUATION,
    "push_to_hub": "a run writes to its folder alone",
}
"""Options that no recipe may set, and why."""


def build_warm_up_options(config: TrainConfig, out: Path) -> TrainingArguments:
    """transformers' options for the warm-up, which no config changes."""
    own: dict[str, Any] = {
        "per_device_train_batch_size": config.warm_up.batch_size,
        "learning_rate": config.warm_up.learning_rate,
        "train_sampling_strategy": "sequential",
        "weight_decay": 0.05,
        "warmup_steps": min(50, config.warm_up.steps // 10),
    }
    return TrainingArguments(**(_common(config, out, config.warm_up.steps) | own))


def build_sft_options(config: TrainConfig, out: Path) -> SFTConfig:
    """TRL's options for SFT. Raises TrainingConfigError for a wrong one in `sft.trl`."""
    _check("sft", config.sft.trl, SFTConfig, OWN_SFT_SETTINGS)
    own = {
        "per_device_train_batch_size": config.sft.batch_size,
        "learning_rate": config.sft.learning_rate,
        "train_sampling_strategy": "sequential",
        # None: the default of 1024 would cut answers and image tokens; check_budget refuses instead.
        "max_length": None,
        "completion_only_loss": True,
    }
    options = _build("sft", SFTConfig, _common(config, out, config.sft.steps) | own | config.sft.trl)
    _check_scores(config, options)
    return options


def build_grpo_options(config: TrainConfig, out: Path, rewards: RewardShares) -> GRPOConfig:
    """TRL's options for GRPO. Raises TrainingConfigError for a wrong one in `grpo.trl`."""
    _check("grpo", config.grpo.trl, GRPOConfig, OWN_GRPO_SETTINGS)
    own = {
        "per_device_train_batch_size": config.grpo.prompts_per_step * config.grpo.num_generations,
        "num_generations": config.grpo.num_generations,
        "learning_rate": config.grpo.learning_rate,
        "shuffle_dataset": False,
        "max_completion_length": config.data.max_completion_tokens,
        "temperature": config.grpo.temperature,
        "reward_weights": [share for _, share in rewards],
    }
    options = _build("grpo", GRPOConfig, _common(config, out, config.grpo.steps) | own | config.grpo.trl)
    _check_scores(config, options)
    # A checkpoint in the middle of a generation could not be resumed exactly: its answers are not stored.
    whole = (
        math.lcm(_uses(options), options.gradient_accumulation_steps) // options.gradient_accumulation_steps
    )
    options.save_steps = math.ceil(options.save_steps / whole) * whole
    return options


def measure_sft(options: SFTConfig) -> PlanSize:
    """The batches of SFT: one for each step, of the samples of all processes and accumulated steps."""
    return PlanSize(options.max_steps, count_samples_per_step(options))


def count_samples_per_step(options: TrainingArguments) -> int:
    """The samples that all processes and accumulated batches of a step take together."""
    return options.train_batch_size * options.world_size * options.gradient_accumulation_steps


def measure_grpo(options: GRPOConfig) -> PlanSize:
    """The batches of GRPO: one for each generation, of the prompts that all processes answer in it."""
    assert options.generation_batch_size is not None
    assert options.num_generations is not None
    batches = math.ceil(options.max_steps / count_steps_per_batch(options))
    return PlanSize(batches, options.generation_batch_size // options.num_generations)


def count_steps_per_batch(options: GRPOConfig) -> Fraction:
    """The steps of training that one generation serves: 1 by TRL's defaults."""
    return Fraction(_uses(options), options.gradient_accumulation_steps)


def _uses(options: GRPOConfig) -> int:
    """How many times a process computes a loss on a part of one generation."""
    assert options.steps_per_generation is not None
    return options.steps_per_generation * options.num_iterations


def _common(config: TrainConfig, out: Path, steps: int) -> dict[str, Any]:
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


def _check(section: str, given: Mapping[str, object], kind: type, own_settings: Mapping[str, str]) -> None:
    known = [field.name for field in fields(kind) if field.init]
    settings = {**OWN_SETTINGS, **own_settings}
    for name in given:
        if name in settings:
            cure = settings[name].format(section=section)
            raise TrainingConfigError(
                f"{section}.trl.{name}: simgen sets this option from {cure}; set that instead"
            )
        if name in FIXED:
            raise TrainingConfigError(
                f"{section}.trl.{name}: this option is fixed: {FIXED[name]}; leave it out"
            )
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; see TRL's page for its names"
            raise TrainingConfigError(f"{section}.trl.{name}: {kind.__name__} has no such option{hint}")


def _build(section: str, kind: Any, values: Mapping[str, Any]) -> Any:
    try:
        options = kind(**values)
    except (ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise TrainingConfigError(f"{section}.trl: TRL refuses these options: {reason}") from None
    _check_packages(section, options)
    return options


def _check_scores(config: TrainConfig, options: Any) -> None:
    """Raises TrainingConfigError for scores while a phase runs, if the model is spread over processes.

    Such a model answers only where all processes answer the same prompts.
    """
    spread = options.deepspeed_plugin is not None or options.fsdp_plugin_args is not None
    if config.eval.every_steps and (spread or parse_flag_from_env("ACCELERATE_USE_FSDP")):
        raise TrainingConfigError(
            f"eval.every_steps is {config.eval.every_steps}: a model that FSDP or DeepSpeed spreads over "
            "processes cannot be scored while it is trained; set it to 0"
        )


def _check_packages(section: str, options: Any) -> None:
    """Raises MissingSystemError for a package that an option needs and that is not installed."""
    known = get_available_reporting_integrations()
    # transformers adds kubeflow by itself where it runs.
    missing = [name for name in options.report_to if name not in (*known, "kubeflow")]
    if getattr(options, "use_vllm", False) and importlib.util.find_spec("vllm") is None:
        missing.append("vllm")
    if missing:
        raise MissingSystemError(
            f"{section}.trl: {', '.join(missing)} is not installed; install it, or leave it out"
        )
