"""The tokens that samples take. Those that do not fit are refused before training starts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from PIL import Image

from simgen.errors import InputError
from simgen.qa.view.view import STANDARD_COUNTS
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import DataSpec, TrainConfig
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.samples import read_frame_size
from simgen.trainers.targets import build_prompt, build_target, render_prompt

END_OF_TURN_TOKENS = 2
"""What the chat template puts behind a target: the end of the turn and a line break."""
ANSWER_SLACK = 1.1
"""Answers may be a tenth longer than the longest target: a wrong map can be longer than the right one."""
TEXTS_AT_ONCE = 1024
"""Texts that the tokenizer gets at once. It then uses all cores, and the tokens take little memory."""
_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for the prompt while the chat template is rendered, which is slow, only once."""


@dataclass(frozen=True, slots=True)
class SampleTokens:
    """The tokens of one row's sample, by part."""

    row: Row
    prompt: int
    """The prompt in the chat template, without frames."""
    frame: int
    """Each frame, its start and end markers included."""
    target: int

    @property
    def total(self) -> int:
        return self.prompt + len(self.row.frames) * self.frame + self.target


def check_budget(rows: Sequence[Row], folder: DataFolder, loaded: VisionModel, config: TrainConfig) -> int:
    """The number of tokens of the longest target.

    Raises InputError if a row's prompt, frames and target do not fit in `data.max_tokens`. The error names
    the longest row, its tokens by part, the number of such rows, and the settings with which all would fit.
    """
    longest_target, too_long = 0, list[SampleTokens]()
    for sample in count_tokens(rows, folder, loaded, config.data):
        longest_target = max(longest_target, sample.target)
        if sample.total > config.data.max_tokens:
            too_long.append(sample)
    if too_long:
        raise InputError(_describe(too_long, config.data))
    return longest_target


def count_tokens(
    rows: Sequence[Row], folder: DataFolder, loaded: VisionModel, data: DataSpec
) -> Iterator[SampleTokens]:
    """The tokens of each row's sample, for this model and target, in the order of the rows."""
    template, remaining = render_prompt(loaded.processor, _MARK, image_count=0), iter(rows)
    frame_tokens: dict[tuple[int, int], int] = {}
    while batch := list(islice(remaining, TEXTS_AT_ONCE)):
        prompts = _count(
            loaded, [template.replace(_MARK, build_prompt(r, data.target, data.map)) for r in batch]
        )
        targets = _count(loaded, [build_target(row, data.target, data.map) for row in batch])
        for row, prompt, target in zip(batch, prompts, targets, strict=True):
            size = read_frame_size(str(folder.dataset(row.dataset).clip_path(row.clip)), data.image_px)
            if size not in frame_tokens:
                frame_tokens[size] = _frame_tokens(size, loaded.processor)
            yield SampleTokens(row, prompt, frame_tokens[size], target + END_OF_TURN_TOKENS)


def choose_answer_limit(config: TrainConfig, longest_target: int) -> int:
    """The most tokens of an answer: `data.max_completion_tokens`, or the longest target and a tenth."""
    if config.data.max_completion_tokens is not None:
        return config.data.max_completion_tokens
    return math.ceil(ANSWER_SLACK * longest_target)


def _describe(too_long: Sequence[SampleTokens], data: DataSpec) -> str:
    longest = max(too_long, key=lambda sample: sample.total)
    count, row = len(longest.row.frames), longest.row
    rows = "row is" if len(too_long) == 1 else "rows are"
    return (
        f"{row.dataset}/{row.id}: this sample takes {longest.total} tokens (prompt {longest.prompt}, frames "
        f"{count} x {longest.frame} = {count * longest.frame}, target {longest.target}), and data.max_tokens "
        f"is {data.max_tokens}; {len(too_long)} {rows} too long, and would fit with --set data.max_tokens="
        f"{longest.total}{_fewer_frames(too_long, data.max_tokens)}"
    )


def _fewer_frames(too_long: Sequence[SampleTokens], most: int) -> str:
    """The number of frames with which all rows fit, as a setting; empty if there is none."""
    room = min((most - sample.prompt - sample.target) // sample.frame for sample in too_long)
    fitting = [count for count in STANDARD_COUNTS if count <= room]
    return f" or --set data.frames_per_sample={fitting[-1]}" if fitting else ""


def _count(loaded: VisionModel, texts: list[str]) -> list[int]:
    return [len(tokens) for tokens in loaded.tokenizer(texts, return_attention_mask=False)["input_ids"]]


def _frame_tokens(size: tuple[int, int], processor: Any) -> int:
    """Tokens that one more frame adds to a prompt, its start and end markers included."""
    image = Image.new("RGB", size)
    one, two = (
        processor(text=[render_prompt(processor, "", count)], images=[[image] * count])["input_ids"][0]
        for count in (1, 2)
    )
    return len(two) - len(one)
