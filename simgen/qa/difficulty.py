"""How hard a question is, from features that are stored with it."""

import math
from dataclasses import dataclass, replace

import numpy as np

from simgen.qa.facts import Ask
from simgen.qa.solve import Solved
from simgen.qa.view import View, rounded

MANY_OBJECTS = 30
"""Maps with more are as crowded as it gets: a furnished house shows 30 to 60 objects on a walk."""
MANY_FRAMES = 16
"""QVS-Bench asks with up to 16."""
WIDE_M = 12.0
"""About the diagonal of a three-room ProcTHOR house."""

WEIGHTS = {"slack": 0.3, "objects": 0.2, "frames": 0.15, "extent": 0.2, "covisibility": 0.15}
"""Shares of the five terms, which add up to 1."""


@dataclass(frozen=True, slots=True)
class Features:
    """What makes a question easy or hard."""

    margin: float
    """The row's margin, in the answer's unit."""
    slack: float
    """0 (about to flip) to 1 (firm)."""
    objects: int
    """Entries of the map."""
    frames: int
    extent_m: float
    """Diagonal of the whole map."""
    covisibility: float
    """Share of the frames that show everything asked about at once."""


def features_of(view: View, solved: Solved) -> Features:
    """The features of a solved question, rounded to four decimals."""
    values = Features(
        margin=solved.margin,
        slack=solved.slack,
        objects=len(solved.map),
        frames=len(view.frames),
        extent_m=_extent(solved),
        covisibility=_covisibility(view, solved.ask),
    )
    return replace(
        values,
        margin=rounded(values.margin, 4),
        slack=rounded(values.slack, 4),
        extent_m=rounded(values.extent_m, 4),
        covisibility=rounded(values.covisibility, 4),
    )


def difficulty(features: Features) -> float:
    """0 (easy) to 1 (hard): the weighted sum of five terms, each 0 to 1.

    Little slack, many objects, many frames (on a log scale), a wide map, and things that are not
    seen together make a question hard.
    """
    terms = {
        "slack": 1.0 - features.slack,
        "objects": features.objects / MANY_OBJECTS,
        "frames": math.log2(features.frames) / math.log2(MANY_FRAMES),
        "extent": features.extent_m / WIDE_M,
        "covisibility": 1.0 - features.covisibility,
    }
    return rounded(sum(WEIGHTS[name] * min(max(term, 0.0), 1.0) for name, term in terms.items()), 4)


def _extent(solved: Solved) -> float:
    boxes = np.array([entry.bbox for entry in solved.map])
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(np.linalg.norm(high - low))


def _covisibility(view: View, ask: Ask) -> float:
    seen = [view.find(object_id) for object_id in ask.objects]
    together = [f for f in view.frames if all(item is not None and f in item.frames for item in seen)]
    return len(together) / len(view.frames)
