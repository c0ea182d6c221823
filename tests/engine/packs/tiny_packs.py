"""Packs of a few boxes, small enough to work out by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
import yaml
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from simgen.engine.packs import AssetPack
from simgen.engine.packs.glb import linear_from_srgb
from simgen.engine.shapes import Shape
from simgen.house.assets import Asset, find_asset, load_assets

RED, BLUE = (200, 40, 30), (20, 60, 180)


Block = tuple[Sequence[float], Sequence[float], tuple[int, int, int], str]
"""Lowest and highest corner in glTF's frame, sRGB, and the material's name."""


WIDTH, HEIGHT, DEPTH = find_asset("Dining_Table_27_1").size


TABLE: tuple[Block, ...] = (
    ((0.0, 0.0, 0.0), (WIDTH, 0.6 * HEIGHT, DEPTH), RED, "wood_top"),
    # A board along the back, so that the top is not the highest of the mesh.
    ((0.0, 0.0, 0.0), (WIDTH, HEIGHT, 0.05 * DEPTH), RED, "wood_top"),
)


MODEL = {
    "pack": "tiny@0",
    "model": "chair",
    "title": "A chair",
    "author": "B. Joiner",
    "licence": "CC-BY-3.0",
    "source": "https://example.org/chair",
    "changes": "fewer triangles",
}


def write_glb(path: Path, blocks: Sequence[Block]) -> None:
    scene = trimesh.Scene()
    for low, high, rgb, name in blocks:
        factor = [*np.rint(255 * linear_from_srgb(np.array(rgb) / 255.0)).astype(int).tolist(), 255]
        box = trimesh.creation.box(bounds=[low, high])
        box.unmerge_vertices()
        material = PBRMaterial(name=name, baseColorFactor=factor)
        box.visual = TextureVisuals(material=material)
        scene.add_geometry(box)
    scene.export(path)


def write_pack(
    folder: Path, models: dict[str, Sequence[Block]], serves: dict[str, list[str]], **fields: Any
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name, blocks in models.items():
        write_glb(folder / f"{name}.glb", blocks)
        rows[name] = {"file": f"{name}.glb", "licence": "CC0-1.0", "author": "A", "source": "test", **fields}
    manifest = {"name": "tiny", "models": rows, "serves": serves}
    (folder / "pack.yaml").write_text(yaml.safe_dump(manifest))
    return folder


def boxed(size: Sequence[float]) -> Sequence[Block]:
    return [((0.0, 0.0, 0.0), size, RED, "paint")]


def positions(shape: Shape) -> np.ndarray:
    return np.concatenate([part.positions for part in shape.parts])


def colour_centre(shape: Shape, rgb: tuple[int, int, int]) -> np.ndarray:
    """Centre of the part of this colour."""
    for part in shape.parts:
        if np.abs(np.array(part.material.rgb) * 255 - rgb).max() < 3:
            return (part.positions.min(axis=0) + part.positions.max(axis=0)) / 2
    raise AssertionError(f"nothing is {rgb}")


def served(pack: AssetPack) -> list[Asset]:
    return [asset for asset in load_assets().values() if pack.model_for(asset) is not None]
