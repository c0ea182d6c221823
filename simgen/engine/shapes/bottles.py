"""Bottles, dispensers and shakers."""

from simgen.engine.look.materials import paint
from simgen.engine.look.palettes import ACCENTS
from simgen.engine.shapes.mesh import box, cylinder, frustum, rounded_box, tube
from simgen.engine.shapes.sketch import (
    BLACK,
    CHARCOAL,
    CHROME,
    PAPER,
    WHITE,
    Brief,
    Sketch,
    lathe_in_box,
    subrange,
)


def bottle(brief: Brief) -> Sketch:
    """A clear bottle with a label and a screw cap."""
    sketch = Sketch()
    glass = brief.main_material(paint("Bottle", (0.70, 0.80, 0.78)))
    sketch.add(
        glass,
        lathe_in_box(
            brief,
            [
                (0.0, 0.0),
                (0.95, 0.0),
                (1.0, 0.03),
                (1.0, 0.56),
                (0.8, 0.68),
                (0.32, 0.78),
                (0.3, 0.92),
                (0.0, 0.92),
            ],
        ),
    )
    sketch.add(CHARCOAL, lathe_in_box(brief, [(0.0, 0.9), (0.36, 0.9), (0.36, 1.0), (0.0, 1.0)], 12))
    sketch.add(PAPER, lathe_in_box(brief, [(1.0, 0.2), (1.03, 0.2), (1.03, 0.46), (1.0, 0.46)]))
    return sketch


def wine_bottle(brief: Brief) -> Sketch:
    """A dark green bottle with a label and a foil."""
    sketch = Sketch()
    glass = paint("Wine bottle", (0.13, 0.22, 0.14))
    sketch.add(
        glass,
        lathe_in_box(
            brief,
            [
                (0.0, 0.0),
                (0.94, 0.0),
                (0.98, 0.03),
                (0.98, 0.56),
                (0.82, 0.64),
                (0.36, 0.72),
                (0.33, 0.94),
                (0.0, 0.94),
            ],
        ),
    )
    sketch.add(
        paint("Foil", (0.45, 0.12, 0.15)),
        lathe_in_box(brief, [(0.37, 0.84), (0.4, 0.84), (0.4, 1.0), (0.0, 1.0)], 12),
    )
    sketch.add(PAPER, lathe_in_box(brief, [(0.97, 0.16), (1.0, 0.16), (1.0, 0.44), (0.97, 0.44)]))
    return sketch


def soap_bottle(brief: Brief) -> Sketch:
    """A pump dispenser. The spout points to the front."""
    sketch = Sketch()
    body = brief.material(brief.pick_colour("soap", ACCENTS), "primary")
    pump = brief.material(WHITE, "secondary")
    w, h, d = brief.size
    if brief.pick("square", (True, False)):
        sketch.add(body, rounded_box(brief.x, (0.0, 0.68 * h), brief.z, 0.25 * min(w, d), 3))
    else:
        sketch.add(
            body,
            lathe_in_box(
                brief,
                [(0.0, 0.0), (0.94, 0.0), (1.0, 0.04), (0.95, 0.5), (0.7, 0.64), (0.36, 0.7), (0.0, 0.7)],
                16,
            ),
        )
    radius = 0.16 * min(w, d)
    sketch.add(
        pump,
        cylinder(0.0, 0.0, 1.7 * radius, (0.67 * h, 0.77 * h), 10),
        cylinder(0.0, 0.0, 0.6 * radius, (0.76 * h, 0.95 * h), 8),
    )
    sketch.add(
        pump,
        tube([(0.0, 0.95 * h, -0.1 * d), (0.0, 0.96 * h, 0.3 * d), (0.0, 0.9 * h, 0.46 * d)], 0.8 * radius),
    )
    sketch.add(pump, cylinder(0.0, 0.0, 1.3 * radius, (0.94 * h, h), 10))
    return sketch


def spray_bottle(brief: Brief) -> Sketch:
    """A spray bottle with a trigger. The nozzle points to the front."""
    sketch = Sketch()
    liquid = brief.main_material(brief.pick_colour("liquid", ACCENTS))
    x, z, h = brief.x, brief.z, brief.height
    low, high = (
        (subrange(x, 0.0, 1.0), subrange(z, 0.05, 0.85)),
        (subrange(x, 0.25, 0.75), subrange(z, 0.2, 0.5)),
    )
    sketch.add(liquid, rounded_box(low[0], (0.0, 0.5 * h), low[1], 0.012, 3))
    sketch.add(liquid, frustum((subrange(x, 0.06, 0.94), subrange(z, 0.1, 0.8)), high, (0.48 * h, 0.76 * h)))
    sketch.add(
        PAPER,
        rounded_box((x[0] - 0.0008, x[1] + 0.0008), (0.12 * h, 0.4 * h), subrange(z, 0.15, 0.75), 0.004),
    )
    sketch.add(
        WHITE, rounded_box(subrange(x, 0.15, 0.85), (0.75 * h, 0.8 * h), subrange(z, 0.18, 0.52), 0.004)
    )
    sketch.add(WHITE, rounded_box(subrange(x, 0.2, 0.8), (0.86 * h, h), subrange(z, 0.0, 0.9), 0.008))
    sketch.add(WHITE, box(subrange(x, 0.3, 0.7), (0.79 * h, 0.88 * h), subrange(z, 0.25, 0.45)))
    sketch.add(CHARCOAL, box(subrange(x, 0.35, 0.65), (0.9 * h, 0.96 * h), subrange(z, 0.88, 1.0)))
    sketch.add(
        CHARCOAL,
        tube([(0.0, 0.88 * h, subrange(z, 0.72, 1)[0]), (0.0, 0.74 * h, subrange(z, 0.62, 1)[0])], 0.004),
    )
    return sketch


def shaker(brief: Brief) -> Sketch:
    """A shaker for salt or pepper, depending on the type."""
    sketch = Sketch()
    content = paint("Pepper", (0.24, 0.20, 0.17)) if brief.asset.object_type == "PepperShaker" else WHITE
    if brief.height > 0.15:
        wood = (
            paint("Mill", (0.45, 0.30, 0.20)) if content is not WHITE else paint("Mill", (0.80, 0.70, 0.56))
        )
        mill = [
            (0.0, 0.0),
            (0.9, 0.0),
            (1.0, 0.08),
            (0.55, 0.35),
            (0.75, 0.62),
            (0.5, 0.68),
            (0.85, 0.8),
            (0.8, 0.9),
            (0.3, 0.94),
            (0.25, 1.0),
            (0.0, 1.0),
        ]
        sketch.add(wood, lathe_in_box(brief, mill, 14))
        return sketch
    sketch.add(
        content, lathe_in_box(brief, [(0.0, 0.0), (1.0, 0.0), (0.97, 0.1), (0.78, 0.74), (0.0, 0.74)], 12)
    )
    sketch.add(
        CHROME, lathe_in_box(brief, [(0.0, 0.72), (0.84, 0.72), (0.84, 0.86), (0.6, 0.97), (0.0, 1.0)], 12)
    )
    for k in range(3):
        sketch.add(
            BLACK, cylinder((k - 1) * 0.012, 0.0, 0.002, (0.95 * brief.height, brief.height + 0.0006), 5)
        )
    return sketch
