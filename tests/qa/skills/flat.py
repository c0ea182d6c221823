"""A flat of two rooms with a door between them, furnished by hand, for questions about rooms and walks."""

from dataclasses import replace
from typing import Any

import numpy as np

from simgen.geometry.boxes import aabb, corners, footprint
from simgen.geometry.frames import camera_pose, euler_rotation
from simgen.store.clips import Clip, Visibility
from simgen.types import Array, OrientedBox, Room, SceneObject
from tests.qa.scenes import moved
from tests.qa.skills.invariance import mirrored

Thing = tuple[str, float, float, float, float]
"""Type, world x and z of the centre, and the sizes along both."""

KITCHEN = np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 5.0], [0.0, 5.0]])
BEDROOM = np.array([[5.0, 0.0], [9.0, 0.0], [9.0, 4.0], [5.0, 4.0]])
FURNITURE: tuple[Thing, ...] = (
    ("Fridge", 0.5, 4.6, 0.8, 0.7),
    ("GarbageCan", 4.6, 0.5, 0.4, 0.4),
    ("Vase", 1.2, 0.5, 0.3, 0.3),
    ("Bed", 8.0, 1.0, 2.0, 1.6),
    ("Chair", 5.6, 3.6, 0.5, 0.5),
    ("HousePlant", 8.6, 3.6, 0.4, 0.4),
)
POSES = (
    # x, z, yaw: two looks into the kitchen, four into the bedroom
    *((2.5, 0.3, 0.0), (2.5, 4.7, 180.0)),
    *((5.2, 2.0, 90.0), (8.8, 2.0, 270.0), (5.2, 0.3, 45.0), (8.8, 3.8, 225.0)),
)


def flat(
    kitchen: Clip,
    things: tuple[Thing, ...] = FURNITURE,
    door: dict[str, Any] | None = None,
    open_side: bool = False,
) -> Clip:
    """The flat. The door in the wall at x = 5 extends from z = 2 to 3 and is open; `door` changes it."""
    objects = tuple(_thing(f"{number}", *thing) for number, thing in enumerate(things))
    poses = np.stack([camera_pose(np.array([x, 1.576, z]), yaw, 10.0) for x, z, yaw in POSES])
    pixels = np.full((len(POSES), len(objects)), 400, dtype=np.uint32)
    width, height = kitchen.size_px
    boxes = np.tile(np.array([0, 0, width, height], dtype=np.uint16), (*pixels.shape, 1))
    return replace(
        kitchen,
        house=house(door or {}, open_side),
        objects=objects,
        rooms=(Room("room|1", "Kitchen", KITCHEN), Room("room|2", "Bedroom", BEDROOM)),
        world_from_camera=poses,
        visibility=Visibility(pixels, pixels + 40, boxes),
    )


def house(door: dict[str, Any], open_side: bool) -> dict[str, Any]:
    """The house of the flat in ProcTHOR's format, reduced to what rooms and walks need."""
    walls = [*_walls("room|1", KITCHEN, open_side), *_walls("room|2", BEDROOM, open_side)]
    hole = {
        "id": "door|1|2",
        "assetId": "Doorway_1",
        "wall0": "room|1|1",
        "wall1": "room|2|3",
        "room0": "room|1",
        "room1": "room|2",
        "holePolygon": [{"x": 2.0, "y": 0.0, "z": 0.0}, {"x": 3.0, "y": 2.1, "z": 0.0}],
        "openable": True,
        "openness": 1.0,
    }
    return {
        "rooms": [_room("room|1", "Kitchen", KITCHEN), _room("room|2", "Bedroom", BEDROOM)],
        "walls": walls,
        "doors": [] if open_side else [hole | door],
        "windows": [],
        "objects": [],
        "proceduralParameters": {"lights": []},
    }


def _thing(number: str, kind: str, x: float, z: float, width: float, depth: float) -> SceneObject:
    box = OrientedBox(
        np.array([x, 0.5, z]), np.array([width, 1.0, depth]) / 2.0, euler_rotation(0.0, 0.0, 0.0)
    )
    points = corners(box)
    room = "room|1" if x < 5.0 else "room|2"
    return SceneObject(f"{kind}|{number}", kind, kind, room, "", box, aabb(points), footprint(points))


def _room(name: str, kind: str, floor: Array) -> dict[str, Any]:
    corner = [{"x": x, "y": 0.0, "z": z} for x, z in floor.tolist()]
    return {"id": name, "roomType": kind, "floorPolygon": corner, "floorMaterial": "Wood"}


def _walls(room: str, floor: Array, open_side: bool) -> list[dict[str, Any]]:
    """A wall along every edge; with an open side, there is no wall along x = 5 up to z = 4."""
    found = []
    for index, (start, end) in enumerate(zip(floor, np.roll(floor, -1, axis=0), strict=True)):
        empty = open_side and start[0] == end[0] == 5.0
        found.append(_wall(f"{room}|{index}", room, start, end, empty))
    return found


def _wall(name: str, room: str, start: Array, end: Array, empty: bool) -> dict[str, Any]:
    polygon = [{"x": float(x), "y": y, "z": float(z)} for y in (0.0, 3.0) for x, z in (start, end)]
    return {"id": name, "roomId": room, "polygon": polygon, "material": "Plaster", "empty": empty}


def moved_flat(clip: Clip, yaw_deg: float, shift_x: float, shift_z: float) -> Clip:
    """The clip, including the house's walls, turned about the vertical axis and shifted."""
    turn = euler_rotation(0.0, yaw_deg, 0.0)[np.ix_([0, 2], [0, 2])]
    other = moved(clip, yaw_deg, shift_x, shift_z)
    return replace(other, house=_with_walls(clip.house, turn, np.array([shift_x, shift_z])))


def mirrored_flat(clip: Clip) -> Clip:
    """The clip, including the house's walls, mirrored left to right."""
    return replace(mirrored(clip), house=_with_walls(clip.house, np.diag([-1.0, 1.0]), np.zeros(2)))


def _with_walls(plan: dict[str, Any], matrix: Array, shift: Array) -> dict[str, Any]:
    walls = [wall | {"polygon": [_put(p, matrix, shift) for p in wall["polygon"]]} for wall in plan["walls"]]
    return plan | {"walls": walls}


def _put(point: dict[str, float], matrix: Array, shift: Array) -> dict[str, float]:
    x, z = matrix @ [point["x"], point["z"]] + shift
    return {"x": float(x), "y": point["y"], "z": float(z)}
