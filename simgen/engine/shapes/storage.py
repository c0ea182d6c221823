"""Storage furniture and containers: dressers, shelves, TV stands, hampers, boxes, bins, safes."""

import numpy as np

from simgen.engine.look.materials import SurfaceKind, paint
from simgen.engine.look.palettes import FABRICS
from simgen.engine.shapes.mesh import box, disc, ellipsoid, frustum, lathe, rotate, rounded_box, tube
from simgen.engine.shapes.sketch import (
    BLACK,
    CHARCOAL,
    CHROME,
    DARK_METAL,
    GLASS,
    GREY,
    LINEN,
    OAK,
    OPEN_ABOVE,
    Brief,
    Sketch,
    inset,
    sort_range,
    split,
    subrange,
)
from simgen.engine.shapes.tables import corner_legs, drawer_fronts

BOARD = 0.025
"""Thickness of a shelf's boards, metres."""


def dresser(brief: Brief) -> Sketch:
    """A chest on feet with a grid of drawers of about 60 by 24 cm."""
    sketch = Sketch()
    wood = brief.wood(brief.main_material(OAK))
    knobs = brief.metal(brief.pick("knobs", (CHROME, DARK_METAL)))
    x, z, high = brief.x, brief.z, brief.height
    feet = brief.pick("feet", (0.06, 0.1, 0.16))
    front = z[1] - 0.03
    sketch.add(wood, rounded_box(x, (high - 0.03, high), z, 0.006))
    sketch.add(wood, box(inset(x, 0.01), (feet, high - 0.03), (z[0] + 0.005, front)))
    sketch.add(
        wood,
        *corner_legs(
            inset(x, 0.012), (z[0] + 0.01, front), (0.0, feet + 0.005), 0.05, brief.pick("taper", (1.0, 0.6))
        ),
    )
    columns = max(1, round(brief.width / 0.62))
    rows = int(np.clip(round((high - feet) / 0.24), 2, 5))
    drawer_fronts(sketch, wood, knobs, inset(x, 0.025), (feet + 0.02, high - 0.045), front, columns, rows)
    sketch.add_surface(high, inset(x, 0.015), inset(z, 0.015))
    return sketch


def shelving_unit(brief: Brief) -> Sketch:
    """Shelves about 38 cm apart between sides or posts. Kallax units have square compartments."""
    sketch = Sketch()
    wood = brief.wood(brief.main_material(OAK))
    posts = brief.metal(wood) if brief.pick("posts", (True, False)) else wood
    x, z, high = brief.x, brief.z, brief.height
    kallax = brief.has_word("kallax")
    pitch = 0.36 if kallax else 0.38
    count = max(2, round(high / pitch))
    columns = max(1, round(brief.width / 0.38)) if kallax else (2 if brief.width > 1.4 else 1)
    if posts is wood:
        bays = split(x, columns, 0.0)
        edges = [x[0], *(bay[1] - BOARD / 2.0 for bay in bays[:-1]), x[1] - BOARD]
        sketch.add(wood, *(box((edge, edge + BOARD), (0.0, high), z) for edge in edges))
        sketch.add(wood, box(inset(x, 0.005), (0.03, high - 0.005), (z[0] + 0.002, z[0] + 0.012)))
    else:
        sketch.add(posts, *corner_legs(x, z, (0.0, high), 0.03))
        bays = [x]
    low = 0.0 if kallax else 0.06
    levels = [low + (high - BOARD - low) * k / count for k in range(count + 1)]
    for index, level in enumerate(levels):
        sketch.add(wood, box(inset(x, 0.003), (level, level + BOARD), inset(z, 0.003)))
        above = levels[index + 1] - level - BOARD if index < count else OPEN_ABOVE
        for bay in bays if index < count else [x]:
            sketch.add_surface(level + BOARD, inset(bay, 0.035), (z[0] + 0.02, z[1] - 0.01), above)
    return sketch


