"""Lamps, candles and blinds."""

import numpy as np

from simgen.engine.look.materials import Material, SurfaceKind, paint
from simgen.engine.shapes.mesh import Mesh, box, cylinder, ellipsoid, lathe, rotate, shift, tube
from simgen.engine.shapes.sketch import DARK_METAL, LAMP, WHITE, Brief, Sketch, inset, split

FLAME = paint("Flame", (0.98, 0.80, 0.42), SurfaceKind.EMISSIVE)


def floor_lamp(brief: Brief) -> Sketch:
    """A floor lamp with a drum, cone or bowl shade, or on a tripod."""
    sketch = Sketch()
    stem = brief.material(brief.metal(DARK_METAL), "primary", "metal")
    shade = brief.material(LAMP, "shade")
    style = brief.pick("style", ("drum", "cone", "tripod", "bowl"))
    if style == "tripod":
        _tripod(brief, sketch, stem)
    else:
        radius = 0.3 * min(brief.width, brief.depth)
        sketch.add(
            stem,
            cylinder(0.0, 0.0, radius, (0.0, 0.025), 18),
            cylinder(0.0, 0.0, 0.013, (0.02, 0.9 * brief.height), 8),
        )
    sketch.add(
        shade, _shade(brief, {"cone": 0.55, "bowl": 1.0, "drum": 0.9, "tripod": 0.85}[style], style == "bowl")
    )
    return sketch


def _shade(brief: Brief, top: float, upturned: bool) -> Mesh:
    """A hollow shade across the whole plan. `top` is the upper radius as a fraction of the lower."""
    wide, h = brief.width / 2.0, brief.height
    tall = min(0.3, 0.8 * brief.width, 0.42 * h)
    low = h - tall
    if upturned:
        profile = [
            (0.06, low),
            (0.55 * wide, low + 0.35 * tall),
            (wide, h),
            (0.97 * wide, h),
            (0.5 * wide, low + 0.45 * tall),
            (0.0, low + 0.2 * tall),
        ]
        profile = [(0.0, low), *profile]
    else:
        inside = [(top * wide - 0.004, h), (wide - 0.004, low)]
        profile = [(wide - 0.004, low), (wide, low), (top * wide, h), *inside]
    shade = lathe(profile, 20)
    return Mesh(shade.positions * [1.0, 1.0, brief.depth / brief.width], shade.normals, shade.faces)


def _tripod(brief: Brief, sketch: Sketch, material: Material) -> None:
    head = 0.7 * brief.height
    for k in range(3):
        angle = np.radians(90.0 + 120.0 * k)
        foot = (0.46 * brief.width * np.cos(angle), 0.0, 0.46 * brief.depth * np.sin(angle))
        sketch.add(material, tube([foot, (0.02 * np.cos(angle), head, 0.02 * np.sin(angle))], (0.012, 0.014)))
    sketch.add(material, cylinder(0.0, 0.0, 0.012, (head - 0.03, 0.95 * brief.height), 8))


def desk_lamp(brief: Brief) -> Sketch:
    """A table lamp with a shade. A slender one is an arm with a head that reaches forward."""
    if brief.height > 1.9 * brief.width or brief.depth > 1.25 * brief.width:
        return _arm_lamp(brief)
    sketch = Sketch()
    body = brief.material(brief.metal(DARK_METAL), "primary")
    shade = brief.material(LAMP, "shade", "cloth")
    h, radius = brief.height, 0.5 * min(brief.width, brief.depth)
    style = brief.pick("body", ("bulb", "column", "stacked"))
    outline = {
        "bulb": [
            (0.0, 0.0),
            (0.5, 0.0),
            (0.5, 0.03),
            (0.3, 0.06),
            (0.5, 0.22),
            (0.42, 0.36),
            (0.12, 0.5),
            (0.0, 0.5),
        ],
        "column": [(0.0, 0.0), (0.6, 0.0), (0.6, 0.04), (0.1, 0.08), (0.1, 0.6), (0.0, 0.6)],
        "stacked": [
            (0.0, 0.0),
            (0.5, 0.0),
            (0.5, 0.05),
            (0.25, 0.12),
            (0.4, 0.24),
            (0.2, 0.34),
            (0.3, 0.44),
            (0.08, 0.54),
            (0.0, 0.54),
        ],
    }[style]
    sketch.add(body, lathe([(radius * r, h * y) for r, y in outline], 16))
    sketch.add(body, cylinder(0.0, 0.0, 0.012, (0.45 * h, 0.85 * h), 8))
    sketch.add(shade, _shade(brief, brief.pick("shade", (0.6, 0.75, 0.95)), False))
    return sketch


