"""House plants: a pot, soil, and one of four habits of growth."""

import numpy as np

from simgen.engine.look.materials import Material, SurfaceKind, paint
from simgen.engine.look.palettes import LEAVES
from simgen.engine.shapes.mesh import Mesh, ellipsoid, lathe, sheet, tube
from simgen.engine.shapes.sketch import SOIL, Brief, Sketch

GOLDEN_ANGLE = 2.399963
"""Rotation from each leaf to the next, radians. As in real plants, no leaf hides the one below."""


def house_plant(brief: Brief) -> Sketch:
    """A pot with soil and a plant."""
    sketch = Sketch()
    pot = brief.material(paint("Pot", (0.66, 0.38, 0.26)), "pot_primary")
    w, h, d = brief.size
    pot_radius = min(0.24 * min(w, d) + 0.1 * brief.fraction("pot") * min(w, d), 0.18)
    pot_high = min(0.36 * h, 2.0 * pot_radius)
    profile = [(0.0, 0.0), (0.7, 0.0), (0.94, 0.84), (1.0, 0.84), (1.0, 1.0), (0.88, 1.0), (0.85, 0.88)]
    sketch.add(pot, lathe([(pot_radius * r, pot_high * y) for r, y in profile], 18))
    sketch.add(SOIL, lathe([(0.87 * pot_radius, 0.9 * pot_high), (0.0, 0.93 * pot_high)], 18))
    leaf = brief.material(brief.pick_colour("leaves", LEAVES), "leaves")
    style = brief.pick("plant", ("arching", "upright", "bush", "tree"))
    foliage = Sketch()
    _PLANTS[style](brief, foliage, leaf, 0.88 * pot_high)
    sketch.solids += _spread_out(foliage, w / 2.0, d / 2.0)
    return sketch


def _spread_out(foliage: Sketch, half_width: float, half_depth: float) -> list[tuple[Mesh, Material]]:
    """The leaves, scaled horizontally to the four sides of the box, so that the pot below stays round."""
    low, high = foliage.bounds
    reach_high = np.array([half_width / high[0], 1.0, half_depth / high[2]])
    reach_low = np.array([-half_width / low[0], 1.0, -half_depth / low[2]])

    def spread(mesh: Mesh) -> Mesh:
        factors = np.where(mesh.positions > 0.0, reach_high, reach_low)
        normals = mesh.normals / factors
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        return Mesh(mesh.positions * factors, normals, mesh.faces)

    return [(spread(mesh), material) for mesh, material in foliage.solids]


def _arching(brief: Brief, sketch: Sketch, leaf: Material, low: float) -> None:
    count = 16
    for k in range(count):
        angle = GOLDEN_ANGLE * k
        rise = low + (brief.height - low) * (0.55 + 0.45 * ((k * 7) % count) / (count - 1))
        _blade(brief, sketch, leaf, low, angle, rise, 1.0, 0.07)


def _upright(brief: Brief, sketch: Sketch, leaf: Material, low: float) -> None:
    count = 11
    for k in range(count):
        rise = low + (brief.height - low) * (0.6 + 0.4 * ((k * 5) % count) / (count - 1))
        _blade(brief, sketch, leaf, low, GOLDEN_ANGLE * k, rise, 0.55 if k % 4 else 1.0, 0.1)


def _blade(
    brief: Brief,
    sketch: Sketch,
    leaf: Material,
    low: float,
    angle: float,
    rise: float,
    reach: float,
    wide: float,
) -> None:
    """One leaf that rises from the pot and bends outward."""
    ahead = np.array([np.cos(angle) * brief.width / 2.0, 0.0, np.sin(angle) * brief.depth / 2.0]) * reach
    across = np.array([-np.sin(angle), 0.0, np.cos(angle)]) * wide * brief.width
    shares = np.array([0.05, 0.22, 0.5, 0.76, 1.0])
    heights = low + (rise - low) * np.array([0.0, 0.52, 0.88, 1.0, 0.92])
    slim = np.array([0.25, 0.8, 0.95, 0.7, 0.02])
    middle = shares[:, None] * ahead + np.stack([np.zeros(5), heights, np.zeros(5)], axis=-1)
    sketch.add(
        leaf, sheet(np.stack([middle - slim[:, None] * across, middle + slim[:, None] * across], axis=1))
    )


def _bush(brief: Brief, sketch: Sketch, leaf: Material, low: float) -> None:
    """Many small leaves on a ball."""
    middle, radius = (low + brief.height) / 2.0, (brief.height - low) / 2.0
    for k in range(30):
        rise = np.arcsin(1.0 - 1.8 * (k + 0.5) / 30)
        _leaf_at(brief, sketch, leaf, middle, radius, GOLDEN_ANGLE * k, float(rise), 0.2)
    sketch.add(
        leaf, ellipsoid((0.0, middle, 0.0), (0.3 * brief.width, 0.75 * radius, 0.3 * brief.depth), 10, 6)
    )


def _tree(brief: Brief, sketch: Sketch, leaf: Material, low: float) -> None:
    bark = paint("Bark", (0.42, 0.32, 0.23), SurfaceKind.WOOD)
    crown = low + 0.45 * (brief.height - low)
    sketch.add(
        bark,
        tube(
            [(0.0, low, 0.0), (0.03, (low + crown) / 2.0, 0.02), (0.0, crown + 0.15 * brief.height, 0.0)],
            (0.03, 0.022, 0.012),
        ),
    )
    middle, radius = (crown + brief.height) / 2.0, (brief.height - crown) / 2.0
    sketch.add(
        leaf, ellipsoid((0.0, middle, 0.0), (0.3 * brief.width, 0.75 * radius, 0.3 * brief.depth), 10, 6)
    )
    for k in range(34):
        rise = np.arcsin(1.0 - 1.9 * (k + 0.5) / 34)
        _leaf_at(brief, sketch, leaf, middle, radius, GOLDEN_ANGLE * k, float(rise), 0.26)


def _leaf_at(
    brief: Brief,
    sketch: Sketch,
    leaf: Material,
    middle: float,
    radius: float,
    angle: float,
    rise: float,
    size: float,
) -> None:
    out = np.array([np.cos(rise) * np.cos(angle), np.sin(rise), np.cos(rise) * np.sin(angle)])
    extent = np.array([brief.width / 2.0, radius, brief.depth / 2.0])
    across = np.array([-np.sin(angle), 0.15, np.cos(angle)]) * size * brief.width * 0.5
    steps = np.array([0.35, 0.75, 1.0])
    droop = np.array([0.0, 0.08, -0.02]) * radius
    spine = np.array([0.0, middle, 0.0]) + steps[:, None] * out * extent
    spine[:, 1] += droop
    slim = np.array([0.15, 1.0, 0.05])[:, None]
    sketch.add(leaf, sheet(np.stack([spine - slim * across, spine + slim * across], axis=1)))


_PLANTS = {"arching": _arching, "upright": _upright, "bush": _bush, "tree": _tree}
