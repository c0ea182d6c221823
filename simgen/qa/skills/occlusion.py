"""What stands before what, as seen from a camera: told by lines on the floor plan.

One object is before another when the line from the camera to the other's centre passes through its outline,
and its centre is the nearer one. Ways are in metres; angles are in degrees, from the direction of the
centre of the object that the question names, positive clockwise.
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
"""What fills more of somebody's view is around them rather than before something."""
MIN_STEP_M = 0.3
"""By so much, at least, the centre of one must be nearer than that of the other."""


@dataclass(frozen=True, slots=True)
class Span:
    """An object as a camera sees it on the floor plan. Ways are from the camera."""

    way: Point
    """To the centre."""
    distance: float
    left: Point
    """To the corner of the outline that is farthest to the left."""
    right: Point
    turn_deg: float
    """Of the centre, from the direction of the named object."""
    left_deg: float
    right_deg: float


@dataclass(frozen=True, slots=True)
class Line:
    """The line to the centre of one object, held against the outline of another."""

    front: Span
    back: Span
    from_left: float
    """The product of the ways to the front's left corner and the back's centre: positive to its right."""
    from_right: float
    """The same for the right corner: positive to its left."""
    fails: Literal["", "depth", "left", "right"]
    """What shows that the front one does not stand before the back one; empty when it does."""


@dataclass(frozen=True, slots=True)
class OcclusionFacts(ChoiceFacts):
    """The named object as the camera sees it, and the lines that decide about the options."""

    camera: Point
    named: Span
    spans: tuple[Span, ...]
    lines: tuple[Line, ...]


def behind(view: View, ask: Ask) -> OcclusionFacts | Refusal:
    """Which option the named object stands before."""
    return _facts(view, ask, True)


def in_front(view: View, ask: Ask) -> OcclusionFacts | Refusal:
    """Which option stands before the named object."""
    return _facts(view, ask, False)


def occlusion_on_map(asked: MapAsk, is_behind: bool) -> int | None:
    """The only option that is behind, or in front of, the named object on the map; None when not one is."""
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
    """Objects seen in a frame, each with every option that fits and three that do not."""
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
    """The objects, the named one first, as the camera sees them; none when one of them is around it."""
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
    """The one that would have to be in front, and the other."""
    return (named, option) if is_behind else (option, named)


def _line(front: Span, back: Span) -> Line:
    left, right = bearing_of(front.left, back.way).right, -bearing_of(front.right, back.way).right
    if back.distance <= front.distance - MIN_STEP_M:
        return Line(front, back, left, right, "depth")
    return Line(
        front, back, left, right, "" if min(left, right) > 0.0 else "left" if left < right else "right"
    )


def _lead(named: Span, option: Span, is_behind: bool, step_m: float) -> float:
    """By how many degrees an option fits; negative when it does not, 0 when that is open.

    It fits by how far the farther one's centre is within the outline of the nearer one, and does not by how
    far it is beside it. One that is clearly on the wrong side, nearer or farther, does not fit by any angle.
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
