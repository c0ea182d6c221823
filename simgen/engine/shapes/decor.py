"""Decorative objects: paintings, statues, vases, pillows, toys; and boots, cloths and newspapers."""

from collections.abc import Sequence

import numpy as np

from simgen.engine.look.materials import SurfaceKind, paint
from simgen.engine.look.palettes import ACCENTS, CERAMICS, FABRICS, LEAVES, Rgb
from simgen.engine.shapes.mesh import (
    Mesh,
    box,
    ellipsoid,
    lathe,
    lay_along_x,
    puff,
    rotate,
    rounded_box,
    tube,
)
from simgen.engine.shapes.sketch import (
    BLACK,
    DARK_WOOD,
    OAK,
    PAPER,
    Brief,
    Sketch,
    inset,
    subrange,
)


def painting(brief: Brief) -> Sketch:
    """A framed picture of flat shapes with a mat. The picture depends on the asset."""
    sketch = Sketch()
    frame = brief.material(DARK_WOOD, "black", "dark", "white")
    x, y, z = brief.x, brief.y, brief.z
    bar = min(0.035, 0.07 * brief.width)
    for side in ((x[0], x[0] + bar), (x[1] - bar, x[1])):
        sketch.add(frame, box(side, y, z))
    for side in ((y[0], y[0] + bar), (y[1] - bar, y[1])):
        sketch.add(frame, box(inset(x, bar), side, z))
    face = z[0] + 0.4 * brief.depth
    sketch.add(PAPER, box(inset(x, bar), inset(y, bar), (z[0], face)))
    mat = bar + brief.pick("mat", (0.0, 0.06, 0.1)) * min(brief.width, brief.height)
    _picture(brief, sketch, inset(x, mat), inset(y, mat), face)
    return sketch


def _picture(
    brief: Brief, sketch: Sketch, x: tuple[float, float], y: tuple[float, float], face: float
) -> None:
    step = min(0.0022, 0.13 * brief.depth)
    style = brief.pick("picture", ("landscape", "abstract"))
    layers: list[tuple[Rgb, Mesh]] = []
    if style == "landscape":
        horizon = 0.35 + 0.25 * brief.fraction("horizon")
        layers.append(((0.72, 0.80, 0.84), box(x, y, (face, face + step))))
        layers.append((LEAVES[1], box(x, subrange(y, 0.0, horizon), (face + step, face + 2 * step))))
        peak = subrange(x, 0.2 + 0.4 * brief.fraction("peak"), 1.0)
        layers.append(
            (
                (0.45, 0.50, 0.55),
                box(
                    inset(peak, 0.1 * (peak[1] - peak[0])),
                    subrange(y, horizon, horizon + 0.2),
                    (face + step, face + 2 * step),
                ),
            )
        )
        layers.append(
            (
                (0.88, 0.80, 0.58),
                box(subrange(x, 0.12, 0.24), subrange(y, 0.74, 0.74 + 0.12), (face + step, face + 2 * step)),
            )
        )
    else:
        colours = [ACCENTS[int(len(ACCENTS) * brief.fraction(f"colour {k}"))] for k in range(6)]
        layers.append((colours[0], box(x, y, (face, face + step))))
        for k in range(1, 5):
            left, low = 0.1 + 0.5 * brief.fraction(f"left {k}"), 0.1 + 0.5 * brief.fraction(f"low {k}")
            wide, tall = 0.15 + 0.25 * brief.fraction(f"wide {k}"), 0.15 + 0.25 * brief.fraction(f"tall {k}")
            patch = box(
                subrange(x, left, left + wide),
                subrange(y, low, low + tall),
                (face, face + (1.0 + 0.7 * k) * step),
            )
            layers.append((colours[k], patch))
    for rgb, mesh in layers:
        sketch.add(paint("Paint", rgb), mesh)


