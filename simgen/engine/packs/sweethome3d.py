"""Builds an asset pack from Debian's package `sweethome3d-furniture`: CC0 and CC-BY models.

A library (`.sh3f`) is a zip file with a catalogue (sizes in centimetres) and OBJ models with their textures.
sweethome3d.yaml lists the models that are used and the object types that they replace. Not used: the
libraries of the -nonfree package (copyleft), Sweet Home 3D's own models (GPL), and people.
"""

import io
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
import trimesh.exchange.gltf
import yaml
from trimesh.resolvers import Resolver
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from simgen.engine.packs.baking import Piece, simplify_meshes
from simgen.engine.packs.glb import linear_from_srgb
from simgen.engine.packs.manifest import MANIFEST, Manifest, PackModel, manifest_text
from simgen.errors import AssetError, InputError, MissingSystemError
from simgen.types import Array

NAME = "sweethome3d"
PACKAGE = "sweethome3d-furniture"
PACKAGE_FOLDER = Path("/usr/share/sweethome3d/furniture")
CHANGES = "fewer triangles, textures turned into vertex colours; stretched to the size of what it stands for"
BUDGETS = ((1.2, 6000), (0.4, 4000), (0.0, 2000))
"""Number of triangles of a model, by the smallest length of its largest side, metres."""


@dataclass(frozen=True, slots=True)
class Library:
    """One `.sh3f` of the package."""

    licence: str
    author: str
    """Author to be named according to the licence file; "" if each model has its own author."""


LIBRARIES: Mapping[str, Library] = {
    "BlendSwap-CC-0": Library("CC0-1.0", ""),
    "BlendSwap-CC-BY": Library("CC-BY-3.0", ""),
    "KatorLegaz": Library("CC-BY-3.0-US", "Andrew Kator & Jennifer Legaz"),
    "Scopia": Library("CC-BY-3.0", "Emmanuel Puybaret / eTeks and Scopia Visual Interfaces Systems, s.l."),
}
"""The libraries that may be used. Each contains its licence, as does the package."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A model in a catalogue."""

    library: str
    title: str
    creator: str
    obj: str
    """Path of the OBJ file in the library."""
    size: Array
    """(3,) width, height and depth, metres."""
    rotation: Array
    """(3, 3) rotation that makes the model upright with its front to +z."""


def build(folder: Path, on_model: Callable[[], object] = lambda: None) -> Manifest:
    """Builds the pack in `folder` and returns its manifest. Replaces an existing pack.

    `on_model` is called after every model. The folder gets its name only when the pack is complete. Raises
    MissingSystemError without the Debian package or without simgen's extra `assets`.
    """
    chosen = _load_choices()
    libraries = {name: _open(name) for name in LIBRARIES}
    entries = {name: _catalogue(name, archive) for name, archive in libraries.items()}
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        models: dict[str, PackModel] = {}
        for reference, turn_deg in _references(chosen):
            library, stem = reference.split("/")
            models[reference] = _make(entries[library][stem], libraries[library], turn_deg, part)
            on_model()
        serves = {key: tuple(name for name, _ in pairs) for key, pairs in chosen.items()}
        manifest = Manifest(name=NAME, models=models, serves=serves)
        (part / MANIFEST).write_text(manifest_text(manifest), encoding="utf-8")
        _replace(folder, part)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def model_count() -> int:
    """Number of models that `build` makes."""
    return len(_references(_load_choices()))


def _load_choices() -> dict[str, list[tuple[str, float]]]:
    """Models by object type or asset id, each with its rotation in degrees."""
    text = (resources.files("simgen.engine.packs") / "sweethome3d.yaml").read_text(encoding="utf-8")
    return {
        key: [(row, 0.0) if isinstance(row, str) else (row["model"], float(row["turn_deg"])) for row in rows]
        for key, rows in yaml.safe_load(text).items()
    }


def _references(chosen: Mapping[str, list[tuple[str, float]]]) -> list[tuple[str, float]]:
    return sorted({pair for pairs in chosen.values() for pair in pairs})


def _open(library: str) -> zipfile.ZipFile:
    path = PACKAGE_FOLDER / f"{library}.sh3f"
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise MissingSystemError(
            f"{path} is missing; install Debian's package: apt-get install -y {PACKAGE}"
        ) from None
    except (OSError, zipfile.BadZipFile) as error:
        raise AssetError(f"{path}: {error}; install {PACKAGE} again") from None


def _catalogue(library: str, archive: zipfile.ZipFile) -> dict[str, _Entry]:
    """A library's models by the name of their OBJ file, without its suffix."""
    text = archive.read("PluginFurnitureCatalog.properties").decode("iso-8859-1")
    rows: dict[str, dict[str, str]] = {}
    for key, number, value in re.findall(r"^(\w+)#(\d+)=(.*?)\s*$", text, re.MULTILINE):
        rows.setdefault(number, {})[key] = value
    return {Path(row["model"]).stem: _entry(library, row) for row in rows.values() if "model" in row}


def _entry(library: str, row: Mapping[str, str]) -> _Entry:
    rotation = [float(number) for number in row.get("modelRotation", "1 0 0 0 1 0 0 0 1").split()]
    return _Entry(
        library=library,
        title=row["name"],
        creator=row.get("creator", ""),
        obj=row["model"].lstrip("/"),
        size=np.array([float(row[side]) / 100.0 for side in ("width", "height", "depth")]),
        rotation=np.array(rotation).reshape(3, 3),
    )


