"""Small objects: books, pens, keys, sports equipment."""

from collections.abc import Sequence

import numpy as np

from simgen.engine.look.materials import Material, SurfaceKind, paint
from simgen.engine.look.palettes import ACCENTS, DARKS
from simgen.engine.shapes.mesh import (
    Mesh,
    box,
    cylinder,
    lathe,
    lay_along_x,
    lay_along_z,
    rounded_box,
    sheet,
    shift,
    tube,
)
from simgen.engine.shapes.sketch import (
    BLACK,
    CHARCOAL,
    CHROME,
    GREY,
    OAK,
    PAPER,
    STEEL,
    WHITE,
    Brief,
    Sketch,
    inset,
    subrange,
)

Outline = Sequence[tuple[float, float]]


def book(brief: Brief) -> Sketch:
    """A book lying flat with the spine at -x. An open book lies in two halves."""
    sketch = Sketch()
    cover = brief.pick_colour("cover", (*ACCENTS, *DARKS[2:]))
    stamp = paint("Stamp", (0.86, 0.78, 0.58))
    x, z, h = brief.x, brief.z, brief.height
    board = min(0.003, 0.15 * h)
    if brief.openness > 0.5:
        sketch.add(cover, box(x, (0.0, board), z))
        for half in ((x[0] + 0.006, -0.002), (0.002, x[1] - 0.006)):
            sketch.add(PAPER, rounded_box(half, (board, h), inset(z, 0.005), 0.004))
        return sketch
    sketch.add(cover, box(x, (0.0, board), z), box(x, (h - board, h - 0.0005), z))
    sketch.add(cover, box((x[0], x[0] + 0.004), (board, h - board), z))
    sketch.add(PAPER, box((x[0] + 0.004, x[1] - 0.004), (board, h - board), inset(z, 0.004)))
    title = subrange(z, 0.18, 0.3) if brief.pick("title", (True, False)) else subrange(z, 0.6, 0.7)
    sketch.add(stamp, box(subrange(x, 0.2, 0.85), (h - board, h), title))
    return sketch


def pen(brief: Brief) -> Sketch:
    """A pen along z, the tip to the front."""
    sketch = Sketch()
    ink = brief.pick_colour(
        "ink", ((0.15, 0.25, 0.50), (0.12, 0.12, 0.13), (0.60, 0.16, 0.15), (0.86, 0.86, 0.84))
    )
    _rod(
        brief,
        sketch,
        [
            (ink, [(0.0, 0.0), (1.0, 0.0), (1.0, 0.88), (0.0, 0.88)]),
            (STEEL, [(0.8, 0.88), (0.3, 1.0), (0.0, 1.0)]),
        ],
    )
    sketch.add(STEEL, box((-0.0015, 0.0015), subrange(brief.y, 0.5, 1.05), subrange(brief.z, 0.02, 0.3)))
    return sketch


def pencil(brief: Brief) -> Sketch:
    """A pencil along z, the point to the front."""
    sketch = Sketch()
    lacquer = brief.pick_colour("lacquer", ((0.88, 0.68, 0.22), (0.66, 0.20, 0.17), (0.22, 0.42, 0.38)))
    wood, pink = paint("Pencil wood", (0.86, 0.70, 0.50)), paint("Rubber", (0.85, 0.55, 0.53))
    rings = [
        (pink, [(0.0, 0.0), (0.95, 0.0), (0.95, 0.05), (0.0, 0.05)]),
        (CHROME, [(1.0, 0.05), (1.0, 0.1)]),
        (lacquer, [(0.0, 0.1), (1.0, 0.1), (1.0, 0.87), (0.0, 0.87)]),
        (wood, [(0.98, 0.87), (0.25, 0.97)]),
        (BLACK, [(0.25, 0.97), (0.0, 1.0)]),
    ]
    _rod(brief, sketch, rings)
    return sketch


def _rod(brief: Brief, sketch: Sketch, rings: Sequence[tuple[Material, Outline]], segments: int = 8) -> None:
    """Lathed pieces along z. Outlines are fractions of the half width and of the length, back to front."""
    w, h, d = brief.size
    for material, outline in rings:
        piece = lathe([(w / 2.0 * r, d * (y - 0.5)) for r, y in outline], segments)
        laid = lay_along_z(piece)
        sketch.add(
            material, shift(Mesh(laid.positions * [1.0, h / w, 1.0], laid.normals, laid.faces), y=h / 2.0)
        )