def tv_stand(brief: Brief) -> Sketch:
    """A low cabinet: doors at the sides, an open compartment in the middle."""
    sketch = Sketch()
    glass = brief.material(OAK, "glass") is not OAK
    wood = brief.wood(brief.main_material(OAK))
    body = brief.metal(CHARCOAL) if glass and brief.wood(GLASS) is GLASS else wood
    x, z, high = brief.x, brief.z, brief.height
    feet = brief.pick("feet", (0.04, 0.08, 0.12))
    sketch.add(body, rounded_box(x, (high - 0.03, high), z, 0.006))
    sketch.add(body, box(inset(x, 0.01), (feet, feet + BOARD), inset(z, 0.012)))
    sketch.add(body, box(inset(x, 0.01), (feet, high - 0.029), (z[0] + 0.01, z[0] + 0.022)))
    sketch.add(body, *corner_legs(inset(x, 0.02), inset(z, 0.03), (0.0, feet + 0.01), 0.05, 0.7))
    bays = split(inset(x, 0.01), 3)
    for edge in (bays[0][0], bays[0][1] - 0.01, bays[1][1] - 0.01, bays[2][1] - 0.02):
        sketch.add(body, box((edge, edge + 0.02), (feet, high - 0.029), inset(z, 0.012)))
    middle = (feet + high) / 2.0
    closed = (bays[0], bays[2]) if brief.pick("doors", (True, True, False)) else ()
    for bay in bays:
        if bay in closed:
            sketch.add(wood, box(inset(bay, 0.018), (feet + 0.03, high - 0.035), (z[1] - 0.03, z[1] - 0.014)))
            knob = bay[1] - 0.06 if bay is bays[0] else bay[0] + 0.06
            sketch.add(
                DARK_METAL,
                box(
                    (knob - 0.006, knob + 0.006), (middle - 0.05, middle + 0.05), (z[1] - 0.014, z[1] - 0.002)
                ),
            )
        else:
            sketch.add(body, box(inset(bay, 0.005), (middle - 0.01, middle + 0.01), inset(z, 0.02)))
            half = (high - feet) / 2.0 - 0.05
            sketch.add_surface(feet + BOARD, inset(bay, 0.03), (z[0] + 0.04, z[1] - 0.02), half)
            sketch.add_surface(middle + 0.01, inset(bay, 0.03), (z[0] + 0.04, z[1] - 0.03), half)
    sketch.add_surface(high, inset(x, 0.015), inset(z, 0.015))
    return sketch


def safe(brief: Brief) -> Sketch:
    """A steel box. The door has a dial and a handle; its hinge is on the left."""
    sketch = Sketch()
    steel = brief.metal(paint("Safe", (0.36, 0.38, 0.39), SurfaceKind.METAL))
    x, y, z = brief.x, brief.y, brief.z
    front = z[1] - 0.05
    sketch.add(steel, rounded_box(x, y, (z[0], front), 0.012))
    if brief.openness > 0.0:
        sketch.add(BLACK, box(inset(x, 0.05), inset(y, 0.05), (front - 0.01, front + 0.002)))
    door = [
        (CHARCOAL, box(inset(x, 0.035), inset(y, 0.035), (front, front + 0.015))),
        (GREY, disc(x[1] * 0.35, 0.55 * y[1], 0.13 * y[1], (front + 0.015, z[1] - 0.012))),
        (CHROME, disc(x[1] * 0.35, 0.55 * y[1], 0.06 * y[1], (front + 0.015, z[1]))),
        (CHROME, box((-0.55 * x[1], -0.45 * x[1]), subrange(y, 0.42, 0.68), (front + 0.015, z[1] - 0.01))),
    ]
    hinge = (x[0] + 0.035, 0.0, front)
    for material, mesh in door:
        sketch.add(material, rotate(mesh, "y", -90.0 * brief.openness, hinge))
    return sketch


def laundry_hamper(brief: Brief) -> Sketch:
    """A tapered basket with bands. The lid's hinge is at the back."""
    sketch = Sketch()
    basket = brief.wood(brief.fabric(paint("Wicker", (0.72, 0.57, 0.38), SurfaceKind.WOOD)))
    x, z, high = brief.x, brief.z, brief.asset.size[1]
    body = 0.92 * high
    x_low, z_low = subrange(x, 0.07, 0.93), subrange(z, 0.07, 0.93)
    sketch.add(basket, frustum((x_low, z_low), (inset(x, 0.012), inset(z, 0.012)), (0.0, body)))
    for share in (0.3, 0.6):
        at = share * body
        wide, deep = (
            subrange(x, 0.05 - 0.04 * share, 0.95 + 0.04 * share),
            subrange(z, 0.05 - 0.04 * share, 0.95 + 0.04 * share),
        )
        sketch.add(LINEN, box(wide, (at, at + 0.02), deep))
    lid = rounded_box(x, (body, high), z, 0.02)
    sketch.add(basket, rotate(lid, "x", -70.0 * brief.openness, (0.0, body, z[0])))
    return sketch


def cardboard_box(brief: Brief) -> Sketch:
    """A cardboard box: taped shut, or open with its flaps out."""
    if brief.has_word("decorative"):
        return _gift_box(brief)
    sketch = Sketch()
    board = brief.pick_colour("cardboard", ((0.69, 0.53, 0.36), (0.63, 0.47, 0.31), (0.73, 0.58, 0.41)))
    inside = paint("Cardboard inside", (0.52, 0.39, 0.26))
    tape = paint("Tape", (0.80, 0.72, 0.55))
    x, z, high = brief.x, brief.z, brief.height
    if brief.openness == 0.0 and brief.pick("shut", (True, False)):
        sketch.add(board, box(x, (0.0, high - 0.003), inset(z, 0.003)))
        sketch.add(tape, box((-0.025, 0.025), (high - 0.12 * high, high), z))
        return sketch
    flap = 0.16 * min(brief.width, brief.depth)
    rim = high - 0.55 * flap
    across, along, wall = inset(x, flap), inset(z, flap), 0.006
    sketch.add(inside, box(inset(across, 0.5 * wall), (0.002, 0.012), inset(along, 0.5 * wall)))
    for side in ((across[0], across[0] + wall), (across[1] - wall, across[1])):
        sketch.add(board, box(side, (0.0, rim), along))
    for side in ((along[0], along[0] + wall), (along[1] - wall, along[1])):
        sketch.add(board, box(inset(across, wall), (0.0, rim), side))
    for edge, out in ((across[0], -flap), (across[1], flap)):
        low, tip = sort_range(edge, edge + 0.02 * out), sort_range(edge + 0.98 * out, edge + out)
        sketch.add(board, frustum((low, inset(along, 0.005)), (tip, inset(along, 0.005)), (rim, high)))
    for edge, out in ((along[0], -flap), (along[1], flap)):
        low, tip = sort_range(edge, edge + 0.02 * out), sort_range(edge + 0.98 * out, edge + out)
        sketch.add(board, frustum((inset(across, 0.005), low), (inset(across, 0.005), tip), (rim, high)))
    sketch.add_surface(0.012, inset(across, 0.02), inset(along, 0.02), rim)
    return sketch


