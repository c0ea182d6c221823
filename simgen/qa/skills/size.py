"""Sizes: sides, heights, areas and volumes of oriented boxes, and which of several is larger.

All sizes are measured along an object's own sides, so they do not depend on its rotation: in metres, square
metres and cubic metres.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from simgen.qa.refusal import Refusal
from simgen.qa.skills.extremes import decide, find_most
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts
from simgen.qa.skills.proposals import draw_selections, propose_pairs, propose_singles
from simgen.qa.skills.skill import MapAsk, Skill
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import MapObject
from simgen.types import AnswerKind

OPTIONS = 4
SAME_KIND = 8.0
"""The largest ratio of the volumes of four compared objects. That a bed is larger than a cup is known without
the frames."""
SAME_LENGTH = 3.0
"""The largest ratio of the lengths of four compared objects."""
MANY_SIZES = frozenset(
    {
        *("ArmChair", "BaseballBat", "Book", "Bowl", "Box", "Candle", "CoffeeTable", "Cup", "Desk"),
        *("DeskLamp", "DiningTable", "DogBed", "Dresser", "Footstool", "HousePlant", "LaundryHamper"),
        *("Newspaper", "Pillow", "Pot", "Safe", "ShelvingUnit", "SideTable", "SoapBottle", "Sofa", "Statue"),
        *("Stool", "Television", "TVStand", "Vase"),
    }
)
"""The types whose size is asked for. In 120 sampled houses, or among ProcTHOR's assets, the ninth decile of
their longest side is at least 1.4 times the first decile. For other types the name gives the size away."""

Sides = tuple[float, float, float]
"""The longer and the shorter horizontal side, and the height."""


@dataclass(frozen=True, slots=True)
class SizeFacts(NumberFacts):
    """A size of a box, and the three sides that it is computed from."""

    length: float
    """The longer horizontal side."""
    width: float
    """The shorter horizontal side."""
    height: float


@dataclass(frozen=True, slots=True)
class HeightFacts(NumberFacts):
    """The height of an object, and its lowest and highest point above the floor."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RatioFacts(NumberFacts):
    """The longest sides of two objects, whose ratio is the value."""

    longer: float
    shorter: float


@dataclass(frozen=True, slots=True)
class LargestObjectFacts(ChoiceFacts):
    """The sizes of all options, with the sides that they are computed from."""

    sizes: tuple[SizeFacts, ...]


def measure_size(measure: Callable[[Sides], float], view: View, ask: Ask) -> SizeFacts | Refusal:
    """A size of an oriented box."""
    return _size(measure, view, ask.objects[0])


def object_height(view: View, ask: Ask) -> HeightFacts:
    """The difference between the highest and the lowest point of an oriented box."""
    low, high = view.geometry.heights[view.geometry.index[ask.objects[0]]].tolist()
    return HeightFacts(high - low, low, high)


def size_ratio(view: View, ask: Ask) -> RatioFacts | Refusal:
    """The ratio of the longest sides of two oriented boxes."""
    first, second = (_size(longest, view, name) for name in ask.objects)
    if isinstance(first, Refusal):
        return first
    if isinstance(second, Refusal):
        return second
    return RatioFacts(first.value / second.value, first.value, second.value)


def largest(measure: Callable[[Sides], float], view: View, ask: Ask) -> LargestObjectFacts | Refusal:
    """Which option's oriented box is the largest."""
    sizes = list[SizeFacts]()
    for option in ask.options:
        found = _size(measure, view, option)
        if isinstance(found, Refusal):
            return found
        sizes.append(found)
    choice, margin = find_most([size.value for size in sizes])
    return LargestObjectFacts(choice, margin, sizes[choice].value, tuple(sizes))


def measure_on_map(measure: Callable[[Sides], float], asked: MapAsk) -> float | None:
    """The same measure of an object's entry, from its outline and heights."""
    return _measured(measure, asked.objects[0])


def height_on_map(asked: MapAsk) -> float | None:
    """The height of an object, from its entry."""
    heights = asked.objects[0].height
    return None if heights is None else heights[1] - heights[0]


def ratio_on_map(asked: MapAsk) -> float | None:
    """The ratio of the longest sides of two entries."""
    first, second = (_measured(longest, entry) for entry in asked.objects)
    return first / second if first and second else None


def largest_on_map(measure: Callable[[Sides], float], asked: MapAsk) -> int | None:
    """Which option's entry is the largest; None if two are equally large."""
    sizes = [_measured(measure, option) for option in asked.options]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return None
    return decide(find_most(known))


def longest(sides: Sides) -> float:
    """The longest of length, width and height."""
    return max(sides)


