"""The two-room house in AI2-THOR's current schema, and variants of it."""

import copy
import math
from typing import Any

from tests.engine.house_fixture import two_room_house

HouseJson = dict[str, Any]


def valid_house(objects: list[HouseJson] | None = None, moved_by: float = 0.0) -> HouseJson:
    """A house that breaks no rule, in schema 1.0.0; with `moved_by` metres along x it is another one."""
    house = two_room_house(objects)
    for door in house["doors"]:
        box = door.pop("boundingBox")
        door["holePolygon"] = [box["min"], box["max"]]
        door["assetPosition"] = {"x": 2.0, "y": 1.05, "z": 0.0}
    house["metadata"]["schema"] = "1.0.0"
    del house["metadata"]["simgen"]
    return moved(house, moved_by, 0.0, 0.0)


def moved(house: HouseJson, dx: float, dz: float, yaw_deg: float) -> HouseJson:
    """The same house turned clockwise about the origin, then shifted."""
    new = copy.deepcopy(house)
    lights = new["proceduralParameters"]["lights"]
    poses = [new["metadata"]["agent"], *new["objects"]]
    points = [point for room in new["rooms"] for point in room["floorPolygon"]]
    points += [point for wall in new["walls"] for point in wall["polygon"]]
    points += [item["position"] for item in (*poses, *lights)]
    cos, sin = math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg))
    for point in points:
        x, z = point["x"], point["z"]
        point["x"], point["z"] = dx + cos * x + sin * z, dz - sin * x + cos * z
    for pose in poses:
        pose["rotation"]["y"] += yaw_deg
    return new
