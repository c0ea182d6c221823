"""Kitchen and laundry appliances."""

import numpy as np

from simgen.engine.look.materials import Material, SurfaceKind, paint
from simgen.engine.look.palettes import APPLIANCES
from simgen.engine.shapes.mesh import (
    Mesh,
    Range,
    box,
    cylinder,
    disc,
    ellipsoid,
    frustum,
    lathe,
    lay_along_z,
    rotate,
    rounded_box,
    shift,
    tube,
)
from simgen.engine.shapes.sketch import (
    BLACK,
    CHARCOAL,
    CHROME,
    GLASS,
    GREY,
    STEEL,
    WHITE,
    Brief,
    Sketch,
    inset,
    split,
    subrange,
)

DARK_GLASS = paint("Dark glass", (0.07, 0.08, 0.09), SurfaceKind.SCREEN)
DISPLAY = paint("Display", (0.35, 0.80, 0.72), SurfaceKind.EMISSIVE)


def fridge(brief: Brief) -> Sketch:
    """A fridge with two doors side by side if it is wide, else with a freezer above or below."""
    sketch = Sketch()
    body = brief.material(STEEL, "primary")
    handles = brief.metal(CHROME)
    x, z, high = brief.x, brief.z, brief.height
    front = z[1] - 0.095
    if brief.openness == 0.0:
        sketch.add(GREY, box(inset(x, 0.006), (0.02, high - 0.004), (z[0], front)))
    else:
        _fridge_inside(sketch, inset(x, 0.006), (0.02, high - 0.004), (z[0], front))
    sketch.add(CHARCOAL, box(inset(x, 0.02), (0.0, 0.06), (z[0] + 0.02, front - 0.01)))
    leaves = _fridge_doors(brief, x, (0.06, high))
    for place, y, hinge_left in leaves:
        hinge = (place[0] if hinge_left else place[1], 0.0, front)
        handle_x = place[1] - 0.05 if hinge_left else place[0] + 0.05
        door = [(body, rounded_box(place, y, (front + 0.004, z[1] - 0.035), 0.015))]
        door += [
            (handles, mesh) for mesh in _bar_handle(handle_x, subrange(y, 0.2, 0.8), (z[1] - 0.036, z[1]))
        ]
        if (
            place[1] - place[0] < 0.62
            and hinge_left
            and y[1] - y[0] > 1.2
            and brief.pick("dispenser", (True, False))
        ):
            spot = subrange(place, 0.22, 0.68)
            door.append((BLACK, box(spot, subrange(y, 0.5, 0.68), (z[1] - 0.036, z[1] - 0.03))))
        for material, mesh in door:
            sketch.add(material, rotate(mesh, "y", (-90.0 if hinge_left else 90.0) * brief.openness, hinge))
    return sketch


def _fridge_inside(sketch: Sketch, x: Range, y: Range, z: Range) -> None:
    """The inside of an open fridge: walls, and shelves on which objects may be placed."""
    hole_x, hole_y, hole_z = _hollow(sketch, GREY, x, y, z, 0.05)
    deep = (hole_z[0], hole_z[1] - 0.03)
    levels = [hole_y[0], *(shelf[0] for shelf in split(hole_y, 5)[1:])]
    for level in levels[1:]:
        sketch.add(GLASS, box(hole_x, (level - 0.006, level + 0.006), deep))
    for level, above in zip(levels, [*levels[1:], hole_y[1]], strict=True):
        sketch.add_surface(level + 0.006, inset(hole_x, 0.005), inset(deep, 0.005), above - level - 0.015)


def _hollow(
    sketch: Sketch, material: Material, x: Range, y: Range, z: Range, wall: float
) -> tuple[Range, Range, Range]:
    """A box that is open to the front (+z). Returns the ranges of the hollow."""
    hole_x, hole_y = inset(x, wall), inset(y, wall)
    sketch.add(material, box((x[0], hole_x[0]), y, z), box((hole_x[1], x[1]), y, z))
    sketch.add(material, box(hole_x, (y[0], hole_y[0]), z), box(hole_x, (hole_y[1], y[1]), z))
    sketch.add(WHITE, box(hole_x, hole_y, (z[0], z[0] + wall)))
    return hole_x, hole_y, (z[0] + wall, z[1])


