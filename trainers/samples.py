"""Question rows as TRL's samples: prompt, completion, pictures, and what the rewards need."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from PIL import Image

from simgen.errors import InputError
from simgen.store.clips import read_images
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.loading import VisionModel
from simgen.trainers.settings import TrainSettings

Pictures = tuple[Image.Image, ...]
CACHED_SAMPLES = 128
"""GRPO asks for a sample's frames once a generation; at 448 px this many samples of 8 take about 500 MB."""
END_OF_TURN_TOKENS = 2
"""What the chat template puts behind a target: the end of the turn and a line break."""


def training_set(
    rows: Sequence[Row], order: NDArray[np.int64], folder: DataFolder, settings: TrainSettings
) -> Dataset:
    """The rows in the order they are fed, repeats and all; frames are read when a sample is."""
    records = [_record(row, folder, settings) for row in rows]
    return Dataset.from_list(records).select(order).with_transform(_add_images)


def prompt_text(processor: Any, prompt: str, image_count: int) -> str:
    """The prompt in the model's chat template: pictures first, ready for the assistant to speak."""
    content = [{"type": "image"}] * image_count + [{"type": "text", "text": prompt}]
    messages = [{"role": "user", "content": content}]
    return processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)


def sample_images(row: Row, folder: DataFolder, settings: TrainSettings) -> Pictures:
    """The row's frames as the model sees them, at most `frames_per_sample`."""
    record = _record(row, folder, settings)
    return load_frames(record["clip_path"], tuple(record["frames"]), record["image_px"])


@lru_cache(CACHED_SAMPLES)
def load_frames(clip_path: str, frames: tuple[int, ...], image_px: int) -> Pictures:
    """A clip's frames, scaled so that the longer side is `image_px`."""
    images = [Image.fromarray(pixels) for pixels in read_images(Path(clip_path), "rgb", frames)]
    scale = image_px / max(images[0].size)
    size = round(images[0].width * scale), round(images[0].height * scale)
    return tuple(image.resize(size, Image.Resampling.BICUBIC) for image in images)


@lru_cache(None)
def frame_size(clip_path: str, image_px: int) -> tuple[int, int]:
    """Width and height in pixels of a clip's frames as the model sees them."""
    return load_frames.__wrapped__(clip_path, (0,), image_px)[0].size


def thin_frames(frames: tuple[int, ...], most: int) -> tuple[int, ...]:
    """At most `most` of the frames, evenly spread, first and last kept."""
    if len(frames) <= most:
        return frames
    return tuple(frames[index] for index in np.linspace(0, len(frames) - 1, most).round().astype(int))


def check_budget(
    rows: Sequence[Row], folder: DataFolder, loaded: VisionModel, settings: TrainSettings
) -> int:
    """The tokens of the longest target.

    Raises InputError for the first row whose prompt, frames and target do not fit in `max_tokens`.
    """
    longest = 0
    frame_tokens: dict[tuple[int, int], int] = {}
    for row in rows:
        path = str(folder.dataset(row.dataset).clip_path(row.clip))
        size = frame_size(path, settings.image_px)
        if size not in frame_tokens:
            frame_tokens[size] = _frame_tokens(size, loaded.processor)
        target_tokens = len(loaded.tokenizer(row.target)["input_ids"]) + END_OF_TURN_TOKENS
        tokens = _prompt_tokens(row, frame_tokens[size], loaded, settings) + target_tokens
        if tokens > (settings.max_tokens or tokens):
            raise InputError(
                f"{row.dataset}/{row.id}: this sample takes {tokens} tokens and max_tokens is "
                f"{settings.max_tokens}; give fewer frames_per_sample, smaller frames or more tokens"
            )
        longest = max(longest, target_tokens)
    return longest


def _record(row: Row, folder: DataFolder, settings: TrainSettings) -> dict[str, Any]:
    return {
        "prompt": [{"role": "user", "content": row.prompt}],
        "completion": [{"role": "assistant", "content": row.target}],
        "clip_path": str(folder.dataset(row.dataset).clip_path(row.clip)),
        "frames": list(thin_frames(row.frames, settings.frames_per_sample)),
        "image_px": settings.image_px,
        "answer": row.answer,
        "kind": row.kind,
        "options": list(row.options),
    }


def _add_images(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    keys = zip(batch["clip_path"], batch["frames"], batch["image_px"], strict=True)
    images = [list(load_frames(path, tuple(frames), image_px)) for path, frames, image_px in keys]
    return {**batch, "images": images}


def _prompt_tokens(row: Row, frame_tokens: int, loaded: VisionModel, settings: TrainSettings) -> int:
    text = prompt_text(loaded.processor, row.prompt, image_count=0)
    return len(loaded.tokenizer(text)["input_ids"]) + frame_tokens * min(
        len(row.frames), settings.frames_per_sample
    )


def _frame_tokens(size: tuple[int, int], processor: Any) -> int:
    """Tokens that one more frame adds to a prompt, its brackets included."""
    image = Image.new("RGB", size)
    one, two = (
        processor(text=[prompt_text(processor, "", count)], images=[[image] * count])["input_ids"][0]
        for count in (1, 2)
    )
    return len(two) - len(one)
