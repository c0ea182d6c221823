"""Invariance of answers when a whole clip is moved or mirrored, and the mirrored clips."""

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from simgen.geometry.boxes import aabb, corners, footprint
from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask, ChoiceFacts, Facts, NumberFacts, OrderFacts
from simgen.qa.skills.skill import Skill
from simgen.qa.view.needs import Needs
from simgen.store.clips import Clip, Visibility
from simgen.types import OrientedBox, SceneObject
from tests.qa.scenes import whole_view

_MIRROR = np.diag([-1.0, 1.0, 1.0])
EVERYTHING = Needs(min_size_m=0.05, min_shown=0.0)
"""Needs so loose that even the apple of the synthetic kitchen may be named."""

TIE = 1e-6
"""Smaller margins count as zero."""


def mirrored(clip: Clip) -> Clip:
    """The clip mirrored left to right."""
    poses = clip.world_from_camera.copy()
    poses[:, :3, :3] = _MIRROR @ poses[:, :3, :3] @ _MIRROR
    poses[:, :3, 3] = poses[:, :3, 3] @ _MIRROR
    rooms = tuple(replace(room, polygon=room.polygon[::-1] * [-1.0, 1.0]) for room in clip.rooms)
    objects = tuple(_mirrored_object(item) for item in clip.objects)
    seen, (width, _) = clip.visibility, clip.size_px
    boxes = seen.box2d.copy()
    boxes[..., [0, 2]] = width - seen.box2d[..., [2, 0]]
    visibility = Visibility(seen.pixels, seen.unoccluded_pixels, boxes)
    changed = replace(clip, objects=objects, rooms=rooms, world_from_camera=poses, visibility=visibility)
    return replace(changed, house=_mirrored_house(clip.house))


def asks_of(skill: Skill, clip: Clip, count: int = 20) -> list[Ask]:
    """The first asks that a skill proposes for a clip, up to a number; fails if there are none."""
    found = skill.candidates(whole_view(clip), EVERYTHING, np.random.default_rng(0))
    asks = list(islice(found, count))
    assert asks, "the clip gives nothing to ask about"
    return asks


def assert_same_answers(skill: Skill, clip: Clip, other: Clip, asks: list[Ask]) -> None:
    """Number, choice, order and margin of each question are the same in both clips, or both are refused."""
    here, there = whole_view(clip), whole_view(other)
    for ask in asks:
        a, b = skill.facts(here, ask), skill.facts(there, ask)
        if isinstance(a, Refusal) or isinstance(b, Refusal):
            assert a == b
        else:
            assert list(_judged(a)) == pytest.approx(list(_judged(b)), abs=TIE)


def assert_letters_follow(skill: Skill, clip: Clip, asks: list[Ask]) -> None:
    """Reversing the options of a question changes only its letter."""
    view = whole_view(clip)
    for ask in asks:
        facts = skill.facts(view, ask)
        turned = skill.facts(view, replace(ask, options=ask.options[::-1]))
        if isinstance(facts, ChoiceFacts) and isinstance(turned, ChoiceFacts) and facts.margin > 0.0:
            assert ask.options[facts.choice] == ask.options[::-1][turned.choice]
            assert turned.margin == pytest.approx(facts.margin)


def _judged(facts: Facts) -> Iterator[float]:
    """The numbers of facts that must not depend on the pose of the clip in the world."""
    if isinstance(facts, ChoiceFacts | OrderFacts) and facts.margin < TIE:
        yield facts.margin  # which of two equals is chosen is up to the last bit
        return
    kind = next(kind for kind in (NumberFacts, ChoiceFacts, OrderFacts) if isinstance(facts, kind))
    for field in fields(kind):
        value = getattr(facts, field.name)
        yield from value if isinstance(value, tuple) else (value,)


def _mirrored_house(house: dict[str, Any]) -> dict[str, Any]:
    """The house's walls and floors; holes in walls are measured along these, from their first corners."""

    def turned(items: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
        return [item | {key: [point | {"x": -point["x"]} for point in item[key]]} for item in items]

    parts = {"rooms": "floorPolygon", "walls": "polygon"}
    return house | {part: turned(house[part], key) for part, key in parts.items() if part in house}


def _mirrored_object(item: SceneObject) -> SceneObject:
    box = OrientedBox(item.box.center @ _MIRROR, item.box.half_extents, _MIRROR @ item.box.rotation @ _MIRROR)
    points = corners(box)
    return replace(item, box=box, aabb=aabb(points), footprint=footprint(points))
