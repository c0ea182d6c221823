"""Heights: of tops, between tops, above or not, and the highest top.

Heights are in metres above the floor of the house. Maps contain them in addition to the boxes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, zip_longest

import numpy as np

from simgen.qa.skills.extremes import TIE, decide, find_most
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts
from simgen.qa.skills.proposals import draw_selections, propose_pairs, propose_singles, shuffle
from simgen.qa.skills.skill import YES_NO, Extra, MapAsk, Skill
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import MapObject

OFF_THE_FLOOR_M = 0.3
"""Objects that begin lower stand on the floor, or nearly. Whether they are above another is no question."""
COMPARABLE_M = 0.8
"""The largest difference between compared heights. That a lamp on a desk is above a dog bed on the floor is
known without the frames."""
OPTIONS = 4


@dataclass(frozen=True, slots=True)
class TopFacts(NumberFacts):
    """The height of a top (the value), and of the object's lowest point, and how tall the object is."""

    low: float
    tall: float


@dataclass(frozen=True, slots=True)
class TopsFacts(NumberFacts):
    """The heights of two tops, whose difference is the value."""

    top: float
    top_b: float


@dataclass(frozen=True, slots=True)
class AboveFacts(ChoiceFacts):
    """The lowest point of one object and the highest point of another."""

    low: float
    high_b: float


@dataclass(frozen=True, slots=True)
class HighestFacts(ChoiceFacts):
    """The tops of all options."""

    tops: tuple[float, ...]


def top_height(view: View, ask: Ask) -> TopFacts:
    """How high the top of an object is above the floor."""
    low, high = _heights(view, ask.objects[0])
    return TopFacts(high, low, high - low)


def height_difference(view: View, ask: Ask) -> TopsFacts:
    """The difference in height between the tops of two objects."""
    (_, first), (_, second) = (_heights(view, name) for name in ask.objects)
    return TopsFacts(abs(first - second), first, second)


def is_above(view: View, ask: Ask) -> AboveFacts:
    """Whether the lowest point of one object is above the top of another, wherever they stand."""
    (low, _), (_, high) = (_heights(view, name) for name in ask.objects)
    return AboveFacts(_yes_or_no(ask.options, low > high), abs(low - high), 0.0, low, high)


def highest(view: View, ask: Ask) -> HighestFacts:
    """Which option's top is the highest."""
    tops = tuple(_heights(view, name)[1] for name in ask.options)
    choice, margin = find_most(tops)
    return HighestFacts(choice, margin, tops[choice], tops)


def top_on_map(asked: MapAsk) -> float | None:
    """The highest point of an entry."""
    heights = asked.objects[0].height
    return None if heights is None else heights[1]


def difference_on_map(asked: MapAsk) -> float | None:
    """The difference between the highest points of two entries."""
    found = _heights_on_map(asked.objects)
    return None if found is None else abs(found[0][1] - found[1][1])


def above_on_map(asked: MapAsk) -> int | None:
    """Whether the lowest point of one entry is above the top of another; None if the heights are equal."""
    found = _heights_on_map(asked.objects)
    if found is None or abs(found[0][0] - found[1][1]) < TIE:
        return None
    return _yes_or_no(asked.ask.options, found[0][0] > found[1][1])


def highest_on_map(asked: MapAsk) -> int | None:
    """Which option's entry has the highest point; None if two are equally high."""
    found = _heights_on_map(asked.options)
    if found is None:
        return None
    return decide(find_most([high for _, high in found]))


def propose_above_or_not(view: View, needs: Needs, rng: np.random.Generator) -> list[Ask]:
    """Proposes pairs whose first is off the floor, near the height of the other's top: yes and no in turn."""
    asks: dict[str, list[Ask]] = {"yes": [], "no": []}
    for first, second in shuffle(list(permutations(list_nameable(view, needs), 2)), rng):
        low, high = _heights(view, first)[0], _heights(view, second)[1]
        if low >= OFF_THE_FLOOR_M and abs(low - high) <= COMPARABLE_M:
            options = tuple(shuffle(YES_NO, rng))
            asks["yes" if low > high else "no"].append(Ask(objects=(first, second), options=options))
    turns = zip_longest(*(asks[answer] for answer in shuffle(YES_NO, rng)))
    return [ask for turn in turns for ask in turn if ask is not None]


def propose_comparable(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes sets of four objects with tops at similar heights."""
    sets = draw_selections(list_nameable(view, needs), OPTIONS, rng)
    return (Ask(options=chosen) for chosen in sets if _spread(view, chosen) <= COMPARABLE_M)


def _heights(view: View, object_id: str) -> tuple[float, float]:
    low, high = view.geometry.heights[view.geometry.index[object_id]].tolist()
    return low, high


def _heights_on_map(entries: Sequence[MapObject]) -> list[tuple[float, float]] | None:
    """The lowest and highest points; None if an entry lacks them."""
    heights = [entry.height for entry in entries]
    known = [height for height in heights if height is not None]
    return known if len(known) == len(heights) else None


def _spread(view: View, object_ids: Sequence[str]) -> float:
    tops = [_heights(view, name)[1] for name in object_ids]
    return max(tops) - min(tops)


def _yes_or_no(options: Sequence[str], yes: bool) -> int:
    return options.index("yes" if yes else "no")


_HEIGHTS: frozenset[Extra] = frozenset({"heights"})
SKILLS = {
    "top_height": Skill(propose_singles, top_height, top_on_map, TopFacts, objects=1, extras=_HEIGHTS),
    "height_difference": Skill(
        propose_pairs,
        height_difference,
        difference_on_map,
        TopsFacts,
        objects=2,
        extras=_HEIGHTS,
        apart=False,
        steps=2,
    ),
    "is_above": Skill(
        propose_above_or_not,
        is_above,
        above_on_map,
        AboveFacts,
        objects=2,
        options="labels",
        labels=YES_NO,
        extras=_HEIGHTS,
        apart=False,
        steps=2,
    ),
    "highest": Skill(
        propose_comparable,
        highest,
        highest_on_map,
        HighestFacts,
        options="objects",
        extras=_HEIGHTS,
        apart=False,
        steps=2,
    ),
}
