"""Colours, surface kinds and patterns of ProcTHOR's materials, derived from the materials' names.

The real textures are part of AI2-THOR's Unity build and are not available here. The names describe most of
them ("DarkWoodSmooth", "bathroomTilesTan2"). A name without a colour word gets a colour from the palette of
its category. A hash of the name selects it, so that the colour is the same on every machine.
"""

import colorsys
import hashlib
import re
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache

from simgen.engine.look.palettes import COLOURS, DEFAULT_PALETTE, EXACT, PALETTES, ROLES, WOODS, Rgb
from simgen.engine.look.textures import Pattern


class SurfaceKind(IntEnum):
    """How the renderer shades a surface. The shaders use the same numbers."""

    PLAIN = 0
    WOOD = 1
    TILE = 2
    BRICK = 3
    FABRIC = 4
    CARPET = 5
    METAL = 6
    MARBLE = 7
    SKY = 8
    """A window pane, drawn as bright sky."""
    SCREEN = 9
    EMISSIVE = 10
    """Lamp shades and bulbs."""


@dataclass(frozen=True, slots=True)
class Material:
    """Colour, surface kind and pattern of a surface."""

    name: str
    rgb: Rgb
    """sRGB, each channel 0..1."""
    kind: SurfaceKind
    pattern: Pattern


KIND_OF_WORD: tuple[tuple[str, SurfaceKind], ...] = (
    ("sky", SurfaceKind.SKY),
    ("screen", SurfaceKind.SCREEN),
    ("shade", SurfaceKind.EMISSIVE),
    ("brick", SurfaceKind.BRICK),
    ("tile", SurfaceKind.TILE),
    ("marble", SurfaceKind.MARBLE),
    ("granite", SurfaceKind.MARBLE),
    ("countertop", SurfaceKind.MARBLE),
    ("carpet", SurfaceKind.CARPET),
    ("rug", SurfaceKind.CARPET),
    ("plastic", SurfaceKind.PLAIN),
    ("legs", SurfaceKind.WOOD),
    ("wood", SurfaceKind.WOOD),
    ("cabinet", SurfaceKind.WOOD),
    ("wicker", SurfaceKind.WOOD),
    ("fabric", SurfaceKind.FABRIC),
    ("cloth", SurfaceKind.FABRIC),
    ("blanket", SurfaceKind.FABRIC),
    ("cushion", SurfaceKind.FABRIC),
    ("pillow", SurfaceKind.FABRIC),
    ("chrome", SurfaceKind.METAL),
    ("metal", SurfaceKind.METAL),
    ("steel", SurfaceKind.METAL),
    ("brass", SurfaceKind.METAL),
    ("silver", SurfaceKind.METAL),
    ("aluminum", SurfaceKind.METAL),
    ("copper", SurfaceKind.METAL),
)
"""Surface kinds by a word in the material's name, lower-case. The first word that the name contains is used:
"LivingRoomFireplacebrickTex" is brick."""
KIND_OF_CATEGORY = {
    "ArmChair": SurfaceKind.FABRIC,
    "Bed": SurfaceKind.FABRIC,
    "Fabric": SurfaceKind.FABRIC,
    "Metal": SurfaceKind.METAL,
    "Pillow": SurfaceKind.FABRIC,
    "Sofa": SurfaceKind.FABRIC,
    "Wood": SurfaceKind.WOOD,
}
PATTERN_OF_KIND = {
    SurfaceKind.WOOD: Pattern.WOOD,
    SurfaceKind.TILE: Pattern.TILE,
    SurfaceKind.BRICK: Pattern.BRICK,
    SurfaceKind.FABRIC: Pattern.FABRIC,
    SurfaceKind.CARPET: Pattern.CARPET,
    SurfaceKind.METAL: Pattern.METAL,
    SurfaceKind.MARBLE: Pattern.MARBLE,
}
PATTERN_OF_WORD: tuple[tuple[str, Pattern], ...] = (
    ("checker", Pattern.CHECKER),
    ("hextile", Pattern.HEX_TILE),
    ("subway", Pattern.SUBWAY),
    ("smalltile", Pattern.SMALL_TILE),
    ("smallkitchentile", Pattern.SMALL_TILE),
    ("irregularglasstile", Pattern.SMALL_TILE),
    ("granite", Pattern.GRANITE),
    ("countertop", Pattern.GRANITE),
    ("concrete", Pattern.CONCRETE),
    ("planks", Pattern.BOARDS),
    ("wicker", Pattern.WICKER),
)
"""Patterns by a word in the material's name. They take precedence over `PATTERN_OF_KIND`."""
WALL_WHITE: Rgb = (0.90, 0.88, 0.85)
"""The white that is mixed into the colours of wall paints."""
JITTER = 0.03
"""Largest variation of a colour around its palette colour, so that "Wax1" and "Wax3" differ."""


