"""Screens and other electrical devices."""

from simgen.engine.look.materials import SurfaceKind, paint
from simgen.engine.look.palettes import ACCENTS, DARKS
from simgen.engine.shapes.mesh import (
    box,
    cylinder,
    disc,
    frustum,
    lathe,
    lay_along_z,
    rotate,
    rounded_box,
    scale,
    shift,
)
from simgen.engine.shapes.sketch import (
    BLACK,
    CHARCOAL,
    CHROME,
    GREY,
    SCREEN,
    STEEL,
    WHITE,
    Brief,
    Sketch,
    inset,
    split,
    subrange,
)

LIT = paint("Digits", (0.85, 0.35, 0.25), SurfaceKind.EMISSIVE)


def television(brief: Brief) -> Sketch:
    """A flat screen on a foot as deep as the box. A thin one hangs on the wall and has no foot."""
    sketch = Sketch()
    casing = brief.pick_colour("casing", DARKS)
    x, z, h = brief.x, brief.z, brief.height
    hangs = brief.depth < 0.16
    low = 0.0 if hangs else brief.pick("stand", (0.06, 0.09)) * max(1.0, h / 0.7)
    panel = z if hangs else (-0.03, 0.035)
    sketch.add(casing, rounded_box(x, (low, h), (panel[0], panel[1] - 0.004), 0.012))
    sketch.add(SCREEN, box(inset(x, 0.025), (low + 0.04, h - 0.022), (panel[1] - 0.01, panel[1])))
    if not hangs:
        _tv_foot(brief, sketch, low)
    return sketch


def _tv_foot(brief: Brief, sketch: Sketch, low: float) -> None:
    x, z = brief.x, brief.z
    if brief.pick("foot", ("plate", "feet")) == "plate":
        sketch.add(CHARCOAL, rounded_box(subrange(x, 0.28, 0.72), (0.0, 0.02), z, 0.008))
        sketch.add(CHARCOAL, box(subrange(x, 0.44, 0.56), (0.015, low + 0.1), (-0.028, -0.005)))
        return
    for place in (subrange(x, 0.15, 0.19), subrange(x, 0.81, 0.85)):
        sketch.add(CHARCOAL, frustum((place, z), (place, (-0.02, 0.02)), (0.0, low + 0.01)))


def laptop(brief: Brief) -> Sketch:
    """An open laptop: procthor's box is that of the open laptop in every state."""
    sketch = Sketch()
    shell = brief.material(STEEL, "primary")
    keys = brief.material(CHARCOAL, "secondary")
    x, z, h = brief.x, brief.z, brief.height
    lean = 0.16 * brief.depth
    hinge = z[0] + lean
    sketch.add(shell, rounded_box(x, (0.0, 0.018), (hinge, z[1]), 0.006))
    deck = (hinge + 0.02, hinge + 0.55 * (z[1] - hinge))
    for row in split(deck, 4, 0.004):
        sketch.add(keys, *(box(place, (0.018, 0.0205), row) for place in split(inset(x, 0.03), 6, 0.004)))
    sketch.add(keys, box(subrange(x, 0.36, 0.64), (0.018, 0.0205), subrange((deck[1], z[1]), 0.2, 0.85)))
    low, high = (hinge, hinge + 0.009), (z[0], z[0] + 0.009)
    sketch.add(shell, frustum((x, low), (x, high), (0.014, h)))
    glass = inset(x, 0.014)
    slope = (high[0] - low[0]) / (h - 0.014)
    bottom, top = 0.03, h - 0.012
    front_low, front_high = low[1] + slope * (bottom - 0.014), low[1] + slope * (top - 0.014)
    sketch.add(
        SCREEN,
        frustum(
            (glass, (front_low - 0.004, front_low + 0.002)),
            (glass, (front_high - 0.004, front_high + 0.002)),
            (bottom, top),
        ),
    )
    return sketch


def desktop(brief: Brief) -> Sketch:
    """A monitor, a computer tower beside it, and a keyboard in front."""
    sketch = Sketch()
    x, z, h = brief.x, brief.z, brief.height
    tower = (x[1] - 0.2, x[1])
    sketch.add(CHARCOAL, rounded_box(tower, (0.0, 0.8 * h), z, 0.01))
    sketch.add(STEEL, box(inset(tower, 0.03), subrange((0.0, h), 0.5, 0.72), (z[1] - 0.004, z[1] + 0.003)))
    screen = (x[0], tower[0] - 0.04)
    sketch.add(BLACK, rounded_box(screen, (0.15 * h, h), (z[0] + 0.04, z[0] + 0.08), 0.01))
    sketch.add(SCREEN, box(inset(screen, 0.02), (0.15 * h + 0.025, h - 0.02), (z[0] + 0.07, z[0] + 0.083)))
    sketch.add(STEEL, box(subrange(screen, 0.46, 0.54), (0.0, 0.3 * h), (z[0] + 0.01, z[0] + 0.045)))
    sketch.add(STEEL, box(subrange(screen, 0.3, 0.7), (0.0, 0.014), (z[0], z[0] + 0.14)))
    sketch.add(WHITE, rounded_box(subrange(screen, 0.12, 0.88), (0.0, 0.018), (z[1] - 0.09, z[1]), 0.006))
    return sketch


def cell_phone(brief: Brief) -> Sketch:
    """A phone lying face up."""
    sketch = Sketch()
    x, y, z = brief.x, brief.y, brief.z
    sketch.add(
        brief.material(BLACK, "cellphone", "plastic"), rounded_box(x, (0.0, y[1] - 0.001), z, 0.012, 3)
    )
    sketch.add(SCREEN, box(inset(x, 0.006), subrange(y, 0.5, 1.0), inset(z, 0.014)))
    return sketch


