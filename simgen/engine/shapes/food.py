"""Food in its natural colours."""

import numpy as np

from simgen.engine.look.materials import paint
from simgen.engine.look.palettes import PALETTES
from simgen.engine.shapes.mesh import Mesh, ellipsoid, lathe, lay_along_z, sheet, smooth, tube
from simgen.engine.shapes.sketch import Brief, Sketch

STALK = paint("Stalk", (0.32, 0.24, 0.14))
GREEN = paint("Green", (0.30, 0.48, 0.20))


def apple(brief: Brief) -> Sketch:
    """An apple with a dimple and a stalk."""
    sketch = Sketch()
    skin = brief.main_material(brief.pick_colour("skin", PALETTES["Apple"]))
    w, h, d = brief.size
    outline = [
        (0.0, 0.06),
        (0.16, 0.0),
        (0.34, 0.08),
        (0.47, 0.32),
        (0.5, 0.52),
        (0.42, 0.76),
        (0.26, 0.86),
        (0.1, 0.82),
        (0.0, 0.74),
    ]
    body = lathe([(w * r, h * y) for r, y in outline], 14)
    sketch.add(skin, Mesh(body.positions * [1.0, 1.0, d / w], body.normals, body.faces))
    sketch.add(
        STALK, tube([(0.0, 0.74 * h, 0.0), (0.02 * w, 0.9 * h, 0.0), (0.07 * w, h, 0.0)], 0.025 * w, 5)
    )
    return sketch


def tomato(brief: Brief) -> Sketch:
    """A tomato with a green star of sepals."""
    sketch = Sketch()
    w, h, d = brief.size
    skin = brief.pick_colour("skin", ((0.76, 0.16, 0.11), (0.80, 0.24, 0.12), (0.70, 0.12, 0.10)))
    sketch.add(skin, ellipsoid((0.0, 0.48 * h, 0.0), (w / 2.0, 0.48 * h, d / 2.0), 16, 10, 0.94))
    for k in range(5):
        angle = 2.0 * np.pi * k / 5
        tip = np.array([0.3 * w * np.cos(angle), 0.94 * h, 0.3 * d * np.sin(angle)])
        across = np.array([-np.sin(angle), 0.0, np.cos(angle)]) * 0.05 * w
        middle = np.array([0.0, 0.97 * h, 0.0])
        sketch.add(
            GREEN, sheet([[middle - across, middle + across], [tip - 0.1 * across, tip + 0.1 * across]])
        )
    sketch.add(GREEN, tube([(0.0, 0.94 * h, 0.0), (0.02 * w, h, 0.0)], 0.03 * w, 5))
    return sketch


def potato(brief: Brief) -> Sketch:
    """A potato: an ellipsoid with bumps."""
    sketch = Sketch()
    w, h, d = brief.size
    skin = brief.main_material(brief.pick_colour("skin", PALETTES["Potato"]))
    body = ellipsoid((0.0, h / 2.0, 0.0), (w / 2.0, h / 2.0, d / 2.0), 14, 10, 0.9)
    bumps = 1.0 + 0.05 * np.sin(9.0 * body.positions[:, 2] / d + 4.0 * body.positions[:, 0] / w)
    body.positions[:, 0] *= bumps
    sketch.add(skin, body)
    return sketch


def egg(brief: Brief) -> Sketch:
    """An egg standing on its blunt end, as in procthor's database."""
    sketch = Sketch()
    w, h, _ = brief.size
    shell = brief.pick_colour("shell", ((0.93, 0.90, 0.83), (0.82, 0.65, 0.49), (0.89, 0.80, 0.68)))
    turns = np.linspace(-np.pi / 2.0, np.pi / 2.0, 11)
    outline = [
        (w / 2.0 * max(np.cos(t), 0.0) * (1.0 - 0.13 * np.sin(t)), h / 2.0 * (1.0 + np.sin(t))) for t in turns
    ]
    sketch.add(shell, lathe([(0.0, 0.0), *outline[1:-1], (0.0, h)], 14))
    return sketch


def bread(brief: Brief) -> Sketch:
    """A loaf along z, scored on top."""
    sketch = Sketch()
    crust = brief.main_material(brief.pick_colour("crust", PALETTES["Bread"]))
    scores = paint("Score", (0.86, 0.70, 0.46))
    w, h, d = brief.size
    tin = brief.pick("tin", (True, False))
    loaf = ellipsoid((0.0, 0.48 * h, 0.0), (w / 2.0, 0.48 * h, d / 2.0), 16, 10, 0.5 if tin else 0.85)
    loaf.positions[:, 1] = np.maximum(loaf.positions[:, 1], 0.0)
    sketch.add(crust, loaf)
    for k in range(4):
        z = (k - 1.5) * 0.18 * d
        lift = 0.955 * h - (0.0 if tin else 0.25 * h * (abs(z) / (0.5 * d)) ** 2)
        cut = [
            (-0.26 * w, lift - 0.06 * h, z - 0.05 * d),
            (0.0, lift, z),
            (0.26 * w, lift - 0.06 * h, z + 0.05 * d),
        ]
        sketch.add(scores, tube(cut, (0.01 * w, 0.045 * h, 0.01 * w), 6))
    return sketch


def lettuce(brief: Brief) -> Sketch:
    """A ruffled head along z, with the stalk at the back."""
    sketch = Sketch()
    green = brief.main_material(paint("Lettuce", (0.48, 0.69, 0.30)))
    pale = paint("Lettuce heart", (0.78, 0.86, 0.58))
    dark = paint("Outer leaves", tuple(0.82 * c for c in green.rgb))  # type: ignore[arg-type]
    w, h, d = brief.size
    ball = lay_along_z(ellipsoid((0.0, 0.0, 0.0), (0.5, 0.5, 0.5), 20, 7))
    angle = np.arctan2(ball.positions[:, 1], ball.positions[:, 0])
    front = ball.positions[:, 2] + 0.5
    ruffled = ball.positions * (0.9 + 0.1 * front * np.cos(10.0 * angle + 5.0 * front))[:, None]
    sketch.add(green, smooth(ruffled * [0.9 * w, 0.9 * h, d] + [0.0, h / 2.0, 0.0], ball.faces))
    sketch.add(pale, ellipsoid((0.0, h / 2.0, -0.44 * d), (0.13 * w, 0.13 * h, 0.07 * d), 8, 6))
    for k in range(5):
        sketch.add(dark, _outer_leaf(w, h, d, 2.0 * np.pi * k / 5))
    return sketch


def _outer_leaf(w: float, h: float, d: float, angle: float) -> Mesh:
    """A leaf around the back half of the head that curls outward at its edge."""
    rows: list[list[np.ndarray]] = []
    for reach, z, wide in ((0.42, -0.42, 0.25), (0.86, -0.2, 0.42), (0.97, 0.05, 0.45), (1.0, 0.24, 0.3)):
        turns = angle + wide * np.array([-1.0, 0.0, 1.0])
        frill = np.array([0.03, -0.02, 0.03]) * (reach > 0.9)
        rows.append(
            [
                np.array([w / 2 * (reach + f) * np.cos(t), h / 2 * (1 + (reach + f) * np.sin(t)), z * d])
                for t, f in zip(turns, frill, strict=True)
            ]
        )
    return sheet(rows)
