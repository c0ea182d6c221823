"""Route plans with turns to fill in, as in VSI-Bench.

The walker starts beside one object, facing another, and walks straight from object to object. Each leg leads
towards the centre of the next object's box and ends 0.5 m from the object, on its stopping ring: the
footprint with every edge moved outwards by 0.5 m. The route starts where the line from the centre of the
first object to the centre of the faced object leaves the first object's ring. All legs lead over free floor
(`simgen.qa.view.floor`). A turn is left or right if it is closer to 90 degrees than to 0 or 180, and back if
it is closer to 180.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import permutations, product
from typing import NamedTuple

import numpy as np
import shapely

from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask, ChoiceFacts
from simgen.qa.skills.proposals import shuffle
from simgen.qa.skills.skill import Extra, MapAsk, Skill
from simgen.qa.skills.walking import list_standing
from simgen.qa.view.floor import STOP_M, grow_ring
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.names import spoken_name
from simgen.qa.view.needs import Needs
from simgen.qa.view.view import View
from simgen.scoring import MapObject, box_center
from simgen.types import Point

LEFT, RIGHT, BACK = "TurnLeft", "TurnRight", "TurnBack"
TURN_SHARES = {LEFT: 0.4, RIGHT: 0.4, BACK: 0.2}
"""The approximate frequencies of the turns."""
HALFWAY_DEG = 45.0
"""The border between going straight on and a turn to the side. The border to turning back is at 135."""
CLEAR_DEG = 15.0
"""Routes with a turn that is closer to a border than this are not proposed."""
SHORTEST_LEG_M = 0.3
"""The shortest leg that is worth an instruction."""
OPTIONS = 4
"""The number of options out of the nine pairs of turns. All three single turns are offered."""

Ring = Sequence[Point]
"""The corners of a convex outline, counter-clockwise."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn beside an object to face the next one."""

    x: float
    y: float
    """The position of the turn."""
    dx: float
    dy: float
    """From there to the centre of the next object."""
    facing_deg: float
    """The heading before the turn, clockwise from the map's y, in [0, 360)."""
    heading_deg: float
    """The heading after the turn."""
    difference_deg: float
    """`heading_deg` minus `facing_deg`, in (-360, 360)."""
    angle_deg: float
    """The same in [-180, 180): positive to the right."""
    kind: str
    """The turn in words; empty if there is none."""
    target: str
    """The name of the next object on the map."""


@dataclass(frozen=True, slots=True)
class RouteFacts(ChoiceFacts):
    """The start of the route, and its turns."""

    x: float
    y: float
    facing_deg: float
    turns: tuple[Turn, ...]
    key: str
    """All turns in words."""


@dataclass(frozen=True, slots=True)
class BesideFacts(RouteFacts):
    """A route that starts beside one object, facing another."""

    dx: float
    dy: float
    """From the start to the centre of the faced object."""


class _Stop(NamedTuple):
    """A position on a route, and the walker's heading there."""

    x: float
    y: float
    facing_deg: float


class _Target(NamedTuple):
    """The target of a leg: the centre of an object, and the stopping ring where the leg ends."""

    middle: Point
    ring: Ring
    name: str


def route_plan(view: View, ask: Ask, forward_first: bool) -> BesideFacts | Refusal:
    """Which turns lead along a route; the margin is the least angle between a turn and the next kind of turn.

    `forward_first`: whether the route first leads straight to the faced object.
    """
    targets = [_target(view, name) for name in ask.objects]
    start = _begin(targets[0], targets[1])
    found = _route_facts(view, ask, start, targets[1 if forward_first else 2 :], forward_first)
    if isinstance(found, Refusal):
        return found
    (x, y), (to_x, to_y) = start[:2], targets[1].middle
    parts = {field.name: getattr(found, field.name) for field in fields(RouteFacts)}
    return BesideFacts(**parts, dx=to_x - x, dy=to_y - y)


def route_plan_from_camera(view: View, ask: Ask) -> RouteFacts | Refusal:
    """Which two turns complete a route: start at the camera of a frame, turn, go to a, turn, to b."""
    targets = [_target(view, name) for name in ask.objects]
    return _route_facts(view, ask, _camera_stop(view, ask.frames[0]), targets, forward_first=False)


def route_on_map(asked: MapAsk, forward_first: bool) -> int | None:
    """The option with the turns between the map's boxes; None if no option has them."""
    targets = [_map_target(entry) for entry in asked.objects]
    start = _begin(targets[0], targets[1])
    return _option_on_map(asked, start, targets[1 if forward_first else 2 :], forward_first)


