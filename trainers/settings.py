"""What can be chosen about a training run. Imports neither torch nor trl."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from simgen.errors import InputError

TINY = "tiny"
"""The name of the model that is built from a config, offline, in under a second."""

REWARD_WEIGHTS = (0.9, 0.1)
"""Accuracy and format: format alone must never pay more than the coarsest step of a right number."""


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Choices for one run; None stands for the model's own default (see `resolve`)."""

    model: str = TINY
    """`tiny`, a Hub id or a local folder."""
    curriculum: bool = True
    """False: one stage, shuffled."""
    stages: int = 3
    """Quantiles of difficulty, from easy to hard."""
    replay: float = 0.25
    """Share of a stage's samples that comes from the easier stages before it."""
    sft_steps: int | None = None
    grpo_steps: int | None = None
    batch_size: int | None = None
    """Samples a step of SFT."""
    prompts_per_step: int = 2
    """Prompts a step of GRPO; each is answered `num_generations` times."""
    num_generations: int = 4
    sft_learning_rate: float | None = None
    grpo_learning_rate: float | None = None
    temperature: float | None = None
    """Of the sampling in GRPO; evaluation is greedy."""
    frames_per_sample: int = 8
    """Rows with more frames are thinned evenly, first and last kept; the report counts them."""
    image_px: int | None = None
    """Longer side of a frame as the model sees it."""
    max_tokens: int | None = None
    """Prompt, frames and target together; a sample that needs more is refused, never cut."""
    max_completion_tokens: int | None = None
    """None: the longest target of the rows and a tenth more."""
    eval_rows: int | None = None
    eval_batch_size: int = 8
    save_steps: int | None = None
    """Steps between checkpoints; None: five checkpoints a phase."""
    lora_rank: int = 64
    lora_alpha: int = 128
    seed: int = 0

    @property
    def is_tiny(self) -> bool:
        return self.model == TINY


TINY_DEFAULTS: dict[str, int | float] = {
    # Many small steps: at equal cost 300 steps of 2 reached a loss of 0.39 where 150 of 4 reached 0.65.
    "sft_steps": 400,
    "batch_size": 2,
    "grpo_steps": 8,
    # From random weights there is nothing to forget, so the rates are far above a fine-tune's.
    "sft_learning_rate": 3e-3,
    "grpo_learning_rate": 5e-5,
    # At 1.0 a model this small loses the thread within the 500 tokens of a map.
    "temperature": 0.7,
    "image_px": 112,  # 4 x 3 tokens a frame of 4:3
    "max_tokens": 2048,
    "eval_rows": 16,
}
FULL_DEFAULTS: dict[str, int | float] = {
    "sft_steps": 1000,
    "batch_size": 4,
    "grpo_steps": 500,
    "sft_learning_rate": 1e-4,
    "grpo_learning_rate": 1e-5,
    "temperature": 1.0,
    "image_px": 448,  # 16 x 12 tokens a frame of 4:3
    "max_tokens": 8192,
    "eval_rows": 200,
}
AT_LEAST: dict[str, int] = {
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


def resolve(settings: TrainSettings) -> TrainSettings:
    """The settings with the model's defaults filled in.

    `max_completion_tokens` and `save_steps` stay None where they follow from the data or the steps.
    Raises InputError when a value is out of range.
    """
    defaults = TINY_DEFAULTS if settings.is_tiny else FULL_DEFAULTS
    unset = {name: value for name, value in defaults.items() if getattr(settings, name) is None}
    filled = replace(settings, **unset)
    _check_ranges(filled)
    return filled


def _check_ranges(settings: TrainSettings) -> None:
    for name, least in AT_LEAST.items():
        value = getattr(settings, name)
        if value is not None and value < least:
            raise InputError(f"train settings: {name} is {value}; give at least {least}")
    if not 0.0 <= settings.replay < 1.0:
        raise InputError(f"train settings: replay is {settings.replay}; give a share from 0 to below 1")


def changed_fields(old: Mapping[str, object], new: TrainSettings) -> list[str]:
    """Names of the settings that differ from those of an earlier run, as read from its config.json."""
    return [field.name for field in fields(new) if old.get(field.name) != getattr(new, field.name)]
