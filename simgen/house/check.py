"""Checks of a house before it is built and drawn, so that mistakes get a clear message.

All functions raise EngineError with the place, the fault and the cure.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from simgen.errors import EngineError
from simgen.house.parse import MAX_ROOMS, House, HouseRoom, Opening, Wall

BUILT_FROM = ("rooms", "walls", "doors", "windows", "objects", "proceduralParameters")
"""The parts of a house's JSON that the engine reads. Other parts are not checked."""
FARTHEST_M = 300.0
"""Limit of every coordinate, because light and free space are computed on grids."""
SHORTEST_M = 1e-3
"""Least width and height of walls and holes, metres; its square is the least area of a floor."""


def check_json(data: Mapping[str, Any]) -> None:
    """Checks that all numbers are finite and all strings are valid Unicode."""
    for key in BUILT_FROM:
        todo: list[tuple[str, Any]] = [(key, data.get(key))]
        while todo:
            path, value = todo.pop()
            if isinstance(value, Mapping):
                todo += [(f"{path}.{name}", item) for name, item in value.items()]
            elif isinstance(value, list | tuple):
                todo += [(f"{path}[{index}]", item) for index, item in enumerate(value)]
            elif isinstance(value, float) and not math.isfinite(value):
                raise EngineError(f"house: {path} is {value}; give a finite number")
            elif isinstance(value, str) and not _is_utf8(value):
                raise EngineError(f"house: {path} is {value!r:.80}, which is not valid Unicode")


def check_house(house: House) -> None:
    """Checks that a house can be built and drawn."""
    _check_ids(house)
    for room in house.rooms:
        _check_room(room)
    rooms = {room.id for room in house.rooms}
    for wall in house.walls:
        _check_wall(wall, rooms)
    for opening in house.openings:
        _check_opening(opening, rooms)
    for item in house.objects:
        _check_near(item.id, item.position)
        _check_openness(item.id, item.openness)


def _check_ids(house: House) -> None:
    if not 1 <= len(house.rooms) <= MAX_ROOMS:
        raise EngineError(f"house: it has {len(house.rooms)} rooms; give 1 to {MAX_ROOMS}")
    if not house.walls:
        raise EngineError("house: it has no walls; give at least one, its height is the ceiling's")
    names = list(_ids(house))
    for name in names:
        if not isinstance(name, str) or not name or name.startswith("ceiling|"):
            raise EngineError(f"house: {name!r:.80} cannot be an id; give a string, not empty, not ceiling|…")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise EngineError(f"house: the id {twice[0]!r:.80} is given {names.count(twice[0])} times")


def _ids(house: House) -> Iterator[Any]:
    for things in (house.rooms, house.walls, house.openings, house.objects):
        yield from (thing.id for thing in things)


def _check_room(room: HouseRoom) -> None:
    if not room.polygon.is_valid or room.polygon.area < SHORTEST_M**2:
        raise EngineError(f"house: {room.id}: its floorPolygon crosses itself or is flat; give a simple one")
    _check_near(room.id, room.polygon.bounds)


def _check_wall(wall: Wall, rooms: set[str]) -> None:
    if wall.length < SHORTEST_M or wall.y_max - wall.y_min < SHORTEST_M:
        raise EngineError(f"house: {wall.id}: it has no length or no height; take it out")
    if not wall.exterior and wall.room_id not in rooms:
        raise EngineError(f"house: {wall.id}: there is no room {wall.room_id!r:.80}")
    _check_near(wall.id, (*wall.start, *wall.end, wall.y_min, wall.y_max))


def _check_opening(opening: Opening, rooms: set[str]) -> None:
    wide, high = np.linalg.norm(opening.end - opening.start), opening.y_max - opening.y_min
    if wide < SHORTEST_M or high < SHORTEST_M:
        raise EngineError(f"house: {opening.id}: its hole has no width or no height; mend its boundingBox")
    for room_id in opening.room_ids:
        if room_id not in rooms:
            raise EngineError(f"house: {opening.id}: there is no room {room_id!r:.80}")
    _check_openness(opening.id, opening.openness)
    _check_near(opening.id, (*opening.start, *opening.end, opening.y_min, opening.y_max))


def _check_openness(name: str, openness: float) -> None:
    if not 0.0 <= openness <= 1.0:
        raise EngineError(f"house: {name}: openness is {openness}; it must be in [0:1]")


def _check_near(name: str, coordinates: Iterable[float]) -> None:
    farthest = max(abs(float(value)) for value in coordinates)
    if farthest > FARTHEST_M:
        raise EngineError(
            f"house: {name}: it is {farthest:g} m from the origin; give at most {FARTHEST_M:g} m"
        )


def _is_utf8(text: str) -> bool:
    return text.encode("utf-8", "replace").decode() == text
