"""Walking distances: the shortest path on a fine grid, shortened around the corners near its bends.

The walker is 0.4 m wide. Obstacles, and walls as lines, are enlarged by 0.2 m with square corners: a point is
free when it is 0.2 m beyond some edge of every obstacle.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, permutations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from tests.qa.independent.house import walls_of
from tests.qa.independent.plane import hull
from tests.qa.independent.questions import Answer, Question
from tests.qa.independent.world import Floats, World

RADIUS_M, LOW_M, HIGH_M = 0.2, 0.05, 1.8
CELL_M = 0.03
NEAR_M = 0.6
"""The largest distance of a bend of the grid path from the corner that the shortest path bends around."""
SLACK_M = 0.002
"""How much a path may cut a corner, because it is tested at samples."""
OPENINGS = {"Doorway", "Doorframe", "Window"}
MOVES = [(1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (1, -2), (3, 1), (1, 3), (3, -1), (1, -3)]
MOVES += [(3, 2), (2, 3), (3, -2), (2, -3)]
REACH = 3
"""The longest move, in cells."""


@dataclass(frozen=True, eq=False)
class Floor:
    """Where the centre of the walker may be."""

    points: Floats
    """(O, E, 2) a point on each edge of each obstacle; the last edge is repeated."""
    normals: Floats
    """(O, E, 2) unit vectors out of each edge."""
    corners: Floats
    """(K, 2) the free corners of the enlarged obstacles."""
    cells: KDTree
    """The centres of the free cells."""
    legs: coo_matrix
    """The lengths of the moves between free cells."""
    ways: dict[bytes, tuple[Floats, NDArray[np.int64]]] = field(default_factory=dict)
    """Lengths and predecessors of the paths from starts that were asked for, as a cache."""


def walking_distance(question: Question) -> Answer:
    """The distance from touching a to touching b."""
    floor = floor_of(question.world)
    a, b = (ring_of(question.world, index) for index in question.objects)
    return shortest(floor, a, b)


def walk_from_camera(question: Question) -> Answer:
    """The distance from the camera of a frame to touching a."""
    floor, end = floor_of(question.world), question.world.cameras[question.named_frames]
    return shortest(floor, ring_of(question.world, question.objects[0]), end)


def nearest_on_foot(question: Question) -> Answer:
    """The option with the shortest path."""
    world, floor = question.world, floor_of(question.world)
    start = ring_of(world, question.objects[0]) if question.objects else world.cameras[question.named_frames]
    return int(
        np.argmin([shortest(floor, start, ring_of(world, index)) for index in question.option_objects])
    )


@lru_cache(maxsize=4)
def floor_of(world: World) -> Floor:
    """The free floor of a clip's house."""
    edges = [edges_of(hull(world.footprints[index])) for index in obstacles(world)]
    edges += [_wall_edges(*wall) for wall in walls_of(world)]
    most = max(len(points) for points, _ in edges)
    points, normals = (np.stack([_padded(pair[k], most) for pair in edges]) for k in range(2))
    corners = np.concatenate([_pushed_corners(*_ordered(*pair)) for pair in edges])
    walls = np.concatenate([floor for _, floor in world.rooms.values()])
    low, high = walls.min(axis=0) - CELL_M / 2, walls.max(axis=0)
    counts = np.ceil((high - low) / CELL_M).astype(int)
    grid = low + (np.indices(counts).reshape(2, -1).T + 0.5) * CELL_M
    free = is_free(points, normals, grid).reshape(counts)
    corners = corners[is_free(points, normals, corners, SLACK_M)]
    return Floor(points, normals, corners, KDTree(grid[free.ravel()]), _legs(free))


def obstacles(world: World) -> list[int]:
    """The objects that block the walker."""
    found = []
    for index, kind in enumerate(world.types):
        low, high = world.heights(index)
        if kind not in OPENINGS and low < HIGH_M and high > LOW_M:
            found.append(index)
    return found


def is_free(points: Floats, normals: Floats, spots: Floats, slack: float = 0.0) -> NDArray[np.bool_]:
    """(S,) whether points are RADIUS_M beyond some edge of every obstacle."""
    free = np.ones(len(spots), dtype=bool)
    offsets = (points * normals).sum(axis=2)
    for start in range(0, len(spots), 4000):
        part = slice(start, start + 4000)
        beyond = np.einsum("sk,oek->soe", spots[part], normals) - offsets
        free[part] = (beyond.max(axis=2) >= RADIUS_M - slack).all(axis=1)
    return free


