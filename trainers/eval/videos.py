"""Frames of videos: evenly spread over a video file or over a folder of pictures."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from simgen.errors import InputError, MissingDataError
from simgen.trainers.extra import require_packages
from simgen.trainers.frames import Pictures

if TYPE_CHECKING:
    from av.container import InputContainer

HELD_VIDEOS = 4
"""Videos whose frames stay in memory: questions about one video are asked one after the other."""
PICTURES = (".jpg", ".jpeg", ".png")


@lru_cache(HELD_VIDEOS)
def load_video_frames(path: Path, count: int, image_px: int) -> Pictures:
    """`count` frames of a video, scaled down so that the longer side is at most `image_px`.

    `path` is a video file, or a folder of pictures in the order of their names. The frames are spread evenly,
    the first and the last among them (`numpy.linspace`, rounded down); a video with fewer gives all. Raises
    MissingDataError if there is no such video, and InputError if it cannot be read.
    """
    if path.is_dir():
        return _load_pictures(path, count, image_px)
    if not path.exists():
        raise MissingDataError(f"{path}: there is no such video; unpack the benchmark's videos there")
    return tuple(_scale(image, image_px) for image in _decode(path, count))


def spread_indices(total: int, count: int) -> list[int]:
    """The indices of `count` of `total` frames, evenly spread; all if there are no more."""
    return np.linspace(0, max(total - 1, 0), min(count, total)).astype(int).tolist()


def load_picture(path: Path, image_px: int) -> Image.Image:
    """One picture, scaled down so that the longer side is at most `image_px`.

    Raises MissingDataError for a missing file, and InputError for one that is no picture.
    """
    try:
        with Image.open(path) as image:
            return _scale(image.convert("RGB"), image_px)
    except FileNotFoundError:
        raise MissingDataError(f"{path}: there is no such picture; unpack the benchmark's pictures") from None
    except OSError as error:
        raise InputError(f"{path}: not a readable picture ({error}); unpack it again") from None


def _load_pictures(folder: Path, count: int, image_px: int) -> Pictures:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    if not paths:
        raise MissingDataError(f"{folder}: no pictures here; put the video's frames there as JPEGs")
    return tuple(load_picture(paths[index], image_px) for index in spread_indices(len(paths), count))


def _decode(path: Path, count: int) -> list[Image.Image]:
    require_packages("reading videos", ("av",))
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            total = sum(packet.size > 0 for packet in container.demux(video=0))
        with av.open(str(path)) as container:
            images, decoded = _pick(container, spread_indices(total, count))
        if decoded < total and len(images) < min(count, total):
            # Some packets hold no frame that is shown.
            with av.open(str(path)) as container:
                images, _ = _pick(container, spread_indices(decoded, count))
    except (FFmpegError, LookupError, OSError) as error:
        raise InputError(f"{path}: not a readable video ({error}); unpack or download it again") from None
    if not images:
        raise InputError(f"{path}: a video without frames; unpack or download it again")
    return images


def _pick(container: "InputContainer", wanted: Sequence[int]) -> tuple[list[Image.Image], int]:
    """The frames with these ascending indices, and the number of frames up to the last one decoded."""
    images: list[Image.Image] = []
    number = 0
    for number, frame in enumerate(container.decode(video=0), 1):
        if len(images) < len(wanted) and number - 1 == wanted[len(images)]:
            images.append(frame.to_image())
        if len(images) == len(wanted):
            break
    return images, number


def _scale(image: Image.Image, image_px: int) -> Image.Image:
    scale = min(image_px / max(image.size), 1.0)
    size = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)
