"""Camera motion between frames: displacement, turn, direction, and approach to objects.

Only frames that share enough objects are compared. Distances are along the floor, in metres.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from simgen.qa.refusal import Refusal
from simgen.qa.skills.distance import WayFacts, way_between
from simgen.qa.skills.extremes import decide, find_least
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts
from simgen.qa.skills.proposals import shuffle
from simgen.qa.skills.sectors import (
    MIN_WAY_M,
    QUADRANTS,
    SIDES,
    Bearing,
    bearing_of,
    forward_of,
    is_short,
    sector_of,
    sector_on_map,
    way_to,
)
from simgen.qa.skills.skill import Extra, MapAsk, Skill
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import box_center
from simgen.types import Point

CHANGES = ("closer", "farther")
OFFERED_FRAMES = 4
APART_M = 0.3
"""The least difference between the object's distances from the frames to choose from: about one step."""


@dataclass(frozen=True, slots=True)
class HeadingFacts(NumberFacts):
    """The angle between the headings of two cameras."""

    from_deg: float
    to_deg: float
    apart_deg: float
    """The absolute difference of the headings, 0 to 360."""


@dataclass(frozen=True, slots=True)
class TurnSideFacts(ChoiceFacts):
    """The side to which the camera turned, by the shorter turn."""

    from_deg: float
    to_deg: float
    difference_deg: float
    turn_deg: float
    """The difference in -180..180; positive to the right."""
    label: str


@dataclass(frozen=True, slots=True)
class MoveFacts(ChoiceFacts):
    """The position of one frame's camera as seen from another's."""

    start: Point
    end: Point
    bearing: Bearing
    label: str


@dataclass(frozen=True, slots=True)
class ApproachFacts(ChoiceFacts):
    """The displacements from the cameras of several frames to an object's centre."""

    target: Point
    ways: tuple[WayFacts, ...]


def camera_displacement(view: View, ask: Ask) -> WayFacts | Refusal:
    """The distance between the cameras of two frames, along the floor."""
    problem = _link_problem(view, ask)
    return problem or way_between(*(view.geometry.camera_points[frame] for frame in ask.frames))


def camera_turn(view: View, ask: Ask) -> HeadingFacts | Refusal:
    """The angle between the headings of two frames' cameras, seen from above, 0 to 180."""
    if problem := _link_problem(view, ask):
        return problem
    first, second = (view.geometry.headings[frame] for frame in ask.frames)
    apart = abs(second - first)
    return HeadingFacts(min(apart, 360.0 - apart), first, second, apart)


def turn_side(view: View, ask: Ask) -> TurnSideFacts | Refusal:
    """The side to which the camera turned between two frames, by the shorter turn."""
    if problem := _link_problem(view, ask):
        return problem
    first, second = (view.geometry.headings[frame] for frame in ask.frames)
    turn = _shorter(second - first)
    sector = sector_of(SIDES, turn)
    choice = ask.options.index(sector.label)
    facts = (first, second, second - first, turn, sector.label)
    return TurnSideFacts(choice, sector.margin_deg, sector.off_deg, *facts)


def camera_move(view: View, ask: Ask) -> MoveFacts | Refusal:
    """The quadrant, as seen from the first frame's camera, in which the second frame's camera stands."""
    if problem := _link_problem(view, ask):
        return problem
    geometry, (first, second) = view.geometry, ask.frames
    start, end = geometry.camera_points[first], geometry.camera_points[second]
    if is_short(way_to(start, end)):
        return Refusal("too close", f"the cameras are less than {MIN_WAY_M} m apart")
    bearing = bearing_of(forward_of(geometry.headings[first]), way_to(start, end))
    sector = sector_of(QUADRANTS, bearing.turn_deg)
    choice = ask.options.index(sector.label)
    return MoveFacts(choice, sector.margin_deg, sector.off_deg, start, end, bearing, sector.label)


def approach(view: View, ask: Ask) -> ApproachFacts | Refusal:
    """Whether the camera of the second frame is closer to an object's centre than that of the first."""
    ways = _ways(view, ask.objects[0], ask.frames)
    if isinstance(ways, Refusal):
        return ways
    choice, margin = find_least([way.value for way in ways])
    label = CHANGES[1 - choice]
    return ApproachFacts(ask.options.index(label), margin, ways[choice].value, ways[0].end, ways)


def closest_frame(view: View, ask: Ask) -> ApproachFacts | Refusal:
    """In which of the frames that are the options the camera is closest to an object's centre."""
    ways = _ways(view, ask.objects[0], [int(option) for option in ask.options])
    if isinstance(ways, Refusal):
        return ways
    choice, margin = find_least([way.value for way in ways])
    return ApproachFacts(choice, margin, ways[choice].value, ways[0].end, ways)


def displacement_on_map(asked: MapAsk) -> float:
    """The distance between two cameras on the map."""
    return math.dist(*(box_center(entry.bbox) for entry in asked.cameras))


def camera_turn_on_map(asked: MapAsk) -> float | None:
    """The angle between two headings on the map; None if the map lacks one."""
    turn = _turn_on_map(asked)
    return None if turn is None else abs(turn)


def turn_side_on_map(asked: MapAsk) -> int | None:
    """The side of the turn between two headings on the map; None for no turn and for a half turn."""
    turn = _turn_on_map(asked)
    if turn is None or turn % 180.0 == 0.0:
        return None
    return asked.ask.options.index(sector_of(SIDES, turn).label)


