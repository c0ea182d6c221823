"""A two-room house small enough to work out by hand.

z
4 ┌────────┬────────┐
  │ room|2 D room|3 │     D: an open door in the middle of the wall x = 4, from z = 1.5 to 2.5
0 └────────┴────────┘
  0        4        8  x
"""

from typing import Any

DOOR_ASSET = "Doorway_1"


def two_room_house(objects: list[dict[str, Any]] | None = None, door_openness: float = 1.0) -> dict[str, Any]:
    """ProcTHOR JSON of the house above: a kitchen and a living room, 3 m high."""
    return {
        "rooms": [_room(2, "Kitchen", 0.0, 4.0), _room(3, "LivingRoom", 4.0, 8.0)],
        "walls": [*_walls(2, 0.0, 4.0), *_walls(3, 4.0, 8.0)],
        "doors": [_door(door_openness)],
        "windows": [],
        "objects": objects or [],
        "proceduralParameters": {"ceilingMaterial": "PureWhite", "lights": [_light(2.0), _light(6.0)]},
        "metadata": {
            "agent": {
                "position": {"x": 2.0, "y": 0.95, "z": 2.0},
                "rotation": {"x": 0, "y": 90, "z": 0},
                "horizon": 0,
                "standing": True,
            },
            "simgen": {"house": 0, "seed": 0, "split": "train"},
        },
    }


def house_object(
    object_id: str, asset_id: str, x: float, y: float, z: float, yaw: float = 0.0
) -> dict[str, Any]:
    """One asset whose box is centred at (x, y, z)."""
    return {
        "id": object_id,
        "assetId": asset_id,
        "position": {"x": x, "y": y, "z": z},
        "rotation": {"x": 0, "y": yaw, "z": 0},
        "kinematic": True,
    }


def _room(number: int, kind: str, x_min: float, x_max: float) -> dict[str, Any]:
    corners = [(x_min, 0.0), (x_min, 4.0), (x_max, 4.0), (x_max, 0.0)]
    return {
        "id": f"room|{number}",
        "roomType": kind,
        "floorMaterial": "DarkWoodSmooth",
        "floorPolygon": [{"x": x, "y": 0.0, "z": z} for x, z in corners],
    }


def _walls(number: int, x_min: float, x_max: float) -> list[dict[str, Any]]:
    corners = [(x_min, 0.0), (x_min, 4.0), (x_max, 4.0), (x_max, 0.0)]
    names = ["left", "far", "right", "near"]
    pairs = zip(names, corners, [*corners[1:], corners[0]], strict=True)
    return [_wall(number, name, start, end) for name, start, end in pairs]


def _wall(number: int, name: str, start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    ends = [(*start, 0.0), (*end, 0.0), (*start, 3.0), (*end, 3.0)]
    return {
        "id": f"wall|{number}|{name}",
        "roomId": f"room|{number}",
        "material": "PureWhite",
        "polygon": [{"x": x, "y": y, "z": z} for x, z, y in ends],
    }


def _door(openness: float) -> dict[str, Any]:
    # wall|2|right runs from z = 4 to z = 0, so 1.5 m along it is z = 2.5.
    return {
        "id": "door|2|3",
        "assetId": DOOR_ASSET,
        "room0": "room|2",
        "room1": "room|3",
        "wall0": "wall|2|right",
        "wall1": "wall|3|left",
        "boundingBox": {"min": {"x": 1.5, "y": 0.0, "z": 0.0}, "max": {"x": 2.5, "y": 2.1, "z": 0.0}},
        "openable": True,
        "openness": openness,
    }


def _light(x: float) -> dict[str, Any]:
    return {
        "id": f"light_{x}",
        "type": "point",
        "position": {"x": x, "y": 2.8, "z": 2.0},
        "intensity": 0.75,
        "rgb": {"r": 1.0, "g": 1.0, "b": 1.0},
    }
