"""ProcTHOR's house JSON as frozen dataclasses in the world frame.

ProcTHOR places a door or window along its `wall0`: the bounding box's x counts metres from the wall's first
floor corner towards its second. Walls have no thickness; each side is a wall of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from simgen.errors import EngineError
from simgen.geometry.frames import euler_rotation
from simgen.types import Array

EXTERIOR_PREFIX = "wall|exterior"
MAX_ROOMS = 32
"""Limit of rooms: the shader has this many lights. ProcTHOR's largest house has 10 rooms."""


@dataclass(frozen=True, slots=True, eq=False)
class Wall:
    """One side of a wall, seen from its room."""

    id: str
    room_id: str
    start: Array
    """(2,) first floor corner as (x, z)."""
    end: Array
    """(2,) second floor corner."""
    y_min: float
    y_max: float
    material: str
    color: tuple[float, float, float] | None
    """sRGB of a painted wall; None when the material gives the colour."""
    empty: bool
    """No wall is there: the side is open to another room."""

    @property
    def exterior(self) -> bool:
        return self.id.startswith(EXTERIOR_PREFIX)

    @property
    def length(self) -> float:
        return float(np.linalg.norm(self.end - self.start))

    @property
    def direction(self) -> Array:
        """(2,) unit vector from start to end."""
        return (self.end - self.start) / self.length


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """A hole in a wall with the door or window in it."""

    id: str
    asset_id: str
    wall_ids: tuple[str, str]
    room_ids: tuple[str, str]
    """Two equal ids mean that it leads outside."""
    start: Array
    """(2,) world (x, z) of the hole's end that is nearer to the first corner of its wall."""
    end: Array
    """(2,) world (x, z) of its other end."""
    y_min: float
    y_max: float
    openness: float
    openable: bool
    is_window: bool

    @property
    def outside(self) -> bool:
        return self.room_ids[0] == self.room_ids[1]


@dataclass(frozen=True, slots=True, eq=False)
class HouseRoom:
    """One room's floor."""

    id: str
    type: str
    polygon: shapely.Polygon
    """Floor as (x, z), metres."""
    floor_material: str


@dataclass(frozen=True, slots=True, eq=False)
class HouseObject:
    """One asset with its pose: `position` is the centre of its bounding box."""

    id: str
    asset_id: str
    position: Array
    rotation_deg: tuple[float, float, float]
    """Unity's Euler angles x, y, z."""
    openness: float
    kinematic: bool
    is_on: bool | None
    """None when the house does not specify it."""
    parent_id: str


@dataclass(frozen=True, slots=True, eq=False)
class RoomLight:
    """A point light under the ceiling."""

    position: Array
    """(3,) world, metres."""
    rgb: tuple[float, float, float]
    intensity: float


@dataclass(frozen=True, slots=True, eq=False)
class Sun:
    """The light from outside."""

    direction: Array
    """(3,) unit vector along which the light travels, world."""
    rgb: tuple[float, float, float]
    """Colour times ProcTHOR's intensity."""


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """A parsed house, in the world frame."""

    rooms: tuple[HouseRoom, ...]
    walls: tuple[Wall, ...]
    openings: tuple[Opening, ...]
    objects: tuple[HouseObject, ...]
    lights: tuple[RoomLight, ...]
    sun: Sun
    ceiling_material: str
    ceiling_color: tuple[float, float, float] | None

    @property
    def ceiling_y(self) -> float:
        return max(wall.y_max for wall in self.walls)


DEFAULT_SUN = np.array([-0.05, -0.69, 0.72])
"""Direction of ProcTHOR's default sunlight, for a house without a sky."""


def parse_house(data: Mapping[str, Any]) -> House:
    """A house from ProcTHOR's JSON. Raises EngineError that names what is missing or malformed."""
    try:
        return _parse(data)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise EngineError(f"house: {type(error).__name__} {error}; expected ProcTHOR's house JSON") from error


def _parse(data: Mapping[str, Any]) -> House:
    rooms = tuple(_room(room) for room in data["rooms"])
    walls = {wall["id"]: _wall(wall, rooms) for wall in data["walls"]}
    openings = [
        *(_opening(item, walls, is_window=False) for item in data["doors"]),
        *(_opening(item, walls, is_window=True) for item in data["windows"]),
    ]
    parameters = data["proceduralParameters"]
    return House(
        rooms=rooms,
        walls=tuple(walls.values()),
        openings=tuple(openings),
        objects=tuple(_objects(data["objects"], parent_id="")),
        lights=tuple(_light(light) for light in parameters["lights"] if light["type"] == "point"),
        sun=_sun([light for light in parameters["lights"] if light["type"] == "directional"]),
        ceiling_material=_material(parameters.get("ceilingMaterial", "PureWhite")),
        ceiling_color=_material_color(parameters.get("ceilingMaterial"), parameters.get("ceilingColor")),
    )


