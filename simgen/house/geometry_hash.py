"""A hash of a house's geometry, to find the same house under other names, ids, materials or metadata."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_DECIMALS = 3
"""Coordinates are compared to the millimetre: houses that differ by less look the same."""


def hash_geometry(house: Mapping[str, Any]) -> str:
    """Hex SHA-256 of the rooms, walls and objects in a house's JSON; of its name for a scene of AI2-THOR.

    A room counts by the corners of its floor, a wall by its corners and an object by the centre of its
    bounding box, whatever their order. All other values are ignored. The hash does not depend on the engine.
    """
    # The JSON of a scene holds only its name; AI2-THOR knows the rest.
    parts = {"scene": house["scene"]} if "scene" in house else _find_parts(house)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _find_parts(house: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rooms": sorted(_corners(room["floorPolygon"]) for room in house.get("rooms", ())),
        "walls": sorted(_corners(wall["polygon"]) for wall in house.get("walls", ())),
        "objects": _corners(item["position"] for item in _walk(house.get("objects", ()))),
    }


def _walk(items: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The objects, and all that stand on them."""
    for item in items:
        yield item
        yield from _walk(item.get("children") or ())


def _corners(points: Iterable[Mapping[str, float]]) -> list[tuple[float, ...]]:
    # + 0.0 makes 0.0 of -0.0, which JSON would write differently.
    return sorted(tuple(round(float(p.get(axis, 0.0)), _DECIMALS) + 0.0 for axis in "xyz") for p in points)