def _gift_box(brief: Brief) -> Sketch:
    sketch = Sketch()
    paper = brief.pick_colour("paper", FABRICS)
    ribbon = brief.pick_colour("ribbon", ((0.75, 0.25, 0.22), (0.85, 0.75, 0.45), (0.30, 0.45, 0.55)))
    x, z, high = brief.x, brief.z, brief.height
    sketch.add(paper, box(inset(x, 0.01), (0.0, 0.75 * high), inset(z, 0.01)))
    sketch.add(paper, box(inset(x, 0.003), (0.7 * high, high - 0.003), inset(z, 0.003)))
    sketch.add(
        ribbon, box((-0.02, 0.02), (0.69 * high, high), z), box(x, (0.69 * high, high - 0.001), (-0.02, 0.02))
    )
    return sketch


def garbage_can(brief: Brief) -> Sketch:
    """A round pedal bin, or a square bin that is open or has a swing lid."""
    sketch = Sketch()
    body = brief.material(GREY, "primary")
    trim = brief.material(CHARCOAL, "secondary")
    x, z, high = brief.x, brief.z, brief.height
    style = brief.pick("style", ("pedal", "swing", "open"))
    if abs(brief.width - brief.depth) < 0.06 or style == "pedal":
        _round_bin(brief, sketch)
    else:
        x_low, z_low = subrange(x, 0.1, 0.9), subrange(z, 0.1, 0.9)
        sketch.add(body, frustum((x_low, z_low), (inset(x, 0.008), inset(z, 0.008)), (0.0, 0.85 * high)))
        if style == "swing":
            sketch.add(
                trim, frustum((x, z), (subrange(x, 0.15, 0.85), subrange(z, 0.15, 0.85)), (0.83 * high, high))
            )
        else:
            sketch.add(trim, box(x, (0.83 * high, high - 0.002), z))
            sketch.add(BLACK, box(inset(x, 0.03), (0.9 * high, high), inset(z, 0.03)))
    return sketch


def _round_bin(brief: Brief, sketch: Sketch) -> None:
    body = brief.material(GREY, "primary")
    trim = brief.material(CHARCOAL, "secondary")
    high, radius = brief.height, min(brief.width, brief.depth) / 2.0
    parts = [
        (trim, [(0.0, 0.0), (0.97, 0.0), (0.97, 0.05), (0.0, 0.05)]),
        (body, [(0.0, 0.04), (0.93, 0.04), (0.93, 0.8), (0.0, 0.8)]),
        (trim, [(0.0, 0.78), (1.0, 0.78), (1.0, 0.84), (0.9, 0.92), (0.55, 0.98), (0.0, 1.0)]),
    ]
    for material, profile in parts:
        mesh = lathe([(radius * r, high * y) for r, y in profile], 18)
        mesh.positions[:, 0] *= brief.width / (2.0 * radius)
        mesh.positions[:, 2] *= 0.96 * brief.depth / (2.0 * radius)
        sketch.add(material, mesh)
    sketch.add(CHARCOAL, box((-0.05, 0.05), (0.015, 0.035), (0.85 * brief.z[1], brief.z[1])))


def garbage_bag(brief: Brief) -> Sketch:
    """A bag tied at the neck."""
    sketch = Sketch()
    plastic = paint("Bin bag", (0.12, 0.12, 0.13))
    w, h, d = brief.size
    sketch.add(plastic, ellipsoid((0.0, 0.4 * h, 0.0), (w / 2.0, 0.4 * h, d / 2.0), 14, 8, 0.8))
    sketch.add(
        plastic,
        lathe(
            [(0.32 * w, 0.7 * h), (0.06 * w, 0.83 * h), (0.06 * w, 0.86 * h), (0.17 * w, h), (0.0, 0.9 * h)],
            10,
        ),
    )
    sketch.add(
        GREY,
        tube(
            [
                (0.065 * w * np.cos(a), 0.845 * h, 0.065 * w * np.sin(a))
                for a in np.linspace(0, 2 * np.pi, 10)
            ],
            0.008,
        ),
    )
    return sketch
