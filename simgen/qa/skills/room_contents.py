"""The rooms of objects; part of the group `room`.

Only types that can stand in any room are asked about, so that the type does not give the answer away, and
only objects in rooms that are in view. Positions and margins are in metres, in the map frame.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask, ChoiceFacts
from simgen.qa.skills.proposals import draw_selections, shuffle
from simgen.qa.skills.room import ROOM_EXTRAS, TELLTALES, find_telltale, list_rooms_open_to
from simgen.qa.skills.skill import MapAsk, Skill
from simgen.qa.view.names import map_name, room_names, spoken_name
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import BBox, MapObject, box_center
from simgen.types import Point

NEAR_OPEN_SIDE_M = 1.0
"""The least distance of an object from an open side. Nearer objects could be in either of the two rooms."""
ALONE_M = 10.0
"""The margin of an object in a house with a single room."""
ROAMING = frozenset(
    {
        *("ArmChair", "Book", "Bowl", "Box", "Candle", "CellPhone", "Chair", "CreditCard", "DeskLamp"),
        *("DiningTable", "DishSponge", "DogBed", "FloorLamp", "GarbageCan", "HousePlant", "Laptop", "Mug"),
        *("PaperTowelRoll", "Pen", "Pencil", "Pillow", "Plate", "RemoteControl", "Safe", "ShelvingUnit"),
        *("SideTable", "SoapBottle", "SprayBottle", "Statue", "Television", "Vase", "Watch"),
    }
)
"""Types that stand in at least two kinds of room in sampled houses, so that their name does not give the room
away."""
ROOM_TYPES = tuple(TELLTALES)
"""ProcTHOR's room types: the options of a question for an object's room."""


@dataclass(frozen=True, slots=True)
class Inside:
    """The position of an object and its room."""

    name: str
    x: float
    y: float
    """The centre of its box on the map."""
    room: str
    """Its name on the map."""
    box: BBox
    """The bounds of the room, not rounded."""


@dataclass(frozen=True, slots=True)
class InRoomFacts(ChoiceFacts):
    """The room of an object."""

    inside: Inside
    telltale: str
    """The spoken name of an object that identifies the kind of the room."""


@dataclass(frozen=True, slots=True)
class TogetherFacts(ChoiceFacts):
    """The rooms of the named object and of the options."""

    inside: Inside
    others: tuple[Inside, ...]


def room_of(view: View, ask: Ask) -> InRoomFacts | Refusal:
    """Which type of room an object is in; the margin is the distance of its centre from the next room."""
    item = view.clip.objects[view.geometry.index[ask.objects[0]]]
    room = view.geometry.room_index[item.room_id]
    kind = view.clip.rooms[room].type
    if kind not in ask.options:
        return Refusal("unknown room", f"it is in a {spoken_name(kind)}")
    telltale = find_telltale(view, room, item.id)
    if telltale is None:
        return Refusal("nondescript", f"nothing in the frames shows that it is in a {spoken_name(kind)}")
    inside = _inside(view, item.id)
    if isinstance(inside, Refusal):
        return inside
    margin = _inside_by(view, item.id)
    return InRoomFacts(ask.options.index(kind), margin, margin, inside, telltale)


def same_room(view: View, ask: Ask) -> TogetherFacts | Refusal:
    """Which option is in the same room as an object; the margin is the least distance of a centre from
    another room."""
    places: list[Inside] = []
    for name in (*ask.objects, *ask.options):
        inside = _inside(view, name)
        if isinstance(inside, Refusal):
            return inside
        places.append(inside)
    found = [index for index, place in enumerate(places[1:]) if place.room == places[0].room]
    if len(found) != 1:
        return Refusal("not one", f"{len(found)} of the options are in the same room")
    margin = min(_inside_by(view, name) for name in (*ask.objects, *ask.options))
    return TogetherFacts(found[0], margin, margin, places[0], tuple(places[1:]))


def room_on_map(asked: MapAsk) -> int | None:
    """The option whose room contains the centre of the object's box; None if no room or several do."""
    room = _room_around(asked, asked.objects[0])
    kinds = [map_name(option) for option in asked.ask.options]
    kind = None if room is None else room.rstrip("0123456789")
    return kinds.index(kind) if kind in kinds else None


