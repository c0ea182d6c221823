"""Bathroom fittings, and sinks and taps of kitchens."""

import numpy as np

from simgen.engine.look.materials import Material, SurfaceKind, paint
from simgen.engine.look.palettes import FABRICS
from simgen.engine.shapes.mesh import (
    box,
    cylinder,
    disc,
    ellipsoid,
    lathe,
    lay_along_x,
    rotate,
    rounded_box,
    scale,
    sheet,
    shift,
    tube,
)
from simgen.engine.shapes.sketch import (
    BRASS,
    CHARCOAL,
    CHROME,
    DARK_METAL,
    GREY,
    OAK,
    PAPER,
    PORCELAIN,
    STEEL,
    WHITE,
    WHITE_WOOD,
    Brief,
    Sketch,
    inset,
    subrange,
)


def toilet(brief: Brief) -> Sketch:
    """A toilet: the cistern at the back, the bowl in front. The lid opens."""
    sketch = Sketch()
    x, z, high = brief.x, brief.z, brief.asset.size[1]
    rim = 0.42
    tank_z = (z[0], z[0] + 0.21)
    sketch.add(PORCELAIN, rounded_box(inset(x, 0.01), (rim - 0.02, high - 0.05), tank_z, 0.03, 3))
    sketch.add(PORCELAIN, rounded_box(x, (high - 0.055, high - 0.012), (tank_z[0], tank_z[1] + 0.008), 0.015))
    sketch.add(CHROME, cylinder(0.0, sum(tank_z) / 2.0, 0.03, (high - 0.012, high), 12))
    bowl_length = z[1] - tank_z[1] + 0.1
    middle = z[1] - bowl_length / 2.0
    radius = 0.37 * brief.width
    profile = [(0.0, 0.0), (0.62, 0.0), (0.6, 0.08), (0.55, 0.18), (0.92, 0.34), (1.0, rim), (0.0, rim)]
    bowl = lathe([(radius * r, y) for r, y in profile], 22)
    sketch.add(PORCELAIN, shift(scale(bowl, 1.0, 1.0, bowl_length / (2.0 * radius)), z=middle))
    sketch.add(PORCELAIN, box((-0.55 * radius, 0.55 * radius), (0.0, rim - 0.05), (z[0] + 0.06, middle)))
    seat = scale(cylinder(0.0, 0.0, 1.03 * radius, (0.0, 0.022), 22), z=bowl_length / (2.06 * radius))
    sketch.add(WHITE, shift(seat, y=rim + 0.001, z=middle))
    hinge = tank_z[1] + 0.02
    lid = scale(cylinder(0.0, 0.0, 0.98 * radius, (0.0, 0.02), 22), z=(z[1] - hinge) / (2.0 * radius))
    lid = shift(lid, y=rim + 0.025, z=(hinge + z[1]) / 2.0)
    sketch.add(PORCELAIN, rotate(lid, "x", -88.0 * brief.openness, (0.0, rim + 0.03, hinge)))
    sketch.add_surface(high - 0.012, inset(x, 0.05), inset(tank_z, 0.02))
    return sketch


def sink(brief: Brief) -> Sketch:
    """A basin set into a counter. If it reaches the floor: a basin on a pedestal or a cabinet."""
    sketch = Sketch()
    kitchen = brief.height < 0.3 and brief.width > 0.6 and brief.pick("kitchen", (True, False))
    material = STEEL if kitchen else PORCELAIN
    depth = min(0.2, brief.height)
    _basin(brief, sketch, material, depth, bowls=2 if brief.width > 1.0 else 1)
    if brief.height > 0.3:
        low = brief.height - depth
        if brief.pick("stand", (True, False)):
            foot = [
                (0.0, 0.0),
                (0.17, 0.0),
                (0.15, 0.04),
                (0.085, 0.18),
                (0.08, 0.7 * low),
                (0.13, low + 0.02),
                (0.0, low + 0.02),
            ]
            sketch.add(PORCELAIN, shift(lathe(foot, 16), z=-0.1 * brief.depth))
        else:
            x, z = inset(brief.x, 0.03), (brief.z[0], brief.z[1] - 0.05)
            sketch.add(WHITE_WOOD, box(x, (0.06, low + 0.03), z))
            sketch.add(CHARCOAL, box(inset(x, 0.02), (0.0, 0.07), (z[0] + 0.01, z[1] - 0.03)))
            for half in ((x[0] + 0.012, -0.006), (0.006, x[1] - 0.012)):
                sketch.add(WHITE_WOOD, box(half, (0.09, low), (z[1], z[1] + 0.014)))
            sketch.add(
                DARK_METAL,
                *(disc(s * 0.05, 0.8 * low, 0.012, (z[1] + 0.014, z[1] + 0.032), 8) for s in (-1, 1)),
            )
    return sketch


