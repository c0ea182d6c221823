"""Clearance: the width of the gap between two objects, and whether a box of a given width passes through it.

The gap is measured from above, between the oriented boxes of two objects that stand on the floor of one room
with nothing between them: see `ClipGeometry.passages`. Widths and extents are in metres.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from simgen.qa.refusal import Refusal
from simgen.qa.skills.distance import box_gap_on_map
from simgen.qa.skills.extremes import TIE
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts
from simgen.qa.skills.proposals import draw_selections, propose_pairs, shuffle
from simgen.qa.skills.skill import YES_NO, MapAsk, Skill
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View

WIDTHS_M = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5)
"""The widths of things that people carry or push through a flat: basket, suitcase, wheelchair, desk,
mattress."""
NEAR_M = 0.7
"""A gap is asked about with widths that differ from it by less. Larger differences need no measuring."""
FIRM_M = 0.1
"""A gap is asked about with widths that differ from it by more than this, the step of the map."""


@dataclass(frozen=True, slots=True)
class GapWidthFacts(NumberFacts):
    """The width of a gap, and its extents along the map's x and y."""

    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class ClearanceFacts(ChoiceFacts):
    """The width of a gap, and its extents along the map's x and y."""

    gap: float
    dx: float
    dy: float


def gap_width(view: View, ask: Ask) -> GapWidthFacts | Refusal:
    """The horizontal distance between two objects that stand side by side."""
    found = _passage(view, ask)
    return found if isinstance(found, Refusal) else GapWidthFacts(*found)


def clearance(view: View, ask: Ask) -> ClearanceFacts | Refusal:
    """Whether a box of a given width passes between two objects."""
    found = _passage(view, ask)
    if isinstance(found, Refusal):
        return found
    gap, width = found[0], ask.values[0]
    return ClearanceFacts(ask.options.index(YES_NO[gap < width]), abs(gap - width), width, *found)


def gap_width_on_map(asked: MapAsk) -> float:
    """The distance between two map boxes."""
    a, b = (entry.bbox for entry in asked.objects)
    return box_gap_on_map(a, b)


def clearance_on_map(asked: MapAsk) -> int | None:
    """Whether a box of a given width passes between two map boxes; None if it fits exactly."""
    gap, width = gap_width_on_map(asked), asked.ask.values[0]
    return None if abs(gap - width) < TIE else asked.ask.options.index(YES_NO[gap < width])


def propose_passages(view: View, needs: Needs, rng: np.random.Generator) -> list[Ask]:
    """Proposes pairs of objects with a passage between them."""
    return [ask for ask in propose_pairs(view, needs, rng) if not math.isnan(_width(view, *ask.objects))]


def propose_widths(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes gaps with similar widths: the matched ones first, then the others."""
    return chain.from_iterable(match_widths(view, needs, rng))


def match_widths(view: View, needs: Needs, rng: np.random.Generator) -> tuple[list[Ask], list[Ask]]:
    """Gaps with similar widths, in two lists.

    In the first, each width is too wide as often as it fits; the second holds the others.
    """
    gaps = [(chosen, _width(view, *chosen)) for chosen in draw_selections(list_nameable(view, needs), 2, rng)]
    matched, others = list[Ask](), list[Ask]()
    for width in WIDTHS_M:
        fitting = [_ask(chosen, width, rng) for chosen, gap in gaps if FIRM_M < gap - width < NEAR_M]
        too_wide = [_ask(chosen, width, rng) for chosen, gap in gaps if FIRM_M < width - gap < NEAR_M]
        count = min(len(fitting), len(too_wide))
        for asks in (shuffle(fitting, rng), shuffle(too_wide, rng)):
            matched += asks[:count]
            others += asks[count:]
    return shuffle(matched, rng), shuffle(others, rng)


def _ask(objects: tuple[str, ...], width: float, rng: np.random.Generator) -> Ask:
    return Ask(objects=objects, options=tuple(shuffle(YES_NO, rng)), values=(width,))


def _passage(view: View, ask: Ask) -> tuple[float, float, float] | Refusal:
    """The width of a gap and its extents along x and y, or the reason why there is no gap."""
    first, second = (view.geometry.index[name] for name in ask.objects)
    if math.isnan(view.geometry.passages[first, second]):
        return Refusal("no passage", f"{ask.objects[0]} and {ask.objects[1]} do not stand side by side")
    dx, dy, _ = view.geometry.gap_offset(first, second)
    return math.hypot(dx, dy), dx, dy


def _width(view: View, first: str, second: str) -> float:
    return float(view.geometry.passages[view.geometry.index[first], view.geometry.index[second]])


SKILLS = {
    "gap_width": Skill(propose_passages, gap_width, gap_width_on_map, GapWidthFacts, objects=2),
    "clearance": Skill(
        propose_widths,
        clearance,
        clearance_on_map,
        ClearanceFacts,
        objects=2,
        values=("width",),
        options="labels",
        labels=YES_NO,
        steps=2,
    ),
}
