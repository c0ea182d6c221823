"""Rooms: their area, their longer side, how many are shown, and which is the largest.

A room is shown when the frames look at `SHOWN` of its floor. It is not in view when they look at less than
`GLIMPSED` of it (`simgen.qa.view.coverage`). A question about all shown rooms is refused while any room is in
between. A room may be called a kitchen when the frames show an object that only kitchens have, and look into
no other kitchen. Where two rooms share an open side, no wall marks their border, so neither is asked about
alone. Sides are in metres, areas in square metres.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from simgen.geometry.rectangles import area, extents
from simgen.qa.refusal import Refusal
from simgen.qa.skills.extremes import decide, find_most
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts
from simgen.qa.skills.proposals import draw_selections, shuffle
from simgen.qa.skills.skill import Extra, MapAsk, Skill
from simgen.qa.view.names import map_name, room_names, spoken_name
from simgen.qa.view.needs import Needs
from simgen.qa.view.view import View
from simgen.scoring import MapObject
from simgen.types import Array

SHOWN = 0.6
"""The share of a room's floor that frames must look at for the room to be shown: two walls and most of the
floor between them."""
TELLTALES = {
    "Kitchen": frozenset({"Fridge", "CounterTop", "Microwave", "CoffeeMachine", "Toaster"}),
    "Bathroom": frozenset({"Toilet", "Bathtub", "ShowerHead", "ShowerDoor"}),
    "Bedroom": frozenset({"Bed"}),
    "LivingRoom": frozenset({"Sofa"}),
}
"""Types that identify the kind of a room: in 100 sampled houses all 294 fridges, counters, toilets and beds
stand in such rooms, and 70 of 72 sofas."""


@dataclass(frozen=True, slots=True)
class RoomSize:
    """A room's floor as adjacent rectangles."""

    name: str
    """Its name on the map."""
    parts: tuple[tuple[float, float, float], ...]
    """Width, depth and area of each."""
    area: float


@dataclass(frozen=True, slots=True)
class AreaFacts(NumberFacts):
    """The floor areas whose sum is the answer."""

    sizes: tuple[RoomSize, ...]


@dataclass(frozen=True, slots=True)
class RoomSideFacts(NumberFacts):
    """The sides of the rectangle around a room."""

    name: str
    other: float
    """The shorter one."""


@dataclass(frozen=True, slots=True)
class RoomCountFacts(NumberFacts):
    """The rooms that are shown."""

    shown: tuple[tuple[str, float], ...]
    """The name of each room on the map, and the share of its floor that the frames look at."""
    needed: float
    """The least share for a room to be counted."""


@dataclass(frozen=True, slots=True)
class LargestRoomFacts(ChoiceFacts):
    """The floor area of each option."""

    sizes: tuple[RoomSize, ...]


def shown_area(view: View, _ask: Ask) -> AreaFacts | Refusal:
    """The floor area of all rooms that are shown."""
    return _shown_problem(view) or _area_facts(view, view.rooms_in_view)


def shown_count(view: View, _ask: Ask) -> RoomCountFacts | Refusal:
    """How many rooms are shown."""
    problem = _shown_problem(view)
    if problem:
        return problem
    if any(not passage.is_door for passage in view.geometry.plan.passages_of(view.rooms_in_view)):
        return Refusal("open side", "two rooms are parted by no wall")
    names = room_names(view.clip, view.rooms_in_view)
    shown = tuple((name, view.room_shares[room]) for room, name in names.items())
    return RoomCountFacts(float(len(shown)), shown, SHOWN)


def room_area(view: View, ask: Ask) -> AreaFacts | Refusal:
    """The floor area of one room."""
    room = view.geometry.room_index[ask.rooms[0]]
    return _name_problem(view, room) or _area_facts(view, [room])


def room_side(view: View, ask: Ask) -> RoomSideFacts | Refusal:
    """The longer side of the smallest rectangle, parallel to the walls, around a room's floor."""
    room = view.geometry.room_index[ask.rooms[0]]
    problem = _name_problem(view, room)
    if problem:
        return problem
    longer, shorter = extents(_ring(view.geometry.rooms[room]))
    return RoomSideFacts(longer, map_name(view.clip.rooms[room].type), shorter)


def largest_room(view: View, ask: Ask) -> LargestRoomFacts | Refusal:
    """Which of some rooms has the largest floor."""
    rooms = [view.geometry.room_index[room] for room in ask.options]
    for room in rooms:
        problem = _name_problem(view, room)
        if problem:
            return problem
    sizes = [_size(view, room, map_name(view.clip.rooms[room].type)) for room in rooms]
    known = tuple(size for size in sizes if size is not None)
    if len(known) < len(sizes):
        return Refusal("no right angles", "a room is not made of rectangles")
    areas = [size.area for size in known]
    choice, margin = find_most(areas)
    return LargestRoomFacts(choice, margin, areas[choice], known)


def area_on_map(asked: MapAsk) -> float | None:
    """The sum of the rooms' areas; None if the map has no rooms."""
    return sum(map(_map_area, asked.rooms)) or None


def count_on_map(asked: MapAsk) -> int:
    """How many rooms the map has."""
    return len(asked.rooms)


