"""An asset pack: which model stands for an asset, and the shape that it gives it."""

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
"""A model is refused where one side would be stretched more than so many times as much as another: chairs
begin to look like stools."""
INDIFFERENCE = 0.04
"""Stretches of 1 and of 1 plus this are as good as equal; beyond, models are picked ever more rarely."""
FIXED_TYPES = frozenset({"Blinds", "Doorframe", "Doorway", "ShowerCurtain", "Window"})
"""What belongs to the walls, or grows when it opens, keeps its parametric shape."""


@dataclass(frozen=True, slots=True, eq=False)
class AssetPack:
    """A folder of meshes that stand for assets of procthor's database."""

    name: str
    path: Path
    sha256: str
    """Of the manifest and of every model's file."""
    models: Mapping[str, PackModel]
    serves: Mapping[str, tuple[str, ...]]
    """Names of models by object type or asset id."""
    _shapes: dict[str, Shape | None] = field(default_factory=dict, repr=False)
    _plans: dict[str, shapely.Polygon] = field(default_factory=dict, repr=False)
    _sizes: dict[str, Size] = field(default_factory=dict, repr=False)

    @property
    def identity(self) -> str:
        """Name and content, for what must know whether a picture was drawn with this very pack."""
        return f"{self.name}@{self.sha256[:16]}"

    def model_for(self, asset: Asset) -> str | None:
        """Name of the model that stands for an asset; None where its parametric shape stays.

        Always the same for the same asset and pack. Of several models those that need the least stretching
        are the likeliest. What opens keeps its shape: a still mesh cannot open.
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
        """The model that stands for an asset, filling its metric box; None where there is none.

        Things stand where the parametric shape has a surface and the mesh has one too, at the mesh's
        height. Raises AssetError when the file is not a mesh.
        """
        if asset.asset_id not in self._shapes:
            self._shapes[asset.asset_id] = self._built(asset)
        return self._shapes[asset.asset_id]

    def plan_of(self, asset: Asset) -> shapely.Polygon | None:
        """Outline of that model seen from above, as local (x, z); None where there is none."""
        shape = self.shape_of(asset)
        if shape is None:
            return None
        if asset.asset_id not in self._plans:
            self._plans[asset.asset_id] = plan_of(shape)
        return self._plans[asset.asset_id]

    def used_by(self, asset_ids: Iterable[str]) -> list[str]:
        """Names of the models that stand for these assets (ids that are unknown have none), sorted."""
        assets = load_assets()
        chosen = (self.model_for(assets[asset_id]) for asset_id in set(asset_ids) if asset_id in assets)
        return sorted({name for name in chosen if name is not None})

    def attributions(self, asset_ids: Iterable[str]) -> list[dict[str, str]]:
        """Pack, model, title, author, licence, source and changes of every model used, JSON-ready."""
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
        from simgen.engine.packs.glb import read_parts  # trimesh takes half a second, and most scenes no pack

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
    """The asset pack in a folder. Raises AssetError when it is malformed."""
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
    """The pack called NAME in `folder`, or the one that lies in another folder given by its path.

    NAME@HASH must have that content. Raises AssetError when there is none, or another one.
    """
    name, _, wanted = reference.partition("@")
    path = folder / name if (folder / name / MANIFEST).exists() else Path(reference)
    if not path.is_dir():
        raise AssetError(
            f"{folder}: no asset pack is called {name!r}; simgen assets ls shows what there is, "
            "and simgen assets build sweethome3d makes one"
        )
    pack = load_pack(path)
    if wanted and path != Path(reference) and not pack.sha256.startswith(wanted):
        raise AssetError(f"{path}: it is {pack.identity}, not {reference}; build it anew, or drop the @ part")
    return pack


def stretch_ratio(size: Size, wanted: Size) -> float:
    """How many times as much the most stretched side is stretched as the least, when a box fills another."""
    scales = np.array(wanted) / np.array(size)
    return float(scales.max() / scales.min())


def _sha256(folder: Path, files: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in files:
        content = (folder / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
