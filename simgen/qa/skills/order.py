"""Orders: by first appearance, by distance, from left to right, and clockwise around a place.

Distances are between centres, seen from above, in metres; angles are in degrees, clockwise.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from simgen.geometry.frames import project
from simgen.qa.refusal import Refusal
from simgen.qa.skills.distance import WayFacts, way_between
from simgen.qa.skills.extremes import TIE
from simgen.qa.skills.facts import Ask, ChoiceFacts, OrderFacts
from simgen.qa.skills.proposals import propose_with_options, shuffle
from simgen.qa.skills.sectors import (
    MIN_WAY_M,
    TIE_DEG,
    Bearing,
    bearing_of,
    forward_of,
    is_short,
    way_to,
)
from simgen.qa.skills.skill import MapAsk, Skill
from simgen.qa.view.names import UNNAMEABLE, map_name
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import box_center
from simgen.types import Point

APPEARING = 4
"""The number of types in a question about first appearance, and of orders to choose from, as in VSI-Bench."""
ORDERED = 4
"""The number of objects to sort: a random order is right once in 24 times."""
AROUND = 3
"""The number of objects to sort around a place, where margins must be wide: a random order is right once in 6
times."""


@dataclass(frozen=True, slots=True)
class AppearanceFacts(ChoiceFacts):
    """The frames in which several types first appear."""

    first_frames: tuple[int, ...]
    """For each type that the question names: the number of the frame, from 1."""
    sorted_frames: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WaysFacts(OrderFacts):
    """The displacements from one point to the centre of each option."""

    ways: tuple[WayFacts, ...]


@dataclass(frozen=True, slots=True)
class TurnsFacts(OrderFacts):
    """The turns from one direction to the direction of each option."""

    start: Point
    forward: Point
    ends: tuple[Point, ...]
    bearings: tuple[Bearing, ...]
    turns_deg: tuple[float, ...]
    """-180..180 for objects in a picture, 0..360 for objects around a place."""


def appearance_order(view: View, ask: Ask) -> AppearanceFacts | Refusal:
    """Which of the orders is the order in which the types first appear.

    The question is ambiguous if the order would differ when already a few pixels of a type counted as its
    appearance. The margin is in frames of the view.
    """
    seen = [_first_seen(view, kind) for kind in ask.types]
    glimpsed = [float(view.first_glimpses.get(kind, 0)) for kind in ask.types]
    if None in seen:
        return Refusal("not visible", "one of the types is not visible in the frames shown")
    first = [number for number in seen if number is not None]
    order, margin = _sorted(first)
    _, glimpsed_margin = _ordered(glimpsed, order)
    found = ",".join(ask.types[index] for index in order)
    if found not in ask.options:
        return Refusal("not an option", f"the order is {found}")
    numbers = tuple(int(number) + 1 for number in first)
    return AppearanceFacts(
        ask.options.index(found), min(margin, glimpsed_margin), 1.0, numbers, tuple(sorted(numbers))
    )


def order_by_distance(view: View, ask: Ask) -> WaysFacts:
    """The options by the distance of their centres from that of the reference, nearest first."""
    geometry = view.geometry
    start, *ends = (geometry.points[geometry.index[name]] for name in (*ask.objects, *ask.options))
    return _ways_facts(start, ends)


def order_from_camera(view: View, ask: Ask) -> WaysFacts | Refusal:
    """The options by the distance of their centres from the camera of a frame, nearest first."""
    geometry, frame = view.geometry, ask.frames[0]
    if problem := view.placing_problem(ask.options, frame):
        return problem
    return _ways_facts(
        geometry.camera_points[frame], [geometry.points[geometry.index[name]] for name in ask.options]
    )


def left_to_right(view: View, ask: Ask) -> TurnsFacts | Refusal:
    """The options by direction from the camera, left to right; the picture must show the same order."""
    geometry, frame = view.geometry, ask.frames[0]
    indices = [geometry.index[name] for name in ask.options]
    forward, start = forward_of(geometry.headings[frame]), geometry.camera_points[frame]
    ends = [geometry.points[index] for index in indices]
    facts = _turns_facts(start, forward, ends)
    if isinstance(facts, Refusal):
        return facts
    # A tilted camera shifts high and low objects horizontally in the picture.
    middles = np.array([view.clip.objects[index].box.center for index in indices])
    u, _, depth = project(middles, view.clip.world_from_camera[frame], view.clip.intrinsics).T
    ahead = [(x - start[0]) * forward[0] + (y - start[1]) * forward[1] for x, y in ends]
    if min(*ahead, *depth) <= 0.0:
        return Refusal("behind the camera", "the center of one is in no picture from there")
    boxes = view.clip.visibility.box2d
    columns = [float(boxes[frame, index, 0]) + float(boxes[frame, index, 2]) for index in indices]
    least = min(_ordered(shown, facts.order)[1] for shown in (u.tolist(), columns))
    if facts.margin > TIE_DEG and least <= 0.0:  # a tie is refused by its margin
        return Refusal(
            "picture differs", "they, or what is visible of them, stand in another order in the picture"
        )
    return facts


def clockwise(view: View, ask: Ask) -> TurnsFacts | Refusal:
    """The options in the order in which one faces them, turning clockwise at a, starting from b."""
    geometry = view.geometry
    start, faced, *ends = (geometry.points[geometry.index[name]] for name in (*ask.objects, *ask.options))
    if is_short(way := way_to(start, faced)):
        return Refusal("too close", f"two of the objects are less than {MIN_WAY_M} m apart")
    return _turns_facts(start, way, ends, around=True)


def appearance_on_map(asked: MapAsk) -> int | None:
    """The option with the order of the types' first entries in the map, which is sorted by first
    appearance."""
    names = [entry.name.rstrip("0123456789") for entry in asked.entries]
    kinds = asked.ask.types
    if any(map_name(kind) not in names for kind in kinds):
        return None
    found = ",".join(sorted(kinds, key=lambda kind: names.index(map_name(kind))))
    return asked.ask.options.index(found) if found in asked.ask.options else None


def distances_on_map(asked: MapAsk) -> tuple[int, ...] | None:
    """The options by distance from the reference or the camera on the map; None if two are equally far."""
    start = box_center((*asked.cameras, *asked.objects)[0].bbox)
    order, margin = _sorted([math.dist(start, box_center(option.bbox)) for option in asked.options])
    return order if margin > TIE else None


def left_to_right_on_map(asked: MapAsk) -> tuple[int, ...] | None:
    """The options by direction from the camera on the map; None if two have the same direction."""
    camera = asked.cameras[0]
    if camera.heading_deg is None:
        return None
    return _turns_on_map(asked, box_center(camera.bbox), forward_of(camera.heading_deg), around=False)


def clockwise_on_map(asked: MapAsk) -> tuple[int, ...] | None:
    """The options by direction around a, from that of b, on the map; None if two have the same direction."""
    start, faced = (box_center(entry.bbox) for entry in asked.objects)
    return _turns_on_map(asked, start, way_to(start, faced), around=True)


def propose_appearances(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes types of large objects that appear in different frames, with their order and three others."""
    small = {
        item.object.type for item in view.seen if view.geometry.middle_size(item.index) < needs.min_size_m
    }
    seen = dict.fromkeys(item.object.type for item in view.seen)
    kinds = [kind for kind in seen if kind not in UNNAMEABLE | small]
    first = {kind: _first_seen(view, kind) for kind in kinds}
    by_frame: dict[float, list[str]] = {}
    for kind, number in first.items():
        if number is not None:
            by_frame.setdefault(number, []).append(kind)
    if len(by_frame) < APPEARING:
        return
    numbers, found = list(by_frame), set[frozenset[str]]()
    for _ in range(400):
        drawn = shuffle(numbers, rng)[:APPEARING]
        types = tuple(by_frame[number][int(rng.integers(len(by_frame[number])))] for number in drawn)
        if (key := frozenset(types)) not in found:
            found.add(key)
            yield Ask(types=types, options=_orders(types, drawn, rng))


