"""Materials follow from their names, the same on every machine."""

import subprocess
import sys

import pytest

from simgen.engine.look.materials import SurfaceKind, find_material, stable_fraction
from simgen.house.assets import load_assets

NAMES = sorted({pair for asset in load_assets().values() for pair in asset.materials})


def test_every_material_of_the_database_is_in_range() -> None:
    assert len(NAMES) > 200
    for category, name in NAMES:
        material = find_material(category, name)
        assert material.name == name
        assert all(0.0 <= channel <= 1.0 for channel in material.rgb), name


@pytest.mark.slow
def test_another_process_gets_the_same_colours() -> None:
    code = (
        "from simgen.engine.look.materials import find_material as m;"
        "print([m(c, n).rgb for c, n in [('Sofa', 'Couch1FrameMatVar2'), ('Wax', 'Wax3'), ('None', 'x y')]])"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("category", "name", "kind"),
    [
        ("Wood", "DarkWoodSmooth", SurfaceKind.WOOD),
        ("Wood", "BedroomFloor1", SurfaceKind.WOOD),
        ("Wall", "WallDrywallWhite", SurfaceKind.PLAIN),
        ("Wall", "bathroomTilesTan2", SurfaceKind.TILE),
        ("Wall", "RedBricks 1", SurfaceKind.BRICK),
        ("Wall", "BrownMarbleFake 1", SurfaceKind.MARBLE),
        ("Metal", "StainlessSteel_Dull", SurfaceKind.METAL),
        ("Fabric", "HotelCarpet2", SurfaceKind.CARPET),
        ("Sofa", "RoboTHOR_Sofa_Alrid_Fabric_Mat", SurfaceKind.FABRIC),
        ("Plastic", "BlackScreen", SurfaceKind.SCREEN),
        ("Laptop", "No Such Thing", SurfaceKind.PLAIN),
    ],
)
def test_kind_follows_from_the_name(category: str, name: str, kind: SurfaceKind) -> None:
    assert find_material(category, name).kind is kind


def test_words_order_the_tones() -> None:
    def lightness(category: str, name: str) -> float:
        return sum(find_material(category, name).rgb)

    tones = ["BlackWood", "DarkWoodSmooth", "MediumWoodSmooth", "LightWoodCounters", "WhiteWood"]
    values = [lightness("Wood", name) for name in tones]
    assert values == sorted(values)


def test_a_colour_inside_another_word_does_not_count() -> None:
    # "Textured" ends in "red", "Standard" begins with "stan".
    red, green, _ = find_material("Metal", "TexturedStandard").rgb
    assert abs(red - green) < 0.1


def test_variants_of_a_name_differ_a_little() -> None:
    first, second = find_material("Wax", "Wax1").rgb, find_material("Wax", "Wax3").rgb
    assert first != second


def test_stable_fraction_is_what_blake2s_says() -> None:
    # hashlib.blake2s(b"oak", digest_size=6) as a big-endian integer over 2**48.
    import hashlib

    expected = int(hashlib.blake2s(b"oak", digest_size=6).hexdigest(), 16) / 2**48
    assert stable_fraction("oak") == expected
