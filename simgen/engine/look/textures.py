"""Procedural textures in metres: tileable images of wood, tile, brick, cloth, stone and metal.

A texture multiplies the colour of the material. Where the mask is 0 (grout, mortar), the texture's own grey
is shown instead. All textures are computed from a fixed seed, so they are the same on every machine. They
are sampled with mipmaps, so they do not flicker at a distance.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Field = NDArray[np.float64]
"""(N, N) values over one period of a texture. Rows are v, columns are u."""

TEXTURE_SIZE = 512
"""Texels along each side of a texture."""
SEED = 20
"""Seed of all textures. Another value changes every picture."""


class Pattern(IntEnum):
    """The pattern on a surface. The number is the layer in the texture array."""

    PLAIN = 0
    PLASTER = 1
    WOOD = 2
    BOARDS = 3
    """Floor boards, 12 cm wide."""
    PARQUET = 4
    """Squares of five strips. Every other square is rotated by 90 degrees."""
    TILE = 5
    SMALL_TILE = 6
    SUBWAY = 7
    """Wall tiles of 15 by 7.5 cm in half bond."""
    HEX_TILE = 8
    CHECKER = 9
    BRICK = 10
    MARBLE = 11
    GRANITE = 12
    CONCRETE = 13
    FABRIC = 14
    CARPET = 15
    METAL = 16
    """Brushed along u."""
    WICKER = 17


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """One period of a pattern."""

    grey_mask: NDArray[np.uint8]
    """(N, N, 2), row 0 is v = 0. The sRGB colour of a surface is `mix(grey, 2 * grey * own, mask)`, where
    `own` is the colour of the material."""
    period_m: tuple[float, float]
    """Size of one period along u and v, metres."""


@cache
def texture(pattern: Pattern) -> Texture:
    """The texture of a pattern."""
    period_m, draw = _DRAWINGS[pattern]
    rng = np.random.default_rng([SEED, int(pattern)])
    u, v = np.meshgrid(_centres() * period_m[0], _centres() * period_m[1])
    tone, mask = draw(u, v, rng)
    shade = np.clip(np.where(mask > 0.0, tone / 2.0, 0.0) * mask + GROUT * (1.0 - mask), 0.0, 1.0)
    return Texture(np.rint(255.0 * np.stack([shade, mask], axis=-1)).astype(np.uint8), period_m)


GROUT = 0.62
"""sRGB grey of the joints between tiles and bricks."""

Drawing = tuple[Field, Field]
"""Factor on the material's colour, and the mask: 1 on the material, 0 on grout."""


def _centres() -> Field:
    return (np.arange(TEXTURE_SIZE) + 0.5) / TEXTURE_SIZE


