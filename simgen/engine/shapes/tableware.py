"""Tableware and cookware: plates, cups, pans, cutlery."""

from simgen.engine.look.materials import paint
from simgen.engine.look.palettes import CERAMICS
from simgen.engine.shapes.mesh import (
    Mesh,
    Range,
    box,
    cylinder,
    ellipsoid,
    frustum,
    lathe,
    lay_along_z,
    rounded_box,
    tube,
)
from simgen.engine.shapes.sketch import BLACK, CHARCOAL, STEEL, Brief, Sketch, lathe_in_box, subrange

COFFEE = paint("Coffee", (0.28, 0.18, 0.12))


def plate(brief: Brief) -> Sketch:
    """A dish with a rim and a painted ring."""
    sketch = Sketch()
    glaze = brief.main_material(brief.pick_colour("glaze", CERAMICS))
    sketch.add(
        glaze,
        lathe_in_box(
            brief,
            [
                (0.0, 0.0),
                (0.55, 0.0),
                (0.75, 0.35),
                (1.0, 0.9),
                (0.99, 1.0),
                (0.7, 0.62),
                (0.62, 0.45),
                (0.0, 0.45),
            ],
            24,
        ),
    )
    rim = paint("Rim", (0.78, 0.80, 0.80))
    sketch.add(rim, lathe_in_box(brief, [(0.6, 0.46), (0.56, 0.62), (0.54, 0.46)], 24))
    side = 0.3 * brief.width
    sketch.add_surface(0.45 * brief.height, (-side, side), (-side, side))
    return sketch


def bowl(brief: Brief) -> Sketch:
    """A round bowl on a foot."""
    sketch = Sketch()
    glaze = brief.main_material(brief.pick_colour("glaze", CERAMICS))
    sketch.add(
        glaze,
        lathe_in_box(
            brief,
            [
                (0.0, 0.0),
                (0.45, 0.0),
                (0.48, 0.06),
                (0.78, 0.3),
                (0.95, 0.66),
                (1.0, 1.0),
                (0.94, 1.0),
                (0.86, 0.62),
                (0.66, 0.3),
                (0.4, 0.13),
                (0.0, 0.11),
            ],
        ),
    )
    side = 0.25 * brief.width
    sketch.add_surface(0.15 * brief.height, (-side, side), (-side, side))
    return sketch


def cup(brief: Brief) -> Sketch:
    """A cup without a handle."""
    sketch = Sketch()
    glaze = brief.main_material(brief.pick_colour("glaze", CERAMICS))
    foot = brief.pick("taper", (0.66, 0.75, 0.9))
    sketch.add(
        glaze,
        lathe_in_box(
            brief, [(0.0, 0.0), (foot, 0.0), (1.0, 1.0), (0.92, 1.0), (foot - 0.06, 0.08), (0.0, 0.08)]
        ),
    )
    return sketch


def mug(brief: Brief) -> Sketch:
    """A mug with its handle at +x."""
    sketch = Sketch()
    glaze = brief.main_material(brief.pick_colour("glaze", CERAMICS))
    w, h, d = brief.size
    radius = min(d / 2.0, 0.4 * w)
    middle = brief.x[0] + radius
    outline = [(0.0, 0.0), (0.9, 0.0), (1.0, 0.06), (1.0, 1.0), (0.9, 1.0), (0.88, 0.12), (0.0, 0.12)]
    body = lathe([(radius * r, h * y) for r, y in outline], 18)
    sketch.add(
        glaze,
        Mesh(body.positions * [1.0, 1.0, d / 2.0 / radius] + [middle, 0.0, 0.0], body.normals, body.faces),
    )
    sketch.add(COFFEE, cylinder(middle, 0.0, 0.88 * radius, (0.1 * h, 0.8 * h), 14))
    right = brief.x[1] - 0.008
    grip = [
        (middle + 0.95 * radius, 0.82 * h, 0.0),
        (right - 0.01, 0.78 * h, 0.0),
        (right, 0.5 * h, 0.0),
        (middle + 0.95 * radius, 0.2 * h, 0.0),
    ]
    sketch.add(glaze, tube(grip, 0.008))
    return sketch


