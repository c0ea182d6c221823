"""The shapes that the viewer draws on the plan to show how an answer was measured.

Points and displacements are (x, y) in metres on the question's map. `strong` marks the shape that gives the
answer; the others are those it is compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simgen.types import Point


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape on the plan."""

    kind: Literal["line", "arrow", "angle", "area", "dot"]
    points: tuple[Point, ...]
    """The corners in order. An angle has its vertex, and the direction in which it starts."""
    label: str = ""
    strong: bool = True
    turn_deg: float = 0.0
    """The size of an angle, clockwise seen from above."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with points rounded to millimetres; what has its default is left out."""
        points = [[round(float(x), 3), round(float(y), 3)] for x, y in self.points]
        values: dict[str, Any] = {"kind": self.kind, "points": points}
        if self.label:
            values["label"] = self.label
        if self.strong:
            values["strong"] = True
        return values | ({"turn_deg": round(float(self.turn_deg), 1)} if self.turn_deg else {})


def line(*points: Point, label: str = "", strong: bool = True) -> Shape:
    """A measured line, straight or with bends."""
    return Shape("line", tuple(points), label, strong)


def arrow(start: Point, end: Point, label: str = "", strong: bool = False) -> Shape:
    """A direction: from one point to another."""
    return Shape("arrow", (start, end), label, strong)


def angle(at: Point, forward: Point, turn_deg: float, label: str = "", strong: bool = True) -> Shape:
    """A turn at a point, from the direction `forward` clockwise by `turn_deg`."""
    return Shape("angle", (at, forward), label, strong, turn_deg)


def area(corners: Sequence[Point], label: str = "", strong: bool = True) -> Shape:
    """A polygon."""
    return Shape("area", tuple(corners), label, strong)


def dot(at: Point, label: str = "", strong: bool = True) -> Shape:
    """A point with a label."""
    return Shape("dot", (at,), label, strong)
