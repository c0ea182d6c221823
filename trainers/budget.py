"""The tokens that a sample takes. A sample that does not fit is refused before training starts."""

import math
from collections.abc import Sequence
from typing import Any

from PIL import Image

from simgen.errors import InputError
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import TrainConfig
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.samples import read_frame_size
from simgen.trainers.targets import build_prompt, build_target, render_prompt

END_OF_TURN_TOKENS = 2
"""What the chat template puts behind a target: the end of the turn and a line break."""
ANSWER_SLACK = 1.1
"""Answers may be a tenth longer than the longest target: a wrong map can be longer than the right one."""


def check_budget(rows: Sequence[Row], folder: DataFolder, loaded: VisionModel, config: TrainConfig) -> int:
    """The number of tokens of the longest target.

    Raises InputError for the first row whose prompt, frames and target do not fit in `max_tokens`.
    """
    longest = 0
    frame_tokens: dict[tuple[int, int], int] = {}
    for row in rows:
        path = str(folder.dataset(row.dataset).clip_path(row.clip))
        size = read_frame_size(path, config.data.image_px)
        if size not in frame_tokens:
            frame_tokens[size] = _frame_tokens(size, loaded.processor)
        target = build_target(row, config.data.target, config.data.map)
        target_tokens = len(loaded.tokenizer(target)["input_ids"]) + END_OF_TURN_TOKENS
        tokens = _prompt_tokens(row, frame_tokens[size], loaded, config) + target_tokens
        if tokens > config.data.max_tokens:
            raise InputError(
                f"{row.dataset}/{row.id}: this sample takes {tokens} tokens and data.max_tokens is "
                f"{config.data.max_tokens}; give fewer frames_per_sample, smaller frames or more tokens"
            )
        longest = max(longest, target_tokens)
    return longest


def choose_answer_limit(config: TrainConfig, longest_target: int) -> int:
    """The most tokens of an answer: `data.max_completion_tokens`, or the longest target and a tenth."""
    if config.data.max_completion_tokens is not None:
        return config.data.max_completion_tokens
    return math.ceil(ANSWER_SLACK * longest_target)


def _prompt_tokens(row: Row, frame_tokens: int, loaded: VisionModel, config: TrainConfig) -> int:
    prompt = build_prompt(row, config.data.target, config.data.map)
    text = render_prompt(loaded.processor, prompt, image_count=0)
    frames = min(len(row.frames), config.data.frames_per_sample)
    return len(loaded.tokenizer(text)["input_ids"]) + frame_tokens * frames


def _frame_tokens(size: tuple[int, int], processor: Any) -> int:
    """Tokens that one more frame adds to a prompt, its start and end markers included."""
    image = Image.new("RGB", size)
    one, two = (
        processor(text=[render_prompt(processor, "", count)], images=[[image] * count])["input_ids"][0]
        for count in (1, 2)
    )
    return len(two) - len(one)
