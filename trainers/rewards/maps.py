"""The maps of responses and targets, read by the form that a sample's target has."""

from simgen.scoring import MapObject, parse_map, split_response
from simgen.trainers.grid import Grid, parse_cells


def parse_sample_map(text: str, grid: tuple[float, ...]) -> list[MapObject] | None:
    """The entries of the map in a response or a target, in metres; None if it has none that can be read.

    `grid` is the sample's column: x_min, y_min and the side of a cell for maps of cells, empty for boxes.
    """
    found = split_response(text).map
    return parse_map(found) if not grid else parse_cells(found, Grid(*grid))