def longer_level(sides: Sides) -> float:
    """The longer horizontal side."""
    return sides[0]


def area(sides: Sides) -> float:
    """The area of its rectangle, seen from above."""
    return sides[0] * sides[1]


def volume(sides: Sides) -> float:
    """The product of length, width and height."""
    return sides[0] * sides[1] * sides[2]


def propose_of_many_sizes(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes objects of types that come in many sizes, in random order."""
    objects, index = view.clip.objects, view.geometry.index
    return (
        ask for ask in propose_singles(view, needs, rng) if objects[index[ask.objects[0]]].type in MANY_SIZES
    )


def propose_alike(
    measure: Callable[[Sides], float], spread: float, view: View, needs: Needs, rng: np.random.Generator
) -> Iterator[Ask]:
    """Proposes sets of four objects of comparable size, in random order."""
    sets = draw_selections(list_nameable(view, needs), OPTIONS, rng)
    return (Ask(options=chosen) for chosen in sets if _spread(measure, view, chosen) <= spread)


def propose_longer_first(view: View, needs: Needs, rng: np.random.Generator) -> list[Ask]:
    """Proposes pairs of objects, the one with the longer longest side first, as the question names them."""
    found = []
    for ask in propose_pairs(view, needs, rng):
        first, second = (max(view.geometry.sides[view.geometry.index[name]]) for name in ask.objects)
        found.append(ask if first >= second else Ask(objects=ask.objects[::-1]))
    return found


def _size(measure: Callable[[Sides], float], view: View, object_id: str) -> SizeFacts | Refusal:
    sides = view.geometry.sides[view.geometry.index[object_id]]
    if math.isnan(sides[0]):
        return Refusal("tilted", f"{object_id} stands on an edge, its sides are neither level nor vertical")
    return SizeFacts(measure(sides), *sides)


def _spread(measure: Callable[[Sides], float], view: View, object_ids: Sequence[str]) -> float:
    sizes = [measure(view.geometry.sides[view.geometry.index[name]]) for name in object_ids]
    return max(sizes) / min(sizes)


def _measured(measure: Callable[[Sides], float], entry: MapObject) -> float | None:
    """A measure of a map entry; None if it lacks heights or an outline with four corners."""
    if entry.outline is None or entry.height is None or len(entry.outline) != 4:
        return None
    a, b, c, d = entry.outline
    # Rounded corners form a rectangle only roughly, so the mean of opposite sides is taken.
    first = (math.dist(a, b) + math.dist(c, d)) / 2.0
    second = (math.dist(b, c) + math.dist(d, a)) / 2.0
    return measure((max(first, second), min(first, second), entry.height[1] - entry.height[0]))


def _sized(
    measure: Callable[[Sides], float],
    computes: str,
    units: tuple[AnswerKind, ...] = ("metres", "centimetres"),
) -> Skill:
    return Skill(
        propose_of_many_sizes,
        partial(measure_size, measure),
        partial(measure_on_map, measure),
        SizeFacts,
        units=units,
        objects=1,
        extras=frozenset({"outline", "heights"}),
        computes=computes,
    )


def _largest(measure: Callable[[Sides], float], spread: float, computes: str) -> Skill:
    return Skill(
        partial(propose_alike, measure, spread),
        partial(largest, measure),
        partial(largest_on_map, measure),
        LargestObjectFacts,
        options="objects",
        extras=frozenset({"outline", "heights"}),
        apart=False,
        steps=2,
        computes=computes,
    )


SKILLS = {
    "longer_side": _sized(longer_level, "The longer horizontal side of an oriented box."),
    "longest_side": _sized(longest, "The longest of length, width and height of an oriented box."),
    "object_height": Skill(
        propose_of_many_sizes,
        object_height,
        height_on_map,
        HeightFacts,
        objects=1,
        extras=frozenset({"heights"}),
    ),
    "footprint_area": _sized(
        area, "The area of an oriented box seen from above, length times width.", ("square_metres",)
    ),
    "volume": _sized(
        volume, "The volume of an oriented box, length times width times height.", ("cubic_metres",)
    ),
    "size_ratio": Skill(
        propose_longer_first,
        size_ratio,
        ratio_on_map,
        RatioFacts,
        units=("ratio",),
        objects=2,
        extras=frozenset({"outline", "heights"}),
        apart=False,
        steps=2,
    ),
    "largest_by_volume": _largest(volume, SAME_KIND, "Which option's oriented box has the largest volume."),
    "longest_of_options": _largest(longest, SAME_LENGTH, "Which option's oriented box has the longest side."),
}