def camera_move_on_map(asked: MapAsk) -> int | None:
    """The quadrant of the second camera on the map, relative to the heading of the first."""
    first, second = asked.cameras
    if first.heading_deg is None:
        return None
    way = way_to(box_center(first.bbox), box_center(second.bbox))
    return sector_on_map(QUADRANTS, bearing_of(forward_of(first.heading_deg), way), asked.ask.options)


def approach_on_map(asked: MapAsk) -> int | None:
    """Whether the second camera on the map is closer to the object's centre; None if both are equally
    close."""
    choice = _closest_on_map(asked)
    return None if choice is None else asked.ask.options.index(CHANGES[1 - choice])


def closest_on_map(asked: MapAsk) -> int | None:
    """The frame whose camera on the map is closest to the object's centre; None if two are equally close."""
    choice = _closest_on_map(asked)
    return None if choice is None else asked.ask.options.index(str(asked.ask.frames[choice]))


def propose_linked_frames(
    view: View, _needs: Needs, rng: np.random.Generator, labels: tuple[str, ...] = ()
) -> Iterator[Ask]:
    """Proposes two linked frames, in both orders, with labels in random order."""
    for first, second in _linked(view, rng):
        yield Ask(options=tuple(shuffle(labels, rng)), frames=(first, second))


def propose_approaches(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes two linked frames and an object that can be placed from both, in random order."""
    names, frames = list_nameable(view, needs), _linked(view, rng)
    for first, second in frames:
        placed = [name for name in names if view.placed(name, first) and view.placed(name, second)]
        if placed:
            name = placed[int(rng.integers(len(placed)))]
            yield Ask(objects=(name,), options=tuple(shuffle(CHANGES, rng)), frames=(first, second))


def propose_frames_to_choose(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes an object and four frames from which it can be placed, at clearly different distances.

    All distances must differ. If only the closest frame had to stand out, it would seldom be one of several
    consecutive frames, which would give it away.
    """
    names, geometry = list_nameable(view, needs), view.geometry
    frames = {name: [frame for frame in view.frames if view.placed(name, frame)] for name in names}
    names = [name for name in names if len(frames[name]) >= OFFERED_FRAMES]
    found: set[tuple[str, frozenset[int]]] = set()
    for _ in range(40 * len(names)):
        name = names[int(rng.integers(len(names)))]
        drawn = tuple(shuffle(frames[name], rng)[:OFFERED_FRAMES])
        target, key = geometry.points[geometry.index[name]], (name, frozenset(drawn))
        away = sorted(math.dist(geometry.camera_points[frame], target) for frame in drawn)
        if key not in found and all(b - a >= APART_M for a, b in pairwise(away)):
            found.add(key)
            yield Ask(objects=(name,), options=tuple(map(str, drawn)), frames=drawn)


def _link_problem(view: View, ask: Ask) -> Refusal | None:
    first, second = ask.frames
    if view.linked(first, second):
        return None
    return Refusal("not linked", f"frames {first} and {second} of the clip share too few objects")


def _ways(view: View, name: str, frames: Sequence[int]) -> tuple[WayFacts, ...] | Refusal:
    """The displacements from the cameras of frames to an object's centre, or a refusal."""
    geometry = view.geometry
    for frame in frames:
        if problem := view.placing_problem([name], frame):
            return problem
    target = geometry.points[geometry.index[name]]
    return tuple(way_between(geometry.camera_points[frame], target) for frame in frames)


def _closest_on_map(asked: MapAsk) -> int | None:
    target = box_center(asked.objects[0].bbox)
    return decide(find_least([math.dist(box_center(camera.bbox), target) for camera in asked.cameras]))


def _linked(view: View, rng: np.random.Generator) -> list[tuple[int, int]]:
    found = [(f, g) for f in view.frames for g in view.frames if f != g and view.linked(f, g)]
    return shuffle(found, rng)


def _turn_on_map(asked: MapAsk) -> float | None:
    first, second = (camera.heading_deg for camera in asked.cameras)
    return None if first is None or second is None else _shorter(second - first)


def _shorter(turn_deg: float) -> float:
    """The equivalent turn in -180..180."""
    return turn_deg - 360.0 if turn_deg > 180.0 else turn_deg + 360.0 if turn_deg <= -180.0 else turn_deg


_HEADING: frozenset[Extra] = frozenset({"heading"})

SKILLS = {
    "camera_displacement": Skill(
        propose_linked_frames, camera_displacement, displacement_on_map, WayFacts, frames=2, steps=2
    ),
    "camera_turn": Skill(
        propose_linked_frames,
        camera_turn,
        camera_turn_on_map,
        HeadingFacts,
        ("degrees",),
        frames=2,
        extras=_HEADING,
    ),
    "turn_side": Skill(
        partial(propose_linked_frames, labels=SIDES.labels),
        turn_side,
        turn_side_on_map,
        TurnSideFacts,
        frames=2,
        options="labels",
        labels=SIDES.labels,
        extras=_HEADING,
    ),
    "camera_move": Skill(
        partial(propose_linked_frames, labels=QUADRANTS.labels),
        camera_move,
        camera_move_on_map,
        MoveFacts,
        frames=2,
        options="labels",
        labels=QUADRANTS.labels,
        extras=_HEADING,
        steps=2,
    ),
    "approach": Skill(
        propose_approaches,
        approach,
        approach_on_map,
        ApproachFacts,
        objects=1,
        frames=2,
        options="labels",
        labels=CHANGES,
        seen_in_frame=False,
        steps=2,
    ),
    "closest_frame": Skill(
        propose_frames_to_choose,
        closest_frame,
        closest_on_map,
        ApproachFacts,
        objects=1,
        frames=OFFERED_FRAMES,
        options="frames",
        seen_in_frame=False,
        steps=3,
    ),
}
