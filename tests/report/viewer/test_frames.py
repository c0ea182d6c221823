"""The frames of the viewer: ids come back exactly, depths within a step, pictures small enough."""

import base64
import io
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from simgen.report.viewer.frames import PICTURES_BYTES, WIDTHS_PX, encode_pictures, pack_depth, pack_ids


def unpack(packed: dict[str, Any], shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """As the page does it: inflated, then each row added to the one above it."""
    data = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), dtype).reshape(shape)
    return np.add.accumulate(data, axis=1, dtype=dtype)


@pytest.mark.parametrize(("largest", "dtype"), [(255, "<u1"), (256, "<u2")])
def test_ids_come_back_exactly(largest: int, dtype: str) -> None:
    ids = np.random.default_rng(0).integers(0, largest + 1, (3, 7, 5)).astype(np.uint16)
    ids[0, 0, 0] = largest
    packed = pack_ids(ids)
    assert packed["bytes"] == np.dtype(dtype).itemsize
    assert (unpack(packed, ids.shape, dtype) == ids).all()


def test_depths_come_back_within_one_percent() -> None:
    depth_mm = np.random.default_rng(0).integers(300, 10_000, (2, 20, 30)).astype(np.uint16)
    depth_mm[0, 0] = 0
    packed = pack_depth(depth_mm)
    levels = unpack(packed, depth_mm.shape, "u1").astype(float)
    metres = packed["near"] * (packed["far"] / packed["near"]) ** ((levels - 1) / packed["steps"])
    hit = depth_mm > 0
    assert ((levels == 0) == ~hit).all()
    assert metres[hit] == pytest.approx(depth_mm[hit] / 1000.0, rel=0.01)


def test_pictures_get_narrower_until_they_are_small_enough() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (6, 300, 400, 3), dtype=np.uint8)  # compresses worse than any real frame
    size, pictures = encode_pictures(noise)
    assert size in [(width, width * 3 // 4) for width in WIDTHS_PX if width < 400]
    assert sum(map(len, pictures)) <= PICTURES_BYTES
    flat = np.full((6, 300, 400, 3), 90, dtype=np.uint8)
    size, pictures = encode_pictures(flat)
    assert size == (400, 300)
    with Image.open(io.BytesIO(pictures[0])) as picture:
        assert abs(np.asarray(picture).astype(int) - 90).max() <= 2
