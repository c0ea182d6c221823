"""Choices by distance: nearest to a camera, nearest among types with several instances, farthest.

Distances are measured as in `simgen.qa.skills.distance`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, product

import numpy as np

from simgen.qa.refusal import Refusal
from simgen.qa.skills.count import entries_of
from simgen.qa.skills.distance import (
    GapFacts,
    NearestFacts,
    box_gap_on_map,
    camera_way,
    center_way,
    gap_between,
)
from simgen.qa.skills.extremes import decide, find_least, find_most
from simgen.qa.skills.facts import Ask, ChoiceFacts
from simgen.qa.skills.proposals import draw_selections, propose_with_options, shuffle
from simgen.qa.skills.skill import MapAsk, Skill
from simgen.qa.view.instances import find_instances, types_in_view
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import BBox, box_center

OPTIONS = 4
MAX_SETS = 50
"""The number of option sets that are tried with each reference or frame; there are many of both."""


@dataclass(frozen=True, slots=True)
class NearestTypeFacts(ChoiceFacts):
    """For each type among the options: its instance closest to the reference, and the displacement to it."""

    numbers: tuple[int, ...]
    """The number of instances of each type."""
    names: tuple[str, ...]
    boxes: tuple[BBox, ...]
    ways: tuple[GapFacts, ...]


def nearest_of_types(view: View, ask: Ask) -> NearestTypeFacts | Refusal:
    """Which of the types that are the options has the instance that comes closest to the reference."""
    geometry, center = view.geometry, ask.objects[0]
    closest, numbers = list[tuple[GapFacts, str, BBox]](), list[int]()
    for kind in ask.options:
        found = find_instances(view, kind)
        if isinstance(found, Refusal):
            return found
        if any(_stands_on(view, center, item.object.id) for item in found):
            return Refusal("touching", f"one of {kind} and {center} stand one on the other")
        ways = [(gap_between(geometry, center, item.object.id), item.entry) for item in found]
        way, entry = min(ways, key=lambda found: found[0].value)
        closest.append((way, entry.name, entry.bbox))
        numbers.append(len(found))
    ways, names, boxes = zip(*closest, strict=True)
    choice, margin = find_least([way.value for way in ways])
    return NearestTypeFacts(choice, margin, ways[choice].value, tuple(numbers), names, boxes, ways)


def nearest_to_camera(view: View, ask: Ask) -> NearestFacts:
    """Which option comes closest, along the floor, to the camera at a frame."""
    ways = tuple(camera_way(view.geometry, ask.frames[0], option) for option in ask.options)
    choice, margin = find_least([way.value for way in ways])
    return NearestFacts(choice, margin, ways[choice].value, ways)


def farthest_by_center(view: View, ask: Ask) -> NearestFacts:
    """Which option's centre is horizontally farthest from the reference's."""
    ways = tuple(center_way(view.geometry, ask.objects[0], option) for option in ask.options)
    choice, margin = find_most([way.value for way in ways])
    return NearestFacts(choice, margin, ways[choice].value, ways)


def nearest_type_on_map(asked: MapAsk) -> int | None:
    """Which option's type has the entry closest to the reference's; None if two are equally close."""
    reference = asked.objects[0].bbox
    found = [entries_of(asked.entries, kind) for kind in asked.ask.options]
    if not all(found):
        return None
    return decide(
        find_least([min(box_gap_on_map(reference, entry.bbox) for entry in entries) for entries in found])
    )


def nearest_to_camera_on_map(asked: MapAsk) -> int | None:
    """Which option's box comes closest to the camera's point; None if two are equally close."""
    camera = asked.cameras[0].bbox
    return decide(find_least([box_gap_on_map(camera, option.bbox) for option in asked.options]))


def farthest_center_on_map(asked: MapAsk) -> int | None:
    """Which option's centre is farthest from the reference's; None if two are equally far."""
    reference = box_center(asked.objects[0].bbox)
    return decide(find_most([math.dist(reference, box_center(option.bbox)) for option in asked.options]))


def propose_types_around(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes a reference and four types. Sets in which a type has several instances come first.

    If every type has one instance, the question equals that of `nearest_by_gap`, so those sets come last.
    """
    found = {kind: find_instances(view, kind) for kind in types_in_view(view)}
    numbers = {kind: len(items) for kind, items in found.items() if not isinstance(items, Refusal)}
    several = {kind for kind, number in numbers.items() if number > 1}
    sets = islice(draw_selections(list(numbers), OPTIONS, rng), MAX_SETS)
    mixed = shuffle(list(product(list_nameable(view, needs), sets)), rng)
    fitting = [(name, chosen) for name, chosen in mixed if _type_of(view, name) not in chosen]
    for wanted in (True, False):
        for name, chosen in fitting:
            if wanted is not several.isdisjoint(chosen):
                yield Ask(objects=(name,), options=chosen)


def propose_shown_together(view: View, needs: Needs, rng: np.random.Generator) -> list[Ask]:
    """Proposes sets of four objects that one frame shows, with that frame."""
    named = list_nameable(view, needs)
    asks = list[Ask]()
    for frame in view.frames:
        shown = [name for name in named if frame in _frames_of(view, name)]
        sets = islice(draw_selections(shown, OPTIONS, rng), MAX_SETS)
        asks += [Ask(options=chosen, frames=(frame,)) for chosen in sets]
    return shuffle(asks, rng)


def _stands_on(view: View, first: str, second: str) -> bool:
    found, index = view.clip.objects, view.geometry.index
    return found[index[first]].parent_id == second or found[index[second]].parent_id == first


def _type_of(view: View, object_id: str) -> str:
    return view.clip.objects[view.geometry.index[object_id]].type


def _frames_of(view: View, object_id: str) -> Sequence[int]:
    seen = view.find(object_id)
    return () if seen is None else seen.frames


SKILLS = {
    "nearest_of_types": Skill(
        propose_types_around,
        nearest_of_types,
        nearest_type_on_map,
        NearestTypeFacts,
        objects=1,
        options="types",
        steps=3,
    ),
    "nearest_to_camera": Skill(
        propose_shown_together,
        nearest_to_camera,
        nearest_to_camera_on_map,
        NearestFacts,
        frames=1,
        options="objects",
        apart=False,
        steps=2,
    ),
    "farthest_by_center": Skill(
        partial(propose_with_options, objects=1, options=OPTIONS),
        farthest_by_center,
        farthest_center_on_map,
        NearestFacts,
        objects=1,
        options="objects",
        steps=2,
    ),
}