def baseball_bat(brief: Brief) -> Sketch:
    """A bat standing on its thick end, as in procthor's database."""
    sketch = Sketch()
    wood = brief.main_material(OAK)
    w, h, d = brief.size
    outline = [
        (0.0, 0.0),
        (0.42, 0.005),
        (0.5, 0.03),
        (0.48, 0.3),
        (0.3, 0.6),
        (0.2, 0.75),
        (0.19, 0.95),
        (0.34, 0.98),
        (0.34, 1.0),
        (0.0, 1.0),
    ]
    bat = lathe([(w * r, h * y) for r, y in outline], 14)
    sketch.add(wood, Mesh(bat.positions * [1.0, 1.0, d / w], bat.normals, bat.faces))
    sketch.add(
        CHARCOAL,
        lathe([(0.215 * w, 0.72 * h), (0.22 * w, 0.72 * h), (0.21 * w, 0.94 * h), (0.2 * w, 0.94 * h)], 12),
    )
    return sketch


def tennis_racket(brief: Brief) -> Sketch:
    """A racket lying flat, the head to the front."""
    sketch = Sketch()
    frame = brief.material(brief.pick_colour("frame", ACCENTS), "plastic", "rubber", "wood")
    x, z, h = brief.x, brief.z, brief.height
    length = 0.55 * brief.depth
    middle = z[1] - length / 2.0
    wide, tall, thick = x[1] - 0.01, length / 2.0 - 0.01, 0.01
    turn = np.linspace(0.0, 2.0 * np.pi, 25)
    sketch.add(frame, tube([(wide * np.cos(a), h / 2.0, middle + tall * np.sin(a)) for a in turn], thick))
    for share in np.linspace(-0.8, 0.8, 7):
        across, along = wide * np.sqrt(1 - share**2), tall * np.sqrt(1 - share**2)
        sketch.add(
            WHITE,
            box(
                (-across, across),
                (h / 2.0 - 0.001, h / 2.0 + 0.001),
                (middle + share * tall - 0.001, middle + share * tall + 0.001),
            ),
        )
        sketch.add(
            WHITE,
            box(
                (share * wide - 0.001, share * wide + 0.001),
                (h / 2.0 - 0.0018, h / 2.0 + 0.0018),
                (middle - along, middle + along),
            ),
        )
    throat = middle - tall
    for side in (-1.0, 1.0):
        sketch.add(
            frame,
            tube(
                [
                    (0.45 * wide * side, h / 2.0, throat + 0.1 * length),
                    (0.0, h / 2.0, throat - 0.14 * length),
                ],
                0.009,
            ),
        )
    sketch.add(CHARCOAL, rounded_box((-0.018, 0.018), (0.0, h), (z[0], throat - 0.12 * length), 0.012, 3))
    return sketch


def dumbbell(brief: Brief) -> Sketch:
    """Two weights on a bar along z."""
    sketch = Sketch()
    iron = brief.main_material(CHARCOAL)
    disc = [(0.0, 0.0), (0.85, 0.0), (1.0, 0.05), (1.0, 0.28), (0.85, 0.33), (0.0, 0.33)]
    _rod(
        brief,
        sketch,
        [
            (iron, disc),
            (iron, [(r, 1.0 - y) for r, y in reversed(disc)]),
            (CHROME, [(0.24, 0.3), (0.24, 0.7)]),
        ],
        16,
    )
    return sketch


def key_chain(brief: Brief) -> Sketch:
    """A ring with two keys and a fob, lying flat."""
    sketch = Sketch()
    metal, fob = brief.metal(STEEL), brief.material(brief.pick_colour("fob", ACCENTS), "plastic", "copper")
    x, z, h = brief.x, brief.z, brief.height
    thick = 0.3 * h
    radius = min(0.16 * brief.width, 0.4 * brief.depth)
    middle = x[0] + 0.4 * brief.width
    ring = [(middle + radius * np.cos(a), h / 2.0, radius * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 15)]
    sketch.add(metal, tube(ring, 0.5 * thick, 5))
    sketch.add(fob, rounded_box((x[0], middle - 0.8 * radius), (0.0, h), subrange(z, 0.3, 0.7), 0.004))
    for place, y in (
        (subrange(z, 0.0, 0.3), (0.1 * h, 0.5 * h)),
        (subrange(z, 0.7, 1.0), (0.4 * h, 0.8 * h)),
    ):
        center = sum(place) / 2.0
        sketch.add(metal, cylinder(middle + 0.9 * radius, center, 0.5 * (place[1] - place[0]), y, 10))
        sketch.add(metal, box((middle + radius, x[1]), y, (center - 0.003, center + 0.003)))
        sketch.add(metal, box(subrange((middle, x[1]), 0.75, 0.95), y, (center, place[1])))
    return sketch