def remote_control(brief: Brief) -> Sketch:
    """A remote control with rows of buttons, a few of them coloured."""
    sketch = Sketch()
    x, z, h = brief.x, brief.z, brief.height
    sketch.add(CHARCOAL, rounded_box(x, (0.0, h - 0.003), z, 0.008, 3))
    colours = [brief.pick_colour(f"button {k}", ACCENTS) for k in range(3)]
    for row, at in enumerate(split(subrange(z, 0.12, 0.88), 6, 0.012)):
        for column, place in enumerate(split(inset(x, 0.01), 3, 0.005)):
            material = colours[column] if row in (0, 5) else GREY
            sketch.add(material, box(place, (h - 0.006, h), at))
    return sketch


def alarm_clock(brief: Brief) -> Sketch:
    """A digital clock if it is wide, else a round clock with two bells."""
    if brief.width > 1.25 * brief.height:
        return _digital_clock(brief)
    return _bell_clock(brief)


def _digital_clock(brief: Brief) -> Sketch:
    sketch = Sketch()
    body = brief.material(CHARCOAL, "primary")
    x, z, h = brief.x, brief.z, brief.height
    sketch.add(body, rounded_box(x, (0.0, 0.93 * h), (z[0], z[1] - 0.003), 0.02, 3))
    sketch.add(
        SCREEN, box(subrange(x, 0.1, 0.9), subrange((0.0, h), 0.2, 0.75), (z[1] - 0.012, z[1] - 0.001))
    )
    for place in split(subrange(x, 0.2, 0.8), 4, 0.012):
        sketch.add(
            LIT, box(inset(place, 0.002), subrange((0.0, h), 0.32, 0.64), (z[1] - 0.004, z[1] + 0.001))
        )
    sketch.add(
        brief.material(GREY, "secondary"),
        rounded_box(subrange(x, 0.35, 0.65), (0.9 * h, h), inset(z, 0.25 * brief.depth), 0.006),
    )
    return sketch


def _bell_clock(brief: Brief) -> Sketch:
    """A round clock on two feet with two bells."""
    sketch = Sketch()
    body = brief.material(CHROME, "primary")
    w, h, _ = brief.size
    z = brief.z
    radius, middle = 0.44 * h, 0.47 * h
    sketch.add(body, disc(0.0, middle, radius, (z[0], z[1] - 0.006), 20))
    sketch.add(WHITE, disc(0.0, middle, 0.88 * radius, (z[1] - 0.008, z[1] - 0.003), 20))
    for angle, length in ((-60.0, 0.5), (40.0, 0.72)):
        hand = box((-0.004, 0.004), (middle, middle + length * radius), (z[1] - 0.004, z[1] - 0.0005))
        sketch.add(BLACK, rotate(hand, "z", angle, (0.0, middle, 0.0)))
    for k in range(12):
        mark = box(
            (-0.003, 0.003), (middle + 0.74 * radius, middle + 0.84 * radius), (z[1] - 0.004, z[1] - 0.001)
        )
        sketch.add(BLACK, rotate(mark, "z", 30.0 * k, (0.0, middle, 0.0)))
    for side in (-1.0, 1.0):
        sketch.add(
            brief.metal(CHROME), cylinder(side * 0.26 * w, 0.0, 0.17 * w, (0.86 * h, 0.97 * h), 12, 0.06 * w)
        )
        foot = (0.3 * w, 0.5 * w) if side > 0 else (-0.5 * w, -0.3 * w)
        sketch.add(CHARCOAL, box(foot, (0.0, 0.12 * h), inset(z, 0.2 * brief.depth)))
    sketch.add(CHARCOAL, box((-0.012, 0.012), (0.9 * h, h), (-0.01, 0.01)))
    return sketch


def light_switch(brief: Brief) -> Sketch:
    """A wall plate with as many rockers as fit its width."""
    sketch = Sketch()
    x, y, z = brief.x, brief.y, brief.z
    plate = brief.pick_colour("plate", ((0.93, 0.93, 0.91), (0.90, 0.87, 0.79), (0.70, 0.71, 0.72)))
    sketch.add(plate, rounded_box(x, y, (z[0], z[1] - 0.01), 0.006))
    count = max(1, round(brief.width / 0.08))
    for place in split(inset(x, 0.022), count, 0.02):
        sketch.add(WHITE, box(place, subrange(y, 0.28, 0.72), (z[1] - 0.011, z[1] - 0.006)))
        rocker = frustum(
            (place, (z[1] - 0.008, z[1] - 0.004)), (place, (z[1] - 0.008, z[1])), subrange(y, 0.31, 0.69)
        )
        sketch.add(WHITE, rocker)
    return sketch


def watch(brief: Brief) -> Sketch:
    """A strap closed to a loop, with the dial on top."""
    sketch = Sketch()
    strap = brief.main_material(paint("Strap", (0.35, 0.24, 0.17)))
    w, h, d = brief.size
    half = 0.24 * d
    band = lay_along_z(lathe([(1.0, -half), (1.0, half), (0.9, half), (0.9, -half), (1.0, -half)], 18))
    sketch.add(strap, shift(scale(band, 0.5 * w, 0.44 * h, 1.0), y=0.44 * h))
    sketch.add(STEEL, cylinder(0.0, 0.0, d / 2.0, (0.84 * h, 0.97 * h), 18))
    sketch.add(WHITE, cylinder(0.0, 0.0, 0.42 * d, (0.9 * h, h), 18))
    return sketch
