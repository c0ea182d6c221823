"""What one source of houses returned, and the cache key of a stored house."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from simgen.engine import ENGINE_VERSION
from simgen.recipe import Recipe
from simgen.scenes.houses.schema import SCHEMA
from simgen.store.houses import House


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What one source of houses returned."""

    kept: dict[int, House]
    """Houses that were stored before, by index."""
    made: dict[int, House]
    """Houses that were made in this run, by index."""
    failed: tuple[str, ...]
    """One text for each house that could not be obtained: which one, and why."""
    lost: tuple[str, ...]
    """Reasons of rejected seeds, or of rejected houses of a file, that no house's metadata records."""


def compute_cache_key(recipe: Recipe, *content: Any) -> str:
    """Hash of everything that determines a house. With another recipe, file or engine it is made again."""
    parts = [SCHEMA, ENGINE_VERSION, recipe.houses.source, recipe.assets, *content]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_cache_key(house: House) -> str:
    """The cache key that a house was stored with; empty if it has none."""
    return str(house["metadata"]["simgen"].get("key", ""))
