"""AI2-THOR's metadata: what its client's schema asks for, with values that mean something here.

What this engine does not simulate (temperature, liquids, breaking) has AI2-THOR's value for a thing that
is intact, clean, dry and at room temperature.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simgen.engine.house import House
from simgen.engine.scene import Body
from simgen.types import AgentPose, Array

STRUCTURE = ("Floor", "Wall")
"""Types that are built in; the agent cannot reach for them."""
VISIBILITY_DISTANCE = 1.5
"""AI2-THOR's default for what counts as within the agent's reach, metres."""


@dataclass(frozen=True, slots=True)
class ColorTable:
    """AI2-THOR's colour of every instance id, as bytes and by name."""

    rgba: np.ndarray[Any, np.dtype[np.uint8]]
    """(C + 1, 4) colour of each chunk's id; 0 is what no surface covers."""
    entries: tuple[dict[str, Any], ...]


def color_table(names: Iterable[str]) -> ColorTable:
    """Colours by object name alone, so that a thing keeps its colour from scene to scene."""
    taken = {(0, 0, 0)}
    colors = [_free_color(name, taken) for name in names]
    rgba = np.full((len(colors) + 1, 4), 255, dtype=np.uint8)
    rgba[0, :3] = 0
    for index, (_, color) in enumerate(colors):
        rgba[index + 1, :3] = color
    return ColorTable(rgba, tuple({"name": name, "color": list(color)} for name, color in colors))


def _free_color(name: str, taken: set[tuple[int, int, int]]) -> tuple[str, tuple[int, int, int]]:
    salt = 0
    while True:
        digest = hashlib.sha256(f"{name}#{salt}".encode()).digest()
        color = (digest[0], digest[1], digest[2])
        if color not in taken:
            taken.add(color)
            return name, color
        salt += 1


def vector(values: Iterable[float]) -> dict[str, float]:
    """A triple as AI2-THOR writes it."""
    x, y, z = (float(value) for value in values)
    return {"x": x, "y": y, "z": z}


def object_metadata(body: Body, children: list[str]) -> dict[str, Any]:
    """One object's metadata but for what depends on where the agent is (see `seen_from`)."""
    properties, corner_points = body.asset.properties, body.corners
    low, high = corner_points.min(axis=0), corner_points.max(axis=0)
    return {
        **_INTACT,
        "name": body.id,
        "objectId": body.id,
        "objectType": body.asset.object_type,
        "assetId": body.asset.asset_id,
        "position": vector(body.box.center),
        "rotation": vector(angle % 360.0 for angle in body.rotation_deg),
        "receptacle": "Receptacle" in properties,
        "receptacleObjectIds": children,
        "parentReceptacles": [body.parent_id] if body.parent_id else [],
        "pickupable": body.asset.primary_property == "CanPickup",
        "moveable": body.asset.primary_property == "Moveable",
        "salientMaterials": sorted({category for category, _ in body.asset.materials}),
        "openable": body.openable,
        "isOpen": body.openness > 0.0,
        "openness": body.openness,
        "toggleable": "CanToggleOnOff" in properties,
        "breakable": "CanBreak" in properties,
        "sliceable": "CanBeSliced" in properties,
        "cookable": "CanBeCooked" in properties,
        "dirtyable": "CanBeDirty" in properties,
        "canFillWithLiquid": "CanBeFilled" in properties,
        "canBeUsedUp": "CanBeUsedUp" in properties,
        "isHeatSource": "isHeatSource" in properties,
        "isColdSource": "isColdSource" in properties,
        "axisAlignedBoundingBox": _aligned_box(low, high),
        "objectOrientedBoundingBox": {"cornerPoints": corner_points.tolist()},
    }


def seen_from(entry: Mapping[str, Any], eye: tuple[float, float, float], reach: float) -> dict[str, Any]:
    """An entry with its distance from the agent; AI2-THOR calls `visible` what is within its reach."""
    place = entry["position"]
    distance = math.dist((place["x"], place["y"], place["z"]), eye)
    return {
        **entry,
        "distance": distance,
        "visible": entry["objectType"] not in STRUCTURE and distance <= reach,
    }


def structure_metadata(house: House | None) -> Iterator[dict[str, Any]]:
    """Metadata of what is built in: floors (`room|…`) and walls, as AI2-THOR lists them."""
    for room in house.rooms if house else ():
        outline = np.asarray(room.polygon.exterior.coords)
        points = np.insert(outline, 1, 0.0, axis=1)
        yield _structure(room.id, "Floor", points)
    for wall in house.walls if house else ():
        ends = np.array([[*wall.start], [*wall.end]])
        points = np.concatenate([np.insert(ends, 1, y, axis=1) for y in (wall.y_min, wall.y_max)])
        yield _structure(wall.id, "Wall", points)


def agent_metadata(pose: AgentPose, standing: bool) -> dict[str, Any]:
    """The `agent` entry."""
    return {
        "name": "agent",
        "position": vector((pose.x, pose.y, pose.z)),
        "rotation": vector((0.0, pose.yaw_deg, 0.0)),
        "cameraHorizon": pose.horizon_deg,
        "isStanding": standing,
        "inHighFrictionArea": False,
    }


def scene_bounds(points: Array) -> dict[str, Any]:
    """The `sceneBounds` entry of all corner points (N, 3) in the scene."""
    return _aligned_box(points.min(axis=0), points.max(axis=0))


def _structure(object_id: str, kind: str, points: Array) -> dict[str, Any]:
    low, high = points.min(axis=0), points.max(axis=0)
    return {
        **_INTACT,
        "name": object_id,
        "objectId": object_id,
        "objectType": kind,
        "assetId": "",
        "position": vector((low + high) / 2.0),
        "rotation": vector((0.0, 0.0, 0.0)),
        "receptacle": kind == "Floor",
        "axisAlignedBoundingBox": _aligned_box(low, high),
        "objectOrientedBoundingBox": None,
    }


def _aligned_box(low: Array, high: Array) -> dict[str, Any]:
    corner_points = [
        [x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])
    ]
    return {
        "center": vector((low + high) / 2.0),
        "size": vector(high - low),
        "cornerPoints": [[float(value) for value in point] for point in corner_points],
    }


_INTACT: Mapping[str, Any] = {
    "distance": 0.0,
    "visible": False,
    "obstructed": False,
    "receptacle": False,
    "receptacleObjectIds": [],
    "parentReceptacles": [],
    "pickupable": False,
    "moveable": False,
    "mass": 0.0,
    "salientMaterials": [],
    "openable": False,
    "isOpen": False,
    "openness": 0.0,
    "toggleable": False,
    "isToggled": False,
    "breakable": False,
    "isBroken": False,
    "sliceable": False,
    "isSliced": False,
    "cookable": False,
    "isCooked": False,
    "dirtyable": False,
    "isDirty": False,
    "canFillWithLiquid": False,
    "fillLiquid": None,
    "isFilledWithLiquid": False,
    "canBeUsedUp": False,
    "isUsedUp": False,
    "isPickedUp": False,
    "isMoving": False,
    "isHeatSource": False,
    "isColdSource": False,
    "temperature": "RoomTemp",
    "ObjectTemperature": "RoomTemp",
    "controlledObjects": None,
}
