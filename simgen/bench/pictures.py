"""Measures ways to store a frame of a release: size, time and fidelity."""

import io
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simgen.store.clips import read_images

ENCODINGS: dict[str, dict[str, Any]] = {
    "JPEG 85, 4:2:0": {"format": "JPEG", "quality": 85, "subsampling": "4:2:0"},
    "JPEG 90, 4:2:0": {"format": "JPEG", "quality": 90, "subsampling": "4:2:0"},
    "JPEG 90, 4:4:4": {"format": "JPEG", "quality": 90, "subsampling": "4:4:4"},
    "JPEG 95, 4:2:0": {"format": "JPEG", "quality": 95, "subsampling": "4:2:0"},
    "WebP 80": {"format": "WEBP", "quality": 80},
    "WebP 90": {"format": "WEBP", "quality": 90},
    "WebP lossless": {"format": "WEBP", "lossless": True},
    "PNG": {"format": "PNG"},
}
"""Pillow's options by name."""
FRAMES = 48
"""Frames that are measured, spread evenly over some clips."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """The means over the frames."""

    encoding: str
    bytes: int
    encode_ms: float
    decode_ms: float
    psnr_db: float | None
    """Peak signal-to-noise ratio to the clip's frame; None if they are equal."""


def measure_encodings(clips: Sequence[Path]) -> list[Encoding]:
    """The encodings of `ENCODINGS`, measured on frames of the clips. Times are those of one core."""
    per_clip = -(-FRAMES // len(clips))
    frames = [frame for path in clips for frame in _choose_frames(path, per_clip)]
    return [_measure(name, frames) for name in ENCODINGS]


def _choose_frames(path: Path, count: int) -> list[NDArray[np.uint8]]:
    frames = read_images(path, "rgb")
    return [frames[index] for index in np.linspace(0, len(frames) - 1, min(count, len(frames))).astype(int)]


def _measure(name: str, frames: Sequence[NDArray[np.uint8]]) -> Encoding:
    sizes, encode_s, decode_s, errors = list[int](), list[float](), list[float](), list[float]()
    for frame in frames:
        started = time.process_time()
        encoded = _encode(frame, ENCODINGS[name])
        between = time.process_time()
        decoded = np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))
        decode_s.append(time.process_time() - between)
        encode_s.append(between - started)
        sizes.append(len(encoded))
        errors.append(float(np.mean((decoded.astype(float) - frame) ** 2)))
    return Encoding(
        encoding=name,
        bytes=round(statistics.fmean(sizes)),
        encode_ms=round(1000 * statistics.fmean(encode_s), 1),
        decode_ms=round(1000 * statistics.fmean(decode_s), 1),
        psnr_db=_psnr_db(statistics.fmean(errors)),
    )


def _encode(frame: NDArray[np.uint8], options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, **options)
    return buffer.getvalue()


def _psnr_db(mean_squared_error: float) -> float | None:
    """https://en.wikipedia.org/wiki/Peak_signal-to-noise_ratio, for values up to 255."""
    return None if mean_squared_error == 0 else round(10 * float(np.log10(255**2 / mean_squared_error)), 1)