def _basin(brief: Brief, sketch: Sketch, material: Material, depth: float, bowls: int) -> None:
    x, z, top = brief.x, brief.z, brief.height
    rim, floor = 0.045, top - 0.8 * depth
    back = 0.09 if brief.depth > 0.4 else 0.05
    hole_z = (z[0] + back, z[1] - rim)
    dark = paint("Basin", tuple(0.8 * c for c in material.rgb), material.kind)  # type: ignore[arg-type]
    sketch.add(
        material, box(x, (top - depth, top), (z[0], hole_z[0])), box(x, (top - depth, top), (hole_z[1], z[1]))
    )
    edges = [x[0] + rim, *([-0.02, 0.02] if bowls == 2 else []), x[1] - rim]
    for left, right in ((x[0], edges[0]), *([(edges[1], edges[2])] if bowls == 2 else []), (edges[-1], x[1])):
        sketch.add(material, box((left, right), (top - depth, top), hole_z))
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        sketch.add(dark, box((left, right), (top - depth, floor), hole_z))
        middle_z = sum(hole_z) / 2.0
        sketch.add(CHROME, cylinder((left + right) / 2.0, middle_z, 0.025, (floor, floor + 0.004), 12))
        sketch.add_surface(floor, inset((left, right), 0.02), inset(hole_z, 0.02))


def faucet(brief: Brief) -> Sketch:
    """A tap whose spout curves to the front, with a lever, or two cross handles if it is wide."""
    sketch = Sketch()
    metal = brief.metal(brief.pick("finish", (CHROME, CHROME, STEEL, BRASS)))
    w, h, d = brief.size
    z = brief.z
    thick = float(np.clip(0.05 * h + 0.1 * w, 0.011, 0.02))
    base = z[0] + max(thick * 2.0, 0.16 * d)
    arc = _spout_path(brief, base, thick)
    sketch.add(metal, tube(arc, thick, 8), cylinder(0.0, base, 1.8 * thick, (0.0, 0.03), 12))
    if w > 0.16:
        for side in (-1.0, 1.0):
            at = side * (w / 2.0 - 0.035)
            sketch.add(metal, cylinder(at, base, 0.02, (0.0, 0.35 * h), 10, 0.016))
            sketch.add(
                metal,
                box((at - 0.035, at + 0.035), (0.35 * h, 0.35 * h + 0.014), (base - 0.008, base + 0.008)),
            )
            sketch.add(
                metal,
                box((at - 0.008, at + 0.008), (0.35 * h, 0.35 * h + 0.014), (base - 0.035, base + 0.035)),
            )
    else:
        sketch.add(
            metal,
            tube(
                [(0.0, 0.45 * h, base), (0.3 * w, 0.6 * h, base - thick), (w / 2.0, 0.75 * h, base)],
                0.4 * thick,
            ),
        )
    return sketch


def _spout_path(brief: Brief, base: float, thick: float) -> list[tuple[float, float, float]]:
    h, front = brief.height, brief.z[1] - thick
    reach = front - base
    if h > 0.6 * brief.depth:
        turns = np.linspace(np.pi, 0.0, 8)
        top = h - thick - reach / 2.0
        curve = [
            (
                0.0,
                max(top, 0.5 * h) + min(reach / 2.0, 0.5 * h) * np.sin(a),
                base + reach / 2.0 * (1.0 + np.cos(a)),
            )
            for a in turns
        ]
        return [(0.0, 0.0, base), *curve, (0.0, 0.8 * top, front)]
    return [
        (0.0, 0.0, base),
        (0.0, 0.8 * h, base),
        (0.0, h - thick, base + 0.3 * reach),
        (0.0, 0.85 * h, front - 0.02),
        (0.0, 0.6 * h, front),
    ]


