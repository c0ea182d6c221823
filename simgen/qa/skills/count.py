"""Counts: of a type, of two types compared, and of a type near an object.

A type is counted only if the view shows each instance well: see `simgen.qa.view.instances`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import digits

import numpy as np

from simgen.qa.refusal import Refusal
from simgen.qa.skills.distance import box_gap_on_map
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts
from simgen.qa.skills.proposals import shuffle
from simgen.qa.skills.skill import MapAsk, Skill
from simgen.qa.view.instances import find_instances, rooms_shown, types_in_view
from simgen.qa.view.names import map_name
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import BBox, MapObject

NEAR_M = (1.0, 1.5, 2.0, 3.0)
"""The distances within which objects are counted."""
NEAR_MARGIN_M = 0.2
"""The least difference between each instance's distance and the limit."""
SIGNS = {"more": ">", "fewer": "<", "equal": "="}
"""The comparisons of two counts: label, and sign as thoughts write it."""
LABELS = tuple(SIGNS)


@dataclass(frozen=True, slots=True)
class CountFacts(NumberFacts):
    """The map entries of the counted objects."""

    names: tuple[str, ...]
    boxes: tuple[BBox, ...]


@dataclass(frozen=True, slots=True)
class MoreFacts(ChoiceFacts):
    """The map entries of the counted objects of two types."""

    names: tuple[str, ...]
    names_b: tuple[str, ...]
    sign: str
    """The sign between the two counts: =, < or >."""


@dataclass(frozen=True, slots=True)
class NearFacts(NumberFacts):
    """For each instance: its name, its distance, and whether it is within the limit."""

    near: tuple[tuple[str, float, bool], ...]


def object_count(view: View, ask: Ask) -> CountFacts | Refusal:
    """How many objects of a type the frames show."""
    counted = find_instances(view, ask.types[0])
    if isinstance(counted, Refusal):
        return counted
    entries = [item.entry for item in counted]
    return CountFacts(
        float(len(entries)), tuple(entry.name for entry in entries), tuple(entry.bbox for entry in entries)
    )


def count_in_room(view: View, ask: Ask) -> CountFacts | Refusal:
    """How many objects of a type are in the room in which all frames were taken."""
    rooms = rooms_shown(view)
    if len(rooms) != 1:
        return Refusal("several rooms", f"the frames were taken in {len(rooms)} rooms")
    there = {item.object.room_id for item in view.of_type(ask.types[0])}
    return object_count(view, ask) if there <= rooms else Refusal("elsewhere", "some are in another room")


def more_of(view: View, ask: Ask) -> MoreFacts | Refusal:
    """Whether the frames show more, fewer or as many objects of one type than of another."""
    first, second = (object_count(view, Ask(types=(kind,))) for kind in ask.types)
    if isinstance(first, Refusal):
        return first
    if isinstance(second, Refusal):
        return second
    label = _compared(first.value, second.value)
    # Counts are exact, so equal counts are as certain as counts that differ by one.
    margin = max(abs(first.value - second.value), 1.0)
    best = max(first.value, second.value)
    return MoreFacts(ask.options.index(label), margin, best, first.names, second.names, SIGNS[label])


def count_near(view: View, ask: Ask) -> NearFacts | Refusal:
    """How many objects of a type are within a given distance of an object, seen from above."""
    geometry, reach = view.geometry, ask.values[0]
    counted = find_instances(view, ask.types[0])
    if isinstance(counted, Refusal):
        return counted
    center = geometry.index[ask.objects[0]]
    if any(item.index == center for item in counted):
        return Refusal("same object twice", "it is of the type that is counted")
    ways = geometry.level_gaps[center]
    gaps = [(item.entry.name, float(ways[item.index])) for item in counted]
    if any(abs(gap - reach) < NEAR_MARGIN_M for _, gap in gaps):
        return Refusal("too ambiguous", f"one is within {NEAR_MARGIN_M} m of the border")
    near = tuple((name, gap, gap < reach) for name, gap in gaps)
    return NearFacts(float(sum(inside for _, _, inside in near)), near)


def count_on_map(asked: MapAsk) -> int:
    """How many entries of a type the map has."""
    return len(entries_of(asked.entries, asked.ask.types[0]))


def more_on_map(asked: MapAsk) -> int:
    """How the numbers of map entries of two types compare."""
    first, second = (len(entries_of(asked.entries, kind)) for kind in asked.ask.types)
    return asked.ask.options.index(_compared(first, second))


def near_on_map(asked: MapAsk) -> int:
    """How many entries of a type are within the limit of an object's entry."""
    found = entries_of(asked.entries, asked.ask.types[0])
    gaps = [box_gap_on_map(asked.objects[0].bbox, entry.bbox) for entry in found]
    return sum(gap < asked.ask.values[0] for gap in gaps)


def entries_of(entries: Sequence[MapObject], object_type: str) -> list[MapObject]:
    """The map entries of a type: those with its name, with or without a number."""
    name = map_name(object_type)
    return [entry for entry in entries if entry.name.rstrip(digits) == name]


def propose_type(view: View, _needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes types to count: at most as many with one instance as with several, but at least one."""
    several, single, others = _by_number(view, rng)
    for kind in shuffle([*several, *single[: max(len(several), 1)], *others], rng):
        yield Ask(types=(kind,))


def propose_two_types(view: View, _needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes pairs of types in both orders, at least one of them with several instances."""
    several, single, _ = _by_number(view, rng)
    pairs = [(a, b) for a in several for b in (*several, *single) if a != b]
    pairs += [(b, a) for a in several for b in single]
    for pair in shuffle(pairs, rng):
        yield Ask(types=pair, options=tuple(shuffle(LABELS, rng)))


def propose_near_objects(view: View, needs: Needs, rng: np.random.Generator) -> list[Ask]:
    """Proposes types with several instances, each around any nameable object."""
    several, _, _ = _by_number(view, rng)
    asks = [
        Ask(objects=(name,), types=(kind,), values=(reach,))
        for name in list_nameable(view, needs)
        for kind in several
        for reach in NEAR_M
    ]
    return shuffle(asks, rng)


def _by_number(view: View, rng: np.random.Generator) -> tuple[list[str], list[str], list[str]]:
    """The types in view, shuffled: with several instances, with one instance, and not countable."""
    several, single, others = list[str](), list[str](), list[str]()
    for kind in shuffle(types_in_view(view), rng):
        found = find_instances(view, kind)
        (others if isinstance(found, Refusal) else several if len(found) > 1 else single).append(kind)
    return several, single, others


def _compared(first: float, second: float) -> str:
    return "equal" if first == second else "more" if first > second else "fewer"


SKILLS = {
    "object_count": Skill(propose_type, object_count, count_on_map, CountFacts, units=("count",), types=1),
    "count_in_room": Skill(propose_type, count_in_room, count_on_map, CountFacts, units=("count",), types=1),
    "more_of": Skill(
        propose_two_types, more_of, more_on_map, MoreFacts, types=2, options="labels", labels=LABELS, steps=2
    ),
    "count_near": Skill(
        propose_near_objects,
        count_near,
        near_on_map,
        NearFacts,
        units=("count",),
        objects=1,
        types=1,
        values=("reach",),
        steps=2,
    ),
}
