"""Which candidates of a clip are near duplicates of each other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simgen.qa.fairness.candidates import Candidate, value_label


def find_duplicate_keys(pool: Sequence[Candidate]) -> NDArray[np.int64]:
    """(N, 2) two keys for each candidate: candidates that share either key are near duplicates.

    The first key is equal for questions about the same things in other roles ("from a to b", "from b to a").
    The second is equal for questions about the same objects, types and rooms with the same answer, whatever
    the other options or the frame.
    """
    numbers: dict[tuple[object, ...], int] = {}
    found = [_keys(candidate, index) for index, candidate in enumerate(pool)]
    return np.array([[numbers.setdefault(key, len(numbers)) for key in keys] for keys in found])


def _keys(candidate: Candidate, index: int) -> tuple[tuple[object, ...], tuple[object, ...]]:
    ask, clip = candidate.ask, candidate.clip
    things = (frozenset(ask.objects), frozenset(ask.types), frozenset(ask.rooms))
    same = (
        "same",
        clip,
        frozenset(ask.objects + ask.options),
        *things[1:],
        frozenset(ask.frames),
        ask.values,
    )
    if not any(things):
        return same, ("alone", index)
    return same, ("alike", clip, *things, _answer(candidate))


def _answer(candidate: Candidate) -> object:
    """The right option's key, the right order's keys, or the label of the number."""
    options = candidate.ask.options
    if isinstance(candidate.answer, tuple):
        return tuple(options[index] for index in candidate.answer)
    return options[int(candidate.answer)] if candidate.options else value_label(candidate.value)
