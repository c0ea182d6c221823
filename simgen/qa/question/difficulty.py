"""The difficulty of a question, computed from features that are stored with it."""

import math
from dataclasses import dataclass, fields
from itertools import combinations

from simgen.qa.question.map import list_asked_objects
from simgen.qa.question.solve import Solved
from simgen.qa.skills import SKILLS
from simgen.qa.templates.loading import Template
from simgen.qa.view.view import View, round_value

MANY_OBJECTS = 30
"""The number of map entries with full weight: a walk through a furnished house shows 30 to 60 objects."""
MANY_FRAMES = 16
"""The number of frames with full weight: the maximum of QVS-Bench."""
MANY_INVOLVED = 5
"""The number of things asked about with full weight: a reference and four options, the maximum."""
MANY_STEPS = 4
"""The number of reasoning steps with full weight: the maximum of all skills."""
WIDE_M = 12.0
"""The map diagonal with full weight: about that of a three-room ProcTHOR house."""
ABOUT_DEG = 180.0
"""The change of view with full weight: the largest possible."""
WORDY = 40
"""The number of words with full weight: that of the longest phrasings."""

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
"""The weights of the nine terms; their sum is 1."""


@dataclass(frozen=True, slots=True)
class Features:
    """The features from which the difficulty is computed."""

    margin: float
    """The row's margin, in the answer's unit."""
    slack: float
    """0 (the answer nearly changes) to 1 (certain)."""
    involved: int
    """The number of objects (options included), frames, rooms and types that the question is about."""
    objects: int
    """The number of map entries."""
    frames: int
    extent_m: float
    """The diagonal of the whole map."""
    covisibility: float
    """The share of the frames that show all objects asked about at once."""
    view_change_deg: float
    """The largest angle, seen from above, between the frames in which the objects asked about first
    appear."""
    steps: int
    """The number of reasoning steps from the map to the answer."""
    words: int
    """The number of words of the question."""


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
    """The difficulty, 0 (easy) to 1 (hard): the weighted sum of nine terms, each 0 to 1.

    A question is hard if it has little slack, many reasoning steps, many objects that are not seen together
    or only from very different sides, a crowded and wide map, many frames (log scale), or many words.
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