def side_on_map(asked: MapAsk) -> float | None:
    """The longer side of the rectangle around the room."""
    outline = asked.rooms[0].outline
    return None if outline is None else extents(np.array(outline))[0]


def largest_on_map(asked: MapAsk) -> int | None:
    """The option with the largest area; None if two are equally large."""
    return decide(find_most([_map_area(room) for room in asked.rooms]))


def _all_shown(view: View, _needs: Needs, _rng: np.random.Generator) -> Iterator[Ask]:
    if _shown(view):
        yield Ask()


def _named_rooms(view: View, _needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    rooms = view.clip.rooms
    named = [room for room in _shown(view) if _name_problem(view, room) is None]
    return (Ask(rooms=(rooms[room].id,)) for room in shuffle(named, rng))


def _sets_of_rooms(view: View, _needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    named = [view.clip.rooms[room].id for room in _shown(view) if _name_problem(view, room) is None]
    for size in range(len(named), 1, -1):
        yield from (Ask(options=chosen) for chosen in draw_selections(named, size, rng))


def _shown(view: View) -> list[int]:
    return [room for room, share in enumerate(view.room_shares) if share >= SHOWN]


def _shown_problem(view: View) -> Refusal | None:
    """The refusal if it is uncertain which rooms a view shows; None if it is certain."""
    rooms, shares = view.rooms_in_view, view.room_shares
    for room in rooms:
        if shares[room] < SHOWN:
            return Refusal("partly shown", f"{shares[room]:.2f} of the floor of {view.clip.rooms[room].id}")
    for passage in view.geometry.plan.passages:
        if not passage.is_door and len(set(passage.rooms) & set(rooms)) == 1:
            return Refusal("open side", "a room that is shown goes on in one that is not")
    return None if rooms else Refusal("nothing shown", "no room is in view")


def _name_problem(view: View, room: int) -> Refusal | None:
    """The refusal if a question must not name a room by its type; None if it may."""
    rooms, share = view.clip.rooms, view.room_shares[room]
    if share < SHOWN:
        return Refusal("not shown", f"{share:.2f} of the floor of {rooms[room].id}, {SHOWN} are needed")
    kind = rooms[room].type
    alike = [i for i, other in enumerate(rooms) if other.type == kind and view.room_shares[i] > 0.0]
    if len(alike) > 1:
        return Refusal("ambiguous name", f"{len(alike)} rooms called {spoken_name(kind)} are in view")
    if list_rooms_open_to(view, room):
        return Refusal("open side", f"no wall tells where {rooms[room].id} ends")
    if find_telltale(view, room, "") is None:
        return Refusal(
            "nondescript", f"nothing in the frames shows that {rooms[room].id} is a {spoken_name(kind)}"
        )
    return None


def find_telltale(view: View, room: int, but: str) -> str | None:
    """The spoken name of a visible object, not `but`, that identifies the kind of a room; None if there is
    none."""
    wanted = view.clip.rooms[room]
    telling = TELLTALES.get(wanted.type, frozenset())
    for item in view.seen:
        if item.object.room_id == wanted.id and item.object.type in telling and item.object.id != but:
            return spoken_name(item.object.type)
    return None


def list_rooms_open_to(view: View, room: int) -> list[int]:
    """The rooms that share an open side with a room."""
    open_sides = [passage.rooms for passage in view.geometry.plan.passages if not passage.is_door]
    return [other for pair in open_sides if room in pair for other in pair if other != room]


def _area_facts(view: View, rooms: Sequence[int]) -> AreaFacts | Refusal:
    names = room_names(view.clip, rooms)
    sizes = [_size(view, room, names[room]) for room in rooms]
    known = tuple(size for size in sizes if size is not None)
    if len(known) < len(sizes):
        return Refusal("no right angles", "a room is not made of rectangles")
    return AreaFacts(sum(size.area for size in known), known)


def _size(view: View, room: int, name: str) -> RoomSize | None:
    plan = view.geometry.plan
    parts = plan.parts[room]
    if parts is None:
        return None
    return RoomSize(name, tuple((w, d, w * d) for w, d in parts), plan.areas[room])


def _map_area(room: MapObject) -> float:
    return 0.0 if room.outline is None else area(np.array(room.outline))


def _ring(room: shapely.Polygon) -> Array:
    return shapely.get_coordinates(room)[:-1]


ROOM_EXTRAS = frozenset[Extra]({"rooms"})
SKILLS = {
    "shown_area": Skill(
        _all_shown, shown_area, area_on_map, AreaFacts, units=("square_metres",), extras=ROOM_EXTRAS, steps=2
    ),
    "shown_room_count": Skill(
        _all_shown, shown_count, count_on_map, RoomCountFacts, units=("count",), extras=ROOM_EXTRAS
    ),
    "room_area": Skill(
        _named_rooms, room_area, area_on_map, AreaFacts, units=("square_metres",), rooms=1, extras=ROOM_EXTRAS
    ),
    "room_side": Skill(_named_rooms, room_side, side_on_map, RoomSideFacts, rooms=1, extras=ROOM_EXTRAS),
    "largest_room": Skill(
        _sets_of_rooms,
        largest_room,
        largest_on_map,
        LargestRoomFacts,
        options="rooms",
        extras=ROOM_EXTRAS,
        steps=2,
    ),
}
