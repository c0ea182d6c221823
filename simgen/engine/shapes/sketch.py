"""The input (`Brief`) and output (`Sketch`) of the functions that draw object types, and helpers for ranges.

Frame of a sketch: the origin is the centre of the box's bottom face, x and z go from minus half to plus half
the size, y from 0 to the height, +z to the front, metres. A sketch need not fill the box exactly:
`build_shape` stretches it to fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from simgen.engine.look.materials import Material, SurfaceKind, find_material, paint, stable_fraction
from simgen.engine.look.palettes import Rgb
from simgen.engine.shapes.mesh import Mesh, Point, Range, lathe
from simgen.house.assets import Asset

T = TypeVar("T")

OPEN_ABOVE = float("inf")
"""Clearance of a surface with nothing above it."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A horizontal rectangle on which objects may be placed, local frame, metres."""

    y: float
    x_min: float
    z_min: float
    x_max: float
    z_max: float
    clearance: float
    """Free height above the rectangle; infinite if nothing is above it."""


@dataclass(frozen=True, slots=True)
class Brief:
    """The asset to draw, the size of its box, and how far it is open."""

    asset: Asset
    size: Point
    """Size of the box to draw into, metres. It depends on the openness for types that grow when they open."""
    openness: float = 0.0
    """0 closed, 1 fully open."""

    @property
    def width(self) -> float:
        return self.size[0]

    @property
    def height(self) -> float:
        return self.size[1]

    @property
    def depth(self) -> float:
        return self.size[2]

    @property
    def x(self) -> Range:
        return (-self.size[0] / 2.0, self.size[0] / 2.0)

    @property
    def y(self) -> Range:
        return (0.0, self.size[1])

    @property
    def z(self) -> Range:
        return (-self.size[2] / 2.0, self.size[2] / 2.0)

    @property
    def model(self) -> str:
        """The asset's id without the number of its colour variant: Chair_204_7 -> Chair_204."""
        stem, _, last = self.asset.asset_id.rpartition("_")
        is_variant = last.isdigit() and stem and stem[-1].isdigit()
        return stem if is_variant else self.asset.asset_id

    def has_word(self, *words: str) -> bool:
        """Whether the asset's id contains one of these words (lower-case)."""
        return any(word in self.asset.asset_id.lower() for word in words)

    def pick(self, question: str, choices: Sequence[T]) -> T:
        """One of the choices. It is always the same for the same model and question."""
        return choices[int(stable_fraction(f"{self.model} {question}") * len(choices))]

    def pick_colour(
        self, question: str, choices: Sequence[Rgb], kind: SurfaceKind = SurfaceKind.PLAIN
    ) -> Material:
        """A material with one of these colours, for a part without a material in procthor's database.

        It is always the same for the same asset and question.
        """
        return paint(question, choices[int(self.fraction(question) * len(choices))], kind)

    def fraction(self, question: str) -> float:
        """A number in [0, 1). It is always the same for the same asset and question."""
        return stable_fraction(f"{self.asset.asset_id} {question}")

    def material(self, default: Material, *words: str, kinds: Sequence[SurfaceKind] = ()) -> Material:
        """The asset's first material of one of these kinds, or whose category or name contains a word."""
        for category, name in self.asset.materials:
            found = find_material(category, name)
            said = f"{category}/{name}".lower()
            if any(word in said for word in words) or found.kind in kinds:
                return found
        return default

    def wood(self, default: Material | None = None) -> Material:
        """The asset's first wooden material."""
        return self.material(default or OAK, kinds=(SurfaceKind.WOOD,))

    def fabric(self, default: Material) -> Material:
        """The asset's first material of fabric or carpet."""
        return self.material(default, kinds=(SurfaceKind.FABRIC, SurfaceKind.CARPET))

    def metal(self, default: Material | None = None) -> Material:
        """The asset's first metallic material."""
        return self.material(default or STEEL, kinds=(SurfaceKind.METAL,))

    def main_material(self, default: Material) -> Material:
        """The asset's first material."""
        first = self.asset.materials[:1]
        return find_material(*first[0]) if first else default


