"""Directions on the map: bearings relative to a heading, and named sectors.

Points and displacements ("ways") are (x, y) in the map frame, in metres. Turns and headings are in degrees,
clockwise seen from above; heading 0 is the map's y axis.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from simgen.types import Point

TIE_DEG = 1e-6
"""A turn counts as on the border between two sectors if it is closer to it than this."""
MIN_WAY_M = 0.5
"""The least distance between two points for a direction. Closer objects have no certain direction, because
it depends on where exactly people see their centres."""


@dataclass(frozen=True, slots=True)
class Bearing:
    """The direction of a displacement relative to a viewing direction `forward`."""

    forward: Point
    """The viewing direction, of any length."""
    way: Point
    ahead: float
    """The dot product of `way` and `forward`: positive in front, negative behind."""
    right: float
    """The dot product of `way` and the vector to the right of `forward`: negative to the left."""
    turn_deg: float
    """The turn from `forward` to `way`, -180..180, positive to the right."""


@dataclass(frozen=True, slots=True)
class Sectors:
    """The full circle around a viewer, divided into named directions."""

    labels: tuple[str, ...]
    """Clockwise."""
    borders_deg: tuple[float, ...]
    """The start of each sector, clockwise from straight ahead; it ends where the next begins."""


@dataclass(frozen=True, slots=True)
class Sector:
    """The sector that a turn falls into."""

    label: str
    margin_deg: float
    """The angle to the nearest border."""
    off_deg: float
    """The angle to the middle of the sector."""


QUADRANTS = Sectors(("front_right", "back_right", "back_left", "front_left"), (0.0, 90.0, 180.0, 270.0))
"""The quadrants of a Cartesian plane whose y points ahead: the hard directions of QVS-Bench and VSI-Bench."""
SIDES = Sectors(("right", "left"), (0.0, 180.0))
SIDES_AND_BACK = Sectors(("right", "back", "left"), (0.0, 135.0, 225.0))
"""The medium directions of VSI-Bench: an object is to the back if one must turn by at least 135° to face
it."""
CARDINALS = Sectors(("front", "right", "back", "left"), (315.0, 45.0, 135.0, 225.0))
"""Four sectors of 90 degrees; front is centred on straight ahead."""
HOURS = Sectors(
    ("12", *(str(hour) for hour in range(1, 12))), tuple((30.0 * hour - 15.0) % 360.0 for hour in range(12))
)
"""The hours of a clock on the floor with 12 straight ahead: 30 degrees each."""


def sector_of(sectors: Sectors, turn_deg: float) -> Sector:
    """The sector of a turn from straight ahead."""
    for index, label in enumerate(sectors.labels):
        start, end = sectors.borders_deg[index], sectors.borders_deg[(index + 1) % len(sectors.labels)]
        # Two remainders: for tiny negative angles the first one is 360.0 itself.
        width, inside = (end - start) % 360.0, (turn_deg - start) % 360.0 % 360.0
        if inside < width:
            margin = min(inside, width - inside)
            return Sector(label, margin, width / 2.0 - margin)
    raise AssertionError("sectors fill the circle")


def sector_on_map(sectors: Sectors, bearing: Bearing, options: Sequence[str]) -> int | None:
    """The index of the option that a map gives; None on a border, or if the sector is not an option."""
    if bearing.ahead == bearing.right == 0.0:
        return None
    sector = sector_of(sectors, bearing.turn_deg)
    if sector.margin_deg <= TIE_DEG or sector.label not in options:
        return None
    return options.index(sector.label)


def bearing_of(forward: Point, way: Point) -> Bearing:
    """The bearing of a displacement for a viewer who looks along `forward`."""
    ahead = forward[0] * way[0] + forward[1] * way[1]
    right = forward[1] * way[0] - forward[0] * way[1]
    return Bearing(forward, way, ahead, right, math.degrees(math.atan2(right, ahead)))


def forward_of(heading_deg: float) -> Point:
    """The unit vector along a heading."""
    heading = math.radians(heading_deg)
    return math.sin(heading), math.cos(heading)


def turn_way(way: Point, turn_deg: float) -> Point:
    """A displacement turned clockwise by a multiple of 90 degrees, without rounding errors."""
    x, y = way
    return ((x, y), (y, -x), (-x, -y), (-y, x))[int(turn_deg // 90) % 4]


def way_to(start: Point, end: Point) -> Point:
    """The displacement from one point to another."""
    return end[0] - start[0], end[1] - start[1]


def is_short(way: Point) -> bool:
    """Whether a displacement is too short for a certain direction."""
    return math.hypot(*way) < MIN_WAY_M
