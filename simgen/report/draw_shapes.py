"""Draws a measurement (simgen.report.measurement) on a plan: lines, arrows, angles, areas and dots."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
from PIL import ImageDraw

from simgen.report.colors import INK, PAPER, Rgb, mix
from simgen.report.lettering import Labels
from simgen.report.map_panel import OVERSAMPLING, MapView, scale_up
from simgen.report.shapes import Shape
from simgen.types import Array

ToPixels: TypeAlias = Callable[[Array], Array]
"""From (N, 2) points on a question's map to (N, 2) pixels of the panel."""

ARC_PX = 30.0
"""The radius of an angle."""
ARC_STEP_DEG = 5.0
LABEL_RADIUS = 1.9
"""The distance of an angle's label from its vertex, in ARC_PX."""
HEAD_PX = 12.0
"""The length of an arrow's head."""
DOT_PX = 5.0
LINE_PX, THIN_PX, HALO_PX = 2.6, 1.6, 6.0


def draw_shapes(draw: ImageDraw.ImageDraw, shapes: Iterable[Shape], to_pixels: ToPixels, color: Rgb) -> None:
    """Draws shapes without their labels, OVERSAMPLING times as large as the panel.

    Those that give the answer are drawn last, thicker and in the full colour. Some reach out of the plot:
    call `clear_margins` at the end.
    """
    for shape in sorted(shapes, key=lambda shape: (shape.strong, shape.kind != "area")):
        _DRAW[shape.kind](draw, shape, to_pixels, color if shape.strong else mix(color, PAPER, 0.45))


def clear_margins(draw: ImageDraw.ImageDraw, view: MapView, size_px: tuple[int, int]) -> None:
    """Paints everything outside the plot of an oversampled panel white."""
    left, top, right, bottom = (OVERSAMPLING * edge for edge in view.plot)
    width, height = OVERSAMPLING * size_px[0], OVERSAMPLING * size_px[1]
    for box in (
        (0, 0, left, height),
        (right, 0, width, height),
        (0, 0, width, top),
        (0, bottom, width, height),
    ):
        draw.rectangle(box, fill=PAPER)


def label_shapes(
    labels: Labels, shapes: Iterable[Shape], to_pixels: ToPixels, color: Rgb, size_px: int
) -> None:
    """Writes the labels of shapes beside them, first of those that give the answer."""
    for shape in sorted(shapes, key=lambda shape: not shape.strong):
        if shape.label:
            ink = mix(color, INK, 0.35) if shape.strong else mix(color, PAPER, 0.2)
            labels.place(shape.label, label_anchors(shape, to_pixels, 0.5 * size_px), size_px, ink)


def label_anchors(shape: Shape, to_pixels: ToPixels, half_px: float) -> list[tuple[float, float]]:
    """Pixels where a label of a shape may stand, the best first."""
    points = _label_line(shape, to_pixels)
    shares = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)
    on_line = [points[0] + share * (points[1] - points[0]) for share in shares]
    steps = [np.array([0.0, push * half_px]) for push in (0.0, -2.4, 2.4, -4.8, 4.8)]
    return [(float(x), float(y)) for step in steps for x, y in (spot + step for spot in on_line)]