def _fridge_doors(brief: Brief, x: Range, y: Range) -> list[tuple[Range, Range, bool]]:
    """The x and y range of each door, and whether its hinge is at x_min."""
    middle = sum(x) / 2.0
    style = brief.pick("doors", ("side by side", "freezer above", "freezer below"))
    if style == "side by side" and brief.width > 0.8:
        seam = middle - brief.pick("seam", (0.0, 0.1)) * brief.width
        return [((x[0], seam - 0.003), y, True), ((seam + 0.003, x[1]), y, False)]
    seam = y[0] + (0.66 if style == "freezer above" else 0.36) * (y[1] - y[0])
    return [(x, (y[0], seam - 0.003), True), (x, (seam + 0.003, y[1]), True)]


def _bar_handle(x: float, y: Range, z: Range) -> list[Mesh]:
    bar = box((x - 0.012, x + 0.012), y, (z[1] - 0.012, z[1]))
    feet = [
        box((x - 0.008, x + 0.008), end, (z[0], z[1] - 0.01))
        for end in ((y[0], y[0] + 0.03), (y[1] - 0.03, y[1]))
    ]
    return [bar, *feet]


def microwave(brief: Brief) -> Sketch:
    """A microwave: a window in the door, keys and a clock at the right. The door's hinge is on the left."""
    sketch = Sketch()
    body = brief.material(STEEL, "primary")
    trim = brief.material(CHARCOAL, "secondary")
    x, y, z = brief.x, brief.y, brief.z
    front = z[1] - 0.055
    panel = subrange(x, 0.76, 1.0)
    shell = (0.012, y[1])
    leaf = subrange(x, 0.0, 0.757)
    if brief.openness == 0.0:
        sketch.add(body, rounded_box(x, shell, (z[0], front), 0.012))
    else:
        hole_x, hole_y, hole_z = _hollow(sketch, body, leaf, shell, (z[0], front), 0.02)
        sketch.add(body, box((leaf[1], x[1]), shell, (z[0], front)))
        sketch.add_surface(
            hole_y[0], inset(hole_x, 0.005), inset(hole_z, 0.005), hole_y[1] - hole_y[0] - 0.01
        )
    sketch.add(
        CHARCOAL, *(cylinder(sx * 0.8, sz * 0.8, 0.015, (0.0, 0.02), 8) for sx in x for sz in (z[0], front))
    )
    sketch.add(trim, box(inset(panel, 0.006), inset(shell, 0.01), (front, front + 0.022)))
    sketch.add(DISPLAY, box(inset(panel, 0.03), subrange(shell, 0.76, 0.88), (front + 0.022, front + 0.025)))
    for row in range(3):
        low = 0.2 + 0.16 * row
        sketch.add(
            GREY, box(inset(panel, 0.03), subrange(shell, low, low + 0.1), (front + 0.022, front + 0.026))
        )
    door = [
        (body, rounded_box(inset(leaf, 0.004), inset(shell, 0.006), (front + 0.002, front + 0.024), 0.006)),
        (
            DARK_GLASS,
            box(subrange(leaf, 0.1, 0.82), subrange(shell, 0.18, 0.82), (front + 0.024, front + 0.027)),
        ),
        *(
            (CHROME, mesh)
            for mesh in _bar_handle(leaf[1] - 0.045, subrange(shell, 0.14, 0.86), (front + 0.024, z[1]))
        ),
    ]
    for material, mesh in door:
        sketch.add(material, rotate(mesh, "y", -90.0 * brief.openness, (leaf[0], 0.0, front)))
    return sketch


