"""AI2-THOR's house schema: upgrades older houses to 1.0.0, which AI2-THOR 5.0 reads.

Changes of 1.0.0, after procthor's own script `upgrade_house.py`:
- A material is `{"name": …, "color": …}`; before it was a name, with the colour in another field.
- A hole is a `holePolygon` with the `assetPosition` of its door or window; before it was a `boundingBox` with
  an `assetOffset`.
- An exterior wall belongs to no room.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from simgen.errors import EngineError, HouseError
from simgen.house.assets import find_asset
from simgen.store.houses import House

SCHEMA = "1.0.0"
LISTS = ("rooms", "walls", "doors", "windows", "objects")
TILING = (("TilingXDivisor", "tilingDivisorX"), ("TilingYDivisor", "tilingDivisorY"))
EXTERIOR = "exterior"


def upgrade_house(house: Any) -> House:
    """A copy of the house in schema 1.0.0; a house of that schema is returned unchanged.

    Raises HouseError, with the field, when a field cannot be upgraded, and when the schema is a newer one.
    """
    _require_parts(house)
    new: House = copy.deepcopy(dict(house))
    for place, wall in _items(new, "walls"):
        _upgrade_wall(place, wall)
    for place, room in _items(new, "rooms"):
        _upgrade_room(place, room)
    for kind in ("doors", "windows"):
        for place, hole in _items(new, kind):
            _upgrade_hole(place, hole)
    for place, item in _all_objects(new["objects"], "objects"):
        _upgrade_object(place, item)
    _upgrade_ceiling(new["proceduralParameters"])
    _upgrade_metadata(new["metadata"])
    return new


def _require_parts(house: Any) -> None:
    if not isinstance(house, Mapping):
        raise HouseError(f"{house!r:.40} is no house; give ProcTHOR's house JSON, with rooms and walls")
    parts: list[tuple[str, type]] = [(name, list) for name in LISTS]
    for name, kind in (*parts, ("proceduralParameters", dict), ("metadata", dict)):
        if not isinstance(house.get(name), kind):
            problem = "has the wrong kind" if name in house else "is missing"
            raise HouseError(f"{name} {problem}; give ProcTHOR's house JSON, of 2022 or later")
    schema = str(house["metadata"].get("schema", "0"))
    if not schema.startswith(("0", "1.0.")):
        raise HouseError(f"metadata.schema is {schema!r:.40}; this simgen reads schemas up to {SCHEMA}")


def _items(house: House, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of a list, each with its path for messages."""
    for index, item in enumerate(house[kind]):
        place = f"{kind}[{index}]"
        if not isinstance(item, dict):
            raise HouseError(f"{place} is {item!r:.40}; give an object of ProcTHOR's house JSON")
        yield place, item


def _all_objects(items: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(items, list):
        raise HouseError(f"{place} is {items!r:.40}; give a list of objects")
    for here, item in _items({place: items}, place):
        yield here, item
        if item.get("children"):
            yield from _all_objects(item["children"], f"{here}.children")


def _upgrade_wall(place: str, wall: dict[str, Any]) -> None:
    name = wall.pop("materialId", None) or wall.get("material", "PureWhite")
    wall["material"] = _material(f"{place}.material", name, wall.pop("materialProperties", None))
    _paint(wall["material"], wall.pop("color", None))
    if str(wall.get("id", "")).startswith(f"wall|{EXTERIOR}"):
        wall["roomId"] = EXTERIOR


def _upgrade_room(place: str, room: dict[str, Any]) -> None:
    if "floorMaterial" not in room:
        raise HouseError(f"{place}.floorMaterial is missing; give the name of a material")
    room["floorMaterial"] = _material(f"{place}.floorMaterial", room["floorMaterial"], None)
    _tile(room["floorMaterial"], room, "floorMaterial")
    for index, ceiling in enumerate(room.get("ceilings") or ()):
        if not isinstance(ceiling, dict) or "material" not in ceiling:
            raise HouseError(f"{place}.ceilings[{index}].material is missing; give the name of a material")
        where = f"{place}.ceilings[{index}].material"
        ceiling["material"] = _material(where, ceiling["material"], ceiling.pop("materialProperties", None))
        for key in ("tilingDivisorX", "tilingDivisorY"):
            if key in ceiling:
                ceiling["material"][key] = ceiling.pop(key)


def _upgrade_hole(place: str, hole: dict[str, Any]) -> None:
    if "holePolygon" in hole:
        return
    for key in ("boundingBox", "assetOffset", "assetId"):
        if key not in hole:
            raise HouseError(f"{place}.{key} is missing, and there is no holePolygon; give one of the two")
    try:
        size = find_asset(hole["assetId"]).size
        low, high = hole["boundingBox"]["min"], hole["boundingBox"]["max"]
        hole["holePolygon"] = [low, high]
        middle = {axis: low[axis] + hole["assetOffset"][axis] + size[i] / 2 for i, axis in enumerate("xy")}
    except (LookupError, TypeError) as error:
        raise HouseError(f"{place}.boundingBox: {type(error).__name__} {error}; give min and max") from None
    except EngineError as error:
        raise HouseError(f"{place}.assetId: {error}") from None
    hole["assetPosition"] = {**middle, "z": 0}
    del hole["boundingBox"], hole["assetOffset"]


def _upgrade_object(place: str, item: dict[str, Any]) -> None:
    color, properties = item.pop("color", None), item.pop("materialProperties", None)
    if color is not None or properties is not None:
        item["material"] = _material(f"{place}.material", item.get("material") or {}, properties)
        _paint(item["material"], color)


def _upgrade_ceiling(parameters: dict[str, Any]) -> None:
    place, name = "proceduralParameters.ceilingMaterial", parameters.get("ceilingMaterial", "PureWhite")
    parameters["ceilingMaterial"] = _material(place, name, None)
    _paint(parameters["ceilingMaterial"], parameters.pop("ceilingColor", None))
    _tile(parameters["ceilingMaterial"], parameters, "ceilingMaterial")


def _upgrade_metadata(metadata: dict[str, Any]) -> None:
    metadata["schema"] = SCHEMA
    poses = metadata.get("agentPoses")
    if "agent" not in metadata and isinstance(poses, dict) and "default" in poses:
        metadata["agent"] = poses["default"]


def _material(place: str, value: Any, properties: Any) -> dict[str, Any]:
    """A material of schema 1.0.0, from a name or from a material of that schema."""
    if not isinstance(value, str | dict) or not isinstance(properties, dict | None):
        raise HouseError(f"{place} is {value!r:.40}; give the name of a material")
    return {**({"name": value} if isinstance(value, str) else value), **(properties or {})}


def _paint(material: dict[str, Any], color: Any) -> None:
    if color is not None:
        material["color"] = color


def _tile(material: dict[str, Any], source: dict[str, Any], prefix: str) -> None:
    for old, new in TILING:
        if f"{prefix}{old}" in source:
            material[new] = source.pop(f"{prefix}{old}")
