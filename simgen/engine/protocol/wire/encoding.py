"""Metadata and images as bytes."""

from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray


def pack(metadata: Mapping[str, Any]) -> bytes:
    """Metadata as msgpack. numpy's types are converted to Python's."""
    packed = msgpack.packb(metadata, default=as_plain)
    assert packed is not None
    return packed


def image_bytes(image: NDArray[Any]) -> memoryview:
    """An image's bytes in row order, without a copy where it is stored so already."""
    return np.ascontiguousarray(image).data.cast("B")


def as_plain(value: object) -> Any:
    """Converts a value that msgpack and JSON do not know to one that they do: the `default` of both."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot go over the wire")
