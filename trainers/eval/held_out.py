"""The choice of the rows that a model is scored on."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from simgen.qa.fairness.blind_questions import house_of
from simgen.store.rows import Row

HeldOut = Literal["val", "test", "heldout"]
"""The splits to ask: one of them, or both."""


def choose_held_out(rows: Sequence[Row], most: int | None = None, split: HeldOut = "heldout") -> list[Row]:
    """At most `most` rows that are not for training, in their given order; None means all.

    Each template gets an equal number while its rows last. Within a template every house gives a row before
    any house gives another. Ties are decided by hashes of ids, so a larger choice holds every smaller one of
    the same template.
    """
    by_template: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if row.split != "train" and split in ("heldout", row.split):
            by_template[row.template].append(index)
    total = sum(map(len, by_template.values()))
    counts = share_equally({name: len(found) for name, found in by_template.items()}, most or total)
    chosen = [
        index
        for name, found in by_template.items()
        for index in _spread_over_houses(rows, found)[: counts[name]]
    ]
    return [rows[index] for index in sorted(chosen)]


def share_equally(available: dict[str, int], most: int) -> dict[str, int]:
    """How many each name gets of `most` in all: equal shares, but none more than is available to it.

    What does not divide goes to the first names in alphabetical order.
    """
    counts = dict.fromkeys(available, 0)
    left = min(most, sum(available.values()))
    while left > 0:
        hungry = sorted(name for name in available if counts[name] < available[name])
        share = max(left // len(hungry), 1)
        for name in hungry[:left]:
            given = min(share, available[name] - counts[name])
            counts[name] += given
            left -= given
    return counts


def _spread_over_houses(rows: Sequence[Row], members: Sequence[int]) -> list[int]:
    """The members in rounds: in each round every house that still has a row gives one."""
    by_house: dict[str, list[int]] = defaultdict(list)
    for index in sorted(members, key=lambda index: _hash(rows[index].id)):
        by_house[house_of(rows[index].clip)].append(index)
    places = [
        (place, _hash(house), index) for house, found in by_house.items() for place, index in enumerate(found)
    ]
    return [index for _, _, index in sorted(places)]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