@dataclass(slots=True)
class Sketch:
    """Solids with their materials, and the surfaces on which objects may be placed."""

    solids: list[tuple[Mesh, Material]] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)

    def add(self, material: Material, *meshes: Mesh) -> None:
        self.solids.extend((mesh, material) for mesh in meshes)

    def add_surface(self, y: float, x: Range, z: Range, clearance: float = OPEN_ABOVE) -> None:
        """Adds a surface at height `y` that spans the ranges `x` and `z`."""
        self.surfaces.append(Surface(y, x[0], z[0], x[1], z[1], clearance))

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest corner of all solids, (3,) each."""
        lows = [mesh.positions.min(axis=0) for mesh, _ in self.solids]
        highs = [mesh.positions.max(axis=0) for mesh, _ in self.solids]
        return np.min(lows, axis=0), np.max(highs, axis=0)


def sort_range(a: float, b: float) -> Range:
    """The range between two numbers in either order."""
    return (min(a, b), max(a, b))


def inset(span: Range, margin: float) -> Range:
    """A range shortened by `margin` at both ends. A negative margin extends it."""
    return (span[0] + margin, span[1] - margin)


def subrange(span: Range, start: float, end: float) -> Range:
    """The part of a range between two fractions of its length."""
    length = span[1] - span[0]
    return (span[0] + start * length, span[0] + end * length)


def split(span: Range, count: int, gap: float = 0.0) -> list[Range]:
    """A range divided into equal ranges with gaps between them."""
    length = (span[1] - span[0] - gap * (count - 1)) / count
    return [(span[0] + k * (length + gap), span[0] + k * (length + gap) + length) for k in range(count)]


def lathe_in_box(brief: Brief, outline: Sequence[tuple[float, float]], segments: int = 18) -> Mesh:
    """A surface of revolution that fills the brief's box; its plan is an ellipse if the box is not square.

    `outline` holds points (radius, y) as fractions of half the width and of the height.
    """
    round_one = lathe([(brief.width / 2.0 * r, brief.height * y) for r, y in outline], segments)
    return Mesh(
        round_one.positions * [1.0, 1.0, brief.depth / brief.width], round_one.normals, round_one.faces
    )


OAK = paint("Oak", (0.62, 0.46, 0.30), SurfaceKind.WOOD)
DARK_WOOD = paint("Dark wood", (0.34, 0.23, 0.16), SurfaceKind.WOOD)
WHITE_WOOD = paint("White wood", (0.88, 0.87, 0.84))
STEEL = paint("Steel", (0.69, 0.70, 0.71), SurfaceKind.METAL)
CHROME = paint("Chrome", (0.77, 0.78, 0.80), SurfaceKind.METAL)
DARK_METAL = paint("Dark metal", (0.22, 0.22, 0.23), SurfaceKind.METAL)
BRASS = paint("Brass", (0.73, 0.58, 0.30), SurfaceKind.METAL)
BLACK = paint("Black", (0.10, 0.10, 0.11))
CHARCOAL = paint("Charcoal", (0.20, 0.20, 0.21))
GREY = paint("Grey", (0.55, 0.55, 0.55))
WHITE = paint("White", (0.92, 0.92, 0.90))
PORCELAIN = paint("Porcelain", (0.94, 0.94, 0.92))
GLASS = paint("Glass", (0.76, 0.85, 0.86))
PAPER = paint("Paper", (0.92, 0.90, 0.84))
LINEN = paint("Linen", (0.89, 0.87, 0.82), SurfaceKind.FABRIC)
SCREEN = paint("Screen", (0.05, 0.06, 0.08), SurfaceKind.SCREEN)
LAMP = paint("Lamp", (0.97, 0.90, 0.74), SurfaceKind.EMISSIVE)
SOIL = paint("Soil", (0.25, 0.18, 0.13))
SKY = paint("Sky", (0.80, 0.89, 0.97), SurfaceKind.SKY)