def vase(brief: Brief) -> Sketch:
    """A hollow vase with one of five outlines, oval if its box is."""
    sketch = Sketch()
    material = brief.main_material(brief.pick_colour("vase", CERAMICS))
    w, h, d = brief.size
    style = brief.pick("outline", ("belly", "shoulder", "flare", "gourd"))
    if brief.has_word("flat", "open") or h < 0.7 * w:
        style = "bowl"
    outlines = {
        "belly": [
            (0.0, 0.0),
            (0.5, 0.0),
            (0.9, 0.2),
            (1.0, 0.42),
            (0.72, 0.68),
            (0.4, 0.85),
            (0.46, 1.0),
            (0.38, 1.0),
            (0.32, 0.85),
            (0.0, 0.6),
        ],
        "shoulder": [
            (0.0, 0.0),
            (0.5, 0.0),
            (0.7, 0.3),
            (1.0, 0.7),
            (0.85, 0.84),
            (0.4, 0.92),
            (0.44, 1.0),
            (0.36, 1.0),
            (0.32, 0.9),
            (0.0, 0.6),
        ],
        "flare": [
            (0.0, 0.0),
            (0.6, 0.0),
            (0.5, 0.2),
            (0.55, 0.5),
            (0.8, 0.85),
            (1.0, 1.0),
            (0.92, 1.0),
            (0.7, 0.82),
            (0.4, 0.5),
            (0.0, 0.4),
        ],
        "gourd": [
            (0.0, 0.0),
            (0.6, 0.0),
            (1.0, 0.25),
            (0.6, 0.5),
            (0.66, 0.66),
            (0.5, 0.82),
            (0.6, 1.0),
            (0.5, 1.0),
            (0.42, 0.82),
            (0.0, 0.6),
        ],
        "bowl": [
            (0.0, 0.0),
            (0.4, 0.0),
            (0.8, 0.3),
            (1.0, 0.7),
            (0.9, 1.0),
            (0.82, 1.0),
            (0.9, 0.7),
            (0.0, 0.15),
        ],
    }
    sketch.add(material, _oval([(w / 2.0 * r, h * y) for r, y in outlines[style]], d / w, 18))
    return sketch


def _oval(profile: Sequence[tuple[float, float]], squash: float, segments: int) -> Mesh:
    round_one = lathe(profile, segments)
    return Mesh(round_one.positions * [1.0, 1.0, squash], round_one.normals, round_one.faces)


def statue(brief: Brief) -> Sketch:
    """A statue on a plinth: a dog, a hand or a robed figure, depending on the asset's id."""
    sketch = Sketch()
    stone = brief.main_material(brief.pick_colour("stone", ((0.80, 0.77, 0.71), (0.35, 0.36, 0.36))))
    w, h, d = brief.size
    sketch.add(stone, rounded_box(subrange(brief.x, 0.1, 0.9), (0.0, 0.08 * h), brief.z, 0.008))
    if brief.has_word("dog"):
        meshes = _sitting_dog(w, h, d)
    elif brief.has_word("hand"):
        meshes = _raised_hand(w, h, d) if h > w else _lying_hand(w, h, d)
    else:
        meshes = _standing_figure(w, h, d, raised=brief.has_word("waving"))
    sketch.add(stone, *meshes)
    return sketch


def _sitting_dog(w: float, h: float, d: float) -> list[Mesh]:
    meshes = [
        ellipsoid((-0.15 * w, 0.32 * h, 0.0), (0.3 * w, 0.27 * h, 0.42 * d), 10, 7),
        ellipsoid((0.1 * w, 0.45 * h, 0.0), (0.2 * w, 0.3 * h, 0.33 * d), 10, 7),
        ellipsoid((0.2 * w, 0.82 * h, 0.0), (0.17 * w, 0.15 * h, 0.33 * d), 10, 7),
        ellipsoid((0.38 * w, 0.78 * h, 0.0), (0.12 * w, 0.08 * h, 0.18 * d), 8, 6),
        tube([(-0.42 * w, 0.1 * h, 0.0), (-0.5 * w, 0.22 * h, 0.0), (-0.46 * w, 0.4 * h, 0.0)], 0.025 * h),
    ]
    for side in (-1.0, 1.0):
        meshes.append(
            tube([(0.26 * w, 0.08 * h, 0.22 * d * side), (0.14 * w, 0.5 * h, 0.2 * d * side)], 0.04 * h)
        )
        meshes.append(ellipsoid((0.1 * w, 0.94 * h, 0.24 * d * side), (0.05 * w, 0.06 * h, 0.08 * d), 6, 4))
    return meshes


def _raised_hand(w: float, h: float, d: float) -> list[Mesh]:
    meshes = [tube([(0.0, 0.08 * h, 0.0), (0.0, 0.4 * h, 0.0)], (0.24 * w, 0.2 * w), 10)]
    meshes.append(ellipsoid((0.0, 0.5 * h, 0.0), (0.34 * w, 0.17 * h, 0.3 * d), power=0.7))
    for k, tip in enumerate((0.88, 1.0, 0.95, 0.85)):
        at = (k - 1.5) * 0.17 * w
        meshes.append(tube([(at, 0.6 * h, 0.0), (1.25 * at, (tip - 0.04) * h, 0.0)], (0.085 * w, 0.06 * w)))
    meshes.append(
        tube([(-0.25 * w, 0.45 * h, 0.05 * d), (-0.47 * w, 0.66 * h, 0.15 * d)], (0.09 * w, 0.06 * w))
    )
    return meshes


