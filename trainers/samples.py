"""Question rows as TRL's samples: prompt, completion, frames, and the columns that the rewards need."""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from datasets import Dataset
from numpy.typing import NDArray

from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import DataSpec, TrainConfig
from simgen.trainers.frames import Pictures, load_frames, read_frames
from simgen.trainers.map_answers import read_map_question
from simgen.trainers.targets import (
    build_prompt,
    build_prompt_messages,
    build_target,
    build_target_messages,
    row_grid,
)

ROWS_AT_ONCE = 10_000
"""Rows whose texts are packed into one chunk of the table."""

ROW_COLUMN = "row"
"""The column that holds the index of the sample's row."""
MAP_QUESTION = "map_question"
"""The column that is read from the clip when a sample is used, and only where a reward needs it."""


def build_dataset(
    rows: Sequence[Row],
    order: NDArray[np.int64],
    folder: DataFolder,
    config: TrainConfig,
    columns: Collection[str] = (),
) -> Dataset:
    """One sample for each index of `order`, in that order, with the columns that the rewards need.

    The table has each row of `order` once, its texts packed; frames, and the column `map_question` if
    `columns` has it, are read when a sample is used.
    """
    used, positions = np.unique(order, return_inverse=True)
    chunks = [
        _pack(rows, used[start : start + ROWS_AT_ONCE], folder, config.data)
        for start in range(0, len(used), ROWS_AT_ONCE)
    ]
    complete = _add_messages_and_question if MAP_QUESTION in columns else _add_messages
    return Dataset(pa.concat_tables(chunks)).select(positions).with_transform(complete)


def make_record(row: Row, folder: DataFolder, data: DataSpec) -> dict[str, Any]:
    """The columns of one row."""
    return {name: make(row, folder, data) for name, (_, make) in COLUMNS.items()}


def load_sample_frames(row: Row, folder: DataFolder, config: TrainConfig) -> Pictures:
    """The frames of a row that the model gets, scaled to `image_px`."""
    return load_frames(_clip_path(row, folder, config.data), row.frames, config.data.image_px)


@lru_cache(None)
def read_frame_size(clip_path: str, image_px: int) -> tuple[int, int]:
    """Width and height in pixels of a clip's frames after scaling to `image_px`."""
    height, width, _ = read_frames(clip_path, (0,), image_px)[0].shape
    return width, height


def add_images(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """A batch with the samples' frames as `images`."""
    keys = zip(batch["clip_path"], batch["frames"], batch["image_px"], strict=True)
    images = [list(load_frames(path, tuple(frames), image_px)) for path, frames, image_px in keys]
    return {**batch, "images": images}


def _add_messages(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return add_images(batch) | {
        "prompt": [build_prompt_messages(text) for text in batch["prompt"]],
        "completion": [build_target_messages(text) for text in batch["target"]],
    }


def _add_messages_and_question(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    keys = zip(batch["clip_path"], batch["frames"], batch["skill"], batch["args"], strict=True)
    questions = [read_map_question(path, tuple(frames), skill, args) for path, frames, skill, args in keys]
    return _add_messages(batch) | {MAP_QUESTION: questions}


def _pack(rows: Sequence[Row], indices: NDArray[np.int64], folder: DataFolder, data: DataSpec) -> pa.Table:
    # Column by column, so that at no time there is a dictionary for each row.
    columns = {
        name: pa.array((make(rows[index], folder, data) for index in indices), type=kind)
        for name, (kind, make) in COLUMNS.items()
    }
    return pa.table({ROW_COLUMN: pa.array(indices), **columns})


def _prompt(row: Row, _: DataFolder, data: DataSpec) -> str:
    return build_prompt(row, data.target, data.map)


def _target(row: Row, _: DataFolder, data: DataSpec) -> str:
    return build_target(row, data.target, data.map)


def _grid(row: Row, _: DataFolder, data: DataSpec) -> list[float]:
    """x_min, y_min and the side of a cell for maps of cells; empty for others."""
    grid = row_grid(row.map)
    return [grid.x_min, grid.y_min, grid.cell_m] if data.target == "grid" else []


def _clip_path(row: Row, folder: DataFolder, _: DataSpec) -> str:
    return str(folder.dataset(row.dataset).clip_path(row.clip))


COLUMNS: dict[str, tuple[pa.DataType, Callable[[Row, DataFolder, DataSpec], Any]]] = {
    "prompt": (pa.string(), _prompt),
    "target": (pa.string(), _target),
    "grid": (pa.list_(pa.float64()), _grid),
    "clip_path": (pa.string(), _clip_path),
    "frames": (pa.list_(pa.int32()), lambda row, _folder, _data: row.frames),
    "image_px": (pa.int32(), lambda _row, _folder, data: data.image_px),
    "answer": (pa.string(), lambda row, _folder, _data: row.answer),
    "kind": (pa.string(), lambda row, _folder, _data: row.kind),
    "options": (pa.list_(pa.string()), lambda row, _folder, _data: row.options),
    "skill": (pa.string(), lambda row, _folder, _data: row.skill),
    "args": (pa.string(), lambda row, _folder, _data: row.args),
}
"""The columns of a sample that come from its row, with their types. Rewards get them by these names."""
