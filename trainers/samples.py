"""Question rows as TRL's samples: prompt, completion, frames, and the columns that the rewards need."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import TrainConfig
from simgen.trainers.frames import Pictures, load_frames, read_frames
from simgen.trainers.targets import (
    build_prompt,
    build_prompt_messages,
    build_target,
    build_target_messages,
    row_grid,
)


def build_dataset(
    rows: Sequence[Row], order: NDArray[np.int64], folder: DataFolder, config: TrainConfig
) -> Dataset:
    """One sample for each index of `order`, in that order. Frames are read when a sample is used."""
    records = [make_record(row, folder, config) for row in rows]
    return Dataset.from_list(records).select(order).with_transform(add_images)


def load_sample_frames(row: Row, folder: DataFolder, config: TrainConfig) -> Pictures:
    """The frames of a row that the model gets: thinned to `frames_per_sample`, scaled to `image_px`."""
    frames = thin_frames(row.frames, config.data.frames_per_sample)
    return load_frames(str(folder.dataset(row.dataset).clip_path(row.clip)), frames, config.data.image_px)


@lru_cache(None)
def read_frame_size(clip_path: str, image_px: int) -> tuple[int, int]:
    """Width and height in pixels of a clip's frames after scaling to `image_px`."""
    height, width, _ = read_frames(clip_path, (0,), image_px)[0].shape
    return width, height


def thin_frames(frames: tuple[int, ...], most: int) -> tuple[int, ...]:
    """At most `most` of the frames, evenly spread, first and last kept."""
    if len(frames) <= most:
        return frames
    return tuple(frames[index] for index in np.linspace(0, len(frames) - 1, most).round().astype(int))


def make_record(row: Row, folder: DataFolder, config: TrainConfig) -> dict[str, Any]:
    """A row's sample without its frames, by the names of the data set's columns."""
    form, entries = config.data.target, config.data.map
    target, grid = build_target(row, form, entries), row_grid(row.map)
    return {
        "prompt": build_prompt_messages(build_prompt(row, form, entries)),
        "completion": build_target_messages(target),
        "target": target,
        "grid": [grid.x_min, grid.y_min, grid.cell_m] if form == "grid" else [],
        "clip_path": str(folder.dataset(row.dataset).clip_path(row.clip)),
        "frames": list(thin_frames(row.frames, config.data.frames_per_sample)),
        "image_px": config.data.image_px,
        "answer": row.answer,
        "kind": row.kind,
        "options": list(row.options),
    }


def add_images(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """A batch of samples with their frames as `images`."""
    keys = zip(batch["clip_path"], batch["frames"], batch["image_px"], strict=True)
    images = [list(load_frames(path, tuple(frames), image_px)) for path, frames, image_px in keys]
    return {**batch, "images": images}
