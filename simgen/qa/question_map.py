"""The map of a question: all visible objects, what is asked about in more detail, and cameras."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

import shapely

from simgen.qa.facts import Ask
from simgen.qa.skill import Extra, MapAsk, Skill
from simgen.qa.view import MAP_DECIMALS, Seen, View, point_box, rounded
from simgen.scoring import MapObject

CAMERA = "camera"
"""Name of the map entry for the camera; of two they are camera1 and camera2, in the question's order."""

HEADING_DECIMALS = 0
"""A degree is about what a position to the decimetre is worth, five metres away."""


def question_map(view: View, skill: Skill, ask: Ask) -> tuple[MapObject, ...]:
    """The map of the visible objects, and last the cameras that the question is about.

    Entries of the objects asked about hold the skill's extras as well: `height` [lowest, highest] above the
    floor, `outline` corners [[x, y], ...] of the oriented box seen from above; those of cameras `heading`,
    degrees clockwise from straight ahead.
    """
    entries = view.map
    detailed = skill.extras & {"heights", "outline"}
    if detailed:
        asked = set(asked_objects(skill, ask))
        entries = tuple(
            _detailed(view, item, detailed) if item.object.id in asked else item.entry for item in view.seen
        )
    return (*entries, *_cameras(view, skill, ask)) if ask.frames else entries


def map_ask(view: View, skill: Skill, ask: Ask, entries: Sequence[MapObject]) -> MapAsk | None:
    """What these entries say of what is asked about; None when they lack some of it."""
    by_name = {entry.name: entry for entry in entries}
    options = ask.options if skill.options == "objects" else ()
    names = [*(_name_of(view, o) for o in ask.objects), *(_name_of(view, o) for o in options)]
    found = [by_name.get(name) for name in (*names, *camera_names(len(ask.frames)))]
    known = tuple(entry for entry in found if entry is not None)
    if len(known) < len(found):
        return None
    n, m = len(ask.objects), len(names)
    return MapAsk(ask, known[:n], known[n:m], known[m:], tuple(entries))


def asked_objects(skill: Skill, ask: Ask) -> tuple[str, ...]:
    """Ids of all objects that a question is about, its options among them."""
    return (*ask.objects, *ask.options) if skill.options == "objects" else ask.objects


def camera_names(count: int) -> list[str]:
    """Names of the map entries of the cameras that a question asks about."""
    return [CAMERA] if count == 1 else [f"{CAMERA}{number + 1}" for number in range(count)]


def render_map(entries: Iterable[MapObject]) -> str:
    """The JSON list of a `<map>`; `scoring.parse_map` reads it back."""
    return json.dumps([_record(entry) for entry in entries])


def _record(entry: MapObject) -> dict[str, object]:
    record: dict[str, object] = {"object_name": entry.name, "bbox": list(entry.bbox)}
    if entry.height is not None:
        record["height"] = list(entry.height)
    if entry.outline is not None:
        record["outline"] = [list(point) for point in entry.outline]
    if entry.heading_deg is not None:
        record["heading"] = int(entry.heading_deg)
    return record


def _name_of(view: View, object_id: str) -> str:
    seen = view.find(object_id)
    return "" if seen is None else seen.entry.name


def _detailed(view: View, item: Seen, extras: frozenset[Extra]) -> MapObject:
    entry = item.entry
    if "heights" in extras:
        low, high = (rounded(z, MAP_DECIMALS) for z in view.scene.heights[item.index])
        entry = replace(entry, height=(low, high))
    if "outline" in extras:
        corners = shapely.get_coordinates(view.scene.outlines[item.index])[:-1]
        points = tuple((rounded(x, MAP_DECIMALS), rounded(y, MAP_DECIMALS)) for x, y in corners)
        entry = replace(entry, outline=points)
    return entry


def _cameras(view: View, skill: Skill, ask: Ask) -> list[MapObject]:
    names = camera_names(len(ask.frames))
    entries = [
        MapObject(name, point_box(view.scene.cameras[f, :2]))
        for name, f in zip(names, ask.frames, strict=True)
    ]
    if "heading" not in skill.extras:
        return entries
    headings = [rounded(view.scene.headings_deg[frame], HEADING_DECIMALS) % 360.0 for frame in ask.frames]
    return [replace(entry, heading_deg=h) for entry, h in zip(entries, headings, strict=True)]