def toilet_paper_hanger(brief: Brief) -> Sketch:
    """A bar on two arms with an almost empty roll."""
    sketch = Sketch()
    metal = brief.pick_colour(
        "metal", ((0.77, 0.78, 0.80), (0.22, 0.22, 0.23), (0.73, 0.58, 0.30)), SurfaceKind.METAL
    )
    x, z, h = brief.x, brief.z, brief.height
    bar_z = z[1] - 0.015
    sketch.add(metal, rounded_box(inset(x, 0.002), (0.3 * h, h), (z[0], z[0] + 0.012), 0.006))
    for end in (x[0] + 0.012, x[1] - 0.012):
        sketch.add(metal, tube([(end, 0.6 * h, z[0]), (end, 0.5 * h, bar_z)], 0.01))
    sketch.add(metal, tube([(x[0], 0.45 * h, bar_z), (x[1], 0.45 * h, bar_z)], 0.009, 8))
    sketch.add(
        PAPER,
        shift(lay_along_x(cylinder(0.0, 0.0, min(0.45 * h, 0.03), inset(x, 0.04))), y=0.45 * h, z=bar_z),
    )
    return sketch


def towel_holder(brief: Brief) -> Sketch:
    """A rail between two wall plates."""
    sketch = Sketch()
    metal = brief.metal(CHROME)
    x, z, h = brief.x, brief.z, brief.height
    for end in (x[0] + 0.021, x[1] - 0.021):
        sketch.add(metal, disc(end, h / 2.0, 0.021, (z[0], z[0] + 0.012), 12))
        sketch.add(metal, tube([(end, h / 2.0, z[0]), (end, h / 2.0, z[1] - 0.012)], 0.009))
    sketch.add(
        metal, tube([(x[0] + 0.021, h / 2.0, z[1] - 0.012), (x[1] - 0.021, h / 2.0, z[1] - 0.012)], 0.012, 8)
    )
    return sketch


def hand_towel_holder(brief: Brief) -> Sketch:
    """A ring on a wall plate."""
    sketch = Sketch()
    metal = brief.metal(CHROME)
    w, h, _ = brief.size
    z = brief.z
    radius = w / 2.0 - 0.006
    ring = [
        (radius * np.sin(a), radius * (1.0 - np.cos(a)) + 0.006, 0.0) for a in np.linspace(0, 2 * np.pi, 19)
    ]
    sketch.add(metal, shift(tube(ring, 0.006), z=z[1] - 0.008))
    sketch.add(
        metal,
        disc(0.0, h - 0.03, 0.03, (z[0], z[0] + 0.015), 12),
        disc(0.0, h - 0.03, 0.012, (z[0], z[1]), 8),
    )
    return sketch


def towel(brief: Brief) -> Sketch:
    """A towel that hangs folded over a bar."""
    sketch = Sketch()
    cloth = brief.fabric(brief.pick_colour("towel", FABRICS, SurfaceKind.FABRIC))
    x, z, h = brief.x, brief.z, brief.height
    sketch.add(cloth, rounded_box(x, (0.0, h), subrange(z, 0.4, 1.0), 0.012, 3))
    sketch.add(cloth, rounded_box(inset(x, 0.004), (0.18 * h, h - 0.001), subrange(z, 0.0, 0.5), 0.01))
    stripe = paint("Towel border", tuple(0.75 * c for c in cloth.rgb), SurfaceKind.FABRIC)  # type: ignore[arg-type]
    sketch.add(
        stripe,
        *(
            box(inset(x, 0.008), subrange((0.0, h), share, share + 0.035), (z[1] - 0.008, z[1] + 0.002))
            for share in (0.08, 0.14)
        ),
    )
    return sketch


