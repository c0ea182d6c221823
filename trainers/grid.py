"""Coarse maps: the cell of each object's centre on a grid of 10 x 10 cells, as in VSI-Bench's cognitive maps.

Yang et al. 2024, "Thinking in Space", section 5.2 and appendix B.4. A cell is [x, y], each 0 to 9; x grows
to the right and y ahead, as in the map frame.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simgen.scoring import BBox, MapObject, box_center
from simgen.types import Point

CELLS = 10
"""Cells along each side of the grid: those of VSI-Bench."""
LEAST_SIDE_M = 1.0
"""The least side of a grid. The boxes of a map with one small object would otherwise make cells of
centimetres, or of no size at all."""

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """A square of 10 x 10 square cells on the floor, in the map frame."""

    x_min: float
    y_min: float
    cell_m: float
    """The side of a cell, metres."""

    def cell_of(self, point: Point) -> Cell:
        """The cell that a point lies in; the nearest one for a point outside the grid."""
        x, y = (
            int(min(max((value - low) / self.cell_m, 0.0), CELLS - 1))
            for value, low in zip(point, (self.x_min, self.y_min), strict=True)
        )
        return x, y

    def box_of(self, cell: Cell) -> BBox:
        """The square of floor that a cell covers, metres. Its centre stands for the cell."""
        x, y = self.x_min + cell[0] * self.cell_m, self.y_min + cell[1] * self.cell_m
        return x, y, x + self.cell_m, y + self.cell_m


def make_grid(entries: Sequence[MapObject]) -> Grid:
    """The smallest square grid that covers all boxes of a map, with the boxes' rectangle in its middle.

    The entries are those of the row's whole map, rooms and cameras included, whichever of them a target
    lists. The cells are square, so that directions and ratios of distances are kept.
    """
    boxes = [entry.bbox for entry in entries] or [(0.0, 0.0, 0.0, 0.0)]
    low_x, low_y = min(box[0] for box in boxes), min(box[1] for box in boxes)
    high_x, high_y = max(box[2] for box in boxes), max(box[3] for box in boxes)
    side = max(high_x - low_x, high_y - low_y, LEAST_SIDE_M)
    return Grid((low_x + high_x - side) / 2.0, (low_y + high_y - side) / 2.0, side / CELLS)


def render_cells(entries: Sequence[MapObject], grid: Grid) -> str:
    """A map as cells: a JSON list of `object_name` and `cell`."""
    records = [
        {"object_name": entry.name, "cell": list(grid.cell_of(box_center(entry.bbox)))} for entry in entries
    ]
    return json.dumps(records)


def parse_cells(text: str | None, grid: Grid) -> list[MapObject] | None:
    """The entries of a map of cells, each with the square of its cell as box; None if it is no such list.

    Each entry needs a name and a cell of two whole numbers from 0 to 9.
    """
    try:
        records = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(records, list):
        return None
    found = [_entry(record, grid) for record in records]
    known = [entry for entry in found if entry is not None]
    return known if len(known) == len(found) else None


def _entry(record: Any, grid: Grid) -> MapObject | None:
    name, cell = (record.get("object_name"), record.get("cell")) if isinstance(record, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(cell, list) or len(cell) != 2:
        return None
    if not all(type(value) is int and 0 <= value < CELLS for value in cell):
        return None
    return MapObject(name, grid.box_of((cell[0], cell[1])))
