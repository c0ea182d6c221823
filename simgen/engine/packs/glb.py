"""Reads a GLB file as parts of the engine: mirrored into the left-handed frame, rotated, and scaled to a box.

glTF's frame is right-handed, y up, with a model's front at +z. The engine's frame is mirrored in x.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from simgen.engine.look.materials import Material, SurfaceKind, paint
from simgen.engine.look.palettes import Rgb
from simgen.engine.shapes import Part, part_from_mesh
from simgen.errors import AssetError
from simgen.house.assets import Size
from simgen.types import Array

FLAT = 1e-5
"""An axis along which a model is thinner than this fraction of its largest extent is flat, and is not
scaled."""
MIRROR = np.array([-1.0, 1.0, 1.0])
"""Factors from glTF's frame to the engine's."""
KIND_OF_WORD: tuple[tuple[str, SurfaceKind], ...] = (
    ("textile", SurfaceKind.FABRIC),
    ("fabric", SurfaceKind.FABRIC),
    ("cloth", SurfaceKind.FABRIC),
    ("cushion", SurfaceKind.FABRIC),
    ("pillow", SurfaceKind.FABRIC),
    ("blanket", SurfaceKind.FABRIC),
    ("mattress", SurfaceKind.FABRIC),
    ("carpet", SurfaceKind.CARPET),
    ("wood", SurfaceKind.WOOD),
    ("walnut", SurfaceKind.WOOD),
    ("oak", SurfaceKind.WOOD),
    ("brass", SurfaceKind.METAL),
    ("chrome", SurfaceKind.METAL),
    ("steel", SurfaceKind.METAL),
    ("stainl", SurfaceKind.METAL),
    ("metal", SurfaceKind.METAL),
    ("alumin", SurfaceKind.METAL),
    ("marble", SurfaceKind.MARBLE),
    ("granite", SurfaceKind.MARBLE),
    ("lampshade", SurfaceKind.EMISSIVE),
    ("bulb", SurfaceKind.EMISSIVE),
    ("screen", SurfaceKind.SCREEN),
)
"""Surface kinds by a word in the material's name, lower-case. The first word that the name contains is used.
A name without one is plain."""


def read_parts(path: Path, turn_deg: float, size: Size) -> tuple[Part, ...]:
    """The model's parts, one per material, rotated by `turn_deg` and scaled to fill a box of this size.

    `turn_deg` is clockwise seen from above. Local frame: origin at the box's centre, y up, +z to the front,
    metres. Textures are sampled at the vertices. Raises AssetError if the file is not a mesh.
    """
    pieces = _pieces(path)
    turned = [_rotate_to_engine(piece.positions, turn_deg) for piece in pieces]
    low = np.min([points.min(axis=0) for points in turned], axis=0)
    high = np.max([points.max(axis=0) for points in turned], axis=0)
    extent = high - low
    scale = np.array(size) / np.where(extent > FLAT * extent.max(), extent, 1.0)
    middle = (low + high) / 2.0
    return tuple(
        _part(piece, (points - middle) * scale, turn_deg, scale)
        for piece, points in zip(pieces, turned, strict=True)
    )


def file_size(path: Path) -> Size:
    """Width, height and depth of the model in its file. Raises AssetError if the file is not a mesh."""
    points = np.concatenate([piece.positions for piece in _pieces(path)])
    x, y, z = np.maximum(points.max(axis=0) - points.min(axis=0), 1e-9)
    return (float(x), float(y), float(z))


def srgb_from_linear(linear: NDArray[Any]) -> Array:
    """sRGB of linear light, both 0..1 (IEC 61966-2-1)."""
    linear = np.asarray(linear, dtype=np.float64)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.abs(linear) ** (1.0 / 2.4) - 0.055)


def linear_from_srgb(srgb: NDArray[Any]) -> Array:
    """Linear light of sRGB, both 0..1 (IEC 61966-2-1)."""
    srgb = np.asarray(srgb, dtype=np.float64)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A mesh of the file, transformed to its place in the scene, in glTF's frame."""

    positions: Array
    normals: Array
    faces: NDArray[np.int64]
    visual: Any