@cache
def find_material(category: str, name: str) -> Material:
    """The material with this name in ProcTHOR's database. An unknown name gets a plausible material."""
    kind = _kind_of(category, name)
    return Material(name, _rgb_of(category, name, kind), kind, _pattern_of(category, name, kind))


def paint(name: str, rgb: Rgb, kind: SurfaceKind = SurfaceKind.PLAIN) -> Material:
    """A material with this colour and surface kind, and the usual pattern of that kind."""
    return Material(name, rgb, kind, PATTERN_OF_KIND.get(kind, Pattern.PLAIN))


def wall_paint(name: str, rgb: Rgb) -> Material:
    """The material of a wall or ceiling with one colour: paint on plaster."""
    return Material(name, rgb, SurfaceKind.PLAIN, Pattern.PLASTER)


def floor_material(name: str) -> Material:
    """The material of a floor. Wood gets floor boards, or parquet if the name contains "cross" or "hatch"."""
    material = find_material("Wood", name)
    if material.kind is not SurfaceKind.WOOD:
        return material
    crossed = any(word in name.lower() for word in ("cross", "hatch"))
    return replace(material, pattern=Pattern.PARQUET if crossed else Pattern.BOARDS)


def stable_fraction(text: str) -> float:
    """A number in [0, 1) computed from the text. Unlike `hash`, it is the same in every process."""
    return int.from_bytes(hashlib.blake2s(text.encode(), digest_size=6).digest(), "big") / 2.0**48


def _kind_of(category: str, name: str) -> SurfaceKind:
    lowered = name.lower()
    if "nrm" in lowered or lowered.startswith("woodfloor"):
        return SurfaceKind.WOOD
    for word, kind in KIND_OF_WORD:
        if word in lowered and not (word == "rug" and "grunge" in lowered):
            return kind
    return KIND_OF_CATEGORY.get(category, SurfaceKind.PLAIN)


def _pattern_of(category: str, name: str, kind: SurfaceKind) -> Pattern:
    lowered = name.lower()
    for word, pattern in PATTERN_OF_WORD:
        if word in lowered:
            return pattern
    if kind is SurfaceKind.PLAIN and category == "Wall":
        return Pattern.PLASTER
    return PATTERN_OF_KIND.get(kind, Pattern.PLAIN)


def _rgb_of(category: str, name: str, kind: SurfaceKind) -> Rgb:
    if name in EXACT:
        return EXACT[name]
    words = _words(name)
    table = WOODS if kind is SurfaceKind.WOOD else COLOURS
    named = next((rgb for word, rgb in table.items() if _mentions(name, words, word)), None)
    if named is not None:
        is_paint = any(word in name.lower() for word in ("drywall", "wall", "plaster", "concrete"))
        return _jitter(_as_paint(named) if is_paint else named, name, JITTER / 3.0)
    role = next((palette for word, palette in ROLES.items() if word in name), None)
    palette = role or PALETTES.get(category, DEFAULT_PALETTE)
    picked = palette[int(stable_fraction(f"{category}/{name}") * len(palette))]
    return _jitter(picked, name, JITTER)


def _as_paint(rgb: Rgb) -> Rgb:
    """The colour as wall paint: lighter and less saturated than on an object."""
    red, green, blue = (0.6 * channel + 0.4 * light for channel, light in zip(rgb, WALL_WHITE, strict=True))
    return (red, green, blue)


def _words(name: str) -> frozenset[str]:
    """The words of a CamelCase or snake_case name, lower-case: DarkWood2 -> dark, wood, 2."""
    return frozenset(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name))


def _mentions(name: str, words: frozenset[str], word: str) -> bool:
    # Short words such as "red" and "tan" are parts of other words (textured, standard), so they must match
    # a whole word.
    return word in words or (len(word) > 3 and word in name.lower())


def _jitter(rgb: Rgb, name: str, amount: float) -> Rgb:
    hue, lightness, saturation = colorsys.rgb_to_hls(*rgb)
    hue += amount * 0.4 * (stable_fraction(f"hue {name}") - 0.5)
    lightness += amount * 2.0 * (stable_fraction(f"lightness {name}") - 0.5)
    red, green, blue = colorsys.hls_to_rgb(hue % 1.0, min(max(lightness, 0.0), 1.0), saturation)
    return (red, green, blue)