def _noise(
    rng: np.random.Generator, cells_u: float, cells_v: float, octaves: int = 1, falloff: float = 0.5
) -> Field:
    """Smooth tileable noise with mean 0 and standard deviation 1, about `cells_u` by `cells_v` bumps.

    It is made from random Fourier coefficients with a Gaussian spectrum, so it tiles.
    """
    along_u = scipy.fft.rfftfreq(TEXTURE_SIZE, 1.0 / TEXTURE_SIZE)[None, :]
    along_v = scipy.fft.fftfreq(TEXTURE_SIZE, 1.0 / TEXTURE_SIZE)[:, None]
    power = np.zeros((TEXTURE_SIZE, TEXTURE_SIZE // 2 + 1))
    for scale, weight in ((2.0**k, falloff ** (2 * k)) for k in range(octaves)):
        band = np.exp(-3.0 * (along_u / (scale * cells_u)) ** 2) * np.exp(
            -3.0 * (along_v / (scale * cells_v)) ** 2
        )
        power += weight * band / band.sum()
    power[0, 0] = 0.0
    spectrum = np.sqrt(power) * np.exp(2j * np.pi * rng.random(power.shape))
    field = np.asarray(scipy.fft.irfft2(spectrum, s=(TEXTURE_SIZE, TEXTURE_SIZE)), dtype=np.float64)
    return np.asarray(field / field.std())


def _plain(u: Field, _v: Field, _rng: np.random.Generator) -> Drawing:
    return np.ones_like(u), np.ones_like(u)


def _plaster(u: Field, _v: Field, rng: np.random.Generator) -> Drawing:
    return 1.0 + 0.008 * _noise(rng, 60, 60, 2) + 0.003 * _noise(rng, 3, 3), np.ones_like(u)


def _grain(rng: np.random.Generator, cells_u: float, cells_v: float) -> Field:
    """Wood grain along u: fine pores and slightly curved broad bands."""
    fine = _noise(rng, cells_u, cells_v * 3.0)
    bands = np.sin(2.0 * np.pi * (_centres()[:, None] * cells_v / 2.0 + 0.35 * _noise(rng, cells_u, 3.0)))
    return 0.03 * fine + 0.03 * bands * (0.6 + 0.4 * np.tanh(_noise(rng, cells_u, 4.0)))


def _wood(u: Field, _v: Field, rng: np.random.Generator) -> Drawing:
    return 1.0 + _grain(rng, 3.0, 24.0), np.ones_like(u)


def _boards(u: Field, v: Field, rng: np.random.Generator) -> Drawing:
    lines, length = 16, 1.92
    line = np.floor(v / 0.12).astype(int)
    along = u + rng.uniform(0.0, length, lines)[line]
    board = np.floor(along / (length / 2.0)).astype(int) % 2
    tone = rng.normal(1.0, 0.075, (lines, 2))[line, board]
    seam = np.minimum(_to_line(v, 0.12), _to_line(along, length / 2.0))
    return (tone + _grain(rng, 4.0, 90.0)) * (0.66 + 0.34 * _ramp(seam, 0.0015, 0.005)), np.ones_like(u)


def _parquet(u: Field, v: Field, rng: np.random.Generator) -> Drawing:
    side, strips = 0.32, 5
    i, j = np.floor(u / side).astype(int), np.floor(v / side).astype(int)
    turned = (i + j) % 2 == 1
    across = np.where(turned, u, v) % side
    strip = np.floor(across / (side / strips)).astype(int)
    tone = rng.normal(1.0, 0.07, (3 * 2, 3 * 2, strips))[i % 6, j % 6, strip]
    grain = np.where(turned, _grain(rng, 8.0, 90.0).T, _grain(rng, 8.0, 90.0))
    seam = np.minimum(_to_line(across, side / strips), np.minimum(_to_line(u, side), _to_line(v, side)))
    return (tone + grain) * (0.7 + 0.3 * _ramp(seam, 0.001, 0.004)), np.ones_like(u)


def _tiles(size: float, joint: float, spread: float, bond: float = 0.0, height: float = 0.0) -> "_Draw":
    """A function that draws tiles. Every other course is shifted by `bond` of a tile's width.

    `size`, `joint` and `height` are metres; without a `height` the tiles are square. `spread` is the standard
    deviation of the tiles' brightness.
    """

    def draw(u: Field, v: Field, rng: np.random.Generator) -> Drawing:
        tall = height or size
        course = np.floor(v / tall).astype(int)
        along = u + bond * size * (course % 2)
        column = np.floor(along / size).astype(int)
        columns, courses = round(u.max() / size), round(v.max() / tall)
        tone = rng.normal(1.0, spread, (courses, columns))[course % courses, column % columns]
        gap = np.minimum(_to_line(along, size), _to_line(v, tall))
        # A bevelled edge is a little brighter just inside the joint.
        bevel = 1.0 + 0.05 * np.exp(-(((gap - 2.0 * joint) / joint) ** 2))
        return tone * bevel + 0.012 * _noise(rng, 12, 12, 2), _ramp(gap, joint / 2.0, joint)

    return draw


def _hex_tiles(u: Field, v: Field, rng: np.random.Generator) -> Drawing:
    width, rise = 0.10, 0.08  # slightly flattened, so that a whole number of tiles fits the period
    best, second, tone = np.full(u.shape, np.inf), np.full(u.shape, np.inf), np.ones_like(u)
    rows, columns = round(v.max() / rise), round(u.max() / width)
    tones = rng.normal(1.0, 0.035, (rows, columns))
    row, column = np.floor(v / rise).astype(int), np.floor(u / width).astype(int)
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            r, c = row + dr, column + dc
            distance = np.hypot(u - (c + 0.5 + 0.5 * (r % 2)) * width, v - (r + 0.5) * rise)
            nearer = distance < best
            second = np.where(nearer, best, np.minimum(second, distance))
            tone = np.where(nearer, tones[r % rows, c % columns], tone)
            best = np.minimum(best, distance)
    return tone, _ramp((second - best) / 2.0, 0.001, 0.003)


def _checker(u: Field, v: Field, rng: np.random.Generator) -> Drawing:
    tone, mask = _tiles(0.2, 0.003, 0.02)(u, v, rng)
    odd = (np.floor(u / 0.2) + np.floor(v / 0.2)) % 2 == 1
    return np.where(odd, 0.42 * tone, 1.08 * tone), mask


def _brick(u: Field, v: Field, rng: np.random.Generator) -> Drawing:
    tone, mask = _tiles(0.22, 0.010, 0.10, bond=0.5, height=0.075)(u, v, rng)
    return tone + 0.05 * _noise(rng, 50, 50, 2), mask


def _marble(u: Field, _v: Field, rng: np.random.Generator) -> Drawing:
    bent = 4.0 * _centres()[None, :] + 2.0 * _centres()[:, None] + 0.35 * _noise(rng, 3, 3, 4)
    veins = np.abs(np.sin(2.0 * np.pi * bent / 2.0)) ** 0.35
    return 0.84 + 0.19 * veins + 0.02 * _noise(rng, 5, 5, 3), np.ones_like(u)


def _granite(u: Field, _v: Field, rng: np.random.Generator) -> Drawing:
    return 1.0 + 0.09 * _noise(rng, 110, 110) + 0.05 * _noise(rng, 40, 40), np.ones_like(u)


def _concrete(u: Field, _v: Field, rng: np.random.Generator) -> Drawing:
    return 1.0 + 0.04 * _noise(rng, 4, 4, 5) + 0.015 * _noise(rng, 90, 90), np.ones_like(u)


def _fabric(u: Field, _v: Field, rng: np.random.Generator) -> Drawing:
    threads = 64.0
    weave = np.cos(2.0 * np.pi * threads * _centres())
    cloth = 0.05 * weave[None, :] * weave[:, None]
    return 0.99 + cloth + 0.03 * _noise(rng, 60, 8) + 0.03 * _noise(rng, 8, 60), np.ones_like(u)


def _carpet(u: Field, _v: Field, rng: np.random.Generator) -> Drawing:
    return 0.96 + 0.10 * _noise(rng, 90, 90) + 0.03 * _noise(rng, 8, 8), np.ones_like(u)


def _metal(u: Field, _v: Field, rng: np.random.Generator) -> Drawing:
    return 1.0 + 0.012 * _noise(rng, 4, 120), np.ones_like(u)


def _wicker(u: Field, v: Field, rng: np.random.Generator) -> Drawing:
    strand = 0.0125
    over = (np.floor(u / strand) + np.floor(v / strand)) % 2 == 1
    across = np.where(over, _to_line(u, strand), _to_line(v, strand))
    return 0.72 + 0.36 * _ramp(across, 0.0, strand / 2.0) + 0.05 * _noise(rng, 20, 20), np.ones_like(u)


def _to_line(at: Field, spacing: float) -> Field:
    """Distance to the nearest line of a grid with this spacing, in the unit of `at`."""
    return (0.5 - np.abs((at / spacing) % 1.0 - 0.5)) * spacing


def _ramp(at: Field, low: float, high: float) -> Field:
    """Smooth step from 0 at `low` to 1 at `high`."""
    t = np.clip((at - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


_Draw = Callable[[Field, Field, np.random.Generator], Drawing]
_DRAWINGS: Mapping[Pattern, tuple[tuple[float, float], _Draw]] = {
    Pattern.PLAIN: ((1.0, 1.0), _plain),
    Pattern.PLASTER: ((2.0, 2.0), _plaster),
    Pattern.WOOD: ((1.5, 0.8), _wood),
    Pattern.BOARDS: ((1.92, 1.92), _boards),
    Pattern.PARQUET: ((1.92, 1.92), _parquet),
    Pattern.TILE: ((1.2, 1.2), _tiles(0.3, 0.004, 0.025)),
    Pattern.SMALL_TILE: ((0.6, 0.6), _tiles(0.05, 0.003, 0.05)),
    Pattern.SUBWAY: ((0.6, 0.6), _tiles(0.15, 0.003, 0.02, bond=0.5, height=0.075)),
    Pattern.HEX_TILE: ((0.8, 0.8), _hex_tiles),
    Pattern.CHECKER: ((0.8, 0.8), _checker),
    Pattern.BRICK: ((0.88, 0.9), _brick),
    Pattern.MARBLE: ((2.0, 2.0), _marble),
    Pattern.GRANITE: ((0.6, 0.6), _granite),
    Pattern.CONCRETE: ((2.5, 2.5), _concrete),
    Pattern.FABRIC: ((0.25, 0.25), _fabric),
    Pattern.CARPET: ((0.6, 0.6), _carpet),
    Pattern.METAL: ((0.6, 0.6), _metal),
    Pattern.WICKER: ((0.2, 0.2), _wicker),
}
"""Period along u and v in metres, and the function that draws the pattern."""
