"""Plane geometry: hulls, areas, distances, sides and bearings. Points are (P, 2)."""

import math

import numpy as np

from tests.qa.independent.world import Floats


def hull(points: Floats) -> Floats:
    """(H, 2) corners of the convex hull, counter-clockwise (Andrew's monotone chain)."""
    ordered = sorted({(round(float(x), 9), round(float(y), 9)) for x, y in points})

    def half(sequence: list[tuple[float, float]]) -> list[tuple[float, float]]:
        chain: list[tuple[float, float]] = []
        for point in sequence:
            while len(chain) > 1 and twice_area(chain[-2], chain[-1], point) <= 1e-12:
                chain.pop()
            chain.append(point)
        return chain[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))


def twice_area(a: object, b: object, c: object) -> float:
    """Twice the signed area of the triangle a, b, c: positive when c is left of the way from a to b."""
    (ax, ay), (bx, by), (cx, cy) = (np.asarray(point, dtype=float) for point in (a, b, c))
    return float((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))


def area(polygon: Floats) -> float:
    """The area of a simple polygon, by trapezoids under its edges."""
    total = 0.0
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        total += (x1 - x0) * (y1 + y0) / 2.0
    return abs(float(total))


def holds(polygon: Floats, points: Floats) -> np.ndarray:
    """(P,) whether each point lies in a simple polygon: it has an odd number of edges to its right."""
    x, y = points[:, 0], points[:, 1]
    odd = np.zeros(len(points), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crossed = (y0 > y) != (y1 > y)
        odd ^= crossed & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return odd


def outline(polygon: Floats, step: float = 0.01) -> Floats:
    """(P, 2) points along a polygon's edges, at most `step` apart."""
    parts = []
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        count = max(math.ceil(float(np.linalg.norm(end - start)) / step), 1)
        parts.append(start + np.linspace(0.0, 1.0, count, endpoint=False)[:, None] * (end - start))
    return np.concatenate(parts)


def to_edges(points: Floats, polygon: Floats) -> Floats:
    """(P,) distances from points to the nearest edge of a polygon."""
    best = np.full(len(points), np.inf)
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        along = end - start
        share = np.clip((points - start) @ along / max(float(along @ along), 1e-18), 0.0, 1.0)
        best = np.minimum(best, np.linalg.norm(points - start - share[:, None] * along, axis=1))
    return best


def to_polygon(points: Floats, polygon: Floats) -> Floats:
    """(P,) distances from points to a filled polygon: 0 inside."""
    return np.where(holds(polygon, points), 0.0, to_edges(points, polygon))


def polygon_gap(a: Floats, b: Floats) -> float:
    """Distance between two filled polygons; 0 when they meet. Exact unless they only cross along edges."""
    # The nearest points of two polygons apart: one of them is a corner. Samples find where edges cross.
    return float(min(to_polygon(outline(a), b).min(), to_polygon(outline(b), a).min()))


def bearing_deg(vector: Floats) -> float:
    """The bearing of a map vector, clockwise from straight ahead, in [0, 360)."""
    return math.degrees(math.atan2(float(vector[0]), float(vector[1]))) % 360.0


def turned_deg(start: float, end: float) -> float:
    """The turn from one bearing to another, clockwise positive, in (-180, 180]."""
    return -((start - end + 180.0) % 360.0 - 180.0)
