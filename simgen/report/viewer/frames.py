"""The content of a clip as text in a script: pictures, ids and depth exact enough to point at, questions.

A page that is opened from a file may not read the pixels of a picture, so ids and depth are packed as bytes.
"""

import base64
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simgen.store.clips import Clip, read_images

PICTURES_BYTES = 300_000
"""The pictures of a clip take no more than this: with ids, depth and 300 questions a clip is then below
0.8 MB as text."""
WIDTHS_PX = (640, 480, 384, 320, 256, 192)
"""The widths that are tried, from the largest that the clip has, until the pictures are small enough."""
WEBP_QUALITY = 62
"""A picture of 384 x 288 takes about 7 kB."""
TRIED_FRAMES = 5
"""The number of frames that tell which sizes need not be tried with all."""
DEPTH_WIDTH_PX = 128
"""Depth is stored no wider than this: it is smooth nearly everywhere, and compresses badly."""
DEPTH_STEPS = 254
"""Depths are rounded to this many steps of equal ratio, 1.4 % each between 0.3 m and 10 m."""


def pack_frames(clip: Clip) -> dict[str, Any]:
    """The pictures, ids and depths of all frames of a clip, as values for JSON."""
    size, pictures = encode_pictures(read_images(clip.path, "rgb"))
    ids = np.stack([_nearest(image, size) for image in read_images(clip.path, "instance")])
    small = _narrowed(size, min(DEPTH_WIDTH_PX, size[0]))
    depth = np.stack([_nearest(image, small) for image in read_images(clip.path, "depth_mm")])
    return {
        "size": size,
        "pictures": [_as_text(picture) for picture in pictures],
        "ids": {"size": size, **pack_ids(ids)},
        "depth": {"size": small, **pack_depth(depth)},
    }


def encode_pictures(images: NDArray[np.uint8]) -> tuple[tuple[int, int], list[bytes]]:
    """Images (T, H, W, 3) as WebP, and their width and height.

    They are as wide as PICTURES_BYTES allows, or of the smallest of WIDTHS_PX.
    """
    for size in _likely_sizes(images):
        pictures = list[bytes]()
        for image in images:
            pictures.append(_webp(image, size))
            if sum(map(len, pictures)) > PICTURES_BYTES and size[0] > WIDTHS_PX[-1]:
                break
        else:
            return size, pictures
    raise AssertionError("the smallest size is always taken")


def _likely_sizes(images: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """The sizes to try, from the widest at which a few of the images are small enough to the narrowest."""
    height, width = images.shape[1:3]
    sizes, tried = list(_sizes((width, height))), images[:: max(len(images) // TRIED_FRAMES, 1)]
    while len(sizes) > 1:
        mean = sum(len(_webp(image, sizes[0])) for image in tried) / len(tried)
        if mean * len(images) <= PICTURES_BYTES:
            break
        sizes.pop(0)
    return sizes


def pack_ids(ids: NDArray[np.uint16]) -> dict[str, Any]:
    """Ids (T, H, W) as compressed text, in one byte each or in two, the lower first."""
    width = 1 if ids.max(initial=0) < 256 else 2
    return {"bytes": width, "data": _compress(ids.astype("<u1" if width == 1 else "<u2"))}


def pack_depth(depth_mm: NDArray[np.uint16]) -> dict[str, Any]:
    """Depths (T, H, W) in millimetres as compressed text: 0 for none, else steps from 1 on.

    The steps are of equal ratio, from `near` to `far` in metres.
    """
    hit = depth_mm > 0
    near, far = (float(depth_mm[hit].min()), float(depth_mm[hit].max())) if hit.any() else (1000.0, 2000.0)
    far = max(far, near * 1.01)
    steps = np.log(np.maximum(depth_mm, near) / near) / np.log(far / near) * DEPTH_STEPS
    levels = np.where(hit, 1 + steps.round(), 0).astype(np.uint8)
    return {"near": near / 1000.0, "far": far / 1000.0, "steps": DEPTH_STEPS, "data": _compress(levels)}


def compress_values(values: object) -> str:
    """Plain values as compressed JSON: the questions of a clip repeat most of their words and points."""
    return _as_text(zlib.compress(dump_values(values).encode(), 9))


def dump_values(values: object) -> str:
    """Plain values as JSON without spaces."""
    return json.dumps(values, separators=(",", ":"), default=list)


def _compress(images: NDArray[Any]) -> str:
    """Unsigned integers (T, H, W) as text. Each row is stored as its difference to the row above it."""
    differences = images.copy()
    differences[:, 1:] -= images[:, :-1]
    return _as_text(zlib.compress(differences.tobytes(), 9))


def _sizes(size_px: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The picture's own size, then narrower ones; none wider than the first of WIDTHS_PX."""
    wanted = [min(size_px[0], WIDTHS_PX[0]), *WIDTHS_PX[1:]]
    yield from (_narrowed(size_px, width) for width in dict.fromkeys(wanted) if width <= wanted[0])


def _narrowed(size_px: tuple[int, int], width: int) -> tuple[int, int]:
    return width, max(round(size_px[1] * width / size_px[0]), 1)


def _webp(image: NDArray[np.uint8], size: tuple[int, int]) -> bytes:
    picture, target = Image.fromarray(image), io.BytesIO()
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    picture.save(target, "WEBP", quality=WEBP_QUALITY, method=4)
    return target.getvalue()


def _nearest(image: NDArray[np.uint16], size: tuple[int, int]) -> NDArray[np.uint16]:
    """The image with another width and height, each pixel from the middle of the area that it covers."""
    height, width = image.shape
    rows = ((np.arange(size[1]) + 0.5) * height / size[1]).astype(int)
    columns = ((np.arange(size[0]) + 0.5) * width / size[0]).astype(int)
    return image[np.ix_(rows, columns)]


def _as_text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
