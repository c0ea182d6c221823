"""The inputs and outputs of skills: asks, and the facts that their answers follow from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ask:
    """What a question is about: sufficient to recompute its answer from the clip."""

    objects: tuple[str, ...] = ()
    """The ids of the objects that the question names, in its order: a, b, c, d."""
    options: tuple[str, ...] = ()
    """The keys of the options A, B, C, D: object ids, labels, types, room ids, orders or frame indices."""
    frames: tuple[int, ...] = ()
    """The indices in the clip of the frames that the question names."""
    types: tuple[str, ...] = ()
    """The object types that the question names."""
    rooms: tuple[str, ...] = ()
    """The ids of the rooms that the question names."""
    values: tuple[float, ...] = ()
    """The numbers that the question gives: a width, metres to walk, degrees to turn."""


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """The facts of a question whose answer is a number."""

    value: float
    """In metres, square metres, cubic metres or degrees, or a count."""


@dataclass(frozen=True, slots=True)
class ChoiceFacts:
    """The facts of a question whose answer is one of several options."""

    choice: int
    """The index of the right option."""
    margin: float
    """The lead of the right option over the runner-up; 0 or less if the question is undecided."""
    best: float
    """The value of the right option by which the options are compared, in the unit of the margin."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The facts of a question whose answer is an order of its options."""

    order: tuple[int, ...]
    """Indices into the question's options, first to last."""
    margin: float
    """The smallest lead of one option over the next; 0 or less if the order is undecided."""
    best: float
    """The value of the option with that lead, in the unit of the margin."""


Facts = NumberFacts | ChoiceFacts | OrderFacts
