"""What a program must find in the questions of a data set, taken from the rows and the clips."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from simgen.store.clips import read_images
from simgen.store.folder import Dataset
from simgen.store.rows import Row, read_rows
from simgen.types import Split
from tests.foreign.thumbnails import make_thumbnail

TOLERANCE = 8
"""Largest difference of a colour of two thumbnails of one frame, from 0 to 255: JPEG and other sizes."""


def rows_of(dataset: Dataset, split: Split) -> list[Row]:
    """The rows of a split in the order of releases and exports: clip by clip."""
    return sorted((row for row in read_rows(dataset.questions_path) if row.split == split), key=_clip)


def check_pictures(found: Sequence[Sequence[list[int]]], dataset: Dataset, rows: Sequence[Row]) -> int:
    """Checks that the thumbnails found for each row are those of its frames, and returns their number."""
    assert [len(pictures) for pictures in found] == [len(row.frames) for row in rows]
    for pictures, row in zip(found, rows, strict=True):
        frames = read_images(dataset.clip_path(row.clip), "rgb", row.frames)
        expected = [make_thumbnail(Image.fromarray(frame)) for frame in frames]
        assert _difference(pictures, expected) <= TOLERANCE
        if len(expected) > 1:  # another order would be noticed
            assert _difference(expected, expected[::-1]) > TOLERANCE
    return sum(map(len, found))


def _clip(row: Row) -> str:
    return row.clip


def _difference(a: Any, b: Any) -> int:
    return int(np.abs(np.asarray(a) - np.asarray(b)).max())
