"""The map of a question: all visible objects, with details for those asked about, rooms and cameras."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import shapely
from shapely.geometry.base import BaseGeometry

from simgen.qa.skills.facts import Ask
from simgen.qa.skills.skill import Extra, MapAsk, Skill
from simgen.qa.view.cache import cache_per_view
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.names import camera_names, room_names
from simgen.qa.view.view import MAP_DECIMALS, Seen, View, box_around, point_box, round_value
from simgen.scoring import MapObject
from simgen.types import Point

HEADING_DECIMALS = 0
"""The decimals of headings. At a distance of five metres, one degree corresponds to about one decimetre."""


def question_map(view: View, skill: Skill, ask: Ask) -> tuple[MapObject, ...]:
    """The map of a question: the visible objects, then rooms and passages, then the question's cameras.

    The entries of the objects asked about have the skill's extras: `height` [lowest, highest] above the
    floor, and `outline`, the corners [[x, y], ...] of the oriented box seen from above. The entries of
    cameras have `heading`, in degrees clockwise from straight ahead.

    With the extra `rooms` the map has the rooms that the question is about, or all rooms in view if it names
    none, by name and `outline`. With `doors` it has the rooms that walks can lead through and the passages
    between them, each a box without depth: an open `door`, or the `opening` between two rooms that share an
    open side.
    """
    entries = view.map
    detailed: frozenset[Extra] = skill.extras & {"heights", "outline"}
    if detailed:
        asked = set(list_asked_objects(skill, ask))
        entries = tuple(
            _add_extras(view, item, detailed) if item.object.id in asked else item.entry for item in view.seen
        )
    places: tuple[MapObject, ...] = ()
    if skill.extras & {"rooms", "doors"}:
        places = _places(view.geometry, list_map_rooms(view, skill, ask), "doors" in skill.extras)
    return (*entries, *places, *_cameras(view, skill, ask)) if places or ask.frames else entries


def read_map(view: View, skill: Skill, ask: Ask, entries: Sequence[MapObject]) -> MapAsk | None:
    """The entries that a question is about, from a map; None if the map lacks one of them."""
    by_name = view.by_name if entries is view.map else {entry.name: entry for entry in entries}
    return pick_entries(skill, ask, list_asked_names(view, skill, ask), tuple(entries), by_name)


def pick_entries(
    skill: Skill,
    ask: Ask,
    names: Sequence[str],
    entries: tuple[MapObject, ...],
    by_name: Mapping[str, MapObject],
) -> MapAsk | None:
    """The entries with the names that `list_asked_names` gave; None if the map lacks one of them."""
    found = [by_name.get(name) for name in names]
    known = tuple(entry for entry in found if entry is not None)
    if len(known) < len(found):
        return None
    n, m = len(ask.objects), len(list_asked_objects(skill, ask))
    k = m + len(ask.frames)
    return MapAsk(ask, known[:n], known[n:m], known[m:k], entries, known[k:])


def list_asked_names(view: View, skill: Skill, ask: Ask) -> list[str]:
    """The map names of what a question is about: its objects, options, cameras and rooms, in its order."""
    objects = [_name_of(view, object_id) for object_id in list_asked_objects(skill, ask)]
    return [*objects, *camera_names(len(ask.frames)), *list_asked_room_names(view, skill, ask)]


def list_asked_objects(skill: Skill, ask: Ask) -> tuple[str, ...]:
    """The ids of all objects that a question is about, including its options."""
    return (*ask.objects, *ask.options) if skill.options == "objects" else ask.objects


def list_asked_room_names(view: View, skill: Skill, ask: Ask) -> list[str]:
    """The map names of the rooms that a question is about, in its order; empty if its map has no rooms.

    A question that names no room is about all rooms in view.
    """
    if "rooms" not in skill.extras:
        return []
    names = room_names(view.clip, list_map_rooms(view, skill, ask))
    asked = [view.geometry.room_index[room] for room in _asked_rooms(skill, ask)]
    return [names[room] for room in asked or names]


def list_map_rooms(view: View, skill: Skill, ask: Ask) -> tuple[int, ...]:
    """The indices of the rooms in a question's map, ascending."""
    geometry = view.geometry
    if "doors" not in skill.extras:
        asked = {geometry.room_index[room] for room in _asked_rooms(skill, ask)}
        return tuple(sorted(asked)) if skill.rooms or skill.options == "rooms" else view.rooms_in_view
    standing = [geometry.index[object_id] for object_id in list_asked_objects(skill, ask)]
    at = [geometry.room_index[geometry.clip.objects[index].room_id] for index in standing]
    cameras = (geometry.camera_rooms[frame] for frame in ask.frames)
    return geometry.plan.rooms_between([*at, *(room for room in cameras if room >= 0)])


def _name_of(view: View, object_id: str) -> str:
    seen = view.find(object_id)
    return "" if seen is None else seen.entry.name


@cache_per_view
def _add_extras(view: View, item: Seen, extras: frozenset[Extra]) -> MapObject:
    entry = item.entry
    if "heights" in extras:
        low, high = (round_value(z, MAP_DECIMALS) for z in view.geometry.heights[item.index])
        entry = replace(entry, height=(low, high))
    if "outline" in extras:
        entry = replace(entry, outline=_corners(view.geometry.outlines[item.index]))
    return entry


def _asked_rooms(skill: Skill, ask: Ask) -> tuple[str, ...]:
    return (*ask.rooms, *ask.options) if skill.options == "rooms" else ask.rooms


@lru_cache(maxsize=16)
def _places(geometry: ClipGeometry, rooms: tuple[int, ...], with_passages: bool) -> tuple[MapObject, ...]:
    """The entries of rooms, and of the passages between them if wanted."""
    plan, names = geometry.plan, room_names(geometry.clip, rooms)
    entries = [_room_entry(names[room], plan.rooms[room]) for room in rooms]
    if not with_passages:
        return tuple(entries)
    for name, is_door in (("door", True), ("opening", False)):
        found = [passage.ends for passage in plan.passages_of(rooms) if passage.is_door == is_door]
        numbers = [str(number + 1) for number in range(len(found))] if len(found) > 1 else [""]
        entries += [MapObject(name + n, box_around(ends)) for n, ends in zip(numbers, found, strict=False)]
    return tuple(entries)


def _room_entry(name: str, room: BaseGeometry) -> MapObject:
    return MapObject(name, box_around(shapely.get_coordinates(room)), outline=_corners(room))


def _corners(polygon: BaseGeometry) -> tuple[Point, ...]:
    """The corners of a polygon, rounded to MAP_DECIMALS."""
    ring = shapely.get_coordinates(polygon)[:-1]
    return tuple((round_value(x, MAP_DECIMALS), round_value(y, MAP_DECIMALS)) for x, y in ring)


def _cameras(view: View, skill: Skill, ask: Ask) -> list[MapObject]:
    names = camera_names(len(ask.frames))
    entries = [
        MapObject(name, point_box(view.geometry.cameras[f, :2]))
        for name, f in zip(names, ask.frames, strict=True)
    ]
    if "heading" not in skill.extras:
        return entries
    headings = [
        round_value(view.geometry.headings_deg[frame], HEADING_DECIMALS) % 360.0 for frame in ask.frames
    ]
    return [replace(entry, heading_deg=h) for entry, h in zip(entries, headings, strict=True)]
