"""The tokens that samples take. Those that do not fit are refused before training starts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from PIL import Image
from trl.data_utils import apply_chat_template, prepare_multimodal_messages

from simgen.errors import InputError
from simgen.qa.view.view import STANDARD_COUNTS
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import DataSpec, TrainConfig
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.samples import read_frame_size
from simgen.trainers.targets import (
    build_prompt,
    build_prompt_messages,
    build_target,
    build_target_messages,
    render_prompt,
)

ANSWER_SLACK = 1.1
"""Answers may be a tenth longer than the longest target: a wrong map can be longer than the right one."""
TEXTS_AT_ONCE = 1024
"""Texts that the tokenizer gets at once. It then uses all cores, and the tokens take little memory."""
_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for a text while the chat template is rendered, which is slow, only once."""

Size = tuple[int, int]
"""Width and height of a frame in pixels."""


@dataclass(frozen=True, slots=True)
class SampleTokens:
    """The tokens of one row's sample, by part."""

    row: Row
    size: Size
    prompt: int
    """The prompt in the chat template, without frames."""
    frames: int
    """All frames together, with the marks around them."""
    target: int
    """The target and the end of the turn."""

    @property
    def total(self) -> int:
        return self.prompt + self.frames + self.target


@dataclass(slots=True)
class TokenCounter:
    """Counts tokens as a model's processor and chat template make them."""

    processor: Any
    _frames: dict[tuple[Size, int], int] = field(default_factory=dict)
    _prompts: dict[int, str] = field(default_factory=dict)

    def count_frames(self, size: Size, count: int) -> int:
        """Tokens that `count` frames add to a prompt, for each number of frames by itself.

        LLaVA-OneVision cuts a single frame into tiles, and several frames not.
        """
        if (size, count) not in self._frames:
            text, images = render_prompt(self.processor, "", count), [Image.new("RGB", size)] * count
            made = self.processor(text=[text], images=[images] if count else None, add_special_tokens=False)
            [bare] = self.count_texts([render_prompt(self.processor, "", 0)])
            self._frames[size, count] = len(made["input_ids"][0]) - bare
        return self._frames[size, count]

    def count_prompts(self, prompts: Sequence[str], counts: Sequence[int]) -> list[int]:
        """Tokens of prompts in the chat template, without their frames, of which each has a number."""
        texts = [self._wrap_prompt(prompt, count) for prompt, count in zip(prompts, counts, strict=True)]
        # The marks of the frames belong to the frames.
        marks = {count: self._count_marks(count) for count in set(counts)}
        return [tokens - marks[count] for tokens, count in zip(self.count_texts(texts), counts, strict=True)]

    def count_targets(self, targets: Sequence[str]) -> list[int]:
        """Tokens of targets with the end of the turn, over which TRL takes the loss."""
        messages = {
            "prompt": prepare_multimodal_messages(build_prompt_messages("")),
            "completion": prepare_multimodal_messages(build_target_messages(_MARK)),
        }
        template = apply_chat_template(messages, self.processor)["completion"]
        return self.count_texts([template.replace(_MARK, target) for target in targets])

    def count_texts(self, texts: list[str]) -> list[int]:
        """Tokens of texts as they stand."""
        tokenize = self.processor.tokenizer
        ids = tokenize(texts, add_special_tokens=False, return_attention_mask=False)["input_ids"]
        return [len(tokens) for tokens in ids]

    def _wrap_prompt(self, prompt: str, count: int) -> str:
        if count not in self._prompts:
            self._prompts[count] = render_prompt(self.processor, _MARK, count)
        return self._prompts[count].replace(_MARK, prompt)

    def _count_marks(self, count: int) -> int:
        [marked], [bare] = (
            self.count_texts([render_prompt(self.processor, "", number)]) for number in (count, 0)
        )
        return marked - bare


def check_budget(rows: Sequence[Row], folder: DataFolder, loaded: VisionModel, config: TrainConfig) -> int:
    """The number of tokens of the longest target.

    Raises InputError if a row's prompt, frames and target do not fit in `data.max_tokens`. The error names
    the longest row, its tokens by part, the number of such rows, and the settings with which all would fit.
    """
    counter = TokenCounter(loaded.processor)
    longest_target, too_long = 0, list[SampleTokens]()
    for sample in count_tokens(rows, folder, counter, config.data):
        longest_target = max(longest_target, sample.target)
        if sample.total > config.data.max_tokens:
            too_long.append(sample)
    if too_long:
        raise InputError(_describe(too_long, counter, config.data))
    return longest_target


def count_tokens(
    rows: Sequence[Row], folder: DataFolder, counter: TokenCounter, data: DataSpec
) -> Iterator[SampleTokens]:
    """The tokens of each row's sample, for this model and target, in the order of the rows."""
    remaining = iter(rows)
    while batch := list(islice(remaining, TEXTS_AT_ONCE)):
        prompts = counter.count_prompts(
            [build_prompt(row, data.target, data.map) for row in batch], [len(row.frames) for row in batch]
        )
        targets = counter.count_targets([build_target(row, data.target, data.map) for row in batch])
        for row, prompt, target in zip(batch, prompts, targets, strict=True):
            size = read_frame_size(str(folder.dataset(row.dataset).clip_path(row.clip)), data.image_px)
            yield SampleTokens(row, size, prompt, counter.count_frames(size, len(row.frames)), target)


def choose_answer_limit(config: TrainConfig, longest_target: int) -> int:
    """The most tokens of an answer: `data.max_completion_tokens`, or the longest target and a tenth."""
    if config.data.max_completion_tokens is not None:
        return config.data.max_completion_tokens
    return math.ceil(ANSWER_SLACK * longest_target)


def _describe(too_long: Sequence[SampleTokens], counter: TokenCounter, data: DataSpec) -> str:
    longest = max(too_long, key=lambda sample: sample.total)
    row = longest.row
    rows = "row is" if len(too_long) == 1 else "rows are"
    return (
        f"{row.dataset}/{row.id}: this sample takes {longest.total} tokens (prompt {longest.prompt}, "
        f"{len(row.frames)} frames {longest.frames}, target {longest.target}), and data.max_tokens is "
        f"{data.max_tokens}; {len(too_long)} {rows} too long, and would fit with --set data.max_tokens="
        f"{longest.total}{_fewer_frames(too_long, counter, data.max_tokens)}"
    )


def _fewer_frames(too_long: Sequence[SampleTokens], counter: TokenCounter, most: int) -> str:
    """The number of frames with which all rows fit, as a setting; empty if there is none."""
    fitting = [
        count
        for count in STANDARD_COUNTS
        if all(
            sample.prompt + counter.count_frames(sample.size, count) + sample.target <= most
            for sample in too_long
        )
    ]
    return f" or --set data.frames_per_sample={max(fitting)}" if fitting else ""
