"""Simplifies meshes for the engine: fewer triangles, and textures baked into vertex colours.

The engine does not sample image textures. A texture's colours are stored at the vertices instead, and
textured pieces are subdivided so that they have enough vertices.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial import KDTree

from simgen.engine.packs.glb import texels
from simgen.errors import MissingSystemError
from simgen.types import Array

CREASE_DEG = 38.0
"""Faces that meet at a larger angle keep a sharp edge; others are shaded as one smooth surface."""
SAMPLES = 24_000
"""Points on a textured piece at which the texture is sampled."""
NEAREST = 4
"""Each vertex gets the mean colour of this many nearest samples, so that fine grain does not become noise."""
BUSY = 9.0
"""A texture with a smaller standard deviation of its colours (of 255) counts as one colour, and its piece is
not subdivided."""
LEAST_TRIANGLES = 80
"""Pieces are not reduced below this number of triangles: a screen of two triangles would lose a corner."""
TWO_SIDED = 0.3
"""A piece is drawn from both sides if more than this fraction of its faces also has a back face."""
GENTLE = 3
"""Aggressiveness of fast-simplification. The default of 7 folds thin boards and rims. 3 does not always reach
the requested number of triangles."""
COARSER = (1.0, 1.4, 2.0, 2.8, 4.0, 6.0)
"""Factors on the edge length that are tried in turn, since long thin triangles can give too many pieces."""
MOST = 1.5
"""A textured piece is subdivided into at most this many times its share of the triangles."""
GLASS_ALPHA = 0.6
"""Materials with a lower opacity are drawn in `GLASS_RGB`, since the engine draws nothing transparent."""
GLASS_RGB = (194, 217, 219)
"""sRGB of glass."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Triangles of one material in glTF's frame: right-handed, y up."""

    name: str
    """The material's name."""
    positions: Array
    """(V, 3)."""
    normals: Array
    """(V, 3) unit."""
    faces: NDArray[np.int64]
    """(F, 3) counter-clockwise when seen from outside."""
    colours: NDArray[np.uint8]
    """(V, 3) sRGB."""


def simplify_meshes(meshes: Sequence[trimesh.Trimesh], triangles: int) -> list[Piece]:
    """The meshes (one per material) with about `triangles` triangles in total and with vertex colours.

    Raises MissingSystemError without fast-simplification.
    """
    meshes = [mesh for mesh in meshes if len(mesh.faces) and mesh.area > 0.0]
    share = min(1.0, triangles / max(sum(len(mesh.faces) for mesh in meshes), 1))
    whole_area = sum(mesh.area for mesh in meshes)
    return [_simplify_mesh(mesh, share, triangles * mesh.area / whole_area) for mesh in meshes]


def _simplify_mesh(mesh: trimesh.Trimesh, share: float, by_area: float) -> Piece:
    colour, picture = _look(mesh)
    solid, two_sided = _remove_back_faces(mesh)
    solid = _decimate(solid, max(LEAST_TRIANGLES, round(share * len(solid.faces))))
    samples = _colour_samples(mesh, picture) if picture is not None else None
    if samples is not None and float(samples[1].std(axis=0).max()) > BUSY:
        solid = _subdivide(solid, by_area)
    solid = _split_creases(solid)
    points, normals, faces = (
        np.asarray(array) for array in (solid.vertices, solid.vertex_normals, solid.faces)
    )
    colours = np.tile(colour, (len(points), 1)) if samples is None else _nearest_colours(points, *samples)
    if two_sided:
        faces = np.concatenate([faces, faces[:, ::-1] + len(points)])
        points, normals, colours = (
            np.tile(points, (2, 1)),
            np.concatenate([normals, -normals]),
            np.tile(colours, (2, 1)),
        )
    return Piece(_material_name(mesh), points, normals, faces, colours)


def _material_name(mesh: trimesh.Trimesh) -> str:
    return str(getattr(getattr(mesh.visual, "material", None), "name", "") or "")


