"""The smallest and the largest of several values, and by how much they are."""

from collections.abc import Sequence

TIE = 1e-6
"""Two lengths, areas or volumes from a map that differ by less are equal: its coordinates are multiples of
0.1 m."""


def find_least(values: Sequence[float]) -> tuple[int, float]:
    """Index of the smallest value, and by how much the next one is larger."""
    index = min(range(len(values)), key=values.__getitem__)
    return index, min(value for other, value in enumerate(values) if other != index) - values[index]


def find_most(values: Sequence[float]) -> tuple[int, float]:
    """Index of the largest value, and by how much the next one is smaller."""
    return find_least([-value for value in values])


def decide(found: tuple[int, float]) -> int | None:
    """What `least` or `most` found on a map; None when two values are equal."""
    index, margin = found
    return index if margin > TIE else None