def toaster(brief: Brief) -> Sketch:
    """A toaster, longer from front to back as in procthor's database. The lever is at the front."""
    sketch = Sketch()
    body = brief.material(STEEL, "primary")
    trim = brief.material(CHARCOAL, "secondary")
    x, z, high = brief.x, brief.z, brief.height
    sketch.add(trim, rounded_box(x, (0.0, 0.1 * high), (z[0], z[1] - 0.03), 0.02))
    sketch.add(
        body, rounded_box(inset(x, 0.006), (0.06 * high, high), (z[0] + 0.006, z[1] - 0.035), 0.045, 3)
    )
    slots = 2 if brief.width < 0.27 else 4
    for index in range(2):
        middle = (index - 0.5) * 0.36 * brief.width
        for part in [(0.14, 0.82)] if slots == 2 else [(0.1, 0.45), (0.52, 0.87)]:
            sketch.add(
                BLACK, box((middle - 0.014, middle + 0.014), (high - 0.03, high + 0.001), subrange(z, *part))
            )
    sketch.add(BLACK, box((-0.008, 0.008), (0.3 * high, 0.8 * high), (z[1] - 0.036, z[1] - 0.032)))
    sketch.add(trim, rounded_box((-0.03, 0.03), (0.62 * high, 0.72 * high), (z[1] - 0.034, z[1]), 0.008))
    sketch.add(CHROME, disc(0.3 * brief.width, 0.3 * high, 0.018, (z[1] - 0.037, z[1] - 0.02), 10))
    return sketch


def coffee_machine(brief: Brief) -> Sketch:
    """A coffee machine: a tower at the back, a brewing head over the front, a jug or a cup grid below."""
    sketch = Sketch()
    body = brief.material(CHARCOAL, "primary")
    trim = brief.material(STEEL, "secondary")
    metal = brief.metal(CHROME)
    x, z, high = brief.x, brief.z, brief.height
    wide = inset(x, 0.12 * brief.width)
    sketch.add(trim, rounded_box(x, (0.0, 0.1 * high), z, 0.02))
    sketch.add(body, rounded_box(wide, (0.08 * high, 0.97 * high), subrange(z, 0.02, 0.42), 0.025, 3))
    sketch.add(body, rounded_box(wide, (0.64 * high, high), subrange(z, 0.02, 0.95), 0.03, 3))
    sketch.add(metal, box(inset(wide, 0.04), subrange((0.0, high), 0.76, 0.9), subrange(z, 0.945, 0.965)))
    middle = z[0] + 0.68 * brief.depth
    sketch.add(metal, cylinder(0.0, middle, 0.035, (0.56 * high, 0.66 * high), 10))
    radius = 0.2 * min(brief.width, brief.depth)
    if brief.pick("jug", (True, False)):
        profile = [(0.0, 0.11), (0.8, 0.11), (1.0, 0.2), (0.95, 0.38), (0.6, 0.5), (0.65, 0.53), (0.0, 0.53)]
        sketch.add(DARK_GLASS, lathe([(radius * r, high * y) for r, y in profile], 14, (0.0, middle)))
        grip = [
            (0.9 * radius, 0.45 * high, middle),
            (1.6 * radius, 0.42 * high, middle),
            (0.95 * radius, 0.2 * high, middle),
        ]
        sketch.add(BLACK, tube(grip, 0.009))
    else:
        sketch.add(BLACK, box((-0.09, 0.09), (0.1 * high, 0.11 * high), (middle - 0.09, middle + 0.09)))
        sketch.add(
            metal,
            tube(
                [(0.0, 0.6 * high, middle), (0.0, 0.57 * high, z[1] - 0.02), (0.0, 0.57 * high, z[1])], 0.012
            ),
        )
    for k in (-1.0, 0.0, 1.0):
        sketch.add(BLACK, disc(0.09 * brief.width * k, 0.7 * high, 0.013, subrange(z, 0.945, 0.97), 8))
    return sketch


def washing_machine(brief: Brief) -> Sketch:
    """A front loader with a round door. Tall ones have a raised control panel at the back."""
    sketch = Sketch()
    body = brief.pick_colour("body", APPLIANCES[:2])
    x, z = brief.x, brief.z
    front = z[1] - 0.05
    top = brief.height if brief.height < 1.05 else 0.88 * brief.height
    sketch.add(body, rounded_box(x, (0.03, top), (z[0], front), 0.012))
    sketch.add(CHARCOAL, box(inset(x, 0.02), (0.0, 0.04), (z[0] + 0.02, front - 0.02)))
    if top < brief.height:
        low, high = (x, (z[0], z[0] + 0.2)), (x, (z[0], z[0] + 0.1))
        sketch.add(body, frustum(low, high, (top - 0.001, brief.height)))
    panel = (0.86 * top, 0.96 * top)
    sketch.add(GREY, box(inset(x, 0.02), panel, (front, front + 0.006)))
    sketch.add(DISPLAY, box(subrange(x, 0.62, 0.84), inset(panel, 0.02), (front + 0.006, front + 0.009)))
    sketch.add(CHROME, disc(0.0, sum(panel) / 2.0, 0.032, (front + 0.006, front + 0.03), 14))
    hinge = (-0.22, 0.0, front)
    middle = 0.47 * top
    rim = _ring_facing_front(0.0, middle, 0.19, 0.24, (front, z[1]))
    window = ellipsoid((0.0, middle, front + 0.01), (0.2, 0.2, 0.03), 18, 4)
    for material, mesh in ((CHROME, rim), (DARK_GLASS, window)):
        sketch.add(material, rotate(mesh, "y", -90.0 * brief.openness, hinge))
    sketch.add_surface(top, inset(x, 0.04), (z[0] + (0.22 if top < brief.height else 0.04), front - 0.04))
    return sketch


