"""The questions of a clip for the viewer: text, map, measurement and rooms, as values for JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simgen.qa.question.compose import make_row_view, parse_args
from simgen.qa.question.map import list_asked_objects
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.names import spoken_name
from simgen.qa.view.view import View
from simgen.report.measurement import measure
from simgen.report.viewer.plan import map_axes
from simgen.scoring import MapObject, parse_map
from simgen.store.rows import Row


@dataclass(slots=True)
class _Shared:
    """The maps, and the lines of the prompts, of a clip's questions, each once: most questions share them."""

    maps: dict[tuple[str, tuple[int, ...]], list[list[Any]]] = field(default_factory=dict)
    lines: dict[str, None] = field(default_factory=dict)

    def find_map(self, row: Row, view: View) -> int:
        """The number of the row's map."""
        key = row.map, row.frames
        if key not in self.maps:
            objects = {item.entry.name: item.index for item in view.seen}
            self.maps[key] = [entry_values(entry, objects) for entry in parse_map(row.map) or ()]
        return list(self.maps).index(key)

    def find_lines(self, text: str) -> list[int]:
        """The numbers of the lines of a text."""
        self.lines |= dict.fromkeys(text.split("\n"))
        known = list(self.lines)
        return [known.index(line) for line in text.split("\n")]


def describe_questions(geometry: ClipGeometry, rows: Sequence[Row]) -> dict[str, Any]:
    """The rows of a clip in their order, and the maps and lines that they refer to."""
    views: dict[tuple[Any, ...], View] = {}
    shared, described = _Shared(), list[dict[str, Any]]()
    for row in rows:
        ask, rule = parse_args(row.args)
        key = row.frames, rule, row.views
        if key not in views:
            views[key] = make_row_view(geometry, row)
        described.append(_describe(views[key], row, ask, shared))
    return {"rows": described, "maps": list(shared.maps.values()), "lines": list(shared.lines)}


def entry_values(entry: MapObject, objects: dict[str, int]) -> list[Any]:
    """A map's entry: name, box, index of the object or -1, outline or null, heading or null."""
    return [entry.name, list(entry.bbox), objects.get(entry.name, -1), entry.outline, entry.heading_deg]


def list_rooms(geometry: ClipGeometry, row: Row) -> list[str]:
    """The types of the rooms that a question is about: of its objects, its rooms and its cameras.

    All rooms of the clip if it names nothing.
    """
    clip, (ask, _) = geometry.clip, parse_args(row.args)
    objects = [clip.objects[index] for index in _objects_of(geometry, row, ask)]
    found = [geometry.room_index[item.room_id] for item in objects if item.room_id in geometry.room_index]
    rooms = {*ask.rooms, *ask.options}
    found += [index for name, index in geometry.room_index.items() if name in rooms]
    found += [geometry.camera_rooms[frame] for frame in ask.frames if geometry.camera_rooms[frame] >= 0]
    types = [clip.rooms[index].type for index in found or range(len(clip.rooms))]
    return sorted({spoken_name(kind) for kind in types})


def _describe(view: View, row: Row, ask: Ask, shared: _Shared) -> dict[str, Any]:
    measured = measure(view, row.skill, ask)
    shapes = () if isinstance(measured, Refusal) else measured
    return {
        "id": row.id,
        "question": row.question,
        "options": row.options,
        "answer": row.answer,
        "unit": row.unit,
        "kind": row.kind,
        "template": row.template,
        "skill": row.skill,
        "frames": row.frames,
        "think": row.think,
        "prompt": shared.find_lines(row.prompt),
        "margin": round(row.margin, 4),
        "difficulty": round(row.difficulty, 3),
        "objects": _objects_of(view.geometry, row, ask),
        "option_objects": _option_objects(view.geometry, row, ask),
        "named": ask.frames,
        "asked": row.asked,
        "map": shared.find_map(row, view),
        "axes": map_axes(view.geometry),
        "shapes": [shape.as_dict() for shape in shapes],
        "problem": str(measured) if isinstance(measured, Refusal) else "",
    }


def _option_objects(geometry: ClipGeometry, row: Row, ask: Ask) -> list[int]:
    """The index of the object that each option is; empty if the options are no objects."""
    if row.skill not in SKILLS or SKILLS[row.skill].options != "objects":
        return []
    return [geometry.index.get(name, -1) for name in ask.options]


def _objects_of(geometry: ClipGeometry, row: Row, ask: Ask) -> list[int]:
    """The indices of the objects that a question is about, options included; then those of its types."""
    named: Iterable[str] = list_asked_objects(SKILLS[row.skill], ask) if row.skill in SKILLS else ask.objects
    found = [geometry.index[name] for name in named if name in geometry.index]
    kinds = {kind for kind in (*ask.types, *ask.options) if kind}
    if not found or ask.types:
        found += [index for index, item in enumerate(geometry.clip.objects) if item.type in kinds]
    return list(dict.fromkeys(found))
