"""ProcTHOR's asset database: the type, size and materials of each asset.

It is read from the files of the installed `procthor` package without importing the package, which would load
43 MB of metadata and pandas.
"""

import difflib
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from simgen.errors import EngineError

Size = tuple[float, float, float]
INSTALL_CURE = "pip install procthor==0.0.1.dev2"


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset of the database. Local frame: origin at the box's centre, y up, +z to the front."""

    asset_id: str
    object_type: str
    size: Size
    """Metric box (x, y, z) of the closed state, metres."""
    open_size: Size | None
    """Metric box of the fully open state; None where there is no such state."""
    materials: tuple[tuple[str, str], ...]
    """(category, name) as in the material database."""
    primary_property: str
    properties: frozenset[str]
    """AI2-THOR's secondary properties, such as `Receptacle` or `CanOpen`."""
    split: str | None


@cache
def load_assets() -> Mapping[str, Asset]:
    """Every asset by its id. Raises EngineError when procthor is not installed."""
    database = _read_database("asset-database.json")
    assets = (_asset_of(row) for rows in database.values() for row in rows)
    return MappingProxyType({asset.asset_id: asset for asset in assets})


def find_asset(asset_id: str) -> Asset:
    """The asset of this id. Raises EngineError that names the nearest id when there is none."""
    assets = load_assets()
    if asset_id in assets:
        return assets[asset_id]
    near = difflib.get_close_matches(asset_id, assets, n=1, cutoff=0.0)
    raise EngineError(f"asset {asset_id!r} is not in procthor's database; the nearest is {near[0]!r}")


def _read_database(name: str) -> dict[str, Any]:
    path = _package_folder() / "databases" / name
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError(f"{path} cannot be read ({error}); install it again: {INSTALL_CURE}") from error


def _package_folder() -> Path:
    spec = importlib.util.find_spec("procthor")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise EngineError(f"the asset database comes with procthor, which is not installed: {INSTALL_CURE}")
    return Path(folders[0])


def _asset_of(row: Mapping[str, Any]) -> Asset:
    # The 20 door frames have only an id, a type, a box and a split.
    opened = (row.get("states") or {}).get("open", {}).get("boundingBox")
    return Asset(
        asset_id=row["assetId"],
        object_type=row["objectType"],
        size=_size_of(row["boundingBox"]),
        open_size=_size_of(opened) if opened else None,
        materials=tuple((category, name) for category, name in row.get("materials") or ()),
        primary_property=row.get("primaryProperty") or "Static",
        properties=frozenset(row.get("secondaryProperties") or ()),
        split=row["split"],
    )


def _size_of(box: Mapping[str, float]) -> Size:
    return (box["x"], box["y"], box["z"])