def _pieces(path: Path) -> list[_Piece]:
    cure = "export it as binary glTF with triangles"
    try:
        scene: Any = trimesh.load_scene(path, file_type="glb", process=False)
        pieces = [_place(scene, node) for node in scene.graph.nodes_geometry]
    except Exception as error:  # trimesh's parsers raise many types of exceptions
        raise AssetError(f"{path}: not a readable GLB ({type(error).__name__}: {error}); {cure}") from None
    pieces = [piece for piece in pieces if piece is not None and len(piece.faces)]
    if not pieces:
        raise AssetError(f"{path}: it contains no triangles; {cure}")
    if not all(np.isfinite(piece.positions).all() for piece in pieces):
        raise AssetError(f"{path}: some vertices are not finite; {cure}")
    return pieces


def _place(scene: Any, node: str) -> _Piece | None:
    # trimesh's own `dump` is not used: it loses vertex colours of meshes that also have a material.
    transform, name = scene.graph[node]
    mesh = scene.geometry[name]
    if not isinstance(mesh, trimesh.Trimesh):
        return None
    linear = transform[:3, :3]
    faces = np.asarray(mesh.faces)
    return _Piece(
        positions=np.asarray(mesh.vertices) @ linear.T + transform[:3, 3],
        normals=np.asarray(mesh.vertex_normals) @ np.linalg.inv(linear),
        faces=faces[:, ::-1] if np.linalg.det(linear) < 0.0 else faces,
        visual=mesh.visual,
    )


def _rotate_to_engine(vectors: Array, turn_deg: float) -> Array:
    """Vectors (V, 3) from glTF's frame to the engine's, rotated clockwise by `turn_deg` seen from above."""
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    # Seen from above in glTF's frame, x points right and z points down, so clockwise is from x to z.
    x, y, z = vectors.T
    return np.stack([cos * x - sin * z, y, sin * x + cos * z], axis=1) * MIRROR


def _part(piece: _Piece, positions: Array, turn_deg: float, scale: Array) -> Part:
    normals = _rotate_to_engine(piece.normals, turn_deg) / scale
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    colours = _colours(piece)
    red, green, blue = (float(channel) / 255.0 for channel in colours.mean(axis=0))
    name = str(getattr(getattr(piece.visual, "material", None), "name", "") or "")
    uniform = bool((colours == colours[0]).all())
    return part_from_mesh(
        positions,
        normals,
        piece.faces[:, ::-1],  # mirroring reverses the winding of a triangle
        _material(name, (red, green, blue)),
        None if uniform else colours,
    )


def _material(name: str, rgb: Rgb) -> Material:
    lowered = name.lower()
    kind = next((kind for word, kind in KIND_OF_WORD if word in lowered), SurfaceKind.PLAIN)
    return paint(name, rgb, kind)


def _colours(piece: _Piece) -> NDArray[np.uint8]:
    """(V, 3) sRGB: glTF's base colour factor times the vertex colours times the texture's colours."""
    visual = piece.visual
    material = getattr(visual, "material", None)
    linear = np.ones((len(piece.positions), 3))
    if material is None:
        linear = np.asarray(visual.vertex_colors, dtype=np.float64)[:, :3] / 255.0
    else:
        factor = getattr(material, "baseColorFactor", None)
        if factor is not None:
            linear = linear * (np.asarray(factor, dtype=np.float64)[:3] / 255.0)
        if "color" in visual.vertex_attributes:
            linear = linear * (np.asarray(visual.vertex_attributes["color"])[:, :3] / 255.0)
        picture = getattr(material, "baseColorTexture", None)
        if picture is not None and visual.uv is not None:
            linear = linear * linear_from_srgb(texels(picture, visual.uv) / 255.0)
    return np.rint(255.0 * srgb_from_linear(linear)).clip(0, 255).astype(np.uint8)


def texels(picture: Any, uv: Array) -> Array:
    """(N, 3) sRGB 0..255 of a PIL image at texture coordinates (N, 2), which repeat. v = 0 is the bottom."""
    pixels = np.asarray(picture.convert("RGB"), dtype=np.float64)
    height, width = pixels.shape[:2]
    columns = (np.floor(uv[:, 0] * width) % width).astype(np.int64)
    rows = (np.floor((1.0 - uv[:, 1]) * height) % height).astype(np.int64)
    return pixels[rows, columns]