def ring_of(world: World, index: int) -> Floats:
    """(P, 2) points around an object at which the walker touches it, a centimetre apart."""
    corners = _pushed_corners(*edges_of(hull(world.footprints[index])))
    parts = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        count = max(int(np.ceil(np.linalg.norm(end - start) / 0.01)), 1)
        parts.append(start + np.linspace(0.0, 1.0, count, endpoint=False)[:, None] * (end - start))
    return np.concatenate(parts)


def shortest(floor: Floor, starts: Floats, ends: Floats) -> float:
    """The length of the shortest path from any start to any end; infinite when there is none."""
    starts = starts[is_free(floor.points, floor.normals, starts, SLACK_M)]
    ends = ends[is_free(floor.points, floor.normals, ends, SLACK_M)]
    if not len(starts) or not len(ends):
        return np.inf
    lengths, came_from = _ways(floor, starts)
    last, reach = _nearest_cells(floor, ends)
    total = lengths[last] + reach
    best = int(np.argmin(total))
    if not np.isfinite(total[best]):
        return np.inf
    chain = [int(last[best])]
    while came_from[chain[-1]] >= 0:
        chain.append(int(came_from[chain[-1]]))
    way = floor.cells.data[chain[::-1]]
    first = starts[np.argmin(np.linalg.norm(starts - way[0], axis=1))]
    return _pulled(floor, np.vstack([first, way, ends[best]]), starts, ends)


def _ways(floor: Floor, starts: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The lengths of the shortest grid paths from the starts to all cells, and their predecessors."""
    key = starts.tobytes()
    if key not in floor.ways:
        count = len(floor.cells.data)
        cells, reach = _nearest_cells(floor, starts)
        matrix = floor.legs
        # One more node, from which the cells beside the starting spots are as far as those are.
        near = {}
        for cell, far in zip(cells.tolist(), reach.tolist(), strict=True):
            near[cell] = min(far + 1e-9, near.get(cell, np.inf))
        rows = np.concatenate([matrix.row, np.full(len(near), count)])
        columns = np.concatenate([matrix.col, np.array(list(near))])
        values = np.concatenate([matrix.data, np.array(list(near.values()))])
        whole = coo_matrix((values, (rows, columns)), shape=(count + 1, count + 1)).tocsr()
        lengths, came = dijkstra(whole, directed=True, indices=count, return_predecessors=True)
        came = np.where(came == count, -1, came).astype(np.int64)
        floor.ways[key] = lengths[:count], came[:count]
    return floor.ways[key]


def _nearest_cells(floor: Floor, spots: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The nearest free cell of each point, and its distance; infinite when no cell is near."""
    reach, cells = floor.cells.query(spots)
    if (reach < 2.0 * CELL_M).any():
        return cells, np.where(reach < 2.0 * CELL_M, reach, np.inf)
    # In a cranny that is narrower than a cell: the nearest one in a straight line.
    for index, spot in enumerate(spots):
        far, around = floor.cells.query(spot, k=200)
        clear = (i for i in range(0, 200, 4) if _is_clear(floor, spot, floor.cells.data[around[i]]))
        found = next(clear, None)
        cells[index], reach[index] = (around[found], far[found]) if found is not None else (0, np.inf)
    return cells, reach


def _pulled(floor: Floor, way: Floats, starts: Floats, ends: Floats) -> float:
    """The length of a path after it is shortened around corners and its ends are moved."""
    way = _shortcut(floor, way)
    for _ in range(3):
        pulled = [way[0]]
        for here, after in pairwise(way[1:]):
            pulled += _at_corners(floor, pulled[-1], here, after)
        way = np.vstack([*pulled, way[-1]])
        way = _landed(floor, _landed(floor, way, starts)[::-1], ends)[::-1]
        way = _shortcut(floor, way)
    return float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())


def _at_corners(floor: Floor, before: Floats, here: Floats, after: Floats) -> list[Floats]:
    """One or two corners near a bend that make the path shortest and free, or the bend itself."""
    apart = np.linalg.norm(floor.corners - here, axis=1)
    near = [floor.corners[index] for index in np.argsort(apart)[:25] if apart[index] < NEAR_M]
    ways = [[before, here, after], *([before, corner, after] for corner in near)]
    ways += [[before, *pair, after] for pair in permutations(near[:8], 2)]
    ways.sort(key=lambda way: sum(float(np.linalg.norm(b - a)) for a, b in pairwise(way)))
    clear = (way for way in ways if way[1] is here or all(_is_clear(floor, a, b) for a, b in pairwise(way)))
    return next(clear)[1:-1]


def _shortcut(floor: Floor, way: Floats) -> Floats:
    """The path without points that can be skipped: from each point straight to the farthest free one."""
    kept = [0]
    while kept[-1] < len(way) - 1:
        here = kept[-1]
        # Neighbouring cells are always clear of one another; of farther ones every third is tried.
        later = range(len(way) - 1, here + 1, -3 if len(way) > 20 else -1)
        kept.append(next((i for i in later if _is_clear(floor, way[here], way[i])), here + 1))
    return way[kept].copy()


