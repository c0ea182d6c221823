"""`pack.yaml`: the manifest of an asset pack: its GLB files, their authors, and the objects they replace."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from simgen.errors import AssetError
from simgen.house.assets import load_assets
from simgen.pages import load_file, validate

MANIFEST = "pack.yaml"
LARGEST_BYTES = 4_000_000
"""Of a manifest: a model takes some three hundred bytes, and packs have hundreds of models."""
Positive = Annotated[float, Field(gt=0.0)]


class PackModel(BaseModel):
    """One mesh of a pack, with its licence and author."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Annotated[str, Field(pattern=r"^[\w.-]+\.glb$")]
    """File name in the pack's folder."""
    licence: Annotated[str, Field(min_length=1)]
    """SPDX identifier, such as CC-BY-3.0."""
    author: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    """Origin of the model: a URL, or a package and its version."""
    title: str = ""
    changes: str = ""
    """Changes made to the original. CC-BY requires that they are stated."""
    turn_deg: float = 0.0
    """Rotation about the vertical axis that brings the model's front to +z, clockwise seen from above."""
    size: tuple[Positive, Positive, Positive] | None = None
    """Width, height and depth of the model in its file, in any unit. If absent, they are read from the
    file."""


class Manifest(BaseModel):
    """The content of a `pack.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    models: Annotated[dict[str, PackModel], Field(min_length=1)]
    """Models by name. `serves` uses these names."""
    serves: Annotated[dict[str, tuple[str, ...]], Field(min_length=1)]
    """Names of the models that may replace an object type or one asset id of procthor's database."""


def read_manifest(folder: Path) -> Manifest:
    """A pack's manifest, checked against the pack's folder and procthor's database.

    Raises AssetError with all mistakes on one line.
    """
    path = folder / MANIFEST
    manifest = _parse(path)
    mistakes = [*_missing_files(folder, manifest), *_unknown_models(manifest), *_unknown_objects(manifest)]
    if mistakes:
        raise AssetError(f"{path}: {'; '.join(mistakes)}")
    return manifest


def manifest_text(manifest: Manifest) -> str:
    """The YAML of a manifest."""
    content = manifest.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)


def _parse(path: Path) -> Manifest:
    if not os.access(path, os.F_OK):
        raise AssetError(
            f"{path.parent}: there is no {MANIFEST} in this folder, so it is not an asset pack; "
            "build one with: simgen assets build sweethome3d"
        )
    return validate(load_file(path, "manifest", AssetError, LARGEST_BYTES), Manifest)


def _missing_files(folder: Path, manifest: Manifest) -> Iterable[str]:
    for name, model in manifest.models.items():
        if not (folder / model.file).is_file():
            yield f"models.{name}: {model.file} is missing; add the file or remove the model"


def _unknown_models(manifest: Manifest) -> Iterable[str]:
    for key, names in manifest.serves.items():
        for name in names:
            if name not in manifest.models:
                yield f"serves.{key}: no model is called {name!r}{_nearest(name, manifest.models)}"


def _unknown_objects(manifest: Manifest) -> Iterable[str]:
    assets = load_assets()
    known = {asset.object_type for asset in assets.values()} | set(assets)
    for key in manifest.serves:
        if key not in known:
            yield f"serves.{key}: neither an object type nor an asset id{_nearest(key, known)}"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