def together_on_map(asked: MapAsk) -> int | None:
    """The option whose centre is in the room of the object's centre; None if it is not exactly one."""
    room = _room_around(asked, asked.objects[0])
    found = [index for index, option in enumerate(asked.options) if _room_around(asked, option) == room]
    return found[0] if room is not None and len(found) == 1 else None


def _things(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes objects that can stand in any room."""
    for name in shuffle(_roaming(view, needs), rng):
        yield Ask(objects=(name,), options=tuple(shuffle(ROOM_TYPES, rng)))


def _gatherings(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes an object, another one in its room, and two in other rooms."""
    geometry, named = view.geometry, _roaming(view, needs)
    room_of_id = {name: geometry.clip.objects[geometry.index[name]].room_id for name in named}
    for a, b in draw_selections(named, 2, rng, ordered=True):
        others = [name for name in named if room_of_id[name] != room_of_id[a]]
        if room_of_id[a] == room_of_id[b] and len(others) > 1:
            options = [b, *shuffle(others, rng)[:2]]
            yield Ask((a,), tuple(shuffle(options, rng)))


def _roaming(view: View, needs: Needs) -> list[str]:
    objects, index = view.clip.objects, view.geometry.index
    return [name for name in list_nameable(view, needs) if objects[index[name]].type in ROAMING]


def _inside(view: View, object_id: str) -> Inside | Refusal:
    """The position and room of an object, or the refusal if its room is uncertain."""
    geometry, seen = view.geometry, view.find(object_id)
    assert seen is not None, "what is asked about is visible"
    room = geometry.room_index[seen.object.room_id]
    if room not in view.rooms_in_view:
        return Refusal(
            "unseen room", f"{view.room_shares[room]:.2f} of the floor of {view.clip.rooms[room].id}"
        )
    gap = min(
        (geometry.room_gaps[seen.index, other] for other in list_rooms_open_to(view, room)), default=math.inf
    )
    if gap < NEAR_OPEN_SIDE_M:
        return Refusal("open side", f"{gap:.2f} m from the room that this one is open to")
    x, y = box_center(seen.entry.bbox)
    x_min, y_min, x_max, y_max = geometry.rooms[room].bounds
    name = room_names(view.clip, view.rooms_in_view)[room]
    return Inside(seen.entry.name, x, y, name, (x_min, y_min, x_max, y_max))


def _inside_by(view: View, object_id: str) -> float:
    """The distance of an object's centre from the nearest other room."""
    geometry = view.geometry
    index = geometry.index[object_id]
    own = geometry.room_index[geometry.clip.objects[index].room_id]
    gaps = geometry.room_gaps[index]
    return float(min((gap for room, gap in enumerate(gaps) if room != own), default=ALONE_M))


def _room_around(asked: MapAsk, entry: MapObject) -> str | None:
    """The name of the only room that contains the centre of an entry; None if none or several do."""
    x, y = box_center(entry.bbox)
    found = [room.name for room in asked.rooms if room.outline and _holds(room.outline, x, y)]
    return found[0] if len(found) == 1 else None


def _holds(outline: Iterable[Point], x: float, y: float) -> bool:
    return bool(shapely.contains_xy(shapely.Polygon(list(outline)), x, y))


SKILLS = {
    "room_of_object": Skill(
        _things, room_of, room_on_map, InRoomFacts, objects=1, options="types", extras=ROOM_EXTRAS, steps=2
    ),
    "same_room": Skill(
        _gatherings,
        same_room,
        together_on_map,
        TogetherFacts,
        objects=1,
        options="objects",
        extras=ROOM_EXTRAS,
        apart=False,
        steps=2,
    ),
}
