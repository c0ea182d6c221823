"""Rectilinear floors: their axes, extents, area, and their decomposition into rectangles."""

from itertools import pairwise

import numpy as np

from simgen.types import Array

RIGHT_ANGLE_M = 1e-3
"""A corner this near to a line along the axes lies on it: houses are stored in millimetres."""


def own_axes(ring: Array) -> Array:
    """(2, 2) whose columns are unit vectors along and across the longest edge of a ring (P, 2)."""
    edges = np.roll(ring, -1, axis=0) - ring
    # Rounded, so that the first of equally long edges is taken whatever their last digits are.
    along = edges[np.linalg.norm(edges, axis=1).round(6).argmax()]
    return np.array([[along[0], -along[1]], [along[1], along[0]]]) / np.linalg.norm(along)


def extents(ring: Array) -> tuple[float, float]:
    """The longer and the shorter side of the rectangle around a ring (P, 2), along its own axes."""
    low, high = sorted(np.ptp(ring @ own_axes(ring), axis=0).tolist())
    return high, low


def area(ring: Array) -> float:
    """Area of a simple polygon (P, 2), by the shoelace formula."""
    x, y = ring.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2.0)


def rectangles(ring: Array) -> list[tuple[float, float]] | None:
    """Sides of the rectangles that make up a rectilinear floor; None for any other floor."""
    own = ring @ own_axes(ring)
    steps = np.abs(np.roll(own, -1, axis=0) - own)
    if not (steps.min(axis=1) < RIGHT_ANGLE_M).all():
        return None
    levels = _distinct(own[:, 1])
    found: list[tuple[float, float]] = []
    last: tuple[float, ...] = ()
    for low, high in pairwise(levels):
        crossed = _crossings(own, (low + high) / 2.0)
        if crossed == last:  # the same rectangles continue
            for index in range(len(crossed) // 2):
                width, depth = found[index - len(crossed) // 2]
                found[index - len(crossed) // 2] = width, depth + high - low
            continue
        last = crossed
        found += [(end - start, high - low) for start, end in zip(crossed[::2], crossed[1::2], strict=True)]
    return found


def _distinct(values: Array) -> list[float]:
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], np.diff(ordered) > RIGHT_ANGLE_M])].tolist()


def _crossings(own: Array, level: float) -> tuple[float, ...]:
    """Positions, ascending and rounded to nanometres, at which edges cross the line at this level."""
    after = np.roll(own, -1, axis=0)
    crossed = (own[:, 1] > level) != (after[:, 1] > level)
    return tuple(sorted(np.round((own[crossed, 0] + after[crossed, 0]) / 2.0, 9).tolist()))