def _look(mesh: trimesh.Trimesh) -> tuple[NDArray[np.uint8], Any]:
    """The material's colour, (3,) sRGB, and its texture as a PIL image or None."""
    material: Any = getattr(mesh.visual, "material", None)
    if material is None:  # then trimesh gives its default grey or the colours of the faces
        return np.asarray(mesh.visual.main_color, dtype=np.uint8)[:3], None  # type: ignore[union-attr]
    alpha = float((getattr(material, "kwargs", None) or {}).get("d", [1.0])[0])
    if alpha < GLASS_ALPHA:
        return np.array(GLASS_RGB, dtype=np.uint8), None
    picture = getattr(material, "image", None)
    has_uv = getattr(mesh.visual, "uv", None) is not None
    return np.asarray(material.main_color, dtype=np.uint8)[:3], picture if has_uv else None


def _remove_back_faces(mesh: trimesh.Trimesh) -> tuple[trimesh.Trimesh, bool]:
    """The mesh without duplicate faces, and whether it is two-sided.

    A leaf or a lamp shade is often modelled twice, once for each side. Decimated together, the two sides
    tear.
    """
    solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    solid.merge_vertices(merge_tex=True, merge_norm=True)
    solid.update_faces(solid.nondegenerate_faces())
    single = solid.copy()
    single.update_faces(single.unique_faces())
    single.remove_unreferenced_vertices()
    two_sided = len(solid.faces) - len(single.faces) > TWO_SIDED * len(single.faces)
    return (single, True) if two_sided else (solid, False)


def _decimate(solid: trimesh.Trimesh, triangles: int) -> trimesh.Trimesh:
    if len(solid.faces) <= triangles * 1.05:
        return solid
    try:
        simplify: Any = importlib.import_module("fast_simplification").simplify
    except ImportError:
        raise MissingSystemError(
            "meshes are decimated by fast-simplification, which is missing: pip install 'simgen[assets]'"
        ) from None
    points, faces = simplify(
        np.asarray(solid.vertices, dtype=np.float32),
        np.asarray(solid.faces, dtype=np.int32),
        target_count=triangles,
        agg=GENTLE,
    )
    return trimesh.Trimesh(points.astype(np.float64), faces.astype(np.int64), process=False)


def _nearest_colours(points: Array, sampled: Array, colours: Array) -> NDArray[np.uint8]:
    nearest = KDTree(sampled).query(points, k=NEAREST)[1]
    return colours[nearest].mean(axis=1).round().astype(np.uint8)


def _colour_samples(mesh: trimesh.Trimesh, picture: Any) -> tuple[Array, Array]:
    """Points (N, 3) spread evenly over a textured mesh, and the texture's sRGB (N, 3) at these points."""
    rng = np.random.default_rng(0)
    cumulated = np.cumsum(mesh.area_faces)
    picks = np.searchsorted(cumulated, rng.random(SAMPLES) * cumulated[-1]).clip(0, len(mesh.faces) - 1)
    weights = rng.dirichlet((1.0, 1.0, 1.0), SAMPLES)
    corners = mesh.faces[picks]
    points = np.einsum("ij,ijk->ik", weights, np.asarray(mesh.vertices)[corners])
    uv = np.einsum("ij,ijk->ik", weights, np.asarray(mesh.visual.uv)[corners])  # type: ignore[union-attr]
    return points, texels(picture, uv)


def _subdivide(solid: trimesh.Trimesh, triangles: float) -> trimesh.Trimesh:
    """The same surface subdivided into about `triangles` triangles of similar size."""
    edge = float(np.sqrt(solid.area / max(triangles, LEAST_TRIANGLES) * 2.3))
    subdivide: Any = trimesh.remesh.subdivide_to_size
    for coarser in COARSER:
        points, faces = subdivide(solid.vertices, solid.faces, coarser * edge, max_iter=20)
        if len(faces) <= MOST * triangles:
            refined = trimesh.Trimesh(points, faces, process=False)
            refined.merge_vertices()
            return refined
    return solid


def _split_creases(solid: trimesh.Trimesh) -> trimesh.Trimesh:
    """The mesh with vertices duplicated along sharp edges, so that each vertex has one normal."""
    return trimesh.graph.smooth_shade(solid, angle=np.radians(CREASE_DEG))
