"""The occupancy grid: how full the surroundings of every point are. It dims ambient light.

The grid is an approximation of ambient occlusion. It costs one texture look-up per pixel and is rebuilt after
every change of the scene. Points on all surfaces are entered into a grid of cells, and the grid is blurred
twice, by a small and by a large radius (`NEAR_BLUR_M`, `FAR_BLUR_M`).
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from simgen.engine.draw.batch import Batch
from simgen.house.parse import House
from simgen.types import Array

CELL_M = 0.1
"""Side of a cell, metres."""
MAX_CELLS = 256
"""Largest number of cells along an axis. A larger house gets larger cells."""
POINTS_PER_CELL = 1.5
"""Points per cell's area of a surface: enough to leave no holes in a wall."""
MARGIN_CELLS = 2
"""Cells by which a room's grid extends beyond its walls."""
NEAR_HOUSE_M = 1.0
"""Objects that extend more than this beyond the house's walls are ignored when the grid is sized, metres."""
NEAR_BLUR_M, FAR_BLUR_M = 0.12, 0.35
"""Standard deviations of the two blurs, metres: contact shadows, and the darker space under tables."""


@dataclass(frozen=True, slots=True, eq=False)
class Occupancy:
    """A grid over the house."""

    cells: NDArray[np.uint8]
    """(Z, Y, X) how full the surroundings of each cell are, 0..255."""
    low: Array
    """(3,) lowest corner of the grid, world, metres."""
    size: Array
    """(3,) size of the grid along x, y and z, metres."""


def measure_occupancy(house: House | None, batch: Batch) -> Occupancy:
    """The occupancy of a scene. Each room's cells count the surfaces that can be seen in that room."""
    if house is None:
        return Occupancy(np.zeros((1, 1, 1), np.uint8), np.zeros(3), np.ones(3))
    low, high = _extent(batch)
    cell = max(CELL_M, float((high - low).max()) / MAX_CELLS)
    low = low - MARGIN_CELLS * cell
    count = np.ceil((high - low) / cell).astype(int) + MARGIN_CELLS + 1
    points, rooms = _scatter_points(batch, cell)
    here = ((points > low) & (points < high + MARGIN_CELLS * cell)).all(axis=1)
    points, rooms = points[here], rooms[here]
    # Rounding may put a point on the edge one cell too low.
    index = ((points - low.astype(np.float32)) / np.float32(cell)).astype(np.int32)
    index = index.clip(MARGIN_CELLS, count - MARGIN_CELLS - 1)
    blurred = [_blur(index[_seen_in(rooms, room)], cell) for room in range(len(house.rooms))]
    cells = np.zeros(count[::-1], np.uint8)
    # Objects behind a wall must not darken this side of it, so every room has its own grid. The first pass
    # also writes a margin beyond the room's walls, since a look-up near a wall interpolates across it.
    for margin in (MARGIN_CELLS * cell, 0.0):
        for room, (first, dim) in zip(house.rooms, blurred, strict=True):
            last = first + dim.shape[::-1]
            x, z = (low[a] + cell * (np.arange(first[a], last[a]) + 0.5) for a in (0, 2))
            mine = shapely.contains_xy(room.polygon.buffer(margin), *np.meshgrid(x, z))
            part = cells[first[2] : last[2], first[1] : last[1], first[0] : last[0]]
            np.copyto(part, dim, where=mine[:, None, :])
    return Occupancy(cells, low, count * cell)


def _extent(batch: Batch) -> tuple[Array, Array]:
    """Lowest and highest corner (3,) of the house and the objects in it, without objects far outside.

    With them, one object moved far away would make the cells of the whole house coarse.
    """
    shell = batch.bounds[: batch.built_in]
    low, high = shell[:, 0].min(axis=0) - NEAR_HOUSE_M, shell[:, 1].max(axis=0) + NEAR_HOUSE_M
    near = ((batch.bounds[:, 0] > low) & (batch.bounds[:, 1] < high)).all(axis=1)
    return batch.bounds[near, 0].min(axis=0), batch.bounds[near, 1].max(axis=0)


def _seen_in(rooms: NDArray[np.uint64], room: int) -> NDArray[np.bool_]:
    return (rooms >> np.uint64(room)) & np.uint64(1) == 1


def _blur(index: NDArray[np.int32], cell: float) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """First cell (x, y, z) of a block around full cells (N, 3), and the blurred occupancy in the block."""
    first, last = index.min(axis=0) - MARGIN_CELLS, index.max(axis=0) + 1 + MARGIN_CELLS
    full = np.zeros((last - first)[::-1], np.float32)
    full[tuple((index - first).T[::-1])] = 1.0
    near = ndimage.gaussian_filter(full, NEAR_BLUR_M / cell, truncate=2.5, mode="constant")
    far = _blur_far(full, cell)
    return first, np.clip(255.0 * (0.5 * near + 1.2 * far), 0, 255).astype(np.uint8)


def _blur_far(full: NDArray[np.float32], cell: float) -> NDArray[np.float32]:
    """The wide blur, computed on cells twice as large. The blur is much wider than such a cell."""
    padded = np.pad(full, [(0, side % 2) for side in full.shape])
    z, y, x = (side // 2 for side in padded.shape)
    halved = padded.reshape(2 * z * 2 * y, x, 2).sum(axis=-1).reshape(2 * z, y, 2, x).sum(axis=2)
    halved = halved.reshape(z, 2, y, x).sum(axis=1) / np.float32(8.0)
    blurred = ndimage.gaussian_filter(halved, FAR_BLUR_M / (2.0 * cell), truncate=2.5, mode="constant")
    doubled = blurred.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)
    return np.asarray(doubled[: full.shape[0], : full.shape[1], : full.shape[2]], dtype=np.float32)


def _scatter_points(batch: Batch, cell: float) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
    """(N, 3) points spread evenly over all triangles, and (N) the rooms that can see each, as bits."""
    corners = batch.vertices["position"][batch.indices].reshape(-1, 3, 3)
    a, along, across = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = 0.5 * np.linalg.norm(np.cross(along, across), axis=1)
    counts = np.ceil(POINTS_PER_CELL * area / cell**2).astype(int)
    which = np.repeat(np.arange(len(counts)), counts)
    # The R2 sequence (M. Roberts, 2018) covers a square evenly at any length.
    step = np.arange(len(which))
    u = ((0.7548776662466927 * step) % 1.0).astype(np.float32)
    v = ((0.5698402909980532 * step) % 1.0).astype(np.float32)
    folded = u + v > 1.0
    u, v = np.where(folded, 1.0 - u, u), np.where(folded, 1.0 - v, v)
    points = a[which] + u[:, None] * along[which] + v[:, None] * across[which]
    chunk = np.repeat(np.arange(len(batch.names)), np.diff(batch.first_index) // 3)
    return points, batch.rooms[chunk[which]]