def pan(brief: Brief) -> Sketch:
    """A frying pan with its handle to +z, or a shallow pan with two grips if it is almost round."""
    sketch = Sketch()
    metal = brief.material(CHARCOAL, "primary")
    grip = brief.material(BLACK, "secondary")
    w, h, d = brief.size
    long_handle = d > w
    radius = min(w / 2.0, 0.4 * d) if long_handle else min(d / 2.0, 0.42 * w)
    middle = brief.z[0] + radius
    depth = min(0.9 * h, 0.06)
    outline = [(0.0, 0.0), (0.82, 0.0), (1.0, 1.0), (0.97, 1.0), (0.78, 0.14), (0.0, 0.14)]
    sketch.add(metal, lathe([(radius * r, depth * y) for r, y in outline], 22, (0.0, middle)))
    if long_handle:
        start, end = middle + 0.96 * radius, brief.z[1]
        bend = (0.0, h - 0.012, start + 0.3 * (end - start))
        sketch.add(
            grip, tube([(0.0, 0.75 * depth, start), bend, (0.0, h - 0.012, end)], (0.009, 0.012, 0.011))
        )
    else:
        sketch.add(grip, *_side_grips(radius, w / 2.0, h - 0.01, middle))
    side = 0.5 * radius
    sketch.add_surface(0.14 * depth, (-side, side), (middle - side, middle + side))
    return sketch


def _side_grips(radius: float, reach: float, y: float, z: float) -> list[Mesh]:
    """Two bent bars at the sides of a pot that reach to x = ±`reach`."""
    tip = reach - 0.008
    bows = [[(0.97 * radius, y, -0.05), (tip, y, -0.035), (tip, y, 0.035), (0.97 * radius, y, 0.05)]]
    bows.append([(-x, y, z) for x, y, z in bows[0]])
    return [tube([(bx, by, bz + z) for bx, by, bz in bow], 0.009) for bow in bows]


def pot(brief: Brief) -> Sketch:
    """A deep pot with two handles at the sides, or with one to +z if it is longer than wide."""
    sketch = Sketch()
    metal = brief.material(STEEL, "primary")
    grip = brief.material(BLACK, "secondary")
    w, h, d = brief.size
    long_handle = d > 1.15 * w
    radius = 0.5 * w if long_handle else 0.42 * min(w, d)
    middle = brief.z[0] + radius if long_handle else 0.0
    sketch.add(
        metal,
        lathe(
            [
                (0.0, 0.0),
                (0.95 * radius, 0.0),
                (radius, 0.05 * h),
                (radius, 0.8 * h),
                (1.03 * radius, 0.82 * h),
                (0.0, 0.82 * h),
            ],
            20,
            (0.0, middle),
        ),
    )
    lid = [
        (0.0, 0.815 * h),
        (0.98 * radius, 0.815 * h),
        (0.9 * radius, 0.87 * h),
        (0.3 * radius, 0.92 * h),
        (0.0, 0.92 * h),
    ]
    sketch.add(brief.material(STEEL, "detail"), lathe(lid, 20, (0.0, middle)))
    sketch.add(grip, cylinder(0.0, middle, 0.018, (0.9 * h, h), 10, 0.024))
    y = 0.68 * h
    if long_handle:
        sketch.add(grip, tube([(0.0, y, middle + 0.98 * radius), (0.0, y + 0.03, brief.z[1])], (0.01, 0.014)))
        return sketch
    sketch.add(grip, *_side_grips(radius, w / 2.0, y, 0.0))
    return sketch


def knife(brief: Brief) -> Sketch:
    """A knife standing on its edge, as in procthor's database. The blade points to +z."""
    sketch = Sketch()
    handle = brief.material(paint("Handle", (0.25, 0.20, 0.17)), "plastic")
    x, y, z = brief.x, brief.y, brief.z
    join = subrange(z, 0.0, 0.36)[1]
    sketch.add(handle, rounded_box(x, subrange(y, 0.42, 1.0), (z[0], join), 0.006))
    blade = subrange(x, 0.4, 0.6)
    sketch.add(STEEL, _blade(blade, y, (join - 0.004, z[1])))
    return sketch


def _blade(x: Range, y: Range, z: Range) -> Mesh:
    # Drawn upright (its length along y, its height along x), then laid over to +z.
    upright = frustum((y, x), (subrange(y, 0.8, 1.0), subrange(x, 0.45, 0.55)), z)
    return lay_along_z(upright)