def _ring_facing_front(x: float, y: float, small: float, large: float, z: Range) -> Mesh:
    profile = [
        (large, z[0]),
        (large, z[0] + 0.6 * (z[1] - z[0])),
        (0.9 * large, z[1]),
        (small, z[1]),
        (small, z[0]),
    ]
    return shift(lay_along_z(lathe(profile, 20)), x, y)


def kettle(brief: Brief) -> Sketch:
    """A stove kettle. The spout points to the front."""
    sketch = Sketch()
    metal, grip = brief.metal(), brief.material(BLACK, "rubber")
    w, h, d = brief.size
    radius = 0.42 * min(w, d)
    profile = [(0.0, 0.0), (0.95, 0.0), (1.0, 0.1), (0.9, 0.4), (0.55, 0.62), (0.5, 0.66), (0.0, 0.7)]
    sketch.add(metal, lathe([(radius * r, h * y) for r, y in profile], 16))
    sketch.add(grip, ellipsoid((0.0, 0.73 * h, 0.0), (0.025, 0.03, 0.025), 8, 6))
    turns = np.linspace(np.pi, 0.0, 9)
    loop = [(0.0, h * (0.6 + 0.4 * float(np.sin(t))) - 0.01, 0.75 * radius * float(np.cos(t))) for t in turns]
    sketch.add(grip, tube(loop, 0.01))
    spout = [(0.0, 0.25 * h, 0.75 * radius), (0.0, 0.42 * h, 1.05 * radius), (0.0, 0.66 * h, d / 2.0 - 0.005)]
    sketch.add(metal, tube(spout, (0.03, 0.02, 0.012), 8))
    return sketch


def vacuum_cleaner(brief: Brief) -> Sketch:
    """An upright vacuum cleaner: a floor head, a dust bin on the stem, a handle on top."""
    sketch = Sketch()
    shell = brief.material(paint("Vacuum", (0.86, 0.72, 0.30)), "plastic")
    w, h, d = brief.size
    x, z = brief.x, brief.z
    sketch.add(CHARCOAL, rounded_box(x, (0.0, 0.09), subrange(z, 0.45, 1.0), 0.03, 3))
    sketch.add(shell, ellipsoid((0.0, 0.13, 0.1 * d), (0.3 * w, 0.13, 0.2 * d), 14, 8))
    sketch.add(GLASS, cylinder(0.0, -0.05 * d, 0.075, (0.24, 0.5), 14))
    sketch.add(
        shell,
        cylinder(0.0, -0.05 * d, 0.08, (0.5, 0.58), 14),
        cylinder(0.0, -0.05 * d, 0.06, (0.58, 0.64), 14, 0.03),
    )
    stem = [
        (0.0, 0.1, -0.2 * d),
        (0.0, 0.85 * h, -0.32 * d),
        (0.0, 0.95 * h, -0.36 * d),
        (0.0, h - 0.015, -0.4 * d),
    ]
    sketch.add(CHROME, tube(stem, 0.018, 8))
    loop = [
        (0.0, 0.87 * h, -0.33 * d),
        (0.0, 0.84 * h, z[0] + 0.015),
        (0.0, h - 0.015, z[0] + 0.02),
        (0.0, h - 0.012, -0.36 * d),
    ]
    sketch.add(CHARCOAL, tube(loop, 0.014))
    return sketch
