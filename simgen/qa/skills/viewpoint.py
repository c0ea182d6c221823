"""Directions from a camera: by sector, by the hours of a clock, and after a walk and a turn.

Positions are seen from above; the position of an object is the centre of its oriented box.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask, ChoiceFacts
from simgen.qa.skills.proposals import shuffle
from simgen.qa.skills.sectors import (
    CARDINALS,
    HOURS,
    MIN_WAY_M,
    QUADRANTS,
    Bearing,
    Sectors,
    bearing_of,
    forward_of,
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

WALKS_M = (1.0, 1.5, 2.0, 2.5, 3.0)
"""The lengths of walks. Shorter walks hardly change a view; longer ones leave most rooms."""
TURNS_DEG = (90.0, 180.0, 270.0)
"""A quarter turn to the right, a half turn, a quarter turn to the left."""
OFFERED_HOURS = 4


@dataclass(frozen=True, slots=True)
class ViewpointFacts(ChoiceFacts):
    """The direction of an object from a camera, or from a point that one walks to from there."""

    camera: Point
    look: Point
    """The unit vector along the camera's heading."""
    stand: Point
    """The point from which the direction is taken: the camera, or the end of the walk."""
    target: Point
    """The object's centre."""
    bearing: Bearing
    clock_deg: float
    """The turn of the bearing, in 0..360."""
    label: str


def camera_direction(view: View, ask: Ask, sectors: Sectors) -> ViewpointFacts | Refusal:
    """In which sector an object lies, from a camera or after the steps that the question gives."""
    geometry, frame = view.geometry, ask.frames[0]
    if problem := view.placing_problem(ask.objects, frame):
        return problem
    walk_m = ask.values[0] if ask.values else 0.0
    if walk_m > geometry.free_ahead[frame]:
        return Refusal(
            "blocked", f"{geometry.free_ahead[frame]:.2f} m are free ahead, the walk is {walk_m} m"
        )
    camera, target = geometry.camera_points[frame], geometry.points[geometry.index[ask.objects[0]]]
    look = forward_of(geometry.headings[frame])
    stand = (camera[0] + walk_m * look[0], camera[1] + walk_m * look[1])
    if is_short(way := way_to(stand, target)):
        return Refusal("too close", f"{ask.objects[0]} is less than {MIN_WAY_M} m away")
    bearing = bearing_of(_facing(look, ask), way)
    sector = sector_of(sectors, bearing.turn_deg)
    if sector.label not in ask.options:
        return Refusal("not an option", f"it is {sector.label}")
    choice = ask.options.index(sector.label)
    facts = (camera, look, stand, target, bearing, bearing.turn_deg % 360.0, sector.label)
    return ViewpointFacts(choice, sector.margin_deg, sector.off_deg, *facts)


def camera_direction_on_map(asked: MapAsk, sectors: Sectors) -> int | None:
    """The sector's index among the options; None on a border, or if the map has no heading."""
    camera, target = asked.cameras[0], box_center(asked.objects[0].bbox)
    if camera.heading_deg is None:
        return None
    look, start = forward_of(camera.heading_deg), box_center(camera.bbox)
    walk_m = asked.ask.values[0] if asked.ask.values else 0.0
    stand = (start[0] + walk_m * look[0], start[1] + walk_m * look[1])
    bearing = bearing_of(_facing(look, asked.ask), way_to(stand, target))
    return sector_on_map(sectors, bearing, asked.ask.options)


def propose_from_cameras(
    view: View, needs: Needs, rng: np.random.Generator, sectors: Sectors
) -> Iterator[Ask]:
    """Proposes nameable objects with every frame from which they can be placed, and all sectors."""
    for name, frame in _placed(view, needs, rng):
        labels = tuple(shuffle(sectors.labels, rng))
        yield Ask(objects=(name,), options=labels, frames=(frame,))


def propose_after_walks(
    view: View, needs: Needs, rng: np.random.Generator, sectors: Sectors
) -> Iterator[Ask]:
    """Proposes the same asks with a free walk ahead and a turn."""
    for name, frame in _placed(view, needs, rng):
        free = [walk for walk in WALKS_M if walk <= view.geometry.free_ahead[frame]]
        if free:
            labels = tuple(shuffle(sectors.labels, rng))
            values = free[int(rng.integers(len(free)))], TURNS_DEG[int(rng.integers(len(TURNS_DEG)))]
            yield Ask(objects=(name,), options=labels, frames=(frame,), values=values)


def propose_on_clocks(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes objects with their own hour and three hours of the view's other objects."""
    pairs = _placed(view, needs, rng)
    hours = [_hour(view, name, frame) for name, frame in pairs]
    for (name, frame), hour in zip(pairs, hours, strict=True):
        drawn = shuffle(hours, rng)
        offered = list(dict.fromkeys([hour, *drawn]))[:OFFERED_HOURS]
        if len(offered) == OFFERED_HOURS:
            options = tuple(shuffle(offered, rng))
            yield Ask(objects=(name,), options=options, frames=(frame,))


def _facing(look: Point, ask: Ask) -> Point:
    return turn_way(look, ask.values[1]) if ask.values else look


def _placed(view: View, needs: Needs, rng: np.random.Generator) -> list[tuple[str, int]]:
    """Ids of nameable objects with frames from which they can be placed, in random order."""
    names = list_nameable(view, needs)
    found = [(name, frame) for name in names for frame in view.frames if view.placed(name, frame)]
    return shuffle(found, rng)


def _hour(view: View, name: str, frame: int) -> str:
    geometry = view.geometry
    look = forward_of(geometry.headings[frame])
    way = way_to(geometry.camera_points[frame], geometry.points[geometry.index[name]])
    return sector_of(HOURS, bearing_of(look, way).turn_deg).label


def _from_camera(
    candidates: Callable[[View, Needs, np.random.Generator], Iterator[Ask]],
    sectors: Sectors,
    computes: str,
    values: tuple[str, ...] = (),
    steps: int = 2,
) -> Skill:
    return Skill(
        candidates,
        partial(camera_direction, sectors=sectors),
        partial(camera_direction_on_map, sectors=sectors),
        ViewpointFacts,
        objects=1,
        frames=1,
        values=values,
        options="labels",
        labels=sectors.labels,
        extras=frozenset({"heading"}),
        seen_in_frame=False,
        steps=steps,
        computes=computes,
    )


SKILLS = {
    "camera_direction": _from_camera(
        partial(propose_from_cameras, sectors=CARDINALS),
        CARDINALS,
        "The direction of an object from the camera of a frame; each direction covers 90 degrees.",
    ),
    "clock_direction": _from_camera(
        propose_on_clocks,
        HOURS,
        "The direction of an object from the camera of a frame as an hour, with 12 straight ahead.",
    ),
    "after_walking": _from_camera(
        partial(propose_after_walks, sectors=QUADRANTS),
        QUADRANTS,
        "The quadrant in which an object lies after a straight walk from the camera of a frame and a turn.",
        values=("walk_m", "turn_deg"),
        steps=4,
    ),
}
