"""Directions among objects, relative to the axis from one object to another.

The position of an object is the centre of its oriented box, seen from above. Angles are in degrees.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts
from simgen.qa.skills.proposals import draw_selections, shuffle
from simgen.qa.skills.sectors import (
    MIN_WAY_M,
    QUADRANTS,
    SIDES,
    SIDES_AND_BACK,
    Bearing,
    Sectors,
    bearing_of,
    is_short,
    sector_of,
    sector_on_map,
    turn_way,
    way_to,
)
from simgen.qa.skills.skill import MapAsk, Skill
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import box_center
from simgen.types import Point

FORWARD, RIGHT, BACKWARD, LEFT = 0.0, 90.0, 180.0, 270.0
"""The direction of the axis from a to b as the question names it, clockwise from straight ahead."""


@dataclass(frozen=True, slots=True)
class AxisFacts(ChoiceFacts):
    """The direction of an object relative to the axis through two objects."""

    points: tuple[Point, ...]
    """The points of the objects that the question names."""
    axis: Point
    """The displacement from a to b."""
    bearing: Bearing
    label: str


@dataclass(frozen=True, slots=True)
class TurnFacts(NumberFacts):
    """The turn at one object from facing a second to facing a third."""

    points: tuple[Point, ...]
    bearing: Bearing


def direction(view: View, ask: Ask, sectors: Sectors) -> AxisFacts | Refusal:
    """In which sector c lies relative to the axis from a to b, as seen from d, or from a if there is no d."""
    points = _points(view, ask)
    bearing = _bearing(points, _axis_deg(ask))
    if isinstance(bearing, Refusal):
        return bearing
    sector = sector_of(sectors, bearing.turn_deg)
    choice, axis = ask.options.index(sector.label), way_to(points[0], points[1])
    return AxisFacts(choice, sector.margin_deg, sector.off_deg, points, axis, bearing, sector.label)


def turn_to_face(view: View, ask: Ask) -> TurnFacts | Refusal:
    """The angle at a between the directions to b and to c, 0 to 180 degrees."""
    points = _points(view, ask)
    bearing = _bearing(points, FORWARD)
    if isinstance(bearing, Refusal):
        return bearing
    return TurnFacts(abs(bearing.turn_deg), points, bearing)


def direction_on_map(asked: MapAsk, sectors: Sectors) -> int | None:
    """The sector's index among the options, by the centres of map boxes; None on a border."""
    return sector_on_map(sectors, _bearing_on_map(asked, _axis_deg(asked.ask)), asked.ask.options)


def turn_on_map(asked: MapAsk) -> float | None:
    """The turn by the centres of map boxes; None if two of them coincide."""
    bearing = _bearing_on_map(asked, FORWARD)
    return None if bearing.ahead == bearing.right == 0.0 else abs(bearing.turn_deg)


def propose_axes(
    view: View,
    needs: Needs,
    rng: np.random.Generator,
    objects: int,
    sectors: Sectors,
    axes_deg: tuple[float, ...],
) -> Iterator[Ask]:
    """Proposes nameable objects in every role, with a random axis and the sectors in random order."""
    for chosen in draw_selections(list_nameable(view, needs), objects, rng, ordered=True):
        labels = tuple(shuffle(sectors.labels, rng))
        values = (axes_deg[int(rng.integers(len(axes_deg)))],) if len(axes_deg) > 1 else ()
        yield Ask(objects=chosen, options=labels, values=values)


def propose_triples(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes three nameable objects, in every role."""
    return (
        Ask(objects=chosen) for chosen in draw_selections(list_nameable(view, needs), 3, rng, ordered=True)
    )


def _points(view: View, ask: Ask) -> tuple[Point, ...]:
    points, index = view.geometry.points, view.geometry.index
    return tuple(points[index[name]] for name in ask.objects)


def _axis_deg(ask: Ask) -> float:
    return ask.values[0] if ask.values else FORWARD


def _bearing(points: tuple[Point, ...], axis_deg: float) -> Bearing | Refusal:
    axis, way = _axis_and_way(points)
    if is_short(axis) or is_short(way):
        return Refusal("too close", f"centers that the question compares are less than {MIN_WAY_M} m apart")
    return bearing_of(turn_way(axis, -axis_deg), way)


def _bearing_on_map(asked: MapAsk, axis_deg: float) -> Bearing:
    axis, way = _axis_and_way(tuple(box_center(entry.bbox) for entry in asked.objects))
    return bearing_of(turn_way(axis, -axis_deg), way)


def _axis_and_way(points: Sequence[Point]) -> tuple[Point, Point]:
    """The displacement from a to b, and that to c from d, or from a if there is no d."""
    origin = points[3] if len(points) > 3 else points[0]
    return way_to(points[0], points[1]), way_to(origin, points[2])


def _direction(
    objects: int, sectors: Sectors, computes: str, axes_deg: tuple[float, ...] = (FORWARD,)
) -> Skill:
    return Skill(
        partial(propose_axes, objects=objects, sectors=sectors, axes_deg=axes_deg),
        partial(direction, sectors=sectors),
        partial(direction_on_map, sectors=sectors),
        AxisFacts,
        objects=objects,
        values=("axis_deg",) if len(axes_deg) > 1 else (),
        options="labels",
        labels=sectors.labels,
        apart=False,
        local=True,
        steps=3 if objects > 3 or len(axes_deg) > 1 else 2,
        computes=computes,
    )


SKILLS = {
    "vertical_direction": _direction(
        4,
        QUADRANTS,
        "The quadrant in which c lies as seen from d, if the direction from a to b is forward or backward.",
        (FORWARD, BACKWARD),
    ),
    "horizontal_direction": _direction(
        4,
        QUADRANTS,
        "The quadrant in which c lies as seen from d, if the direction from a to b is to the right or left.",
        (RIGHT, LEFT),
    ),
    "left_or_right": _direction(
        3, SIDES, "The side on which c lies for a person who stands at a and faces b."
    ),
    "left_right_or_back": _direction(
        3,
        SIDES_AND_BACK,
        "Whether c is to the left, to the right or at the back of a person who stands at a and faces b; the "
        "back begins 135 degrees from straight ahead.",
    ),
    "quadrant": _direction(
        3, QUADRANTS, "The quadrant in which c lies for a person who stands at a and faces b."
    ),
    "perspective": _direction(
        3,
        QUADRANTS,
        "The quadrant in which c lies for a person at a who has b to the right, to the left or behind.",
        (RIGHT, BACKWARD, LEFT),
    ),
    "turn_to_face": Skill(
        propose_triples,
        turn_to_face,
        turn_on_map,
        TurnFacts,
        ("degrees",),
        3,
        apart=False,
        local=True,
        steps=2,
    ),
}
