"""Occlusion: which object is in front of another, seen from a camera, decided on the floor plan.

An object is in front of another if the line from the camera to the other's centre passes through its outline
and its own centre is nearer. Displacements are in metres. Angles are in degrees, clockwise, relative to the
direction of the centre of the object that the question names.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask, ChoiceFacts
from simgen.qa.skills.proposals import shuffle
from simgen.qa.skills.sectors import bearing_of, way_to
from simgen.qa.skills.skill import MapAsk, Skill
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import box_center
from simgen.types import Point

OFFERED = 4
WIDEST_DEG = 120.0
"""The widest angle that an object may fill. Wider objects are around the viewer instead of in front."""
MIN_STEP_M = 0.3
"""The least difference between the distances of the two centres."""


@dataclass(frozen=True, slots=True)
class Span:
    """An object as seen from a camera on the floor plan. Displacements start at the camera."""

    way: Point
    """The displacement to the centre."""
    distance: float
    left: Point
    """The displacement to the leftmost corner of the outline."""
    right: Point
    turn_deg: float
    """The angle of the centre, relative to the direction of the named object."""
    left_deg: float
    right_deg: float


@dataclass(frozen=True, slots=True)
class Line:
    """The test of the line to the centre of one object (back) against the outline of another (front)."""

    front: Span
    back: Span
    from_left: float
    """The cross product of the displacements to the front's left corner and to the back's centre: positive if
    the centre is to the right of the corner."""
    from_right: float
    """The same for the right corner: positive if the centre is to its left."""
    fails: Literal["", "depth", "left", "right"]
    """The test that shows that front is not in front of back; empty if it is."""


@dataclass(frozen=True, slots=True)
class OcclusionFacts(ChoiceFacts):
    """The named object and the options as seen from the camera, and the test of each option."""

    camera: Point
    named: Span
    spans: tuple[Span, ...]
    lines: tuple[Line, ...]


def behind(view: View, ask: Ask) -> OcclusionFacts | Refusal:
    """Which option the named object is in front of."""
    return _facts(view, ask, True)


def in_front(view: View, ask: Ask) -> OcclusionFacts | Refusal:
    """Which option is in front of the named object."""
    return _facts(view, ask, False)


def occlusion_on_map(asked: MapAsk, is_behind: bool) -> int | None:
    """The only option behind, or in front of, the named object on the map; None if it is not exactly one."""
    corners = [entry.outline for entry in (*asked.objects, *asked.options)]
    known = [outline for outline in corners if outline]
    if len(known) < len(corners):
        return None
    centers = [box_center(entry.bbox) for entry in (*asked.objects, *asked.options)]
    spans = _spans(box_center(asked.cameras[0].bbox), centers, known)
    leads = [_lead(spans[0], span, is_behind, 0.0) for span in spans[1:]] if spans else []
    found = [index for index, lead in enumerate(leads) if lead > 0.0]
    return found[0] if len(found) == 1 else None


def propose_occlusions(view: View, needs: Needs, rng: np.random.Generator, is_behind: bool) -> Iterator[Ask]:
    """Proposes objects seen in a frame, each with one option that fits and three that do not."""
    names = list_nameable(view, needs)
    for frame in shuffle(view.frames, rng):
        placed = [name for name in names if view.placed(name, frame)]
        for named in shuffle(placed, rng):
            seen, others = view.find(named), [name for name in placed if name != named]
            if seen is None or frame not in seen.frames or len(others) < OFFERED:
                continue
            leads = _leads(view, frame, named, others, is_behind)
            fitting = [name for name, lead in zip(others, leads, strict=True) if lead > 0.0]
            rest = [name for name, lead in zip(others, leads, strict=True) if lead < 0.0]
            for fit in fitting if len(rest) >= OFFERED - 1 else ():
                drawn = [fit, *shuffle(rest, rng)[: OFFERED - 1]]
                yield Ask(objects=(named,), options=tuple(shuffle(drawn, rng)), frames=(frame,))


def _facts(view: View, ask: Ask, is_behind: bool) -> OcclusionFacts | Refusal:
    named, frame = view.find(ask.objects[0]), ask.frames[0]
    if named is None or frame not in named.frames:
        return Refusal("not visible", f"{ask.objects[0]} is not visible in frame {frame}")
    if problem := view.placing_problem(ask.options, frame):
        return problem
    spans = _view_spans(view, frame, (*ask.objects, *ask.options))
    if not spans:
        return Refusal("too close", f"one of the objects is around the camera of frame {frame}")
    leads = [_lead(spans[0], span, is_behind, MIN_STEP_M) for span in spans[1:]]
    choice = max(range(len(leads)), key=leads.__getitem__)
    margin = min(leads[choice], *(-lead for index, lead in enumerate(leads) if index != choice))
    lines = tuple(_line(*_in_depth(spans[0], span, is_behind)) for span in spans[1:])
    front, camera = lines[choice].front, view.geometry.camera_points[frame]
    off = max((front.right_deg - front.left_deg) / 2.0 - margin, 0.0)
    return OcclusionFacts(choice, margin, off, camera, spans[0], tuple(spans[1:]), lines)


def _leads(view: View, frame: int, named: str, others: Sequence[str], is_behind: bool) -> list[float]:
    spans = _view_spans(view, frame, (named, *others))
    return (
        [_lead(spans[0], span, is_behind, MIN_STEP_M) for span in spans[1:]] if spans else [0.0] * len(others)
    )


def _view_spans(view: View, frame: int, names: Sequence[str]) -> list[Span]:
    geometry = view.geometry
    indices = [geometry.index[name] for name in names]
    points, outlines = geometry.points, geometry.outline_points
    return _spans(geometry.camera_points[frame], [points[i] for i in indices], [outlines[i] for i in indices])


def _spans(camera: Point, centers: Sequence[Point], outlines: Sequence[Sequence[Point]]) -> list[Span]:
    """The objects as seen from the camera, the named one first; empty if one of them is around the camera."""
    forward, found = way_to(camera, centers[0]), list[Span]()
    for center, outline in zip(centers, outlines, strict=True):
        way, ends = way_to(camera, center), [way_to(camera, corner) for corner in outline]
        turn, offs = bearing_of(forward, way).turn_deg, [bearing_of(way, end).turn_deg for end in ends]
        low, high = min(offs), max(offs)
        if high - low > WIDEST_DEG:
            return []
        left, right = ends[offs.index(low)], ends[offs.index(high)]
        found.append(Span(way, math.hypot(*way), left, right, turn, turn + low, turn + high))
    return found


def _in_depth(named: Span, option: Span, is_behind: bool) -> tuple[Span, Span]:
    """The object that would be in front if the option fitted, and the other."""
    return (named, option) if is_behind else (option, named)


def _line(front: Span, back: Span) -> Line:
    left, right = bearing_of(front.left, back.way).right, -bearing_of(front.right, back.way).right
    if back.distance <= front.distance - MIN_STEP_M:
        return Line(front, back, left, right, "depth")
    return Line(
        front, back, left, right, "" if min(left, right) > 0.0 else "left" if left < right else "right"
    )


def _lead(named: Span, option: Span, is_behind: bool, step_m: float) -> float:
    """By how many degrees an option fits: positive if it fits, negative if not, 0 if undecided.

    The value is the angle by which the farther centre is within the outline of the nearer object, or beside
    it (negative). An option that is clearly at the wrong depth gets -WIDEST_DEG.
    """
    front, back = _in_depth(named, option, is_behind)
    inside = min(back.turn_deg - front.left_deg, front.right_deg - back.turn_deg)
    if back.distance <= front.distance - step_m:
        return -WIDEST_DEG
    return inside if back.distance >= front.distance + step_m else min(inside, 0.0)


def _occlusion(is_behind: bool) -> Skill:
    return Skill(
        partial(propose_occlusions, is_behind=is_behind),
        behind if is_behind else in_front,
        partial(occlusion_on_map, is_behind=is_behind),
        OcclusionFacts,
        objects=1,
        frames=1,
        options="objects",
        extras=frozenset({"outline"}),
        seen_in_frame=False,
        steps=4,
    )


SKILLS = {"behind": _occlusion(True), "in_front": _occlusion(False)}
