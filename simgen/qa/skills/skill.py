"""What a skill is: how to find something to ask of a view, answer it, and answer it from a map."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask, ChoiceFacts, Facts, NumberFacts, OrderFacts
from simgen.qa.view.needs import Needs
from simgen.qa.view.view import View
from simgen.scoring import MapObject
from simgen.types import AnswerKind

OptionKind = Literal["objects", "labels", "types", "rooms", "orders", "frames"]
"""What the keys of a question's options are. An order is types with commas between them; a frame is its index
in the clip, and one of those that the question asks about."""
YES_NO = ("yes", "no")
"""The keys of options that say whether something holds."""
Extra = Literal["heights", "outline", "heading", "rooms", "doors"]
"""What maps may hold beside the boxes of all objects: see `simgen.qa.question.map`."""


@dataclass(frozen=True, slots=True)
class MapAsk:
    """A question with what a map, and nothing but the map, says about it."""

    ask: Ask
    objects: tuple[MapObject, ...]
    """Of `ask.objects`."""
    options: tuple[MapObject, ...]
    """Of `ask.options`, where these are objects."""
    cameras: tuple[MapObject, ...]
    """Of `ask.frames`."""
    entries: tuple[MapObject, ...]
    """The whole map."""
    rooms: tuple[MapObject, ...] = ()
    """Of `ask.rooms`, then of `ask.options` where these are rooms; where there are neither, all in view."""


@dataclass(frozen=True, slots=True)
class Skill:
    """One way to question a clip. Numbers only, never text."""

    candidates: Callable[[View, Needs, np.random.Generator], Iterable[Ask]]
    """What might be asked of a view, in random order and in random roles. It may propose what `facts`
    or the checks refuse, but what is never fair to ask should not even be proposed."""
    facts: Callable[[View, Ask], Facts | Refusal]
    """The facts of the answer, or the reason why there are none."""
    from_map: Callable[[MapAsk], float | int | tuple[int, ...] | None]
    """The same answer from the map alone: a number in the facts' unit, the index of an option, or an
    order of them. None when the map leaves it open."""
    facts_type: type[NumberFacts] | type[ChoiceFacts] | type[OrderFacts]
    units: tuple[AnswerKind, ...] = ("metres", "centimetres")
    """The kinds of answer that a number can be written as."""
    objects: int = 0
    """How many objects the question names, beside the options."""
    frames: int = 0
    types: int = 0
    rooms: int = 0
    values: tuple[str, ...] = ()
    """The names by which texts know `Ask.values`."""
    options: OptionKind | None = None
    labels: tuple[str, ...] = ()
    """The keys that options may have, where they are labels."""
    extras: frozenset[Extra] = frozenset()
    apart: bool = True
    """Whether objects that stand on one another are never asked about together."""
    seen_in_frame: bool = True
    """Whether the objects must be visible in each frame that the question names."""
    local: bool = False
    """Whether facts and map answer depend on what is asked about alone: not on what else the frames show."""
    steps: int = 1
    """Steps of reasoning from the map to the answer."""
