"""How full a house is around every point: what ambient light is dimmed by.

A stand-in for ambient occlusion that costs one texture fetch a pixel and follows every change of the scene:
surfaces are scattered into a grid of cells, which is blurred by a hand's breadth and by an arm's length.
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
"""Along any axis; a larger house gets larger cells."""
POINTS_PER_CELL = 1.5
"""Points scattered on a surface of one cell's area: enough to leave no holes in a wall."""
MARGIN_CELLS = 2
"""How far a room's cells go on beyond its walls."""
NEAR_HOUSE_M = 1.0
"""What reaches farther out of a house than this, metres, does not count as part of it."""
NEAR_BLUR_M, FAR_BLUR_M = 0.12, 0.35
"""Reach of contact shadows and of the dimness under tables, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class Occupancy:
    """A grid over the house."""

    cells: NDArray[np.uint8]
    """(Z, Y, X) how full the surroundings of each cell are, 0..255."""
    low: Array
    """(3,) world corner of the grid, metres."""
    size: Array
    """(3,) metres along x, y and z."""


def measure_occupancy(house: House | None, batch: Batch) -> Occupancy:
    """The occupancy of all surfaces of a scene: in each room, of what can be seen there."""
    if house is None:
        return Occupancy(np.zeros((1, 1, 1), np.uint8), np.zeros(3), np.ones(3))
    low, high = _extent(batch)
    cell = max(CELL_M, float((high - low).max()) / MAX_CELLS)
    low = low - MARGIN_CELLS * cell
    count = np.ceil((high - low) / cell).astype(int) + MARGIN_CELLS + 1
    points, rooms = _scatter_points(batch, cell)
    here = ((points > low) & (points < high + MARGIN_CELLS * cell)).all(axis=1)
    points, rooms = points[here], rooms[here]
    # A point on the edge may come out a cell too low.
    index = ((points - low.astype(np.float32)) / np.float32(cell)).astype(np.int32)
    index = index.clip(MARGIN_CELLS, count - MARGIN_CELLS - 1)
    blurred = [_blur(index[_seen_in(rooms, room)], cell) for room in range(len(house.rooms))]
    cells = np.zeros(count[::-1], np.uint8)
    # What stands behind a wall dims nothing on this side of it: every room is a grid of its own. It is
    # first written a little beyond its walls, since a look-up beside a wall mixes cells from both sides.
    for margin in (MARGIN_CELLS * cell, 0.0):
        for room, (first, dim) in zip(house.rooms, blurred, strict=True):
            last = first + dim.shape[::-1]
            x, z = (low[a] + cell * (np.arange(first[a], last[a]) + 0.5) for a in (0, 2))
            mine = shapely.contains_xy(room.polygon.buffer(margin), *np.meshgrid(x, z))
            part = cells[first[2] : last[2], first[1] : last[1], first[0] : last[0]]
            np.copyto(part, dim, where=mine[:, None, :])
    return Occupancy(cells, low, count * cell)


def _extent(batch: Batch) -> tuple[Array, Array]:
    """Lowest and highest corner (3,) of the house with all that is in it, without what is far from it.

    Otherwise one thing that somebody put out of the way would make the cells of the whole house coarse.
    """
    shell = batch.bounds[: batch.built_in]
    low, high = shell[:, 0].min(axis=0) - NEAR_HOUSE_M, shell[:, 1].max(axis=0) + NEAR_HOUSE_M
    near = ((batch.bounds[:, 0] > low) & (batch.bounds[:, 1] < high)).all(axis=1)
    return batch.bounds[near, 0].min(axis=0), batch.bounds[near, 1].max(axis=0)


def _seen_in(rooms: NDArray[np.uint64], room: int) -> NDArray[np.bool_]:
    return (rooms >> np.uint64(room)) & np.uint64(1) == 1


def _blur(index: NDArray[np.int32], cell: float) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """The first cell (x, y, z) of a block around some full cells (N, 3), and how full each of its is."""
    first, last = index.min(axis=0) - MARGIN_CELLS, index.max(axis=0) + 1 + MARGIN_CELLS
    full = np.zeros((last - first)[::-1], np.float32)
    full[tuple((index - first).T[::-1])] = 1.0
    near = ndimage.gaussian_filter(full, NEAR_BLUR_M / cell, truncate=2.5, mode="constant")
    far = _blur_far(full, cell)
    return first, np.clip(255.0 * (0.5 * near + 1.2 * far), 0, 255).astype(np.uint8)


def _blur_far(full: NDArray[np.float32], cell: float) -> NDArray[np.float32]:
    """What `gaussian_filter` gives, on cells twice as large: the blur is wider than those by far."""
    padded = np.pad(full, [(0, side % 2) for side in full.shape])
    z, y, x = (side // 2 for side in padded.shape)
    halved = padded.reshape(2 * z * 2 * y, x, 2).sum(axis=-1).reshape(2 * z, y, 2, x).sum(axis=2)
    halved = halved.reshape(z, 2, y, x).sum(axis=1) / np.float32(8.0)
    blurred = ndimage.gaussian_filter(halved, FAR_BLUR_M / (2.0 * cell), truncate=2.5, mode="constant")
    doubled = blurred.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)
    return np.asarray(doubled[: full.shape[0], : full.shape[1], : full.shape[2]], dtype=np.float32)


def _scatter_points(batch: Batch, cell: float) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
    """(N, 3) points spread evenly over all triangles, and (N) in which rooms each can be seen."""
    corners = batch.vertices["position"][batch.indices].reshape(-1, 3, 3)
    a, along, across = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = 0.5 * np.linalg.norm(np.cross(along, across), axis=1)
    counts = np.ceil(POINTS_PER_CELL * area / cell**2).astype(int)
    which = np.repeat(np.arange(len(counts)), counts)
    # Roberts' R2 sequence covers a square evenly at any length (M. Roberts, 2018).
    step = np.arange(len(which))
    u = ((0.7548776662466927 * step) % 1.0).astype(np.float32)
    v = ((0.5698402909980532 * step) % 1.0).astype(np.float32)
    folded = u + v > 1.0
    u, v = np.where(folded, 1.0 - u, u), np.where(folded, 1.0 - v, v)
    points = a[which] + u[:, None] * along[which] + v[:, None] * across[which]
    chunk = np.repeat(np.arange(len(batch.names)), np.diff(batch.first_index) // 3)
    return points, batch.rooms[chunk[which]]