def propose_from_frames(
    view: View, needs: Needs, rng: np.random.Generator, seen_there: bool
) -> Iterator[Ask]:
    """Proposes objects to sort, with a frame that shows them all or from which all can be placed."""
    names, found = list_nameable(view, needs), set[tuple[int, frozenset[str]]]()
    there = {
        frame: [name for name in names if _is_there(view, name, frame, seen_there)] for frame in view.frames
    }
    frames = [frame for frame in view.frames if len(there[frame]) >= ORDERED]
    for _ in range(40 * len(frames)):
        frame = frames[int(rng.integers(len(frames)))]
        drawn = tuple(shuffle(there[frame], rng)[:ORDERED])
        if (key := (frame, frozenset(drawn))) not in found:
            found.add(key)
            yield Ask(options=drawn, frames=(frame,))


def _first_seen(view: View, kind: str) -> float | None:
    """The position among the view's frames of the first in which an object of the type is visible."""
    frames = [item.frames[0] for item in view.of_type(kind)]
    return float(view.frames.index(min(frames))) if frames else None


def _orders(types: tuple[str, ...], first: Sequence[float], rng: np.random.Generator) -> tuple[str, ...]:
    """The order of the types by first appearance and other orders, shuffled."""
    right = ",".join(types[index] for index in _sorted(first)[0])
    found = {right: None}
    while len(found) < APPEARING:
        found[",".join(shuffle(types, rng))] = None
    return tuple(shuffle(list(found), rng))