def _wall(data: Mapping[str, Any], rooms: Sequence[HouseRoom]) -> Wall:
    heights = [point["y"] for point in data["polygon"]]
    y_min, y_max = min(heights), max(heights)
    # Exterior walls list their upper corners first, so the floor corners are found by height.
    floor = [point for point in data["polygon"] if point["y"] == y_min]
    return Wall(
        id=data["id"],
        room_id=_room_behind(data, rooms),
        start=_xz(floor[0]),
        end=_xz(floor[1]),
        y_min=float(y_min),
        y_max=float(y_max),
        material=_material(data.get("material", "PureWhite")),
        color=_material_color(data.get("material"), data.get("color")),
        empty=bool(data.get("empty", False)),
    )


def _room_behind(data: Mapping[str, Any], rooms: Sequence[HouseRoom]) -> str:
    """The id of a wall's room. In schema 1.0.0 exterior walls name no room; then it is the nearest."""
    if data["roomId"] != "exterior":
        return data["roomId"]
    middle = shapely.MultiPoint([_xz(point) for point in data["polygon"]]).centroid
    return min(rooms, key=lambda room: room.polygon.distance(middle)).id


def _opening(data: Mapping[str, Any], walls: Mapping[str, Wall], is_window: bool) -> Opening:
    wall = walls[data["wall0"]]
    low, high = _hole(data)
    return Opening(
        id=data["id"],
        asset_id=data["assetId"],
        wall_ids=(data["wall0"], data["wall1"]),
        room_ids=(data["room0"], data["room1"]),
        start=wall.start + wall.direction * low["x"],
        end=wall.start + wall.direction * high["x"],
        y_min=wall.y_min + low["y"],
        y_max=wall.y_min + high["y"],
        openness=float(data.get("openness", 0.0)),
        openable=bool(data.get("openable", False)),
        is_window=is_window,
    )


def _hole(data: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, float]]:
    """Lowest and highest corner of a hole, x along its wall and y up."""
    if "holePolygon" not in data:  # AI2-THOR's houses before schema 1.0.0, and those that procthor samples
        return data["boundingBox"]["min"], data["boundingBox"]["max"]
    points = data["holePolygon"]
    low, high = ({axis: end(point[axis] for point in points) for axis in "xy"} for end in (min, max))
    return low, high


def _room(data: Mapping[str, Any]) -> HouseRoom:
    return HouseRoom(
        id=data["id"],
        type=data["roomType"],
        polygon=shapely.Polygon([_xz(point) for point in data["floorPolygon"]]),
        floor_material=_material(data["floorMaterial"]),
    )


def _objects(items: Sequence[Mapping[str, Any]], parent_id: str) -> Iterator[HouseObject]:
    for item in items:
        rotation = item.get("rotation") or {}
        yield HouseObject(
            id=item["id"],
            asset_id=item["assetId"],
            position=np.array([item["position"][axis] for axis in "xyz"], dtype=np.float64),
            rotation_deg=(rotation.get("x", 0.0), rotation.get("y", 0.0), rotation.get("z", 0.0)),
            openness=float(item.get("openness") or 0.0),
            kinematic=bool(item.get("kinematic", False)),
            is_on=item.get("isOn"),
            parent_id=parent_id,
        )
        yield from _objects(item.get("children") or (), parent_id=item["id"])


def _light(data: Mapping[str, Any]) -> RoomLight:
    return RoomLight(
        position=np.array([data["position"][axis] for axis in "xyz"], dtype=np.float64),
        rgb=_rgb(data["rgb"]),
        intensity=float(data["intensity"]),
    )


def _sun(lights: list[Mapping[str, Any]]) -> Sun:
    """The directional light; without one, the sun of ProcTHOR's unlit sky."""
    if not lights:
        return Sun(DEFAULT_SUN, (0.35, 0.35, 0.35))
    rotation, (red, green, blue) = lights[0]["rotation"], _rgb(lights[0]["rgb"])
    intensity = float(lights[0]["intensity"])
    # Unity's lights shine along their own z axis.
    direction = euler_rotation(rotation["x"], rotation["y"], rotation["z"]) @ np.array([0.0, 0.0, 1.0])
    return Sun(direction, (intensity * red, intensity * green, intensity * blue))


def _xz(point: Mapping[str, float]) -> Array:
    return np.array([point["x"], point["z"]], dtype=np.float64)


def _material(value: str | Mapping[str, Any]) -> str:
    # ProcTHOR-10K's newer schema wraps the name: {"name": "PureWhite"}.
    name = value if isinstance(value, str) else value["name"]
    if not isinstance(name, str):
        raise TypeError(f"material {name!r} is not a name")
    return name


def _material_color(material: Any, color: Any) -> tuple[float, float, float] | None:
    """The paint's colour: inside the material in schema 1.0.0, beside it in older schemas."""
    return _color(material["color"] if isinstance(material, Mapping) and "color" in material else color)


def _color(value: Mapping[str, float] | None) -> tuple[float, float, float] | None:
    return None if value is None else _rgb(value)


def _rgb(value: Mapping[str, float]) -> tuple[float, float, float]:
    red, green, blue = (float(value[channel]) for channel in "rgb")
    if not all(0.0 <= channel <= 1.0 for channel in (red, green, blue)):
        raise ValueError(f"{value!r:.80} is not a colour: r, g and b are 0 to 1")
    return red, green, blue