def _make(entry: _Entry, archive: zipfile.ZipFile, turn_deg: float, folder: Path) -> PackModel:
    largest = float(entry.size.max())
    budget = next(triangles for metres, triangles in BUDGETS if largest >= metres)
    pieces = simplify_meshes(_stand_upright(entry, archive), budget)
    stem = Path(entry.obj).stem
    name = re.sub(r"[^\w.-]", "_", f"{entry.library}_{stem}.glb")
    (folder / name).write_bytes(_glb(pieces))
    terms = "\n".join(_texts_beside(entry, archive))
    library = LIBRARIES[entry.library]
    blend = re.search(r"blendswap\.com/blends/view/\d+", terms)
    width, height, depth = (round(float(side), 4) for side in entry.size)
    return PackModel(
        file=name,
        title=entry.title,
        # Two models of the CC0 library declare CC-BY in their own files. The stricter licence is used.
        licence="CC-BY-3.0" if "creativecommons.org/licenses/by/3.0" in terms else library.licence,
        author=library.author or entry.creator or "unknown",
        source=f"https://www.{blend[0]}" if blend else f"{PACKAGE} 1.8 (Debian), {entry.library}/{stem}",
        changes=CHANGES,
        turn_deg=turn_deg,
        size=(width, height, depth),
    )


def _stand_upright(entry: _Entry, archive: zipfile.ZipFile) -> list[trimesh.Trimesh]:
    """The model's meshes, one per material, in glTF's frame: centred, scaled to the box, front to +z."""
    scene: Any = trimesh.load_scene(
        io.BytesIO(archive.read(entry.obj)),
        file_type="obj",
        resolver=_ZipResolver(archive, entry.obj),
        process=False,
        group_material=True,
    )
    meshes = [mesh for mesh in scene.dump() if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces)]
    for mesh in meshes:
        mesh.vertices = mesh.vertices @ entry.rotation.T
    low = np.min([mesh.bounds[0] for mesh in meshes], axis=0)
    high = np.max([mesh.bounds[1] for mesh in meshes], axis=0)
    for mesh in meshes:
        mesh.vertices = (mesh.vertices - (low + high) / 2.0) * entry.size / np.maximum(high - low, 1e-9)
    return meshes


def _texts_beside(entry: _Entry, archive: zipfile.ZipFile) -> Iterator[str]:
    """The texts beside the model in its library: its own licence file, if it has one."""
    folder = f"{Path(entry.obj).parent}/"
    for name in sorted(archive.namelist()):
        if name.startswith(folder) and name.lower().endswith((".txt", ".html")):
            yield archive.read(name).decode("utf-8", errors="replace")


class _ZipResolver(Resolver):
    """Finds an OBJ file's materials and textures in the same folder of the zip, ignoring case."""

    def __init__(self, archive: zipfile.ZipFile, obj: str) -> None:
        self._archive = archive
        self._folder = f"{Path(obj).parent}/"
        self._names = {name.lower(): name for name in archive.namelist()}

    def get(self, key: str) -> bytes:
        found = self._names.get(f"{self._folder}{key.strip()}".lower())
        if found is None:
            raise ValueError(f"{key} is not in the library")
        return self._archive.read(found)

    def keys(self) -> list[str]:
        return list(self._names)

    def write(self, name: str, data: Any) -> None:
        raise io.UnsupportedOperation(f"{name}: a library is only read, not given {type(data).__name__}")

    def namespaced(self, namespace: str) -> "_ZipResolver":
        return _ZipResolver(self._archive, f"{self._folder}{namespace}/any.obj")


def _glb(pieces: list[Piece]) -> bytes:
    """A binary glTF file with one mesh per material."""
    scene = trimesh.Scene()
    for index, piece in enumerate(pieces):
        linear = linear_from_srgb(piece.colours / 255.0)
        # glTF multiplies factor and vertex colour. With the brightest value in the factor, dark vertex
        # colours use all eight bits.
        factor = np.maximum(linear.max(axis=0), 1.0 / 255.0)
        factor = np.ceil(factor * 255.0) / 255.0
        colours = np.concatenate([np.rint(255.0 * linear / factor), np.full((len(linear), 1), 255.0)], axis=1)
        visual = TextureVisuals(
            material=PBRMaterial(
                name=piece.name or "plain",
                baseColorFactor=[*np.rint(factor * 255.0).astype(np.uint8).tolist(), 255],
                metallicFactor=0.0,
                roughnessFactor=0.8,
            )
        )
        visual.vertex_attributes["color"] = colours.clip(0, 255).astype(np.uint8)
        mesh = trimesh.Trimesh(
            piece.positions, piece.faces, vertex_normals=piece.normals, visual=visual, process=False
        )
        scene.add_geometry(mesh, node_name=f"{index:02d}", geom_name=f"{index:02d}")
    content = trimesh.exchange.gltf.export_glb(scene, include_normals=True)
    assert isinstance(content, bytes)
    return content


def _replace(folder: Path, part: Path) -> None:
    """Renames the finished folder. An older pack with that name is deleted."""
    if folder.exists():
        if not (folder / MANIFEST).exists():
            raise InputError(f"{folder}: the folder contains other files; choose another one with --to")
        old = folder.with_name(f"{folder.name}.{os.getpid()}.old.part")
        folder.rename(old)
        part.rename(folder)
        shutil.rmtree(old)
    else:
        part.rename(folder)