def _lying_hand(w: float, h: float, d: float) -> list[Mesh]:
    """A hand on its plinth, palm up, the fingers towards +x."""
    lift = np.array([-0.5 * w, 0.55 * h, 0.0])
    laid = (lay_along_x(mesh) for mesh in _raised_hand(d, w, 0.8 * h))
    return [Mesh(mesh.positions + lift, mesh.normals, mesh.faces) for mesh in laid]


def _standing_figure(w: float, h: float, d: float, raised: bool) -> list[Mesh]:
    robe = [
        (0.0, 0.08),
        (0.42, 0.08),
        (0.36, 0.3),
        (0.24, 0.48),
        (0.3, 0.62),
        (0.32, 0.7),
        (0.12, 0.78),
        (0.0, 0.8),
    ]
    meshes = [_oval([(w * r, h * y) for r, y in robe], 0.9 * d / w, 14)]
    meshes.append(ellipsoid((0.0, 0.89 * h, 0.0), (0.07 * h, 0.11 * h, min(0.08 * h, 0.45 * d))))
    for side in (-1.0, 1.0):
        hand = (
            (0.45 * w * side, 0.97 * h, 0.0) if raised and side > 0 else (0.2 * w * side, 0.42 * h, 0.3 * d)
        )
        meshes.append(
            tube(
                [(0.26 * w * side, 0.7 * h, 0.0), (0.44 * w * side, 0.58 * h, 0.1 * d), hand],
                (0.08 * w, 0.065 * w, 0.05 * w),
            )
        )
    return meshes


def pillow(brief: Brief) -> Sketch:
    """A pillow lying flat."""
    sketch = Sketch()
    cover = brief.fabric(brief.pick_colour("cover", ACCENTS, SurfaceKind.FABRIC))
    sketch.add(cover, puff(brief.x, brief.y, brief.z, 8))
    return sketch


def teddy_bear(brief: Brief) -> Sketch:
    """A sitting teddy bear, the legs to the front."""
    sketch = Sketch()
    fur = paint("Fur", (0.60, 0.43, 0.28), SurfaceKind.CARPET)
    pale = paint("Pale fur", (0.80, 0.68, 0.50), SurfaceKind.CARPET)
    w, h, d = brief.size
    back = -0.2 * d
    sketch.add(fur, ellipsoid((0.0, 0.3 * h, back), (0.27 * w, 0.3 * h, 0.28 * d), 12, 7))
    sketch.add(fur, ellipsoid((0.0, 0.72 * h, back + 0.03 * d), (0.25 * w, 0.22 * h, 0.27 * d), 12, 7))
    sketch.add(pale, ellipsoid((0.0, 0.67 * h, back + 0.26 * d), (0.1 * w, 0.08 * h, 0.12 * d), 8, 5))
    sketch.add(BLACK, ellipsoid((0.0, 0.7 * h, back + 0.38 * d), (0.03 * w, 0.025 * h, 0.03 * d), 6, 4))
    for side in (-1.0, 1.0):
        sketch.add(fur, ellipsoid((0.19 * w * side, 0.91 * h, back), (0.09 * w, 0.09 * h, 0.05 * d), 8, 5))
        sketch.add(
            BLACK,
            ellipsoid((0.09 * w * side, 0.77 * h, back + 0.26 * d), (0.02 * w, 0.02 * h, 0.02 * d), 6, 4),
        )
        sketch.add(
            fur,
            tube(
                [(0.2 * w * side, 0.5 * h, back), (0.43 * w * side, 0.36 * h, back + 0.25 * d)],
                (0.09 * w, 0.075 * w),
                8,
            ),
        )
        sketch.add(
            fur,
            tube(
                [(0.17 * w * side, 0.11 * h, back + 0.1 * d), (0.27 * w * side, 0.11 * h, 0.42 * d)],
                (0.12 * w, 0.11 * w),
                8,
            ),
        )
        sketch.add(
            pale, ellipsoid((0.27 * w * side, 0.12 * h, 0.43 * d), (0.09 * w, 0.1 * h, 0.03 * d), 6, 4)
        )
    return sketch


def room_decor(brief: Brief) -> Sketch:
    """Twigs in a slender vase on a plinth."""
    sketch = Sketch()
    w, h, d = brief.size
    plinth = brief.material(OAK, "marble", "concrete")
    sketch.add(plinth, box(subrange(brief.x, 0.15, 0.85), (0.0, 0.06 * h), subrange(brief.z, 0.15, 0.85)))
    outline = [(0.0, 0.05), (0.2, 0.05), (0.32, 0.25), (0.2, 0.5), (0.12, 0.6), (0.16, 0.63), (0.0, 0.63)]
    sketch.add(brief.wood(DARK_WOOD), lathe([(w * r, h * y) for r, y in outline], 16))
    for k in range(9):
        angle = 2.399963 * k
        tip = (0.48 * w * np.cos(angle), h * (0.9 + 0.1 * (k % 3) / 2.0) - 0.004, 0.48 * d * np.sin(angle))
        sketch.add(
            DARK_WOOD,
            tube([(0.0, 0.6 * h, 0.0), (0.4 * tip[0], 0.8 * h, 0.4 * tip[2]), tip], (0.006, 0.005, 0.002), 5),
        )
    return sketch