def _is_there(view: View, name: str, frame: int, seen_there: bool) -> bool:
    seen = view.find(name)
    return seen is not None and (frame in seen.frames if seen_there else view.placed(name, frame))


def _ways_facts(start: Point, ends: Sequence[Point]) -> WaysFacts:
    ways = tuple(way_between(start, end) for end in ends)
    values = [way.value for way in ways]
    order, margin = _sorted(values)
    return WaysFacts(order, margin, _tightest(values, order), ways)


def _turns_facts(
    start: Point, forward: Point, ends: Sequence[Point], around: bool = False
) -> TurnsFacts | Refusal:
    ways = [way_to(start, end) for end in ends]
    if any(map(is_short, ways)):
        return Refusal("too close", f"one of the objects is less than {MIN_WAY_M} m away")
    bearings = tuple(bearing_of(forward, way) for way in ways)
    turns = tuple(bearing.turn_deg % 360.0 if around else bearing.turn_deg for bearing in bearings)
    order, margin = _sorted(turns)
    if around:
        # What one faces at first must be neither the first nor the last to come.
        margin = min(margin, min(turns), 360.0 - max(turns))
    return TurnsFacts(order, margin, 360.0 / len(turns), start, forward, tuple(ends), bearings, turns)


def _turns_on_map(asked: MapAsk, start: Point, forward: Point, around: bool) -> tuple[int, ...] | None:
    ways = [way_to(start, box_center(option.bbox)) for option in asked.options]
    if (0.0, 0.0) in (*ways, forward):
        return None
    turns = [bearing_of(forward, way).turn_deg for way in ways]
    order, margin = _sorted([turn % 360.0 for turn in turns] if around else turns)
    return order if margin > TIE_DEG else None


def _sorted(values: Sequence[float]) -> tuple[tuple[int, ...], float]:
    """The indices by ascending value, and the smallest step from one value to the next."""
    order = tuple(sorted(range(len(values)), key=values.__getitem__))
    return _ordered(values, order)


def _ordered(values: Sequence[float], order: tuple[int, ...]) -> tuple[tuple[int, ...], float]:
    """The order, and the smallest step of the values along it; negative if they do not ascend along it."""
    return order, min(values[after] - values[before] for before, after in pairwise(order))


def _tightest(values: Sequence[float], order: tuple[int, ...]) -> float:
    """The smaller of the two consecutive values that differ least."""
    pairs = pairwise([values[index] for index in order])
    return min(pairs, key=lambda pair: pair[1] - pair[0])[0]


SKILLS = {
    "appearance_order": Skill(
        propose_appearances,
        appearance_order,
        appearance_on_map,
        AppearanceFacts,
        types=APPEARING,
        options="orders",
        steps=2,
    ),
    "order_by_distance": Skill(
        partial(propose_with_options, objects=1, options=ORDERED),
        order_by_distance,
        distances_on_map,
        WaysFacts,
        objects=1,
        options="objects",
        local=True,
        steps=3,
    ),
    "order_from_camera": Skill(
        partial(propose_from_frames, seen_there=False),
        order_from_camera,
        distances_on_map,
        WaysFacts,
        frames=1,
        options="objects",
        apart=False,
        seen_in_frame=False,
        steps=3,
    ),
    "left_to_right": Skill(
        partial(propose_from_frames, seen_there=True),
        left_to_right,
        left_to_right_on_map,
        TurnsFacts,
        frames=1,
        options="objects",
        extras=frozenset({"heading"}),
        apart=False,
        local=True,
        steps=3,
    ),
    "clockwise": Skill(
        partial(propose_with_options, objects=2, options=AROUND),
        clockwise,
        clockwise_on_map,
        TurnsFacts,
        objects=2,
        options="objects",
        apart=False,
        local=True,
        steps=4,
    ),
}
