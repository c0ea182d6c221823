"""Surfaces of a mesh on which objects may be placed, found below the parametric shape's rectangles."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from simgen.engine.shapes import Part, Surface
from simgen.types import Array

CELLS = 12
"""Cells along each side of a rectangle. One ray is cast at each corner of a cell."""
INSET = 1e-4
"""Distance of the outermost rays from the rectangle's edge, metres, so that they hit a mesh that ends
there."""
LEVEL = 0.012
"""Heights that differ by less (metres) count as level. A placed object sinks in or floats by no more than
this."""
LEAST_SHARE = 0.25
"""Smallest level part of a rectangle that counts as a surface, as a fraction of its area."""
BELOW_BOARD = 0.95
"""Start of the rays, as a fraction of the free height above the rectangle: below the next board."""


def surfaces_on(parts: Sequence[Part], rectangles: Sequence[Surface]) -> tuple[Surface, ...]:
    """The surfaces of a mesh at these rectangles: cropped to where it is level, at its own height.

    Rays are cast down over each rectangle. The height that most rays hit is the surface's height.
    """
    triangles = np.concatenate([part.positions[part.faces] for part in parts]).astype(np.float64)
    found: list[Surface] = []
    for rectangle in rectangles:
        surface = _on_mesh(triangles, rectangle)
        if surface is not None and not any(_same(surface, other) for other in found):
            found.append(surface)
    return tuple(found)


def _same(a: Surface, b: Surface) -> bool:
    overlap_x = min(a.x_max, b.x_max) - max(a.x_min, b.x_min)
    overlap_z = min(a.z_max, b.z_max) - max(a.z_min, b.z_min)
    return abs(a.y - b.y) < LEVEL and overlap_x > 0.0 and overlap_z > 0.0


def _on_mesh(triangles: Array, rectangle: Surface) -> Surface | None:
    x = np.linspace(rectangle.x_min + INSET, rectangle.x_max - INSET, CELLS + 1)
    z = np.linspace(rectangle.z_min + INSET, rectangle.z_max - INSET, CELLS + 1)
    hits = _heights(triangles, x, z)  # (K, CELLS + 1, CELLS + 1), NaN where a triangle is missed
    start = rectangle.y + BELOW_BOARD * rectangle.clearance
    first = np.where(hits <= start, hits, -np.inf).max(axis=0, initial=-np.inf)
    level = _commonest(first[np.isfinite(first)])
    if level is None:
        return None
    flat = np.abs(first - level) <= LEVEL
    cells = flat[1:, 1:] & flat[1:, :-1] & flat[:-1, 1:] & flat[:-1, :-1]
    (low, high), (left, right) = _largest_block(cells)
    if (high - low) * (right - left) < LEAST_SHARE * CELLS**2:
        return None
    within = np.s_[low : high + 1, left : right + 1]
    y = float(np.median(first[within]))
    above = np.where(hits > y + 2.0 * LEVEL, hits, np.inf)[:, *within].min(initial=np.inf)
    return Surface(
        y=y,
        x_min=float(x[low]),
        z_min=float(z[left]),
        x_max=float(x[high]),
        z_max=float(z[right]),
        clearance=float(above) - y,
    )


def _heights(triangles: Array, x: Array, z: Array) -> Array:
    """(K, X, Z) height at which the vertical line through each grid point hits triangle k, or NaN."""
    low, high = triangles.min(axis=1), triangles.max(axis=1)
    near = (low[:, 0] <= x[-1]) & (high[:, 0] >= x[0]) & (low[:, 2] <= z[-1]) & (high[:, 2] >= z[0])
    a, b, c = (triangles[near, k][:, :, None, None] for k in range(3))
    px, pz = x[None, :, None], z[None, None, :]
    doubled = (b[:, 0] - a[:, 0]) * (c[:, 2] - a[:, 2]) - (c[:, 0] - a[:, 0]) * (b[:, 2] - a[:, 2])
    with np.errstate(divide="ignore", invalid="ignore"):
        u = ((px - a[:, 0]) * (c[:, 2] - a[:, 2]) - (c[:, 0] - a[:, 0]) * (pz - a[:, 2])) / doubled
        v = ((b[:, 0] - a[:, 0]) * (pz - a[:, 2]) - (px - a[:, 0]) * (b[:, 2] - a[:, 2])) / doubled
        inside = (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0)
        height = a[:, 1] + u * (b[:, 1] - a[:, 1]) + v * (c[:, 1] - a[:, 1])
    return np.where(inside, height, np.nan)


def _commonest(heights: Array) -> float | None:
    """The height with the most other heights near it; None if there are no heights."""
    if not len(heights):
        return None
    near = np.abs(heights[:, None] - heights[None]) <= LEVEL
    return float(np.median(heights[near[int(near.sum(axis=1).argmax())]]))


def _largest_block(cells: NDArray[np.bool_]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns (first, last + 1) of the largest rectangle in which all cells are set."""
    sums = np.pad(cells.astype(np.int64), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1).tolist()
    best, found = 0, ((0, 0), (0, 0))
    for low, high in _ranges():
        for left, right in _ranges():
            area = (high - low) * (right - left)
            set_there = sums[high][right] - sums[low][right] - sums[high][left] + sums[low][left]
            if area > best and set_there == area:
                best, found = area, ((low, high), (left, right))
    return found


def _ranges() -> Iterator[tuple[int, int]]:
    return ((low, high) for low in range(CELLS) for high in range(low + 1, CELLS + 1))
