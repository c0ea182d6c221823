"""AI2-THOR's colours of instances and types in the segmentation images."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Color = tuple[int, int, int]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ColorTable:
    """AI2-THOR's colours of every instance and every type, as bytes and by name."""

    rgba: Pixels
    """(C + 1, 4) colour of each chunk's id; id 0 means that no surface is there."""
    class_rgba: Pixels
    """(C + 1, 4) colour of each chunk's type."""
    entries: tuple[dict[str, Any], ...]
    """One for each chunk."""
    class_entries: tuple[dict[str, Any], ...]
    """One for each type."""


def color_table(names: Sequence[str], types: Sequence[str]) -> ColorTable:
    """The colours of chunks. They depend on names and types alone, so they are equal in every scene."""
    taken = {(0, 0, 0)}
    colors = [_free_color(name, taken) for name in names]
    class_colors = dict(_free_color(name, taken) for name in sorted(set(types)))
    return ColorTable(
        rgba=_palette([color for _, color in colors]),
        class_rgba=_palette([class_colors[name] for name in types]),
        entries=tuple({"name": name, "color": list(color)} for name, color in colors),
        class_entries=tuple({"name": name, "color": list(color)} for name, color in class_colors.items()),
    )


def color_ids(rgba: Pixels, ids: NDArray[np.uint16]) -> Pixels:
    """(H, W, 4) the colour of every id (H, W), from a table (C + 1, 4) of colours."""
    # Each colour is looked up as one 32-bit number: looking up four bytes takes ten times as long.
    words = np.take(rgba.view(np.uint32)[:, 0], ids)
    return words.view(np.uint8).reshape(*ids.shape, 4)


def _palette(colors: Sequence[Color]) -> Pixels:
    rgba = np.full((len(colors) + 1, 4), 255, dtype=np.uint8)
    rgba[0, :3] = 0
    rgba[1:, :3] = np.array(colors, dtype=np.uint8).reshape(-1, 3)
    return rgba


def _free_color(name: str, taken: set[Color]) -> tuple[str, Color]:
    salt = 0
    while True:
        digest = hashlib.sha256(f"{name}#{salt}".encode()).digest()
        color = (digest[0], digest[1], digest[2])
        if color not in taken:
            taken.add(color)
            return name, color
        salt += 1