def _is_clear(floor: Floor, start: Floats, end: Floats) -> bool:
    count = max(int(np.linalg.norm(end - start) / 0.01), 1) + 1
    line = start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)
    return bool(is_free(floor.points, floor.normals, line, SLACK_M).all())


def _landed(floor: Floor, way: Floats, spots: Floats) -> Floats:
    """The path from the start nearest to its first bend, or to its second when that is shorter."""
    if len(way) > 2:
        straight = _slid(floor, way[0], way[2], spots)
        bent = np.linalg.norm(way[1] - way[0]) + np.linalg.norm(way[2] - way[1])
        if np.linalg.norm(straight - way[2]) < bent and _is_clear(floor, straight, way[2]):
            return np.vstack([straight, way[2:]])
    return np.vstack([_slid(floor, way[0], way[1], spots), way[1:]])


def _slid(floor: Floor, here: Floats, towards: Floats, spots: Floats) -> Floats:
    """The start nearest to the next bend with a free line to it; the present one if none is nearer."""
    far = np.linalg.norm(spots - towards, axis=1)
    for index in np.argsort(far)[:60:3]:
        if far[index] >= np.linalg.norm(here - towards) or _is_clear(floor, spots[index], towards):
            return spots[index] if far[index] < np.linalg.norm(here - towards) else here
    return here


def _legs(free: NDArray[np.bool_]) -> coo_matrix:
    """The moves between free cells along which all touched cells are free."""
    number = np.full(free.shape, -1)
    number[free] = np.arange(free.sum())
    rows, columns, values = [], [], []
    padded = np.pad(number, REACH, constant_values=-1)

    def shifted(dx: int, dy: int) -> NDArray[np.int64]:
        sides = zip((dx, dy), free.shape, strict=True)
        rows_in, columns_in = (slice(REACH + step, REACH + step + size) for step, size in sides)
        return padded[rows_in, columns_in]

    for dx, dy in MOVES:
        here, there = number, shifted(dx, dy)
        both = (here >= 0) & (there >= 0)
        for x, y in _beside(dx, dy):
            both &= shifted(x, y) >= 0
        length = np.full(int(both.sum()), CELL_M * np.hypot(dx, dy))
        rows += [here[both], there[both]]
        columns += [there[both], here[both]]
        values += [length, length]
    size = int(free.sum())
    parts = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return coo_matrix(parts, shape=(size, size))


def _beside(dx: int, dy: int) -> list[tuple[int, int]]:
    """The cells that the straight line of a move touches."""
    shares = np.linspace(0.0, 1.0, 13)
    spots = [(dx * share + x, dy * share + y) for share in shares for x in (-0.2, 0.2) for y in (-0.2, 0.2)]
    return sorted({(round(x), round(y)) for x, y in spots} - {(0, 0), (dx, dy)})


def edges_of(outline: Floats) -> tuple[Floats, Floats]:
    """A point on each edge of a counter-clockwise convex outline, and the edge's outward normal."""
    along = np.roll(outline, -1, axis=0) - outline
    out = np.stack([along[:, 1], -along[:, 0]], axis=1)
    return outline, out / np.linalg.norm(out, axis=1)[:, None]


def _pushed_corners(points: Floats, normals: Floats) -> Floats:
    """(E, 2) the corners of the outline with all edges moved outwards by RADIUS_M."""
    sides = np.stack([np.roll(normals, 1, axis=0), normals], axis=1)
    reach = (sides * np.stack([np.roll(points, 1, axis=0), points], axis=1)).sum(axis=2) + RADIUS_M
    return np.linalg.solve(sides, reach[..., None])[..., 0]


def _ordered(points: Floats, normals: Floats) -> tuple[Floats, Floats]:
    """The edges, sorted by the directions of their normals."""
    order = np.argsort(np.arctan2(normals[:, 1], normals[:, 0]))
    return points[order], normals[order]


def _padded(part: Floats, count: int) -> Floats:
    return np.vstack([part, np.repeat(part[-1:], count - len(part), axis=0)])


def _wall_edges(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """As `edges_of`, for a wall without thickness."""
    along = (end - start) / np.linalg.norm(end - start)
    aside = np.array([-along[1], along[0]])
    return np.stack([start, end, start, start]), np.stack([-along, along, aside, -aside])


CHECKERS = {
    "walking_distance": walking_distance,
    "walk_from_camera": walk_from_camera,
    "nearest_on_foot": nearest_on_foot,
    "nearest_on_foot_from_camera": nearest_on_foot,
}
