"""The frames of a clip as an MP4 file and as a folder of JPEGs, and readers of some frames of each."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray
from PIL import Image

from simgen.errors import MissingSystemError
from simgen.trainers.frames import Pixels

CODEC = "libx264"
"""H.264, with PyAV's and x264's own defaults: crf 23, preset medium, at most 250 frames between keyframes."""
FRAMES_PER_SECOND = 10
JPEG_QUALITY = 90


def write_mp4(path: Path, frames: NDArray[np.uint8]) -> Path:
    """Encodes (T, H, W, 3) frames as H.264. Raises MissingSystemError if PyAV has no encoder for it."""
    if CODEC not in av.codecs_available:
        raise MissingSystemError(f"PyAV has no {CODEC}; install its wheel: pip install --force-reinstall av")
    height, width = frames.shape[1:3]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(CODEC, rate=FRAMES_PER_SECOND)
        stream.width, stream.height = width, height
        # Half the colour resolution, as in nearly all videos, needs even sides.
        stream.pix_fmt = "yuv444p" if width % 2 or height % 2 else "yuv420p"
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_jpegs(folder: Path, frames: NDArray[np.uint8]) -> Path:
    """Writes (T, H, W, 3) frames as `00000.jpg`, `00001.jpg`, ..."""
    folder.mkdir()
    for index, pixels in enumerate(frames):
        Image.fromarray(pixels).save(folder / f"{index:05d}.jpg", quality=JPEG_QUALITY)
    return folder


def read_mp4(path: Path, frames: Sequence[int]) -> list[Pixels]:
    """Some frames of a file that `write_mp4` wrote, in ascending order. The file is opened and closed."""
    with open_mp4(path) as container:
        return decode_frames(container, frames)


def open_mp4(path: Path) -> InputContainer:
    """The file, open for `decode_frames`, which decodes with one thread."""
    container = av.open(str(path))
    # The readers are compared by core; worker processes use the others.
    container.streams.video[0].thread_count = 1
    return container


def decode_frames(container: InputContainer, frames: Sequence[int]) -> list[Pixels]:
    """Some frames, in ascending order: seeks to the keyframe before the first, decodes up to the last."""
    stream = container.streams.video[0]
    assert stream.time_base is not None
    times = [round(frame / FRAMES_PER_SECOND / stream.time_base) for frame in frames]
    container.seek(times[0], stream=stream)
    found: dict[int | None, Pixels] = {}
    for frame in container.decode(stream):
        if frame.pts in times:
            found[frame.pts] = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
        if frame.pts == times[-1]:
            break
    return [found[time] for time in times]


def read_jpegs(folder: Path, frames: Sequence[int]) -> list[Pixels]:
    """Some frames of a folder that `write_jpegs` wrote."""
    return [np.asarray(Image.open(folder / f"{frame:05d}.jpg")) for frame in frames]


class OpenMp4s:
    """MP4 files that stay open between reads, as long as this object lives."""

    def __init__(self) -> None:
        self._containers: dict[Path, InputContainer] = {}

    def read(self, path: Path, frames: Sequence[int]) -> list[Pixels]:
        """As `read_mp4`, from a file that is opened once."""
        if path not in self._containers:
            self._containers[path] = open_mp4(path)
        return decode_frames(self._containers[path], frames)
