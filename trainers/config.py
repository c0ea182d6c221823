"""The options of a training run. Imports neither torch nor trl."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from simgen.errors import InputError
from simgen.trainers.presets import TINY, choose_preset


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The options of one run. None means the default of the model's preset (see `resolve`)."""

    model: str = TINY
    """`tiny`, a Hub id or a local folder."""
    curriculum: bool = True
    """False: one stage, shuffled."""
    stages: int = 3
    """Stages of the curriculum: quantiles of difficulty, from easy to hard."""
    replay: float = 0.25
    """Share of a stage's samples that comes from the easier stages before it."""
    sft_steps: int | None = None
    grpo_steps: int | None = None
    batch_size: int | None = None
    """Samples in a step of SFT."""
    prompts_per_step: int = 2
    """Prompts in a step of GRPO; each is answered `num_generations` times."""
    num_generations: int = 4
    sft_learning_rate: float | None = None
    grpo_learning_rate: float | None = None
    temperature: float | None = None
    """Sampling temperature in GRPO. Evaluation is greedy."""
    frames_per_sample: int = 8
    """Rows with more frames are thinned evenly, first and last kept; the report counts such rows."""
    image_px: int | None = None
    """Longer side of a frame that the model gets, in pixels."""
    max_tokens: int | None = None
    """Most tokens of a sample: prompt, frames and target. A longer one is refused, never cut."""
    max_completion_tokens: int | None = None
    """Most tokens of an answer. None: a tenth more than the longest target of the rows."""
    eval_rows: int | None = None
    """Most held-out rows to score."""
    eval_batch_size: int = 8
    save_steps: int | None = None
    """Steps between checkpoints. None: five checkpoints in each phase."""
    lora_rank: int = 64
    lora_alpha: int = 128
    seed: int = 0

    @property
    def is_tiny(self) -> bool:
        """Whether the model is the tiny one, which is trained from scratch and without LoRA."""
        return self.model == TINY


MINIMUMS: dict[str, int] = {
    "stages": 1,
    "sft_steps": 1,
    "grpo_steps": 0,
    "batch_size": 1,
    "prompts_per_step": 1,
    "num_generations": 2,  # the advantage is relative to the group's mean
    "frames_per_sample": 1,
    "image_px": 56,
    "max_tokens": 1,
    "max_completion_tokens": 1,
    "eval_rows": 1,
    "eval_batch_size": 1,
    "save_steps": 1,
    "lora_rank": 1,
}
"""The smallest allowed value of each integer option."""


def resolve(config: TrainConfig) -> TrainConfig:
    """The config with the preset's defaults filled in and a model's folder as an absolute path.

    `max_completion_tokens` and `save_steps` stay None where they follow from the rows or the steps.
    Raises InputError when a value is out of range.
    """
    defaults = choose_preset(config.model)
    unset = {name: value for name, value in defaults.items() if getattr(config, name) is None}
    filled = replace(config, **unset, model=_absolute(config))
    _check_ranges(filled)
    return filled


def list_changes(old: Mapping[str, object], new: TrainConfig) -> list[str]:
    """Names of the options that differ from those of an earlier run, as read from its config.json."""
    return [field.name for field in fields(new) if old.get(field.name) != getattr(new, field.name)]


def _absolute(config: TrainConfig) -> str:
    # A LoRA adapter stores this name of its base model, and is loaded from other working folders later.
    is_folder = not config.is_tiny and Path(config.model).is_dir()
    return str(Path(config.model).resolve()) if is_folder else config.model


def _check_ranges(config: TrainConfig) -> None:
    for name, least in MINIMUMS.items():
        value = getattr(config, name)
        if value is not None and value < least:
            raise InputError(f"train config: {name} is {value}; give at least {least}")
    if not 0.0 <= config.replay < 1.0:
        raise InputError(f"train config: replay is {config.replay}; give a share from 0 to below 1")