def _cutlery(brief: Brief, head: list[Mesh], share: float) -> Sketch:
    """A handle that is thicker at its end at the back, and a head at the front."""
    sketch = Sketch()
    metal = brief.metal(STEEL)
    z, h = brief.z, brief.height
    neck = subrange(z, share, 1.0)[0]
    path = [
        (0.0, 0.25 * h, z[0]),
        (0.0, 0.45 * h, z[0] + 0.3 * (neck - z[0])),
        (0.0, 0.75 * h, neck),
        (0.0, 0.4 * h, neck + 0.02),
    ]
    stem = tube(path, (0.006, 0.005, 0.003, 0.003), 6)
    sketch.add(metal, Mesh(stem.positions * [1.0, 0.9, 1.0], stem.normals, stem.faces), *head)
    return sketch


def fork(brief: Brief) -> Sketch:
    """A fork, its four tines to the front."""
    z, h = brief.z, brief.height
    neck = subrange(z, 0.68, 1.0)[0]
    head = [box(subrange(brief.x, 0.0, 1.0), (0.2 * h, 0.45 * h), (neck + 0.01, neck + 0.03))]
    for place in ((0.0, 0.14), (0.28, 0.42), (0.57, 0.71), (0.86, 1.0)):
        tine = subrange(brief.x, *place)
        head.append(box(tine, (0.2 * h, 0.4 * h), (neck + 0.03, z[1])))
    head.append(box((-0.004, 0.004), (0.0, 0.3 * h), (neck + 0.012, neck + 0.028)))
    return _cutlery(brief, head, 0.68)


def spoon(brief: Brief) -> Sketch:
    """A spoon, its bowl to the front."""
    z, h = brief.z, brief.height
    length = 0.3 * brief.depth
    return _cutlery(
        brief,
        [ellipsoid((0.0, 0.35 * h, z[1] - length / 2.0), (brief.width / 2.0, 0.35 * h, length / 2.0), 12, 6)],
        0.7,
    )


def butter_knife(brief: Brief) -> Sketch:
    """A butter knife, its flat blade to the front."""
    sketch = Sketch()
    metal = brief.metal(STEEL)
    x, y, z = brief.x, brief.y, brief.z
    sketch.add(metal, rounded_box(x, subrange(y, 0.35, 0.85), subrange(z, 0.0, 0.52), 0.003))
    sketch.add(metal, rounded_box(subrange(x, 0.3, 0.7), y, subrange(z, 0.48, 1.0), 0.003))
    return sketch


def ladle(brief: Brief) -> Sketch:
    """A ladle, its cup to the front."""
    sketch = Sketch()
    metal = brief.metal(STEEL)
    w, h, _ = brief.size
    z = brief.z
    middle = z[1] - w / 2.0
    outline = [(0.0, 0.0), (0.6, 0.1), (0.9, 0.4), (1.0, 0.75), (0.92, 0.75), (0.8, 0.42), (0.0, 0.12)]
    sketch.add(metal, lathe([(w / 2.0 * r, h * y) for r, y in outline], 16, (0.0, middle)))
    sketch.add(
        brief.material(metal, "plastic", "rubber", "brass"),
        tube(
            [(0.0, 0.72 * h, middle - 0.46 * w), (0.0, h - 0.005, middle - w), (0.0, h - 0.005, z[0])], 0.005
        ),
    )
    return sketch


def spatula(brief: Brief) -> Sketch:
    """A spatula, its slotted blade to the front."""
    sketch = Sketch()
    metal = brief.metal(STEEL)
    x, h = brief.x, brief.height
    for place in ((0.0, 0.22), (0.39, 0.61), (0.78, 1.0)):
        sketch.add(metal, box(subrange(x, *place), (0.0, 0.2 * h), subrange(brief.z, 0.68, 1.0)))
    for place in ((0.66, 0.72), (0.96, 1.0)):
        sketch.add(metal, box(x, (0.0, 0.201 * h), subrange(brief.z, *place)))
    neck = subrange(brief.z, 0.67, 1.0)[0]
    sketch.add(
        BLACK,
        tube(
            [(0.0, 0.15 * h, neck), (0.0, 0.6 * h, neck - 0.05), (0.0, 0.65 * h, brief.z[0])],
            (0.003, 0.005, 0.006),
        ),
    )
    return sketch
