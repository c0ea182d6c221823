"""Directions on the map: where something lies as seen along a heading, and sectors with names.

Points and ways are (x, y) in the map frame, in metres. Turns and headings are in degrees, clockwise seen from
above; a heading of 0 is the map's y.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from simgen.types import Point

TIE_DEG = 1e-6
"""A turn that is nearer to a border between two sectors is on it."""
MIN_WAY_M = 0.5
"""Between what is nearer than this, a direction hangs on where exactly one takes the centres to be."""


@dataclass(frozen=True, slots=True)
class Bearing:
    """Where a way leads, as seen by somebody who looks along `forward`."""

    forward: Point
    """Of any length."""
    way: Point
    ahead: float
    """The product of `way` and `forward`: positive in front, negative behind."""
    right: float
    """The product of `way` and what points to the right of `forward`: negative to the left."""
    turn_deg: float
    """From `forward` to `way`, -180..180, positive to the right."""


@dataclass(frozen=True, slots=True)
class Sectors:
    """The full circle around somebody, cut into directions that have names."""

    labels: tuple[str, ...]
    """Clockwise."""
    borders_deg: tuple[float, ...]
    """Where each begins, clockwise from straight ahead; it ends where the next one begins."""


@dataclass(frozen=True, slots=True)
class Sector:
    """Where a turn falls among sectors."""

    label: str
    margin_deg: float
    """To the nearest border."""
    off_deg: float
    """From the middle of the sector."""


QUADRANTS = Sectors(("front_right", "back_right", "back_left", "front_left"), (0.0, 90.0, 180.0, 270.0))
"""Of a Cartesian plane whose y points ahead: QVS-Bench's and VSI-Bench's hard directions."""
SIDES = Sectors(("right", "left"), (0.0, 180.0))
SIDES_AND_BACK = Sectors(("right", "back", "left"), (0.0, 135.0, 225.0))
"""VSI-Bench's medium directions: back is what one must turn by at least 135 degrees for."""
CARDINALS = Sectors(("front", "right", "back", "left"), (315.0, 45.0, 135.0, 225.0))
"""Of 90 degrees each, with front around straight ahead."""
HOURS = Sectors(
    ("12", *(str(hour) for hour in range(1, 12))), tuple((30.0 * hour - 15.0) % 360.0 for hour in range(12))
)
"""Of a clock that lies on the floor with 12 straight ahead: 30 degrees each."""


def sector_of(sectors: Sectors, turn_deg: float) -> Sector:
    """Where a turn from straight ahead falls."""
    for index, label in enumerate(sectors.labels):
        start, end = sectors.borders_deg[index], sectors.borders_deg[(index + 1) % len(sectors.labels)]
        # The second remainder: that of the smallest negative angles is 360.0 itself.
        width, inside = (end - start) % 360.0, (turn_deg - start) % 360.0 % 360.0
        if inside < width:
            margin = min(inside, width - inside)
            return Sector(label, margin, width / 2.0 - margin)
    raise AssertionError("sectors fill the circle")


def sector_on_map(sectors: Sectors, bearing: Bearing, options: Sequence[str]) -> int | None:
    """Index of the option that a map gives; None on a border, or where that is no option."""
    if bearing.ahead == bearing.right == 0.0:
        return None
    sector = sector_of(sectors, bearing.turn_deg)
    if sector.margin_deg <= TIE_DEG or sector.label not in options:
        return None
    return options.index(sector.label)


def bearing_of(forward: Point, way: Point) -> Bearing:
    """Where a way leads, as seen by somebody who looks along `forward`."""
    ahead = forward[0] * way[0] + forward[1] * way[1]
    right = forward[1] * way[0] - forward[0] * way[1]
    return Bearing(forward, way, ahead, right, math.degrees(math.atan2(right, ahead)))


def forward_of(heading_deg: float) -> Point:
    """The way of one metre along a heading."""
    heading = math.radians(heading_deg)
    return math.sin(heading), math.cos(heading)


def turn_way(way: Point, turn_deg: float) -> Point:
    """A way, turned clockwise by a multiple of 90 degrees: exactly."""
    x, y = way
    return ((x, y), (y, -x), (-x, -y), (-y, x))[int(turn_deg // 90) % 4]


def way_to(start: Point, end: Point) -> Point:
    """The way from one point to another."""
    return end[0] - start[0], end[1] - start[1]


def is_short(way: Point) -> bool:
    """Whether a way is too short to tell where it leads."""
    return math.hypot(*way) < MIN_WAY_M
