"""Mirroring a clip swaps left and right and reverses clocks; every other answer stays the same."""

import re
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from simgen.qa.question.solve import solve
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts, OrderFacts
from simgen.qa.skills.sectors import HOURS
from simgen.qa.skills.skill import Skill
from simgen.qa.templates.loading import list_template_ids, load_templates
from simgen.qa.view.needs import Needs
from simgen.qa.view.view import View, VisibilityRule
from tests.qa.real_clips import real_clips
from tests.qa.scenes import refusal_kind, whole_view
from tests.qa.skills.invariance import mirrored

RULE = VisibilityRule(min_px=48, min_fraction=0.1)
SEEN = tuple(range(16))
"""Enough frames for every template."""
CLIPS = [(whole_view(clip, SEEN, RULE), whole_view(mirrored(clip), SEEN, RULE)) for clip in real_clips()]
TURNS = {"axis_deg", "turn_deg"}
"""The names of values that are turns to the right, in degrees."""
TURNED_AROUND = {"left_to_right", "clockwise"}
"""Skills whose orders are reversed in a mirror."""
NOTHING_TO_COMPARE = {
    "largest_room": "no clip shows two rooms that may be named",
    "same_room": "no clip shows objects of two rooms that are not open to each other",
}
"""Templates that the clips of the tests give no answer for, with the reason."""


@pytest.mark.parametrize("name", list_template_ids())
def test_a_mirror_swaps_left_and_right_and_nothing_else(name: str) -> None:
    template = load_templates([name])[0]
    skill, compared = SKILLS[template.skill], 0
    for view, mirror in CLIPS:
        for ask in some_asks(skill, view):
            facts, reflected = skill.facts(view, ask), skill.facts(mirror, in_mirror(skill, ask))
            if isinstance(facts, Refusal) or isinstance(reflected, Refusal):
                assert facts == reflected
            elif isinstance(facts, NumberFacts) or isinstance(reflected, NumberFacts):
                assert isinstance(facts, NumberFacts)
                assert isinstance(reflected, NumberFacts)
                assert reflected.value == pytest.approx(facts.value, abs=1e-6)
                compared += 1
            elif facts.margin > 1e-6:
                assert reflected.margin == pytest.approx(facts.margin, abs=1e-6)
                assert decision(reflected) == expected(template.skill, facts)
                compared += 1
    assert bool(compared) == (name not in NOTHING_TO_COMPARE)


@pytest.mark.parametrize("name", list_template_ids())
def test_rows_have_their_mirror_images(name: str) -> None:
    template = load_templates([name])[0]
    skill = SKILLS[template.skill]
    for view, mirror in CLIPS:
        for ask in some_asks(skill, view):
            solved, reflected = solve(view, template, ask), solve(mirror, template, in_mirror(skill, ask))
            if isinstance(solved, Refusal) or isinstance(reflected, Refusal):
                assert refusal_kind(solved) == refusal_kind(reflected)
            elif template.skill not in TURNED_AROUND:
                assert solved.answer == reflected.answer


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("left", "right"),
        ("front_left", "front_right"),
        ("back", "back"),
        ("TurnLeft,TurnBack", "TurnRight,TurnBack"),
    ],
)
def test_labels_in_a_mirror(key: str, other: str) -> None:
    assert (swapped(key), swapped(other)) == (other, key)


def in_mirror(skill: Skill, ask: Ask) -> Ask:
    """The question that has the same letter as its answer in the mirrored clip."""
    values = tuple(
        -value % 360.0 if name in TURNS else value
        for name, value in zip(skill.values, ask.values, strict=True)
    )
    if skill.labels == HOURS.labels:
        return replace(ask, options=tuple(str(12 - int(hour) % 12) for hour in ask.options))
    if skill.options in ("objects", "frames", "rooms"):
        return replace(ask, values=values)
    return replace(ask, options=tuple(map(swapped, ask.options)), values=values)


def swapped(key: str) -> str:
    """A label with left and right swapped."""
    other = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
    return re.sub("|".join(other), lambda found: other[found.group()], key)


def decision(facts: ChoiceFacts | OrderFacts) -> int | tuple[int, ...]:
    return facts.choice if isinstance(facts, ChoiceFacts) else facts.order


def expected(skill: str, facts: ChoiceFacts | OrderFacts) -> int | tuple[int, ...]:
    """The decision that the mirrored clip must give to the mirrored question."""
    if isinstance(facts, OrderFacts) and skill in TURNED_AROUND:
        return facts.order[::-1]
    return decision(facts)


def some_asks(skill: Skill, view: View) -> list[Ask]:
    found = skill.candidates(view, Needs(), np.random.default_rng(0))
    return list(islice(found, 12))