def _label_line(shape: Shape, to_pixels: ToPixels) -> Array:
    """(2, 2) the ends in pixels of a short line on which the label belongs."""
    if shape.kind == "angle":
        arc = arc_pixels(shape, to_pixels, LABEL_RADIUS)
        return arc[[len(arc) // 2, len(arc) // 2]]
    points = to_pixels(np.array(shape.points))
    if shape.kind == "dot":
        return points[[0, 0]] + np.array([0.0, -2.6 * DOT_PX])
    if shape.kind == "area":
        middle = points.mean(axis=0)
        return np.stack([middle, middle])
    legs = np.linalg.norm(np.diff(points, axis=0), axis=1)
    longest = int(legs.argmax()) if len(legs) else 0
    return points[[longest, min(longest + 1, len(points) - 1)]]


def arc_pixels(shape: Shape, to_pixels: ToPixels, radius: float = 1.0) -> Array:
    """(N, 2) pixels along an angle, from the direction in which it starts; the radius in ARC_PX."""
    vertex, forward = np.array(shape.points)
    start, ahead = to_pixels(np.stack([vertex, vertex + forward]))
    ahead = (ahead - start) / max(float(np.linalg.norm(ahead - start)), 1e-9)
    aside = np.array([-ahead[1], ahead[0]])  # clockwise, because y points down on the panel
    count = max(int(abs(shape.turn_deg) / ARC_STEP_DEG), 2)
    turns = np.radians(np.linspace(0.0, shape.turn_deg, count + 1))
    directions = np.cos(turns)[:, None] * ahead + np.sin(turns)[:, None] * aside
    return start + radius * ARC_PX * directions


def _line(draw: ImageDraw.ImageDraw, shape: Shape, to_pixels: ToPixels, color: Rgb) -> None:
    _stroke(draw, to_pixels(np.array(shape.points)), color, shape.strong)


def _arrow(draw: ImageDraw.ImageDraw, shape: Shape, to_pixels: ToPixels, color: Rgb) -> None:
    points = to_pixels(np.array(shape.points))
    _stroke(draw, points, color, shape.strong)
    _head(draw, points, color)


def _angle(draw: ImageDraw.ImageDraw, shape: Shape, to_pixels: ToPixels, color: Rgb) -> None:
    arc = arc_pixels(shape, to_pixels)
    _stroke(draw, arc, color, shape.strong)
    if abs(shape.turn_deg) > ARC_STEP_DEG:
        _head(draw, arc[-2:], color, 0.7)


def _area(draw: ImageDraw.ImageDraw, shape: Shape, to_pixels: ToPixels, color: Rgb) -> None:
    corners = scale_up(to_pixels(np.array(shape.points)))
    if shape.strong:
        draw.polygon(corners, fill=(*color, 46))
    width = LINE_PX if shape.strong else THIN_PX
    draw.line([*corners, *corners[:2]], fill=color, width=round(width * OVERSAMPLING), joint="curve")


def _dot(draw: ImageDraw.ImageDraw, shape: Shape, to_pixels: ToPixels, color: Rgb) -> None:
    ((x, y),) = scale_up(to_pixels(np.array(shape.points)))
    for radius, fill in ((1.4 * DOT_PX * OVERSAMPLING, PAPER), (DOT_PX * OVERSAMPLING, color)):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


_DRAW: dict[str, Callable[[ImageDraw.ImageDraw, Shape, ToPixels, Rgb], None]] = {
    "line": _line,
    "arrow": _arrow,
    "angle": _angle,
    "area": _area,
    "dot": _dot,
}


def _stroke(draw: ImageDraw.ImageDraw, points: Array, color: Rgb, strong: bool) -> None:
    """A line with a white halo, so that it is seen on any ground."""
    line: Sequence[tuple[float, float]] = scale_up(points)
    draw.line(line, fill=(*PAPER, 210), width=round(HALO_PX * OVERSAMPLING), joint="curve")
    width = LINE_PX if strong else THIN_PX
    draw.line(line, fill=color, width=round(width * OVERSAMPLING), joint="curve")


def _head(draw: ImageDraw.ImageDraw, points: Array, color: Rgb, scale: float = 1.0) -> None:
    """The head of an arrow at the last point."""
    end, before = points[-1], points[-2]
    along = (end - before) / max(float(np.linalg.norm(end - before)), 1e-9)
    aside = np.array([-along[1], along[0]])
    tip, back, half = end + 2.0 * along, end - scale * HEAD_PX * along, 0.45 * scale * HEAD_PX * aside
    draw.polygon(scale_up(np.stack([tip, back + half, back - half])), fill=color)