def route_from_camera_on_map(asked: MapAsk) -> int | None:
    """The same, from the map's camera."""
    camera = asked.cameras[0]
    if camera.heading_deg is None:
        return None
    start = _Stop(camera.bbox[0], camera.bbox[1], camera.heading_deg)
    return _option_on_map(asked, start, [_map_target(entry) for entry in asked.objects], forward_first=False)


def _candidates(
    view: View, needs: Needs, rng: np.random.Generator, objects: int, forward_first: bool
) -> Iterator[Ask]:
    """Proposes all walkable routes along a number of objects, in random order."""
    ids = list_standing(view, needs)
    targets = {name: _target(view, name) for name in ids}
    found: list[tuple[tuple[str, ...], str]] = []
    for first, faced in permutations(ids, 2):
        here: _Stop | None = _begin(targets[first], targets[faced])
        if forward_first:
            here = _leg_to(view.geometry, here, targets[faced])
        if here is not None:
            found += _onward(view.geometry, targets, here, (first, faced), (), objects)
    for chosen, key in shuffle(found, rng):
        yield Ask(chosen, _options(key, rng))


def _candidates_from_cameras(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes all walkable routes from a frame along two objects, in random order."""
    targets = {name: _target(view, name) for name in list_standing(view, needs)}
    found: list[tuple[int, tuple[str, ...], str]] = []
    for frame in view.frames:
        onward = _onward(view.geometry, targets, _camera_stop(view, frame), (), (), 2)
        found += [(frame, chosen, key) for chosen, key in onward]
    for frame, chosen, key in shuffle(found, rng):
        yield Ask(chosen, _options(key, rng), frames=(frame,))


def _options(key: str, rng: np.random.Generator) -> tuple[str, ...]:
    """The right turns and wrong ones, shuffled. Wrong turns are drawn by the frequencies TURN_SHARES."""
    keys = [",".join(kinds) for kinds in product(TURN_SHARES, repeat=key.count(",") + 1)]
    shares = np.array([math.prod(TURN_SHARES[kind] for kind in other.split(",")) for other in keys])
    shares[keys.index(key)] = 0.0
    count = min(OPTIONS, len(keys)) - 1
    drawn = rng.choice(len(keys), size=count, replace=False, p=shares / shares.sum())
    return tuple(shuffle([key, *(keys[index] for index in drawn)], rng))


def _onward(
    geometry: ClipGeometry,
    targets: Mapping[str, _Target],
    here: _Stop,
    chosen: tuple[str, ...],
    turns: tuple[str, ...],
    objects: int,
) -> list[tuple[tuple[str, ...], str]]:
    """All continuations of a route up to a number of objects, with their turns."""
    if len(chosen) == objects:
        return [(chosen, ",".join(turns))]
    found = []
    for name, target in targets.items():
        angle = _turned(_next(here, target).facing_deg - here.facing_deg)
        if name not in chosen and _kind(angle) and _margin(angle) >= CLEAR_DEG:
            there = _leg_to(geometry, here, target)
            if there is not None:
                found += _onward(geometry, targets, there, (*chosen, name), (*turns, _kind(angle)), objects)
    return found


def _route_facts(
    view: View, ask: Ask, start: _Stop, targets: Sequence[_Target], forward_first: bool
) -> RouteFacts | Refusal:
    here = start
    for target in targets:
        there = _leg_to(view.geometry, here, target)
        if there is None:
            return Refusal("not walkable", f"from ({here.x:.2f}, {here.y:.2f}) straight to {target.name}")
        here = there
    turns = _turns(start, targets, forward_first)
    key = ",".join(_kind(turn.angle_deg) for turn in turns)
    if key not in ask.options:
        return Refusal("not offered", f"the turns are {key}")
    margin = min(_margin(turn.angle_deg) for turn in turns)
    words = ", ".join(turn.kind for turn in turns)
    return RouteFacts(
        ask.options.index(key), margin, HALFWAY_DEG, start.x, start.y, start.facing_deg, turns, words
    )


def _option_on_map(
    asked: MapAsk, start: _Stop, targets: Sequence[_Target], forward_first: bool
) -> int | None:
    key = ",".join(_kind(turn.angle_deg) for turn in _turns(start, targets, forward_first))
    return asked.ask.options.index(key) if key in asked.ask.options else None


def _turns(start: _Stop, targets: Sequence[_Target], forward_first: bool) -> tuple[Turn, ...]:
    """The turns before each target; there is none before the first target if `forward_first`."""
    here, turns = start, []
    for number, target in enumerate(targets):
        there = _next(here, target)
        if number or not forward_first:
            turns.append(_turn(here, target, there.facing_deg))
        here = there
    return tuple(turns)


def _target(view: View, name: str) -> _Target:
    index, seen = view.geometry.index[name], view.find(name)
    assert seen is not None, "what is asked about is visible"
    return _Target(view.geometry.points[index], view.geometry.stopping_rings[index], seen.entry.name)


def _map_target(entry: MapObject) -> _Target:
    return _Target(box_center(entry.bbox), grow_ring(shapely.box(*entry.bbox), STOP_M), entry.name)


def _camera_stop(view: View, frame: int) -> _Stop:
    return _Stop(*view.geometry.camera_points[frame], float(view.geometry.headings_deg[frame]))


def _begin(first: _Target, faced: _Target) -> _Stop:
    """The start beside an object, on the line from its centre to the centre of the faced object."""
    share = _crossed(first.middle, faced.middle, first.ring, outwards=True)
    x, y = _between(first.middle, faced.middle, share)
    return _Stop(x, y, _heading(faced.middle[0] - x, faced.middle[1] - y))


def _next(here: _Stop, target: _Target) -> _Stop:
    """The end of a straight leg towards the centre of an object, on its stopping ring."""
    (x, y), (to_x, to_y) = here[:2], target.middle
    share = _crossed((x, y), target.middle, target.ring, outwards=False)
    return _Stop(*_between((x, y), target.middle, share), _heading(to_x - x, to_y - y))


def _leg_to(geometry: ClipGeometry, here: _Stop, target: _Target) -> _Stop | None:
    """The same; None if the leg is too short or does not lead over free floor."""
    there = _next(here, target)
    if math.dist(here[:2], there[:2]) < SHORTEST_LEG_M:
        return None
    free = geometry.floor.graph.is_free(np.array([here[:2]]), np.array([there[:2]]))
    return there if free[0] else None


def _crossed(start: Point, end: Point, ring: Ring, outwards: bool) -> float:
    """The share of the line from `start` to `end` at which it leaves (`outwards`) or enters a convex ring."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    found = [1.0 if outwards else 0.0]
    for (px, py), (qx, qy) in zip(ring, (*ring[1:], ring[0]), strict=True):
        normal_x, normal_y = qy - py, px - qx  # points outwards
        approach = normal_x * dx + normal_y * dy
        if approach != 0.0 and (approach > 0.0) == outwards:
            found.append((normal_x * (px - start[0]) + normal_y * (py - start[1])) / approach)
    return min(found) if outwards else max(found)


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _turn(here: _Stop, target: _Target, heading_deg: float) -> Turn:
    difference = heading_deg - here.facing_deg
    angle = _turned(difference)
    dx, dy = target.middle[0] - here.x, target.middle[1] - here.y
    words = spoken_name(_kind(angle))
    return Turn(here.x, here.y, dx, dy, here.facing_deg, heading_deg, difference, angle, words, target.name)


def _heading(dx: float, dy: float) -> float:
    return math.degrees(math.atan2(dx, dy)) % 360.0


def _turned(difference_deg: float) -> float:
    return (difference_deg + 180.0) % 360.0 - 180.0


def _kind(angle_deg: float) -> str:
    if abs(angle_deg) > 180.0 - HALFWAY_DEG:
        return BACK
    if abs(angle_deg) < HALFWAY_DEG:
        return ""
    return RIGHT if angle_deg > 0.0 else LEFT


def _margin(angle_deg: float) -> float:
    """The angle between a turn and the border to the next kind of turn, in degrees."""
    return min(abs(abs(angle_deg) - HALFWAY_DEG), abs(abs(angle_deg) - (180.0 - HALFWAY_DEG)))


def _skill(objects: int, forward_first: bool, computes: str) -> Skill:
    return Skill(
        partial(_candidates, objects=objects, forward_first=forward_first),
        partial(route_plan, forward_first=forward_first),
        partial(route_on_map, forward_first=forward_first),
        BesideFacts,
        objects=objects,
        options="orders",
        apart=False,
        steps=objects,
        computes=computes,
    )


SKILLS = {
    "route_plan": _skill(
        objects=4,
        forward_first=True,
        computes="Which two turns complete a route: start at a facing b, go to b, turn, to c, turn, to d.",
    ),
    "route_plan_turning_first": _skill(
        objects=4,
        forward_first=False,
        computes="Which two turns complete a route: start at a facing b, turn, go to c, turn, to d.",
    ),
    "route_plan_one_turn": _skill(
        objects=3,
        forward_first=True,
        computes="Which turn completes a route: start at a facing b, go to b, turn, go to c.",
    ),
    "route_plan_from_camera": Skill(
        _candidates_from_cameras,
        route_plan_from_camera,
        route_from_camera_on_map,
        RouteFacts,
        objects=2,
        frames=1,
        options="orders",
        extras=frozenset[Extra]({"heading"}),
        apart=False,
        seen_in_frame=False,
        steps=3,
    ),
}
