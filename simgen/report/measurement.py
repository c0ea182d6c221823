"""How an answer was measured, as shapes on the plan: one function for each class of facts.

The shapes are computed from the facts that the question's skill gives for its view of the clip. A new class
of facts needs an entry in `_MEASURES`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import shapely

from simgen.qa.question.map import list_map_rooms
from simgen.qa.refusal import Refusal
from simgen.qa.skills import (
    SKILLS,
    clearance,
    count,
    direction,
    distance,
    egomotion,
    nearest,
    occlusion,
    order,
    room,
    room_contents,
    route,
    size,
    vertical,
    viewpoint,
    walking,
)
from simgen.qa.skills.facts import Ask, ChoiceFacts, Facts, NumberFacts
from simgen.qa.skills.sectors import Bearing, forward_of
from simgen.qa.view.names import spoken_name
from simgen.qa.view.view import View
from simgen.report.shapes import Shape, angle, area, arrow, dot, line
from simgen.scoring import letter_of
from simgen.types import Point

RAY_M = 1.2
"""The drawn length of a direction that has no end."""

Measure = Callable[[View, Ask, Any], Iterable[Shape]]


def measure(view: View, skill: str, ask: Ask) -> tuple[Shape, ...] | Refusal:
    """The shapes that show how the answer to an ask is measured; the refusal if it has no answer in the view.

    Empty for a skill whose answer is not measured on the plan.
    """
    facts = SKILLS[skill].facts(view, ask)
    return facts if isinstance(facts, Refusal) else tuple(find_measure(type(facts))(view, ask, facts))


def find_measure(facts: type) -> Measure:
    """The function for a class of facts, or for the class that it extends."""
    return next(_MEASURES[kind] for kind in facts.__mro__ if kind in _MEASURES)


def _ways(view: View, ask: Ask, facts: distance.WayFacts) -> Iterable[Shape]:
    return [_way(facts)]


def _gap(view: View, ask: Ask, facts: NumberFacts) -> Iterable[Shape]:
    return [_gap_line(view, *ask.objects, label=_metres(facts.value))]


def _clearance(view: View, ask: Ask, facts: clearance.ClearanceFacts) -> Iterable[Shape]:
    return [_gap_line(view, *ask.objects, label=_metres(facts.gap))]


def _nearest(view: View, ask: Ask, facts: distance.NearestFacts) -> Iterable[Shape]:
    for index, way in enumerate(facts.ways):
        label, strong = _option_label(index, _metres(way.value)), index == facts.choice
        if isinstance(way, distance.WayFacts):
            yield line(way.start, way.end, label=label, strong=strong)
        else:
            yield _gap_line(view, ask.objects[0], ask.options[index], label=label, strong=strong)


def _nearest_type(view: View, ask: Ask, facts: nearest.NearestTypeFacts) -> Iterable[Shape]:
    ids = {item.entry.name: item.object.id for item in view.seen}
    for index, (name, way) in enumerate(zip(facts.names, facts.ways, strict=True)):
        label = _option_label(index, _metres(way.value))
        yield _gap_line(view, ask.objects[0], ids[name], label=label, strong=index == facts.choice)


def _axis(view: View, ask: Ask, facts: direction.AxisFacts) -> Iterable[Shape]:
    first, second, target, *stand = facts.points
    yield arrow(first, second)
    yield from _bearing(stand[0] if stand else first, facts.bearing, target)


def _turn(view: View, ask: Ask, facts: direction.TurnFacts) -> Iterable[Shape]:
    yield arrow(facts.points[0], facts.points[1])
    yield from _bearing(facts.points[0], facts.bearing, facts.points[2], with_ray=False)


def _viewpoint(view: View, ask: Ask, facts: viewpoint.ViewpointFacts) -> Iterable[Shape]:
    if facts.stand != facts.camera:
        yield line(
            facts.camera, facts.stand, label=_metres(math.dist(facts.camera, facts.stand)), strong=False
        )
    yield from _bearing(facts.stand, facts.bearing, facts.target)


def _move(view: View, ask: Ask, facts: egomotion.MoveFacts) -> Iterable[Shape]:
    return _bearing(facts.start, facts.bearing, facts.end)


def _heading(
    view: View, ask: Ask, facts: egomotion.HeadingFacts | egomotion.TurnSideFacts
) -> Iterable[Shape]:
    """Both headings, the first one drawn at both cameras."""
    first, second = (view.geometry.camera_points[frame] for frame in ask.frames)
    before, after = forward_of(facts.from_deg), forward_of(facts.to_deg)
    turn = (facts.to_deg - facts.from_deg + 180.0) % 360.0 - 180.0
    yield arrow(first, _along(first, before))
    yield arrow(second, _along(second, before))
    yield arrow(second, _along(second, after), strong=True)
    yield angle(second, before, turn, _degrees(turn))


def _approach(view: View, ask: Ask, facts: egomotion.ApproachFacts) -> Iterable[Shape]:
    least = min(way.value for way in facts.ways)
    return [_way(way, strong=way.value == least) for way in facts.ways]


def _occlusion(view: View, ask: Ask, facts: occlusion.OcclusionFacts) -> Iterable[Shape]:
    """The sector that hides, and the line of sight to each centre."""
    camera, fitting = facts.camera, facts.lines[facts.choice]
    yield area([camera, _plus(camera, fitting.front.left), _plus(camera, fitting.front.right)])
    yield line(camera, _plus(camera, facts.named.way), strong=True)
    for index, span in enumerate(facts.spans):
        yield line(camera, _plus(camera, span.way), label=_option_label(index), strong=index == facts.choice)


def _count(view: View, ask: Ask, facts: count.CountFacts) -> Iterable[Shape]:
    return _counted(view, facts.names)


def _more(view: View, ask: Ask, facts: count.MoreFacts) -> Iterable[Shape]:
    return chain(_counted(view, facts.names), _counted(view, facts.names_b, strong=False))


def _near(view: View, ask: Ask, facts: count.NearFacts) -> Iterable[Shape]:
    geometry, ids = view.geometry, {item.entry.name: item.object.id for item in view.seen}
    reach = shapely.buffer(geometry.outlines[geometry.index[ask.objects[0]]], ask.values[0])
    yield area(_ring(reach), label=f"{ask.values[0]:g} m")
    for name, apart, inside in facts.near:
        yield _gap_line(view, ask.objects[0], ids[name], label=_metres(apart), strong=inside)


def _rooms(view: View, ask: Ask, facts: Facts) -> Iterable[Shape]:
    """The floors that are measured or counted."""
    rooms = list_map_rooms(view, SKILLS["shown_area"], ask)
    if ask.rooms:
        rooms = tuple(view.geometry.room_index[name] for name in ask.rooms)
    elif isinstance(facts, room.LargestRoomFacts):
        rooms = tuple(view.geometry.room_index[name] for name in ask.options)
    chosen = facts.choice if isinstance(facts, ChoiceFacts) else None
    for position, index in enumerate(rooms):
        polygon = view.geometry.rooms[index]
        label = f"{polygon.area:.1f} m²"
        if chosen is not None:
            label = _option_label(position, label)
        yield area(_ring(polygon), label=label, strong=chosen in (None, position))


def _room_side(view: View, ask: Ask, facts: room.RoomSideFacts) -> Iterable[Shape]:
    """The rectangle around a room, with both sides."""
    polygon = view.geometry.rooms[view.geometry.room_index[ask.rooms[0]]]
    yield area(_ring(polygon), strong=False)
    yield from _sides(_ring(shapely.minimum_rotated_rectangle(polygon)))


def _in_room(view: View, ask: Ask, facts: room_contents.InRoomFacts) -> Iterable[Shape]:
    return _inside(view, facts.inside, "", True)


def _together(view: View, ask: Ask, facts: room_contents.TogetherFacts) -> Iterable[Shape]:
    yield from _inside(view, facts.inside, "", True)
    for index, place in enumerate(facts.others):
        yield dot((place.x, place.y), _option_label(index), index == facts.choice)


def _size(view: View, ask: Ask, facts: size.SizeFacts) -> Iterable[Shape]:
    return _sized(view, ask.objects[0], facts)


def _largest(view: View, ask: Ask, facts: size.LargestObjectFacts) -> Iterable[Shape]:
    for index, (name, found) in enumerate(zip(ask.options, facts.sizes, strict=True)):
        yield from _sized(view, name, found, _option_label(index), index == facts.choice)


def _ratio(view: View, ask: Ask, facts: size.RatioFacts) -> Iterable[Shape]:
    for name, longest in zip(ask.objects, (facts.longer, facts.shorter), strict=True):
        yield area(_outline(view, name), strong=False)
        yield dot(_center(view, name), _metres(longest))


def _tall(view: View, ask: Ask, facts: size.HeightFacts) -> Iterable[Shape]:
    yield area(_outline(view, ask.objects[0]), strong=False)
    yield dot(_center(view, ask.objects[0]), f"{_metres(facts.low)} to {_metres(facts.high)} high")


def _heights(view: View, ask: Ask, facts: Facts) -> Iterable[Shape]:
    """The heights of the lowest and the highest point of all objects that the question is about."""
    geometry, chosen = view.geometry, facts.choice if isinstance(facts, vertical.HighestFacts) else None
    for name in (*ask.objects, *(ask.options if chosen is not None else ())):
        low, high = geometry.heights[geometry.index[name]]
        strong = chosen is None or ask.options[chosen] == name
        yield area(_outline(view, name), strong=False)
        yield dot(_center(view, name), f"{_metres(low)} to {_metres(high)} high", strong)


def _walk(view: View, ask: Ask, facts: walking.WalkFacts) -> Iterable[Shape]:
    return [line(*facts.points, label=_metres(facts.value))]


def _walks(view: View, ask: Ask, facts: walking.NearestOnFootFacts) -> Iterable[Shape]:
    for index, walk in enumerate(facts.walks):
        label = _option_label(index, _metres(walk.value))
        yield line(*walk.points, label=label, strong=index == facts.choice)


def _route(view: View, ask: Ask, facts: route.RouteFacts) -> Iterable[Shape]:
    """The walked legs, and the turns between them."""
    turns = facts.turns
    places = [(facts.x, facts.y), *((turn.x, turn.y) for turn in turns)]
    last, stops = turns[-1], list(dict.fromkeys(places))
    yield line(*stops, _stop_before(view, ask.objects[-1], (last.x, last.y)))
    yield dot(stops[0], "start")
    for turn in turns:
        yield angle((turn.x, turn.y), forward_of(turn.facing_deg), turn.angle_deg, turn.kind)


def _order_ways(view: View, ask: Ask, facts: order.WaysFacts) -> Iterable[Shape]:
    for index, way in enumerate(facts.ways):
        yield _way(way, _option_label(index, _metres(way.value)))


def _order_turns(view: View, ask: Ask, facts: order.TurnsFacts) -> Iterable[Shape]:
    length = math.hypot(*facts.forward) or 1.0
    ahead = (facts.forward[0] / length, facts.forward[1] / length)
    yield arrow(facts.start, _along(facts.start, ahead, max(RAY_M, length)))
    for index, (end, turn) in enumerate(zip(facts.ends, facts.turns_deg, strict=True)):
        yield line(facts.start, end, label=_option_label(index, f"{turn:.0f}°"))


def _appearance(view: View, ask: Ask, facts: order.AppearanceFacts) -> Iterable[Shape]:
    """The instance of each type that appears first."""
    for kind, number in zip(ask.types, facts.first_frames, strict=True):
        seen = min(view.of_type(kind), key=lambda item: item.frames[0])
        yield dot(view.geometry.points[seen.index], f"frame {number}")


_MEASURES: dict[type, Measure] = {
    distance.WayFacts: _ways,
    distance.GapFacts: _gap,
    clearance.GapWidthFacts: _gap,
    clearance.ClearanceFacts: _clearance,
    distance.NearestFacts: _nearest,
    nearest.NearestTypeFacts: _nearest_type,
    direction.AxisFacts: _axis,
    direction.TurnFacts: _turn,
    viewpoint.ViewpointFacts: _viewpoint,
    egomotion.MoveFacts: _move,
    egomotion.HeadingFacts: _heading,
    egomotion.TurnSideFacts: _heading,
    egomotion.ApproachFacts: _approach,
    occlusion.OcclusionFacts: _occlusion,
    count.CountFacts: _count,
    count.MoreFacts: _more,
    count.NearFacts: _near,
    room.AreaFacts: _rooms,
    room.RoomCountFacts: _rooms,
    room.LargestRoomFacts: _rooms,
    room.RoomSideFacts: _room_side,
    room_contents.InRoomFacts: _in_room,
    room_contents.TogetherFacts: _together,
    size.SizeFacts: _size,
    size.LargestObjectFacts: _largest,
    size.RatioFacts: _ratio,
    size.HeightFacts: _tall,
    vertical.TopFacts: _heights,
    vertical.TopsFacts: _heights,
    vertical.AboveFacts: _heights,
    vertical.HighestFacts: _heights,
    walking.WalkFacts: _walk,
    walking.NearestOnFootFacts: _walks,
    route.RouteFacts: _route,
    order.WaysFacts: _order_ways,
    order.TurnsFacts: _order_turns,
    order.AppearanceFacts: _appearance,
}
"""The function that draws each class of facts."""


def _way(way: distance.WayFacts, label: str = "", strong: bool = True) -> Shape:
    return line(way.start, way.end, label=label or _metres(way.value), strong=strong)


def _gap_line(view: View, first: str, second: str, label: str, strong: bool = True) -> Shape:
    """The line between the closest points of two boxes, seen from above."""
    geometry = view.geometry
    return line(*geometry.gap_ends(geometry.index[first], geometry.index[second]), label=label, strong=strong)


def _bearing(at: Point, bearing: Bearing, target: Point, with_ray: bool = True) -> Iterable[Shape]:
    """The viewing direction, the line to what is looked for, and the turn between them."""
    length = math.hypot(*bearing.forward)
    ahead = (bearing.forward[0] / length, bearing.forward[1] / length)
    if with_ray:
        yield arrow(at, _along(at, ahead), strong=True)
    yield line(at, target)
    yield angle(at, ahead, bearing.turn_deg, _degrees(bearing.turn_deg))


def _counted(view: View, names: Sequence[str], strong: bool = True) -> Iterable[Shape]:
    ids = {item.entry.name: item.object.id for item in view.seen}
    for number, name in enumerate(names, 1):
        yield area(_outline(view, ids[name]), strong=strong)
        yield dot(_center(view, ids[name]), str(number), strong)


def _inside(view: View, place: room_contents.Inside, label: str, strong: bool) -> Iterable[Shape]:
    point = shapely.Point(place.x, place.y)
    rooms = view.geometry.rooms
    index = min(range(len(rooms)), key=lambda index: rooms[index].distance(point))
    yield area(_ring(rooms[index]), strong=strong)
    yield dot((place.x, place.y), label or spoken_name(view.clip.rooms[index].type), strong)


def _sized(
    view: View, name: str, found: size.SizeFacts, letter: str = "", strong: bool = True
) -> Iterable[Shape]:
    """The outline of a box with its level sides, and its height."""
    ring = _outline(view, name)
    yield area(ring, strong=False)
    if strong:
        yield from _sides(ring)
    yield dot(_center(view, name), " ".join(filter(None, [letter, f"{_metres(found.height)} high"])), strong)


def _sides(ring: Sequence[Point]) -> Iterable[Shape]:
    """The longest side of a rectangle, and the side after it."""
    sides = [(ring[index - 1], ring[index]) for index in range(len(ring))]
    first = max(range(len(sides)), key=lambda index: math.dist(*sides[index]))
    for start, end in (sides[first], sides[(first + 1) % len(sides)]):
        yield line(start, end, label=_metres(math.dist(start, end)))


def _stop_before(view: View, name: str, start: Point) -> Point:
    """The point at which a straight leg to an object ends: on its stopping ring."""
    ring = shapely.Polygon(view.geometry.stopping_rings[view.geometry.index[name]])
    way = shapely.LineString([start, _center(view, name)]).difference(ring)
    x, y = shapely.get_coordinates(way)[-1]
    return float(x), float(y)


def _outline(view: View, name: str) -> list[Point]:
    return view.geometry.outline_points[view.geometry.index[name]]


def _center(view: View, name: str) -> Point:
    return view.geometry.points[view.geometry.index[name]]


def _ring(polygon: Any) -> list[Point]:
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(polygon.exterior)[:-1]]


def _plus(start: Point, way: Point) -> Point:
    return start[0] + way[0], start[1] + way[1]


def _along(start: Point, ahead: Point, length: float = RAY_M) -> Point:
    return start[0] + length * ahead[0], start[1] + length * ahead[1]


def _option_label(index: int, text: str = "") -> str:
    return f"{letter_of(index)} {text}".rstrip()


def _metres(value: float) -> str:
    return f"{value:.2f} m"


def _degrees(turn_deg: float) -> str:
    side = "right" if turn_deg > 0.0 else "left"
    return f"{abs(turn_deg):.0f}° {side}"
