"""What a source of houses gave, and by what a kept house is known again."""

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
    """What one source gave."""

    kept: dict[int, House]
    """By index, those that were there before."""
    made: dict[int, House]
    failed: tuple[str, ...]
    """Houses that could not be had, each with its reason."""
    lost: tuple[str, ...]
    """The reason for each seed, or house of a file, that gave nothing and is in no kept house's record."""


def compute_cache_key(recipe: Recipe, *content: Any) -> str:
    """Hash of all that decides a house: with another recipe, file or engine it is made anew."""
    parts = [SCHEMA, ENGINE_VERSION, recipe.houses.source, recipe.assets, *content]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_cache_key(house: House) -> str:
    """The key that a kept house was stored with."""
    return str(house["metadata"]["simgen"].get("key", ""))