def _arm_lamp(brief: Brief) -> Sketch:
    sketch = Sketch()
    metal = brief.material(brief.metal(DARK_METAL), "primary", "metal")
    w, h, d = brief.size
    z = brief.z
    base = 0.4 * min(w, d)
    back = z[0] + base
    elbow = (0.0, 0.55 * h, z[0] + 0.02)
    head = (0.0, 0.93 * h, z[1] - 0.12 * d - 0.05)
    sketch.add(metal, cylinder(0.0, back, base, (0.0, 0.02), 16))
    sketch.add(
        metal, tube([(0.0, 0.02, back), elbow], 0.009), tube([elbow, (0.0, h - 0.012, head[2] - 0.02)], 0.009)
    )
    wide = min(0.07, 0.45 * w)
    cone = lathe(
        [
            (wide - 0.004, 0.0),
            (wide, 0.0),
            (0.35 * wide, 0.09),
            (0.0, 0.1),
            (0.3 * wide, 0.085),
            (wide - 0.004, 0.0),
        ],
        14,
    )
    sketch.add(metal, shift(rotate(cone, "x", -25.0), y=0.80 * h, z=head[2] + 0.02))
    sketch.add(LAMP, ellipsoid((0.0, 0.82 * h, head[2] + 0.015), (0.6 * wide, 0.03, 0.6 * wide), 10, 6))
    sketch.add(metal, box((-w / 2.0, w / 2.0), (0.0, 0.012), (back - 0.012, back + 0.012)))
    return sketch


def candle(brief: Brief) -> Sketch:
    """A thick candle, or a thin one in a metal holder."""
    sketch = Sketch()
    wax = brief.material(paint("Wax", (0.93, 0.89, 0.79)), "wax")
    w, h, _ = brief.size
    top = h - min(0.03, 0.2 * h)
    if brief.metal(WHITE) is not WHITE:
        foot = [
            (0.0, 0.0),
            (0.5, 0.0),
            (0.46, 0.04),
            (0.12, 0.1),
            (0.14, 0.3),
            (0.36, 0.42),
            (0.4, 0.46),
            (0.0, 0.46),
        ]
        sketch.add(brief.metal(), lathe([(w * r, h * y) for r, y in foot], 14))
        sketch.add(wax, cylinder(0.0, 0.0, 0.3 * w, (0.44 * h, top), 12))
    else:
        profile = [
            (0.0, 0.0),
            (0.5 * w, 0.0),
            (0.49 * w, 0.97 * top),
            (0.44 * w, top),
            (0.38 * w, 0.96 * top),
            (0.0, 0.95 * top),
        ]
        sketch.add(wax, lathe(profile, 16))
    sketch.add(DARK_METAL, cylinder(0.0, 0.0, 0.002, (0.94 * top, top + 0.3 * (h - top)), 5))
    sketch.add(FLAME, ellipsoid((0.0, (top + h) / 2.0, 0.0), (0.005, (h - top) / 2.0, 0.005), 6, 6))
    return sketch


def blinds(brief: Brief) -> Sketch:
    """Slats below a head rail. The further the blind is lowered, the larger their spacing."""
    sketch = Sketch()
    x, z, h = brief.x, brief.z, brief.height
    sketch.add(WHITE, box(x, (h - 0.035, h), z))
    for low, high in split((0.0, h - 0.04), 26):
        # A slat fills its share of the height: flat when the blind is drawn up, tilted when it is down.
        middle, rise = (low + high) / 2.0, 0.82 * (high - low)
        tilt = float(np.degrees(np.arctan2(rise, z[1] - z[0])))
        slat = box(inset(x, 0.006), (middle - 0.001, middle + 0.001), inset(z, -rise / 8.0))
        sketch.add(WHITE, rotate(slat, "x", tilt, (0.0, middle, sum(z) / 2.0)))
    for place in (x[0] + 0.15, x[1] - 0.15):
        sketch.add(WHITE, box((place, place + 0.004), (0.0, h - 0.03), (z[1] - 0.003, z[1])))
    return sketch
