"""Functions that several skills use to propose asks."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from math import comb, perm
from typing import TypeVar

import numpy as np

from simgen.qa.skills.facts import Ask
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View

Item = TypeVar("Item")

MAX_ALL = 4_000
"""The largest number of selections that are listed and shuffled. If there are more, this many are drawn."""


def shuffle(items: Sequence[Item], rng: np.random.Generator) -> list[Item]:
    """The items in random order."""
    return [items[index] for index in rng.permutation(len(items))]


def propose_pairs(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes all pairs of nameable objects, in random order and roles."""
    return (Ask(objects=chosen) for chosen in draw_selections(list_nameable(view, needs), 2, rng))


def propose_singles(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes all nameable objects, in random order."""
    return (Ask(objects=chosen) for chosen in draw_selections(list_nameable(view, needs), 1, rng))


def propose_at_frames(view: View, needs: Needs, rng: np.random.Generator) -> list[Ask]:
    """Proposes all nameable objects with each frame that shows them, in random order."""
    seen = [item for name in list_nameable(view, needs) if (item := view.find(name)) is not None]
    asks = [Ask(objects=(item.object.id,), frames=(frame,)) for item in seen for frame in item.frames]
    return shuffle(asks, rng)


def propose_with_options(
    view: View, needs: Needs, rng: np.random.Generator, objects: int, options: int
) -> Iterator[Ask]:
    """Proposes sets of nameable objects and options: each set once, in random order and roles."""
    ids = list_nameable(view, needs)
    found: set[tuple[frozenset[str], frozenset[str]]] = set()
    for chosen in draw_selections(ids, objects + options, rng, ordered=True):
        named, offered = chosen[:objects], chosen[objects:]
        if (key := (frozenset(named), frozenset(offered))) not in found:
            found.add(key)
            yield Ask(objects=named, options=offered)


def draw_selections(
    ids: Sequence[str], size: int, rng: np.random.Generator, ordered: bool = False
) -> Iterator[tuple[str, ...]]:
    """Distinct selections of `size` ids in random order; none if there are too few ids.

    Each set of ids appears once, in random roles; if `ordered`, each assignment of roles appears once. If
    there are more than MAX_ALL of them, MAX_ALL are drawn.
    """
    ways = perm(len(ids), size) if ordered else comb(len(ids), size)
    if ways <= MAX_ALL:
        every = list((permutations if ordered else combinations)(ids, size))
        for chosen in shuffle(every, rng):
            yield chosen if ordered else tuple(shuffle(chosen, rng))
        return
    found: set[tuple[int, ...]] = set()
    while len(found) < MAX_ALL:
        drawn = tuple(int(index) for index in rng.permutation(len(ids))[:size])
        key = drawn if ordered else tuple(sorted(drawn))
        if key not in found:
            found.add(key)
            yield tuple(ids[index] for index in drawn)
