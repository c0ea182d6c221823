"""Writes the frames that questions show, each once, as JPEG files."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from PIL import Image

from simgen.parallel.ordered import parallel_map
from simgen.release.formats.sample import picture_path, split_folder
from simgen.store.clips import read_images
from simgen.store.folder import Dataset
from simgen.store.rows import RowKey
from simgen.types import Split

JPEG_QUALITY = 90
"""With chroma subsampling 4:2:0, as most photographs of data sets. The clips hold the lossless frames."""
_CHROMA_4_2_0 = 2
"""Pillow's number for chroma subsampling 4:2:0."""


@dataclass(frozen=True, slots=True)
class _ClipFrames:
    path: Path
    folder: Path
    frames: tuple[int, ...]
    names: tuple[str, ...]


def write_pictures(to: Path, split: Split, keys: Iterable[tuple[Dataset, RowKey]], workers: int) -> None:
    """Writes the frames of a split's rows into its folder. The keys of one clip must follow each other."""
    jobs = _list_jobs(to / split_folder(split), keys)
    for _ in parallel_map(_write_clip, jobs, workers, f"frames, {split}"):
        pass


def encode_picture(picture: Image.Image) -> bytes:
    """A picture as a JPEG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=_CHROMA_4_2_0)
    return buffer.getvalue()


def _list_jobs(folder: Path, keys: Iterable[tuple[Dataset, RowKey]]) -> list[_ClipFrames]:
    by_clip = groupby(keys, key=lambda pair: pair[1].clip)
    return [_list_frames(folder, index, list(group)) for index, (_, group) in enumerate(by_clip)]


def _list_frames(folder: Path, index: int, keys: Sequence[tuple[Dataset, RowKey]]) -> _ClipFrames:
    dataset, first = keys[0]
    frames = tuple(sorted({frame for _, key in keys for frame in key.frames}))
    names = tuple(picture_path(index, first.clip, frame) for frame in frames)
    return _ClipFrames(dataset.clip_path(first.clip), folder, frames, names)


def _write_clip(job: _ClipFrames) -> None:
    if not job.frames:
        return
    (job.folder / job.names[0]).parent.mkdir(parents=True, exist_ok=True)
    for name, image in zip(job.names, read_images(job.path, "rgb", job.frames), strict=True):
        (job.folder / name).write_bytes(encode_picture(Image.fromarray(image)))
