"""The light map: one texture that stores the light on all floors, walls and ceilings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch

TEXEL_M, CEILING_TEXEL_M = 0.04, 0.15
"""Side of a texel, metres: about the width of a shadow's soft edge. Ceilings have no shadows, so their texels
are larger."""
GUTTER = 2
"""Texels added around each surface, so that interpolation at its edge does not mix in another surface."""
MAX_SIDE = 4096
"""Largest side of the light map, texels. A house that does not fit gets larger texels."""

LIGHT_MAP_VERTEX = np.dtype(
    [
        ("place", "2f4"),
        ("metres", "2f4"),
        ("limits", "4f4"),
        ("origin", "3f4"),
        ("along_u", "3f4"),
        ("along_v", "3f4"),
        ("normal", "3f4"),
        ("room", "i4"),
    ]
)
"""A vertex of a surface's rectangle in the light map, as bake_map.vert reads it."""


@dataclass(frozen=True, slots=True, eq=False)
class LightMapLayout:
    """The position of each flat surface of the house in the light map."""

    size: tuple[int, int]
    """Width and height, texels."""
    triangles: NDArray[np.void]
    """(6 R) of `PLACED`: two triangles per surface, which cover its rectangle and its gutter."""
    baked: NDArray[np.float32]
    """(W, 3) light map coordinates u, v and 0 of the built-in vertices, which come first in the batch."""


def lay_out_light_map(batch: Batch) -> LightMapLayout:
    """Assigns each built-in surface of a batch a rectangle in the light map."""
    slices = [batch.vertices_of(chunk) for chunk in range(batch.built_in)]
    baked = np.zeros((slices[-1].stop if slices else 0, 3), np.float32)
    uvs = [batch.vertices["uv"][mine].astype(np.float64) for mine in slices]
    extents = [np.ptp(uv, axis=0) for uv in uvs]
    faces_down = [batch.vertices["normal_pattern"][mine.start, 1] < 0 for mine in slices]
    texels = np.where(faces_down, CEILING_TEXEL_M, TEXEL_M)
    while True:
        sizes = [np.ceil(e / t).astype(int) + 1 + 2 * GUTTER for e, t in zip(extents, texels, strict=True)]
        corners, size = _pack(sizes)
        if max(size) <= MAX_SIDE:
            break
        texels = 1.5 * texels
    triangles: list[NDArray[np.void]] = []
    for mine, uv, corner, extent, texel in zip(slices, uvs, corners, sizes, texels, strict=True):
        # Texel (i, j) of the rectangle has its centre at low + ((i, j) - GUTTER) * texel.
        low = uv.min(axis=0)
        baked[mine, :2] = (corner + GUTTER + 0.5 + (uv - low) / texel) / size
        metres = low + (np.array([[0, 0], extent]) - GUTTER - 0.5) * texel
        place = 2.0 * np.array([corner, corner + extent]) / size - 1.0
        triangles.append(_rectangle(batch.vertices[mine], uv, place, metres))
    return LightMapLayout(
        size, np.concatenate(triangles) if triangles else np.zeros(0, LIGHT_MAP_VERTEX), baked
    )


def _pack(sizes: Sequence[NDArray[np.int64]]) -> tuple[list[NDArray[np.int64]], tuple[int, int]]:
    """The corner of each rectangle, and the size of the whole, by shelf packing.

    The rectangles are placed in rows ("shelves"), the highest ones first.
    """
    area = sum(int(width * height) for width, height in sizes)
    limit = max([int(1.1 * area**0.5) + 1, *(int(width) for width, _ in sizes)], default=1)
    corners: list[NDArray[np.int64]] = [np.zeros(2, dtype=np.int64)] * len(sizes)
    x = y = shelf = 0
    for index in sorted(range(len(sizes)), key=lambda i: (-int(sizes[i][1]), i)):
        width, height = (int(side) for side in sizes[index])
        if x + width > limit:
            x, y, shelf = 0, y + shelf, 0
        corners[index] = np.array([x, y])
        x, shelf = x + width, max(shelf, height)
    return corners, (limit, max(y + shelf, 1))


def _rectangle(
    vertices: NDArray[np.void],
    uv: NDArray[np.float64],
    place: NDArray[np.float64],
    metres: NDArray[np.float64],
) -> NDArray[np.void]:
    """Two triangles over a surface's rectangle. `place` and `metres` are its low and high corners."""
    known = np.column_stack([uv, np.ones(len(uv))])
    # Fits the plane's axes to its vertices: position = origin + u * along_u + v * along_v.
    axes, *_ = np.linalg.lstsq(known, vertices["position"].astype(np.float64), rcond=None)
    corner = np.array([[0, 0], [1, 0], [1, 1], [0, 0], [1, 1], [0, 1]])
    rows = np.zeros(6, LIGHT_MAP_VERTEX)
    rows["place"] = place[corner, [0, 1]]
    rows["metres"] = metres[corner, [0, 1]]
    rows["limits"] = (*uv.min(axis=0), *uv.max(axis=0))
    rows["along_u"], rows["along_v"], rows["origin"] = axes
    rows["normal"] = vertices["normal_pattern"][0, :3] / np.float32(127.0)
    rows["room"] = vertices["id_room"][0, 1]
    return rows
