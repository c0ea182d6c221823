"""Textures tile, keep a material's own colour on the whole, and are the same on every run."""

import numpy as np
import pytest

from simgen.engine.look.materials import SurfaceKind, find_material, floor_material, paint
from simgen.engine.look.textures import GROUT, TEXTURE_SIZE, Pattern, texture
from simgen.engine.shapes import part_from_mesh


@pytest.mark.parametrize("pattern", list(Pattern))
def test_every_pattern_tiles(pattern: Pattern) -> None:
    both = texture(pattern).grey_mask.astype(float)
    assert both.shape == (TEXTURE_SIZE, TEXTURE_SIZE, 2)
    for axis in (0, 1):
        # The step from the last line to the first must be like any step between neighbours.
        steps = np.abs(np.diff(both, axis=axis)).mean(axis=(1 - axis, 2))
        seam = np.abs(np.take(both, 0, axis) - np.take(both, -1, axis)).mean()
        assert seam <= 1.5 * steps.max() + 0.5


@pytest.mark.parametrize("pattern", [p for p in Pattern if p is not Pattern.CHECKER])
def test_a_pattern_keeps_the_tone_of_what_it_is_printed_on(pattern: Pattern) -> None:
    tone, mask = texture(pattern).grey_mask[..., 0] / 255.0, texture(pattern).grey_mask[..., 1] / 255.0
    own = mask > 0.99
    assert own.mean() > 0.5
    assert 2.0 * tone[own].mean() == pytest.approx(1.0, abs=0.15)
    if (mask < 0.01).any():
        assert tone[mask < 0.01] == pytest.approx(GROUT, abs=0.01)


def test_tiles_are_as_large_as_they_say() -> None:
    # A line across 30 cm tiles crosses a joint every 30 cm.
    tile = texture(Pattern.TILE)
    metres = (np.arange(TEXTURE_SIZE) + 0.5) / TEXTURE_SIZE * tile.period_m[0]
    joints = tile.grey_mask[TEXTURE_SIZE // 8, :, 1] < 128
    starts = metres[joints & ~np.roll(joints, 1)]
    assert len(starts) == round(tile.period_m[0] / 0.3)
    np.testing.assert_allclose(np.diff(starts), 0.3, atol=0.005)


def test_a_floor_of_wood_is_laid_in_boards() -> None:
    assert floor_material("DarkWoodSmooth").pattern is Pattern.BOARDS
    assert floor_material("WoodFloorsCross").pattern is Pattern.PARQUET
    assert find_material("Wood", "DarkWoodSmooth").pattern is Pattern.WOOD
    assert find_material("Wall", "SubwayTiles2").pattern is Pattern.SUBWAY
    assert find_material("Wall", "WallDrywallWhite").pattern is Pattern.PLASTER


def test_texture_coordinates_are_metres_and_grain_runs_along_the_longer_side() -> None:
    # A board in the plane z = 0, 0.2 m wide and 2 m high.
    positions = np.array([[0, 0, 0], [0.2, 0, 0], [0.2, 2, 0], [0, 2, 0]], dtype=float)
    normals = np.tile([0.0, 0.0, -1.0], (4, 1))
    faces = np.array([[0, 2, 1], [0, 3, 2]])
    board = part_from_mesh(positions, normals, faces, paint("Oak", (0.6, 0.4, 0.3), SurfaceKind.WOOD))
    np.testing.assert_allclose(np.ptp(board.uv, axis=0), [2.0, 0.2], atol=1e-6)
    wall = part_from_mesh(positions, normals, faces, paint("Tile", (0.9, 0.9, 0.9), SurfaceKind.TILE))
    np.testing.assert_allclose(np.ptp(wall.uv, axis=0), [0.2, 2.0], atol=1e-6)


def test_a_vertex_between_faces_that_look_different_ways_is_doubled_and_the_surface_stays() -> None:
    # Two squares that share the edge x = 1, z = 0: one faces up, one along x.
    positions = np.array([[0, 1, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1], [1, 0, 0], [1, 0, 1]], dtype=float)
    normals = np.array([[0, 1, 0]] * 4 + [[1, 0, 0]] * 2, dtype=float)
    faces = np.array([[0, 2, 1], [0, 3, 2], [1, 2, 5], [1, 5, 4]])
    part = part_from_mesh(positions, normals, faces, paint("Plain", (0.5, 0.5, 0.5)))
    assert len(part.positions) == 8
    np.testing.assert_allclose(part.positions[part.faces], positions[faces], atol=1e-7)
