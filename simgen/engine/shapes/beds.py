"""Beds and bedding."""

import numpy as np

from simgen.engine.look.materials import Material, SurfaceKind, paint
from simgen.engine.look.palettes import FABRICS
from simgen.engine.shapes.mesh import Range, box, puff, rotate, rounded_box, tube
from simgen.engine.shapes.sketch import DARK_WOOD, LINEN, Brief, Sketch, inset
from simgen.engine.shapes.tables import corner_legs

BUNK_HEIGHT = 1.5
"""A bed that is higher than this (metres) and as narrow as a single bed is drawn as a bunk bed."""


def bed(brief: Brief) -> Sketch:
    """A bed. The head is at the back (-z)."""
    sketch = Sketch()
    wood = brief.metal(brief.wood(DARK_WOOD)) if brief.has_word("meldal") else brief.wood(DARK_WOOD)
    x, z, high = brief.x, brief.z, brief.height
    if high > BUNK_HEIGHT and brief.width < 1.5:
        _bunk(brief, sketch, wood)
        return sketch
    mattress_top = min(0.56, max(0.62 * high, 0.3), high - 0.04)
    head = (z[0], z[0] + 0.06)
    sketch.add(wood, rounded_box(x, (0.0, high), head, 0.015))
    if brief.pick("headboard", (True, False)) and high > mattress_top + 0.25:
        cover = brief.pick_colour("headboard", FABRICS, SurfaceKind.FABRIC)
        sketch.add(
            cover,
            rounded_box(
                inset(x, 0.05), (mattress_top - 0.1, high - 0.05), (head[1] - 0.01, head[1] + 0.035), 0.02
            ),
        )
    foot_top = brief.pick("footboard", (0.0, 0.3, 0.62))
    if foot_top:
        sketch.add(wood, rounded_box(x, (0.0, min(foot_top, 0.75 * high)), (z[1] - 0.05, z[1]), 0.012))
    span = (head[1], z[1] - (0.05 if foot_top else 0.0))
    _mattress(brief, sketch, wood, inset(x, 0.015), span, (0.0, mattress_top))
    return sketch


def _mattress(brief: Brief, sketch: Sketch, wood: Material, x: Range, z: Range, y: Range) -> None:
    low = y[0] + 0.35 * (y[1] - y[0])
    sketch.add(
        wood,
        box(x, (low - 0.12, low), z),
        *corner_legs(inset(x, 0.02), inset(z, 0.03), (y[0], low - 0.11), 0.06),
    )
    sheet = brief.material(LINEN, "sheet", "mattress")
    duvet = brief.material(
        brief.pick_colour("duvet", FABRICS, SurfaceKind.FABRIC), "blanket", "carpet", "bedsheet"
    )
    top = y[1] - 0.035
    sketch.add(sheet, rounded_box(inset(x, 0.03), (low - 0.01, top), (z[0] + 0.005, z[1] - 0.012), 0.06, 3))
    turned_down = z[0] + 0.3 * (z[1] - z[0])
    sketch.add(duvet, rounded_box(inset(x, 0.004), (low + 0.02, y[1]), (turned_down, z[1] - 0.004), 0.05, 3))
    sketch.add(
        sheet,
        rounded_box(
            inset(x, 0.002), (top - 0.12, y[1] + 0.008), (turned_down - 0.02, turned_down + 0.16), 0.04, 3
        ),
    )
    _pillows(sketch, x, z[0], top)
    sketch.add_surface(y[1], inset(x, 0.12), (turned_down + 0.2, z[1] - 0.12))


def _pillows(sketch: Sketch, x: Range, head: float, top: float) -> None:
    linen = paint("Pillow case", (0.93, 0.92, 0.89), SurfaceKind.FABRIC)
    count = 2 if x[1] - x[0] > 1.15 else 1
    size = min(0.7, 0.85 * (x[1] - x[0]) / count)
    for index in range(count):
        middle = (index - (count - 1) / 2.0) * (x[1] - x[0]) * 0.47
        pillow = puff(
            (middle - size / 2.0, middle + size / 2.0), (top - 0.01, top + 0.13), (head + 0.04, head + 0.46)
        )
        sketch.add(linen, rotate(pillow, "x", 8.0, (middle, top, head + 0.4)))


def _bunk(brief: Brief, sketch: Sketch, wood: Material) -> None:
    x, z, high = brief.x, brief.z, brief.height
    sketch.add(wood, *corner_legs(x, z, (0.0, high), 0.07))
    for level in (0.16 * high, 0.66 * high):
        _mattress(brief, sketch, wood, inset(x, 0.06), inset(z, 0.06), (level - 0.15, level + 0.26))
    for end in ((z[0] + 0.015, z[0] + 0.045), (z[1] - 0.045, z[1] - 0.015)):
        sketch.add(
            wood,
            box(inset(x, 0.05), (high - 0.2, high - 0.1), end),
            box(inset(x, 0.05), (0.2 * high, 0.35 * high), end),
        )
    ladder = x[1] - 0.03
    for rail in (0.15 * z[1], 0.15 * z[1] + 0.4):
        sketch.add(wood, tube([(ladder, 0.0, rail), (ladder, 0.9 * high, rail)], 0.02))
    for y in np.arange(0.3, 0.85 * high, 0.28):
        sketch.add(wood, tube([(ladder, y, 0.15 * z[1]), (ladder, y, 0.15 * z[1] + 0.4)], 0.014))
