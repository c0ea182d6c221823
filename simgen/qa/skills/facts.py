"""What skills take and give: values that every group of questions shares."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ask:
    """What a question is about: enough to recompute its answer from the clip."""

    objects: tuple[str, ...] = ()
    """Ids of the objects that the question names, in its order: a, b, c, d."""
    options: tuple[str, ...] = ()
    """Keys of the choices in the order A, B, C, D: object ids, labels, types, room ids, orders or numbers."""
    frames: tuple[int, ...] = ()
    """Indices, in the clip, of the frames that the question names."""
    types: tuple[str, ...] = ()
    """Object types that the question names."""
    rooms: tuple[str, ...] = ()
    """Ids of the rooms that the question names."""
    values: tuple[float, ...] = ()
    """Numbers that the question gives: a width, metres to walk, degrees to turn."""


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """The facts of a question whose answer is a number."""

    value: float
    """In metres, square metres, cubic metres, degrees or objects."""


@dataclass(frozen=True, slots=True)
class ChoiceFacts:
    """The facts of a question whose answer is one of several options."""

    choice: int
    """Index of the right option in the question's options."""
    margin: float
    """By how much it is ahead of the runner-up; 0 or less when the question is undecided."""
    best: float
    """What it was judged by, in the same unit."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The facts of a question whose answer is its options, written out in an order."""

    order: tuple[int, ...]
    """Indices into the question's options, first to last."""
    margin: float
    """The least lead of one over the next; 0 or less when the order is undecided."""
    best: float
    """What that one was judged by, in the same unit."""


Facts = NumberFacts | ChoiceFacts | OrderFacts
