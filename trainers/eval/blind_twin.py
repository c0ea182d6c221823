"""The blind twin: the same model and prompts, shown the frames of another house.

What it scores was learned from the words and from what houses have in common. Only what a model scores above
it can come from the frames.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from simgen.store.rows import Row
from simgen.trainers.eval.stored_answers import Asked

TWIN_SEED = 0
"""Seed of the houses that are swapped, the same for every model."""

_Frames = tuple[str, tuple[int, ...]]
"""A clip and some of its frames."""


def show_other_houses(
    rows: Sequence[Row], houses: Sequence[str], seed: int = TWIN_SEED
) -> list[Asked | None]:
    """Each row with the frames of a row of another house; None if no other house has as many frames.

    `houses` (N,) names the house of each row. Within the rows of a data set that show equally many frames
    the houses form one cycle in random order, and each house is shown the frames of the next. So no house is
    shown its own, every house's frames are used, and pictures keep their number and size.
    """
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        groups[row.dataset, len(row.frames)].append(index)
    twins: list[Asked | None] = [None] * len(rows)
    for _, members in sorted(groups.items()):
        for index, (clip, frames) in _swap(rows, houses, members, seed):
            twins[index] = Asked(rows[index], clip, frames)
    return twins


def _swap(
    rows: Sequence[Row], houses: Sequence[str], members: Sequence[int], seed: int
) -> list[tuple[int, _Frames]]:
    """The frames that each of these rows is shown, by the row's index; empty if all are of one house."""
    shown: dict[str, dict[_Frames, None]] = defaultdict(dict)
    asked: dict[str, list[int]] = defaultdict(list)
    for index in members:
        shown[houses[index]][rows[index].clip, rows[index].frames] = None
        asked[houses[index]].append(index)
    names = sorted(asked)
    if len(names) < 2:
        return []
    cycle = [names[place] for place in np.random.default_rng(seed).permutation(len(names))]
    found: list[tuple[int, _Frames]] = []
    for house, other in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
        frames = sorted(shown[other])
        found += [(index, frames[place % len(frames)]) for place, index in enumerate(asked[house])]
    return found
