"""The definition of a skill: it proposes asks for a view, answers them, and answers them from a map."""

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
"""The kinds of keys that a question's options can have. An order is a list of types with commas. A frame is
its index in the clip; the question names it as well."""
YES_NO = ("yes", "no")
"""The option keys of yes-or-no questions."""
Extra = Literal["heights", "outline", "heading", "rooms", "doors"]
"""What maps may contain in addition to the boxes of all objects: see `simgen.qa.question.map`."""


@dataclass(frozen=True, slots=True)
class MapAsk:
    """A question and the parts of a map that it is about."""

    ask: Ask
    objects: tuple[MapObject, ...]
    """The entries of `ask.objects`."""
    options: tuple[MapObject, ...]
    """The entries of `ask.options`, if these are objects."""
    cameras: tuple[MapObject, ...]
    """The entries of the cameras of `ask.frames`."""
    entries: tuple[MapObject, ...]
    """The whole map."""
    rooms: tuple[MapObject, ...] = ()
    """The entries of `ask.rooms`, then of `ask.options` if these are rooms; all rooms in view if there are
    none."""


@dataclass(frozen=True, slots=True)
class Skill:
    """One type of question about a clip, as functions on numbers; the templates add the text."""

    candidates: Callable[[View, Needs, np.random.Generator], Iterable[Ask]]
    """Proposes asks for a view, in random order and with random roles. `facts` and the checks may refuse some
    of them. Asks that are never fair should not be proposed."""
    facts: Callable[[View, Ask], Facts | Refusal]
    """The facts of the answer, or the reason why there are none."""
    from_map: Callable[[MapAsk], float | int | tuple[int, ...] | None]
    """The answer from the map alone: a number in the facts' unit, the index of an option, or an order of the
    options. None if the map leaves the answer open."""
    facts_type: type[NumberFacts] | type[ChoiceFacts] | type[OrderFacts]
    units: tuple[AnswerKind, ...] = ("metres", "centimetres")
    """The answer kinds in which a number can be written."""
    objects: int = 0
    """The number of objects that the question names, not counting the options."""
    frames: int = 0
    types: int = 0
    rooms: int = 0
    values: tuple[str, ...] = ()
    """The names of `Ask.values` in the template's texts."""
    options: OptionKind | None = None
    labels: tuple[str, ...] = ()
    """The possible keys of the options, if they are labels."""
    extras: frozenset[Extra] = frozenset()
    apart: bool = True
    """Whether a question must not name two objects of which one stands on the other."""
    seen_in_frame: bool = True
    """Whether the objects must be visible in each frame that the question names."""
    local: bool = False
    """Whether facts and map answer depend only on the objects of the question, not on the rest of the
    view."""
    steps: int = 1
    """The number of reasoning steps from the map to the answer."""
    computes: str = ""
    """What the skill computes, in one sentence. Empty if the docstring of `facts` says it. Skills that share
    that function each need a sentence of their own."""
