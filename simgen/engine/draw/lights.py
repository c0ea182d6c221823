"""The lights of a house: a ceiling lamp in each room, and sunlight through the windows."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse.csgraph import connected_components

from simgen.engine.world.portals import missing_walls
from simgen.engine.world.scene import Body, Scene
from simgen.house.parse import House, HouseRoom, Opening
from simgen.types import Array

LAMP_STRENGTH = 2.5
"""Factor from ProcTHOR's lamp intensities to the shader's."""
SUN_STRENGTH = 2.5
"""Factor from the sun's colour to the shader's intensity. The sun is brighter than a lamp."""
DEFAULT_INTENSITY = 0.75
"""Intensity of a room's lamp in ProcTHOR."""
WARM_WHITE = (1.0, 0.855, 0.722)
"""Colour of a room's lamp in ProcTHOR."""
LAMP_BELOW_CEILING = 0.2
"""Distance between a lamp and the ceiling in ProcTHOR, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class CeilingLamp:
    """A point light in a room."""

    position: Array
    """(3,) world."""
    rgb: tuple[float, float, float]
    """Linear colour times strength: the irradiance at distance 0 (the falloff is in light.glsl)."""


@dataclass(frozen=True, slots=True, eq=False)
class HouseLights:
    """All lights of a house."""

    lamps: tuple[CeilingLamp, ...]
    lamps_of_room: tuple[tuple[int, ...], ...]
    """For each room, in the house's order: the lamps that light it. Rooms without a wall between them share
    their lamps."""
    own_lamp: tuple[int, ...]
    """For each room, in the house's order: the lamp that hangs in it."""
    rooms_of_lamp: tuple[tuple[int, ...], ...]
    """For each lamp: the rooms that it lights."""
    sun_direction: Array
    """(3,) unit vector in which sunlight travels, world."""
    sun_rgb: tuple[float, float, float]
    sunny: tuple[bool, ...]
    """For each room: whether the room, or a room without a wall between, has a window that faces the sun."""


def scene_lights(scene: Scene) -> HouseLights | None:
    """The lights of a scene with the current state of its light switches; None without a house."""
    if scene.house is None:
        return None
    dark = {body.room_ids[0] for body in scene.bodies.values() if _is_switch_off(body) and body.room_ids}
    return house_lights(scene.house, dark)


def _is_switch_off(body: Body) -> bool:
    return body.asset.object_type == "LightSwitch" and not body.is_on


def house_lights(house: House, dark_rooms: Collection[str] = ()) -> HouseLights:
    """The lights that ProcTHOR gave a house. Lamps in `dark_rooms` (room ids) are off."""
    groups = _open_plans(house)
    order = [index for group in groups for index in group]
    lamps = tuple(
        _lamp(house, house.rooms[index], house.rooms[index].id not in dark_rooms) for index in order
    )
    group_of = {index: group for group in groups for index in group}
    return HouseLights(
        lamps=lamps,
        lamps_of_room=tuple(
            tuple(order.index(other) for other in group_of[index]) for index in range(len(house.rooms))
        ),
        own_lamp=tuple(order.index(index) for index in range(len(house.rooms))),
        rooms_of_lamp=tuple(tuple(group_of[index]) for index in order),
        sun_direction=house.sun.direction,
        sun_rgb=_scale_rgb(house.sun.rgb, SUN_STRENGTH),
        sunny=tuple(
            any(_faces_sun(house, house.rooms[other]) for other in group_of[index])
            for index in range(len(house.rooms))
        ),
    )


def _faces_sun(house: House, room: HouseRoom) -> bool:
    """Whether one of the room's windows faces the sun."""
    return any(
        opening.is_window
        and room.id in opening.room_ids
        and _outward(opening) @ house.sun.direction[[0, 2]] < 0
        for opening in house.openings
    )


def _outward(window: Opening) -> Array:
    """(2,) outward direction (x, z) of a window. Its room is on the right of its wall's direction."""
    along = window.end - window.start
    return np.array([-along[1], along[0]])


def _open_plans(house: House) -> list[list[int]]:
    """Indices of the rooms in groups. Rooms without a wall between them are in the same group."""
    index = {room.id: position for position, room in enumerate(house.rooms)}
    joined = np.zeros((len(index), len(index)))
    for gap in missing_walls(house):
        first, second = gap.rooms
        joined[index[first], index[second]] = 1.0
    count, group_of = connected_components(joined, directed=False)
    return [np.flatnonzero(group_of == group).tolist() for group in range(count)]


def _lamp(house: House, room: HouseRoom, is_on: bool) -> CeilingLamp:
    for light in house.lights:
        if room.polygon.covers(shapely.Point(light.position[0], light.position[2])):
            return CeilingLamp(
                np.array(light.position), _scale_rgb(light.rgb, is_on * LAMP_STRENGTH * light.intensity)
            )
    # ProcTHOR puts the lamp at the room's centroid, which may be outside an L-shaped room.
    inside = room.polygon.representative_point()
    position = np.array([inside.x, house.ceiling_y - LAMP_BELOW_CEILING, inside.y])
    rgb = house.lights[0].rgb if house.lights else WARM_WHITE
    return CeilingLamp(position, _scale_rgb(rgb, is_on * LAMP_STRENGTH * DEFAULT_INTENSITY))


def _scale_rgb(rgb: tuple[float, float, float], factor: float) -> tuple[float, float, float]:
    red, green, blue = (factor * channel for channel in rgb)
    return (red, green, blue)
