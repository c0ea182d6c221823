"""An asset pack: selects the model that replaces an asset's parametric shape, and builds its shape."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import shapely

from simgen.engine.look.materials import stable_fraction
from simgen.engine.packs.manifest import MANIFEST, PackModel, read_manifest
from simgen.engine.packs.outline import plan_of
from simgen.engine.packs.surfaces import surfaces_on
from simgen.engine.shapes import Shape, build_shape
from simgen.errors import AssetError
from simgen.house.assets import Asset, Size, load_assets

MAX_STRETCH = 1.7
"""Largest `stretch_ratio` of a model. Beyond it the model would look distorted: chairs look like stools."""
INDIFFERENCE = 0.04
"""Added to a model's stretch ratio minus 1 before models are weighted, so that ratios that close to 1 count
about equally. Models with larger ratios are selected less often."""
FIXED_TYPES = frozenset({"Blinds", "Doorframe", "Doorway", "ShowerCurtain", "Window"})
"""Types that keep their parametric shape: they belong to walls, or grow when they open."""


@dataclass(frozen=True, slots=True, eq=False)
class AssetPack:
    """A folder of meshes that replace assets of procthor's database."""

    name: str
    path: Path
    sha256: str
    """SHA-256 over the manifest and all model files."""
    models: Mapping[str, PackModel]
    serves: Mapping[str, tuple[str, ...]]
    """Names of models by object type or asset id."""
    _shapes: dict[str, Shape | None] = field(default_factory=dict, repr=False)
    _plans: dict[str, shapely.Polygon] = field(default_factory=dict, repr=False)
    _sizes: dict[str, Size] = field(default_factory=dict, repr=False)

    @property
    def identity(self) -> str:
        """Name and content hash, NAME@HASH. It identifies the exact pack with which a picture was drawn."""
        return f"{self.name}@{self.sha256[:16]}"

    def model_for(self, asset: Asset) -> str | None:
        """Name of the model that replaces an asset; None if the asset keeps its parametric shape.

        It is always the same for the same asset and pack. Models that need less stretching are more likely to
        be selected. Assets that can open keep their shape, since a mesh cannot open.
        """
        if "CanOpen" in asset.properties or asset.object_type in FIXED_TYPES:
            return None
        names = self.serves.get(asset.asset_id, self.serves.get(asset.object_type, ()))
        stretches = {name: stretch_ratio(self._size_of(name), asset.size) for name in names}
        fitting = [name for name in names if stretches[name] <= MAX_STRETCH]
        if not fitting:
            return None
        weights = np.array([(stretches[name] - 1.0 + INDIFFERENCE) ** -2 for name in fitting])
        shares = np.cumsum(weights / weights.sum())
        drawn = stable_fraction(f"{asset.asset_id} pack model")
        return fitting[min(int(np.searchsorted(shares, drawn, side="right")), len(fitting) - 1)]

    def shape_of(self, asset: Asset) -> Shape | None:
        """The shape of the model that replaces an asset, filling its metric box; None if there is no model.

        Objects may be placed where both the parametric shape and the mesh have a surface, at the mesh's
        height. Raises AssetError if the model's file is not a mesh.
        """
        if asset.asset_id not in self._shapes:
            self._shapes[asset.asset_id] = self._built(asset)
        return self._shapes[asset.asset_id]

    def plan_of(self, asset: Asset) -> shapely.Polygon | None:
        """Outline of that shape seen from above, as local (x, z), metres; None if there is no model."""
        shape = self.shape_of(asset)
        if shape is None:
            return None
        if asset.asset_id not in self._plans:
            self._plans[asset.asset_id] = plan_of(shape)
        return self._plans[asset.asset_id]

    def used_by(self, asset_ids: Iterable[str]) -> list[str]:
        """Names of the models that replace these assets, sorted. Unknown asset ids are ignored."""
        assets = load_assets()
        chosen = (self.model_for(assets[asset_id]) for asset_id in set(asset_ids) if asset_id in assets)
        return sorted({name for name in chosen if name is not None})

    def attributions(self, asset_ids: Iterable[str]) -> list[dict[str, str]]:
        """Pack, model, title, author, licence, source and changes of every model used, as JSON values."""
        fields = ("title", "author", "licence", "source", "changes")
        return [
            {"pack": self.identity, "model": name, **{f: getattr(self.models[name], f) for f in fields}}
            for name in self.used_by(asset_ids)
        ]

    def _built(self, asset: Asset) -> Shape | None:
        name = self.model_for(asset)
        if name is None:
            return None
        model = self.models[name]
        from simgen.engine.packs.glb import read_parts  # trimesh takes half a second to import

        parts = read_parts(self.path / model.file, model.turn_deg, asset.size)
        return Shape(asset.size, parts, surfaces_on(parts, build_shape(asset).surfaces))

    def _size_of(self, name: str) -> Size:
        if name not in self._sizes:
            model = self.models[name]
            from simgen.engine.packs.glb import file_size

            x, y, z = model.size or file_size(self.path / model.file)
            cos, sin = (abs(f(np.radians(model.turn_deg))) for f in (np.cos, np.sin))
            self._sizes[name] = (float(cos * x + sin * z), float(y), float(sin * x + cos * z))
        return self._sizes[name]


def load_pack(folder: Path | str) -> AssetPack:
    """The asset pack in a folder. Raises AssetError if it is malformed."""
    path = Path(folder)
    manifest = read_manifest(path)
    files = [MANIFEST, *sorted({model.file for model in manifest.models.values()})]
    return AssetPack(
        name=manifest.name,
        path=path,
        sha256=_sha256(path, files),
        models=MappingProxyType(manifest.models),
        serves=MappingProxyType(manifest.serves),
    )


def find_pack(reference: str, folder: Path) -> AssetPack:
    """The asset pack for a reference: a NAME in `folder`, NAME@HASH, or the path of a pack's folder.

    Raises AssetError if there is no such pack, or if its content does not match HASH.
    """
    name, _, wanted = reference.partition("@")
    path = folder / name if (folder / name / MANIFEST).exists() else Path(reference)
    if not path.is_dir():
        raise AssetError(
            f"{folder}: no asset pack is called {name!r}; list the packs with: simgen assets ls, "
            "or build one with: simgen assets build sweethome3d"
        )
    pack = load_pack(path)
    if wanted and path != Path(reference) and not pack.sha256.startswith(wanted):
        raise AssetError(f"{path}: it is {pack.identity}, not {reference}; build it again, or remove @HASH")
    return pack


def stretch_ratio(size: Size, wanted: Size) -> float:
    """Largest over smallest scale factor when a box of `size` is scaled to `wanted`; 1.0 if undistorted."""
    scales = np.array(wanted) / np.array(size)
    return float(scales.max() / scales.min())


def _sha256(folder: Path, files: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in files:
        content = (folder / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
