"""The frames of clips as a model gets them: read from HDF5, scaled, and kept in memory up to a limit."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simgen.store.clips import read_images
from simgen.store.opening import OpenClips, read_file_state

Pixels = NDArray[np.uint8]
"""(height, width, 3) sRGB of one frame. Frames of the cache are read-only."""
Pictures = tuple[Image.Image, ...]
OPEN_CLIPS = 64
"""Clips that stay open in each process. One takes about 0.6 MB."""
CACHE_BYTES = 512 * 2**20
"""Memory for scaled frames in each process. 14,000 frames of 128 x 96 pixels fit, or 1,100 of 448 x 336."""


class FrameCache:
    """Scaled frames in memory, at most `most_bytes` of pixels: the longest unused are dropped first.

    A frame is read again from a clip's file that has changed. For one thread of a process.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.held_bytes = 0
        self._frames: OrderedDict[tuple[object, ...], Pixels] = OrderedDict()

    def load(self, clip_path: str, frames: Sequence[int], image_px: int) -> list[Pixels]:
        """Some frames of a clip, scaled so that the longer side is `image_px`; those not held are read."""
        file = (clip_path, read_file_state(Path(clip_path)), image_px)
        held = {frame: self._frames[file, frame] for frame in frames if (file, frame) in self._frames}
        missing = [frame for frame in dict.fromkeys(frames) if frame not in held]
        if missing:
            held.update(zip(missing, read_frames(clip_path, missing, image_px), strict=True))
        for frame in frames:
            self._keep((file, frame), held[frame])
        return [held[frame] for frame in frames]

    def _keep(self, key: tuple[object, ...], pixels: Pixels) -> None:
        if key not in self._frames:
            self.held_bytes += pixels.nbytes
        self._frames[key] = pixels
        self._frames.move_to_end(key)
        while self.held_bytes > self.most_bytes:
            self.held_bytes -= self._frames.popitem(last=False)[1].nbytes


_CACHE = FrameCache(CACHE_BYTES)
_CLIPS = OpenClips(OPEN_CLIPS)


def load_frames(clip_path: str, frames: tuple[int, ...], image_px: int) -> Pictures:
    """Some frames of a clip, scaled so that the longer side is `image_px`. The pictures are the caller's own.

    The frames stay in this process's memory, up to `CACHE_BYTES`. Raises ClipError for a clip that is missing
    or damaged.
    """
    return tuple(Image.fromarray(pixels) for pixels in _CACHE.load(clip_path, frames, image_px))


def read_frames(clip_path: str, frames: Sequence[int], image_px: int) -> list[Pixels]:
    """As `load_frames`, but always read from the file, and as arrays."""
    images = read_images(Path(clip_path), "rgb", tuple(frames), _CLIPS)
    return [scale_pixels(pixels, image_px) for pixels in images]


def scale_pixels(pixels: Pixels, image_px: int) -> Pixels:
    """A read-only copy of a frame, scaled so that its longer side is `image_px`."""
    height, width, _ = pixels.shape
    scale = image_px / max(height, width)
    size = round(width * scale), round(height * scale)
    if size == (width, height):
        scaled = pixels.copy()
    else:
        scaled = np.array(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    scaled.flags.writeable = False
    return scaled