def shower_curtain(brief: Brief) -> Sketch:
    """A curtain in folds below a rod. The more it is drawn across, the fewer the folds."""
    sketch = Sketch()
    cloth = paint("Shower curtain", (0.85, 0.87, 0.87), SurfaceKind.FABRIC)
    x, z, h = brief.x, brief.z, brief.height
    at = np.linspace(x[0], x[1], 33)
    wave = 0.42 * brief.depth * np.sin(np.arange(33) * np.pi / 2.0 * 0.99)
    lower = np.stack([at, np.full(33, 0.0), wave], axis=-1)
    upper = np.stack([at, np.full(33, h - 0.02), 0.6 * wave], axis=-1)
    sketch.add(cloth, sheet(np.stack([lower, upper])))
    sketch.add(brief.metal(CHROME), tube([(x[0], h - 0.014, 0.0), (x[1], h - 0.014, 0.0)], 0.014))
    sketch.add(
        GREY,
        box((x[0], x[0] + 0.01), (0.0, 0.01), (z[0], z[0] + 0.004)),
        box((x[0], x[0] + 0.01), (0.0, 0.01), (z[1] - 0.004, z[1])),
    )
    return sketch


def shower_head(brief: Brief) -> Sketch:
    """A rail on the wall with a shower head that reaches forward at the top."""
    sketch = Sketch()
    w, h, _ = brief.size
    z = brief.z
    back = z[0] + 0.03
    sketch.add(
        CHROME,
        tube(
            [
                (0.0, 0.0, back),
                (0.0, h - 0.03, back),
                (0.0, h - 0.012, back + 0.04),
                (0.0, h - 0.02, 0.6 * z[1]),
            ],
            0.012,
            8,
        ),
    )
    sketch.add(CHROME, *(disc(0.0, y, 0.025, (z[0], back), 10) for y in (0.08 * h, 0.85 * h)))
    head = cylinder(0.0, 0.0, min(w / 2.0, 0.09), (-0.02, 0.02), 16, 0.03)
    sketch.add(CHROME, shift(rotate(head, "x", -18.0), y=h - 0.05, z=z[1] - 0.09))
    handle = w / 2.0 - 0.012
    sketch.add(CHROME, tube([(-handle, 0.02, back), (handle, 0.02, back)], 0.012))
    return sketch


def toilet_paper(brief: Brief) -> Sketch:
    """An upright roll. A used one is the bare core."""
    sketch = Sketch()
    w, h, _ = brief.size
    hole = 0.2 * w if w > 0.06 else 0.4 * w
    roll = [(hole, 0.0), (w / 2.0, 0.0), (w / 2.0, h), (hole, h), (hole, 0.0)]
    core = paint("Core", (0.66, 0.54, 0.40))
    sketch.add(WHITE if w > 0.06 else core, lathe(roll, 18))
    sketch.add(core, cylinder(0.0, 0.0, hole - 0.002, (0.1 * h, 0.6 * h), 12))
    return sketch


def paper_towel_roll(brief: Brief) -> Sketch:
    """An upright roll of kitchen paper."""
    return toilet_paper(brief)


def plunger(brief: Brief) -> Sketch:
    """A plunger: a rubber cup on a wooden stick."""
    sketch = Sketch()
    w, h, _ = brief.size
    rubber = paint("Rubber", (0.55, 0.16, 0.13))
    profile = [
        (0.0, 0.02),
        (0.42, 0.0),
        (0.5, 0.02),
        (0.46, 0.1),
        (0.28, 0.17),
        (0.1, 0.2),
        (0.1, 0.24),
        (0.0, 0.24),
    ]
    sketch.add(rubber, lathe([(w * r, h * y) for r, y in profile], 16))
    sketch.add(brief.wood(OAK), cylinder(0.0, 0.0, 0.012, (0.2 * h, h), 8))
    return sketch


def scrub_brush(brief: Brief) -> Sketch:
    """A toilet brush in its holder."""
    sketch = Sketch()
    w, h, _ = brief.size
    holder = [(0.0, 0.0), (0.5, 0.0), (0.46, 0.3), (0.34, 0.38), (0.34, 0.4), (0.0, 0.4)]
    sketch.add(brief.main_material(WHITE), lathe([(w * r, h * y) for r, y in holder], 16))
    sketch.add(CHROME, cylinder(0.0, 0.0, 0.011, (0.38 * h, 0.97 * h), 8))
    sketch.add(WHITE, ellipsoid((0.0, 0.96 * h, 0.0), (0.018, 0.04 * h, 0.018), 8, 6))
    return sketch


def soap_bar(brief: Brief) -> Sketch:
    """A bar of soap with worn edges."""
    sketch = Sketch()
    sketch.add(brief.main_material(WHITE), rounded_box(brief.x, brief.y, brief.z, 0.012, 3))
    return sketch