def table_top_decor(brief: Brief) -> Sketch:
    """A wide glass dish with balls."""
    sketch = Sketch()
    glass = brief.main_material(paint("Aqua glass", (0.60, 0.83, 0.84)))
    w, h, d = brief.size
    outline = [(0.0, 0.0), (0.2, 0.0), (0.36, 0.35), (0.5, 0.85), (0.47, 0.86), (0.32, 0.42), (0.0, 0.16)]
    sketch.add(glass, _oval([(w * r, h * y) for r, y in outline], d / w, 18))
    for k in range(5):
        at = (0.17 * w * np.cos(2.4 * k), 0.17 * d * np.sin(2.4 * k))
        colour = paint("Ball", CERAMICS[k], SurfaceKind.PLAIN)
        sketch.add(colour, ellipsoid((at[0], 0.7 * h, at[1]), (0.09 * w, 0.3 * h, 0.09 * w), 8, 5))
    return sketch


def basket_ball(brief: Brief) -> Sketch:
    """An orange ball with black seams."""
    sketch = Sketch()
    radii = (0.49 * brief.width, 0.49 * brief.height, 0.49 * brief.depth)
    middle = (0.0, brief.height / 2.0, 0.0)
    sketch.add(paint("Basketball", (0.80, 0.40, 0.18)), ellipsoid(middle, radii, 16, 10))
    turn = np.linspace(0.0, 2.0 * np.pi, 17)
    for axis, angle in (("x", 0.0), ("x", 90.0), ("z", 90.0)):
        ring = tube(
            [(0.494 * brief.width * np.cos(a), 0.0, 0.494 * brief.depth * np.sin(a)) for a in turn], 0.0035, 4
        )
        seam = rotate(ring, axis, angle)
        sketch.add(BLACK, Mesh(seam.positions + np.array(middle), seam.normals, seam.faces))
    return sketch


def boots(brief: Brief) -> Sketch:
    """A pair of high boots, toes to the front."""
    sketch = Sketch()
    leather = paint("Boot", (0.38, 0.26, 0.18))
    h, z = brief.height, brief.z
    for place in (subrange(brief.x, 0.0, 0.46), subrange(brief.x, 0.54, 1.0)):
        middle = sum(place) / 2.0
        radius = (place[1] - place[0]) / 2.0
        shaft_z = z[0] + radius
        sketch.add(
            leather,
            lathe(
                [
                    (0.0, 0.03),
                    (0.8 * radius, 0.03),
                    (0.72 * radius, 0.3 * h),
                    (radius, h),
                    (0.88 * radius, h),
                    (0.6 * radius, 0.5 * h),
                ],
                14,
                (middle, shaft_z),
            ),
        )
        sketch.add(leather, rounded_box(inset(place, 0.004), (0.015, 0.2 * h), (z[0] + 0.005, z[1]), 0.05, 3))
        sketch.add(BLACK, rounded_box(inset(place, 0.002), (0.0, 0.03), (z[0], z[1] - 0.002), 0.012))
    return sketch


def cloth(brief: Brief) -> Sketch:
    """A folded cleaning cloth."""
    sketch = Sketch()
    colour = brief.pick_colour("cloth", FABRICS, SurfaceKind.FABRIC)
    x, y, z = brief.x, brief.y, brief.z
    sketch.add(colour, rounded_box(x, subrange(y, 0.0, 0.52), z, 0.012, 3))
    sketch.add(
        colour,
        rounded_box(subrange(x, 0.02, 0.97), subrange(y, 0.45, 1.0), subrange(z, 0.03, 0.93), 0.012, 3),
    )
    return sketch


def newspaper(brief: Brief) -> Sketch:
    """A folded newspaper with a headline and columns of print."""
    sketch = Sketch()
    print_ink = paint("Print", (0.45, 0.44, 0.42))
    x, z, h = brief.x, brief.z, brief.height
    sketch.add(PAPER, rounded_box(x, (0.0, h - 0.0005), z, 0.008))
    sketch.add(BLACK, box(subrange(x, 0.1, 0.9), (0.8 * h, h), subrange(z, 0.1, 0.22)))
    for column in ((0.08, 0.34), (0.38, 0.64), (0.68, 0.92)):
        sketch.add(print_ink, box(subrange(x, *column), (0.8 * h, h), subrange(z, 0.32, 0.9)))
    return sketch
