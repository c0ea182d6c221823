"""Default options of a run, for the tiny model and for all others. Imports neither torch nor trl."""

from typing import Any

TINY = "tiny"
"""The name of the model that is built from a config, offline, in under a second."""

TINY_DEFAULTS: dict[str, Any] = {
    # Many small steps: at equal cost 300 steps of 2 reached a loss of 0.39 where 150 of 4 reached 0.65.
    "sft_steps": 400,
    "batch_size": 2,
    "grpo_steps": 8,
    # Random weights hold nothing that a high rate could destroy, so the rates are far above a fine-tune's.
    "sft_learning_rate": 3e-3,
    "grpo_learning_rate": 5e-5,
    # At 1.0 a model this small drifts off within the 500 tokens of a map.
    "temperature": 0.7,
    "image_px": 112,  # 4 x 3 tokens for a frame of 4:3
    "max_tokens": 2048,
    "eval_rows": 16,
}
FULL_DEFAULTS: dict[str, Any] = {
    "sft_steps": 1000,
    "batch_size": 4,
    "grpo_steps": 500,
    "sft_learning_rate": 1e-4,
    "grpo_learning_rate": 1e-5,
    "temperature": 1.0,
    "image_px": 448,  # 16 x 12 tokens for a frame of 4:3
    "max_tokens": 8192,
    "eval_rows": 200,
}


def choose_preset(model: str) -> dict[str, Any]:
    """The default options of a model, by the names of TrainConfig's fields."""
    return TINY_DEFAULTS if model == TINY else FULL_DEFAULTS