def credit_card(brief: Brief) -> Sketch:
    """A card with a chip, lying face up."""
    sketch = Sketch()
    plastic = brief.pick_colour(
        "card", ((0.18, 0.32, 0.52), (0.62, 0.20, 0.20), (0.74, 0.62, 0.32), (0.22, 0.23, 0.25))
    )
    x, y, z = brief.x, brief.y, brief.z
    sketch.add(plastic, box(x, subrange(y, 0.0, 0.7), z))
    sketch.add(
        paint("Chip", (0.83, 0.70, 0.36), SurfaceKind.METAL),
        box(subrange(x, 0.1, 0.24), subrange(y, 0.5, 1.0), subrange(z, 0.3, 0.52)),
    )
    sketch.add(WHITE, box(subrange(x, 0.1, 0.75), subrange(y, 0.5, 1.0), subrange(z, 0.66, 0.74)))
    return sketch


def cd(brief: Brief) -> Sketch:
    """A disc with a hole."""
    sketch = Sketch()
    silver = paint("Disc", (0.80, 0.82, 0.86), SurfaceKind.METAL)
    w, h, _ = brief.size
    ring = [(0.08 * w, 0.0), (w / 2.0, 0.0), (w / 2.0, h), (0.08 * w, h), (0.08 * w, 0.0)]
    sketch.add(silver, lathe(ring, 24))
    return sketch


def aluminum_foil(brief: Brief) -> Sketch:
    """A roll along x."""
    sketch = Sketch()
    foil = brief.main_material(STEEL)
    x, z, h = brief.x, brief.z, brief.height
    roll = lay_along_x(cylinder(0.0, 0.0, h / 2.0, x, 16))
    sketch.add(foil, shift(roll, y=h / 2.0, z=z[0] + h / 2.0))
    edge = [
        [(x[0], 0.002, z[0] + h / 2.0), (x[0], 0.002, z[1])],
        [(x[1], 0.002, z[0] + h / 2.0), (x[1], 0.002, z[1])],
    ]
    sketch.add(foil, sheet(edge))
    core = lay_along_x(cylinder(0.0, 0.0, 0.25 * h, inset(x, -0.0008), 10))
    sketch.add(GREY, shift(core, y=h / 2.0, z=z[0] + h / 2.0))
    return sketch


def tissue_box(brief: Brief) -> Sketch:
    """A carton with one tissue pulled out of the slit."""
    sketch = Sketch()
    carton = brief.pick_colour("carton", ACCENTS)
    x, z, h = brief.x, brief.z, brief.height
    top = 0.62 * h
    sketch.add(carton, box(x, (0.0, top), z))
    sketch.add(WHITE, box(subrange(x, 0.2, 0.8), (top, top + 0.002), subrange(z, 0.38, 0.62)))
    lower = [(0.12 * s, top, 0.1 * (-1) ** k) for k, s in enumerate(np.linspace(-1, 1, 6))]
    upper = [(0.26 * s, h - 0.02 * abs(s) * h, 0.25 * (-1) ** k) for k, s in enumerate(np.linspace(-1, 1, 6))]
    scale = np.array([brief.width, 1.0, brief.depth])
    sketch.add(WHITE, sheet([np.array(lower) * scale, np.array(upper) * scale]))
    return sketch


def dish_sponge(brief: Brief) -> Sketch:
    """A sponge, the scouring side up."""
    sketch = Sketch()
    x, y, z = brief.x, brief.y, brief.z
    sketch.add(paint("Sponge", (0.90, 0.77, 0.35)), rounded_box(x, subrange(y, 0.0, 0.74), z, 0.006))
    sketch.add(paint("Scourer", (0.25, 0.45, 0.28), SurfaceKind.CARPET), box(x, subrange(y, 0.72, 1.0), z))
    return sketch


def watering_can(brief: Brief) -> Sketch:
    """A watering can. The spout points to the front; the handle is at the back."""
    sketch = Sketch()
    plastic = brief.main_material(paint("Can", (0.45, 0.60, 0.50)))
    w, h, d = brief.size
    z = brief.z
    radius = w / 2.0
    middle = z[0] + 0.24 * d + 0.5 * radius
    outline = [(0.0, 0.0), (1.0, 0.0), (0.92, 0.66), (0.8, 0.72), (0.74, 0.72), (0.7, 0.6), (0.0, 0.6)]
    sketch.add(plastic, lathe([(radius * r, h * y) for r, y in outline], 16, (0.0, middle)))
    sketch.add(
        plastic, tube([(0.0, 0.2 * h, middle + 0.9 * radius), (0.0, 0.85 * h, z[1] - 0.03)], (0.02, 0.011), 8)
    )
    sketch.add(plastic, tube([(0.0, 0.83 * h, z[1] - 0.035), (0.0, 0.88 * h, z[1])], (0.012, 0.026), 8))
    back = [
        (0.0, 0.12 * h, middle - 0.95 * radius),
        (0.0, 0.6 * h, z[0] + 0.01),
        (0.0, h - 0.01, middle - 0.6 * radius),
        (0.0, 0.72 * h, middle + 0.5 * radius),
    ]
    sketch.add(plastic, tube(back, 0.01))
    return sketch
