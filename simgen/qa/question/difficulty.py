"""How hard a question is, from features that are stored with it."""

import math
from dataclasses import dataclass, fields
from itertools import combinations

from simgen.qa.question.map import list_asked_objects
from simgen.qa.question.solve import Solved
from simgen.qa.skills import SKILLS
from simgen.qa.templates.loading import Template
from simgen.qa.view.view import View, round_value

MANY_OBJECTS = 30
"""Maps with more are as crowded as it gets: a furnished house shows 30 to 60 objects on a walk."""
MANY_FRAMES = 16
"""QVS-Bench asks with up to 16."""
MANY_INVOLVED = 5
"""A reference and four options: no question names more."""
MANY_STEPS = 4
"""Of reasoning: no skill needs more."""
WIDE_M = 12.0
"""About the diagonal of a three-room ProcTHOR house."""
ABOUT_DEG = 180.0
"""Two views differ by no more."""
WORDY = 40
"""Words of the longest phrasings."""

WEIGHTS = {
    "slack": 0.25,
    "steps": 0.15,
    "involved": 0.1,
    "covisibility": 0.15,
    "view_change": 0.1,
    "objects": 0.1,
    "frames": 0.05,
    "extent": 0.05,
    "words": 0.05,
}
"""Shares of the nine terms, which add up to 1."""


@dataclass(frozen=True, slots=True)
class Features:
    """What makes a question easy or hard."""

    margin: float
    """The row's margin, in the answer's unit."""
    slack: float
    """0 (about to flip) to 1 (firm)."""
    involved: int
    """Objects, frames, rooms and types that the question is about, its options among them."""
    objects: int
    """Entries of the map."""
    frames: int
    extent_m: float
    """Diagonal of the whole map."""
    covisibility: float
    """Share of the frames that show everything asked about at once."""
    view_change_deg: float
    """The largest angle, seen from above, between the views in which the things asked about first appear."""
    steps: int
    """Of reasoning, from the map to the answer."""
    words: int
    """Of the question."""


_NAMES = tuple(field.name for field in fields(Features))


def compute_features(view: View, template: Template, solved: Solved, question: str) -> Features:
    """The features of a solved question, rounded to four decimals."""
    skill, ask = SKILLS[template.skill], solved.ask
    asked = list_asked_objects(skill, ask)
    return Features(
        margin=round_value(solved.margin, 4),
        slack=round_value(solved.slack, 4),
        involved=len(asked) + len(ask.frames) + len(ask.rooms) + len(ask.types),
        objects=len(solved.map),
        frames=len(view.frames),
        extent_m=round_value(view.extent, 4),
        covisibility=round_value(_covisibility(view, asked), 4),
        view_change_deg=round_value(_view_change_deg(view, asked, ask.frames), 4),
        steps=skill.steps,
        words=len(question.split()),
    )


def as_dict(features: Features) -> dict[str, float]:
    """The features by name, as rows store them."""
    return {name: getattr(features, name) for name in _NAMES}


def rate_difficulty(features: Features) -> float:
    """0 (easy) to 1 (hard): the weighted sum of nine terms, each 0 to 1.

    Little slack, many steps of reasoning, many things involved that are not seen together or only from very
    different sides, a crowded and wide map, many frames (on a log scale) and a long question make it hard.
    """
    terms = {
        "slack": 1.0 - features.slack,
        "steps": (features.steps - 1) / (MANY_STEPS - 1),
        "involved": (features.involved - 1) / (MANY_INVOLVED - 1),
        "covisibility": 1.0 - features.covisibility,
        "view_change": features.view_change_deg / ABOUT_DEG,
        "objects": features.objects / MANY_OBJECTS,
        "frames": math.log2(features.frames) / math.log2(MANY_FRAMES),
        "extent": features.extent_m / WIDE_M,
        "words": features.words / WORDY,
    }
    return round_value(sum(WEIGHTS[name] * min(max(term, 0.0), 1.0) for name, term in terms.items()), 4)


def _covisibility(view: View, asked: tuple[str, ...]) -> float:
    seen = [frozenset(item.frames) for name in asked if (item := view.find(name)) is not None]
    return len(frozenset(view.frames).intersection(*seen)) / len(view.frames)


def _view_change_deg(view: View, asked: tuple[str, ...], named: tuple[int, ...]) -> float:
    frames = {*named, *(item.frames[0] for name in asked if (item := view.find(name)) is not None)}
    headings = [view.geometry.headings[frame] for frame in frames]
    turns = (abs((a - b + 180.0) % 360.0 - 180.0) for a, b in combinations(headings, 2))
    return max(turns, default=0.0)
