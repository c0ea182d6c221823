"""The smallest and the largest of several values, and their lead over the next."""

from collections.abc import Sequence

TIE = 1e-6
"""Two lengths, areas or volumes from a map are equal if they differ by less: map coordinates are multiples of
0.1 m."""


def find_least(values: Sequence[float]) -> tuple[int, float]:
    """The index of the smallest value, and the difference to the next larger one."""
    index = min(range(len(values)), key=values.__getitem__)
    return index, min(value for other, value in enumerate(values) if other != index) - values[index]


def find_most(values: Sequence[float]) -> tuple[int, float]:
    """The index of the largest value, and the difference to the next smaller one."""
    return find_least([-value for value in values])


def decide(found: tuple[int, float]) -> int | None:
    """The index that `find_least` or `find_most` found on a map; None if the value is not unique."""
    index, margin = found
    return index if margin > TIE else None
