"""Dense labels of frames: what is seen at each spot of a picture, and where it stands on the floor.

They come from the clip's own instance ids and depth, and train the vision tower of the small model before it
learns to answer. A spot stands for SPOT_PX x SPOT_PX pixels of the picture that the model gets.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simgen.geometry.frames import MapFrame, map_frame
from simgen.parallel.ordered import parallel_map
from simgen.qa.view.names import STRUCTURE
from simgen.store.clips import Clip, read_clip, read_images

SPOT_PX = 4
"""Pixels of the model's picture for each spot, along each side. The token of 16 pixels has 4 x 4 spots."""
PLACE = 6
"""Numbers that say where a spot is: the point seen (x, y), and the box of its object (x_min, y_min, x_max,
y_max)."""


@dataclass(frozen=True, slots=True, eq=False)
class DenseFrames:
    """F frames with their labels, as arrays."""

    pictures: NDArray[np.uint8]
    """(F, H, W, 3), in the size that the model gets."""
    types: NDArray[np.int16]
    """(F, rows, columns) 1 + the index in `names` of the type seen at each spot; 0 = no object."""
    places: NDArray[np.float16]
    """(F, rows, columns, PLACE) in the map frame of the frame's own camera, metres; NaN where there is none:
    the box of the house's shell, and all six numbers where nothing was hit."""
    names: tuple[str, ...]
    """The types, in alphabetical order."""


def read_dense_frames(paths: Sequence[Path], size_px: tuple[int, int], workers: int = 1) -> DenseFrames:
    """All frames of some clips, with labels; `size_px` is the width and height of the model's pictures.

    The result does not depend on the number of workers.
    """
    jobs = [(path, size_px) for path in paths]
    parts = list(parallel_map(_read_clip, jobs, workers, "frames"))
    names = tuple(sorted({name for part in parts for name in part.names}))
    number = {name: index + 1 for index, name in enumerate(names)}
    tables = [np.array([0, *(number[name] for name in part.names)], dtype=np.int16) for part in parts]
    return DenseFrames(
        pictures=np.concatenate([part.pictures for part in parts]),
        types=np.concatenate([table[part.types] for table, part in zip(tables, parts, strict=True)]),
        places=np.concatenate([part.places for part in parts]),
        names=names,
    )


def _read_clip(job: tuple[Path, tuple[int, int]]) -> DenseFrames:
    path, (width, height) = job
    clip = read_clip(path)
    names = tuple(sorted({item.type for item in clip.objects}))
    number = np.array([0, *(1 + names.index(item.type) for item in clip.objects)], dtype=np.int16)
    instance, depth = (read_images(path, kind) for kind in ("instance", "depth_mm"))
    columns = _spots(clip.size_px[0], width // SPOT_PX)
    rows = _spots(clip.size_px[1], height // SPOT_PX)
    at = np.ix_(np.arange(clip.frame_count), rows, columns)
    owners = instance[at]
    frames = range(clip.frame_count)
    places = [_places(clip, frame, owners[frame], depth[at][frame], rows, columns) for frame in frames]
    return DenseFrames(
        pictures=np.stack([_scale(pixels, (width, height)) for pixels in read_images(path, "rgb")]),
        types=number[owners],
        places=np.stack(places),
        names=names,
    )


def _spots(pixels: int, count: int) -> NDArray[np.int64]:
    """The pixel in the middle of each of `count` equal parts of a side."""
    return ((np.arange(count) + 0.5) * pixels / count).astype(np.int64)


def _scale(pixels: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize(size_px, Image.Resampling.BICUBIC))


def _places(
    clip: Clip,
    frame: int,
    owners: NDArray[np.uint16],
    depth_mm: NDArray[np.uint16],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> NDArray[np.float16]:
    """(rows, columns, PLACE) places of one frame's spots."""
    pose, matrix = clip.world_from_camera[frame], clip.intrinsics
    floor = map_frame(pose)
    depth = depth_mm / 1000.0
    right = (columns + 0.5 - matrix[0, 2]) / matrix[0, 0] * depth
    up = (matrix[1, 2] - rows[:, None] - 0.5) / matrix[1, 1] * depth
    world = np.stack([right, up, depth], axis=-1) @ pose[:3, :3].T + pose[:3, 3]
    points = floor.from_world(world[..., [0, 2]].reshape(-1, 2)).reshape(*depth.shape, 2)
    boxes = _boxes(clip, floor, np.unique(owners))[owners]
    places = np.concatenate([points, boxes], axis=-1)
    places[depth_mm == 0] = np.nan
    return places.astype(np.float16)


def _boxes(clip: Clip, floor: MapFrame, owners: Iterable[int]) -> NDArray[np.float64]:
    """(N + 1, 4) map boxes by instance id; NaN for the house's shell and for what the frame does not show."""
    boxes = np.full((len(clip.objects) + 1, 4), np.nan)
    for owner in owners:
        item = clip.objects[owner - 1] if owner else None
        if item is not None and item.type not in STRUCTURE:
            outline = floor.from_world(item.footprint)
            boxes[owner] = [*outline.min(axis=0), *outline.max(axis=0)]
    return boxes
