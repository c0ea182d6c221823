"""Colours of the reports: for depth, for each object, and for pages."""

import numpy as np
from numpy.typing import NDArray

from simgen.types import Array

Rgb = tuple[int, int, int]

INK: Rgb = (24, 28, 38)
MUTED: Rgb = (110, 118, 134)
HAIRLINE: Rgb = (223, 227, 234)
PAPER: Rgb = (255, 255, 255)
NOTHING: Rgb = (236, 239, 244)
"""For pixels without a depth, or that belong to no object."""
ACCENT: Rgb = (225, 60, 75)

# Lightness falls evenly (0.94 to 0.24 in Oklab), so that equal steps of depth look equal,
# also in greyscale; the hue runs from yellow (near) over red to indigo (far).
_DEPTH_ANCHORS = np.array(
    [
        [0xFA, 0xED, 0x9E],
        [0xF9, 0xBF, 0x60],
        [0xF3, 0x8C, 0x48],
        [0xE1, 0x59, 0x55],
        [0xBB, 0x31, 0x6A],
        [0x82, 0x20, 0x7E],
        [0x44, 0x20, 0x6F],
        [0x1D, 0x17, 0x43],
    ],
    dtype=np.float64,
)
_GOLDEN_ANGLE_DEG = 137.508
"""Successive hues at this distance stay distinct for any number of objects."""
_LIGHTNESS = (0.72, 0.60, 0.82, 0.66)
"""Used in turn: hues recur nearly after 21, 34 and 55 objects, and then differ in lightness."""


def depth_colors(depth: Array, near: float, far: float) -> NDArray[np.uint8]:
    """(..., 3) sRGB of depths in metres: yellow at `near`, indigo from `far` on, grey at 0."""
    position = np.clip((depth - near) / (far - near), 0.0, 1.0) * (len(_DEPTH_ANCHORS) - 1)
    steps = np.arange(len(_DEPTH_ANCHORS))
    channels = [np.interp(position, steps, _DEPTH_ANCHORS[:, channel]) for channel in range(3)]
    colors = np.stack(channels, axis=-1).round().astype(np.uint8)
    colors[depth == 0] = NOTHING
    return colors


def object_color(index: int) -> Rgb:
    """The colour of an object, by its index in the clip: the same in every panel."""
    return _oklch(_LIGHTNESS[index % len(_LIGHTNESS)], 0.125, 20.0 + _GOLDEN_ANGLE_DEG * index)


def object_palette(count: int) -> NDArray[np.uint8]:
    """(count + 1, 3) colours by instance id: row 0 for no object, row i + 1 for object i."""
    return np.array([NOTHING, *(object_color(index) for index in range(count))], dtype=np.uint8)


def mix(color: Rgb, other: Rgb, share: float) -> Rgb:
    """Mixes `share` (0 to 1) of `other` into `color`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


def _oklch(lightness: float, chroma: float, hue_deg: float) -> Rgb:
    """8-bit sRGB of an Oklch colour (Ottosson 2020, https://bottosson.github.io/posts/oklab/)."""
    hue = np.radians(hue_deg)
    lab = np.array([lightness, chroma * np.cos(hue), chroma * np.sin(hue)])
    linear = _LINEAR_FROM_LMS @ (_LMS_FROM_LAB @ lab) ** 3
    linear = np.clip(linear, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (int(value) for value in (255 * encoded).round())
    return red, green, blue


_LMS_FROM_LAB = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_LINEAR_FROM_LMS = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
