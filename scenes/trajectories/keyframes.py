"""`keyframes`: stills in nested sets that show the same objects."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simgen.recipe import Keyframes
from simgen.scenes.trajectories.paths import make_pose
from simgen.scenes.trajectories.place import Place
from simgen.scenes.trajectories.vantage import CandidateViews, look_about
from simgen.types import AgentPose, Array

SET_SIZES = (1, 4, 8, 12, 16)
"""Numbers of frames that QVS-Bench shows with its questions."""
FIRST_TRIED = 16
"""Number of candidates for the first frame: those that show the most objects."""
SHARED_WORTH = 2.0
"""Value of a frame that shows all objects of the first frame; a frame far from all others has value 1. With a
smaller value the last of sixteen frames shows a wall and the corner of one object."""
STRANGER_COST = 3.0
"""Cost of an object that the first frame does not show: equal to the highest possible value of a frame."""
TURN_M = 1.0 / 60.0
"""Metres that one degree of turn counts for, when frames should differ: 60 degrees count as a metre."""


def plan_keyframes(place: Place, spec: Keyframes, rng: np.random.Generator) -> list[AgentPose]:
    """Plans `spec.frames` stills; the first 1, 4, 8, 12 and 16 show the same objects where possible.

    The first frame shows many objects. The others show some of them and as few other objects as possible,
    from viewpoints far apart. They are no walk: walls may lie between one and the next. Raises HouseError
    when no object is seen or the floor is too small.
    """
    views = look_about(place, spec.horizon_deg, rng)
    counts = np.where(views.square, views.seen.sum(axis=1), 0)
    firsts = [int(view) for view in np.argsort(-counts, kind="stable")[:FIRST_TRIED] if counts[view]]
    poses = _places(place, views)
    chosen = max(
        (_choose(views, poses, first, spec.frames) for first in firsts), key=lambda c: _worth(views, c)
    )
    ground, turns = place.ground, views.yaw_deg
    return [make_pose(ground, int(views.points[i]), float(turns[i]), spec.horizon_deg) for i in chosen]


def measure_set_match(seen: NDArray[np.bool_]) -> dict[int, float]:
    """The match of each nested set with the whole clip, by the set's size.

    `seen` (T, M) says which frame shows which object. The match of a set is the share of all shown objects
    that its own frames show; 1 means the same objects.
    """
    shown = max(int(seen.any(axis=0).sum()), 1)
    return {n: float(seen[:n].any(axis=0).sum() / shown) for n in SET_SIZES if n <= len(seen)}


def _choose(views: CandidateViews, places: Array, first: int, count: int) -> list[int]:
    """`count` views, of which `first` is the first; views repeat if there are too few."""
    chosen, shown = [first], views.seen[first].copy()
    own, apart = views.seen[first], _apart(places, first)
    while len(chosen) < count:
        shared = (views.seen & own).sum(axis=1)
        strangers = (views.seen & ~shown).sum(axis=1)
        value = SHARED_WORTH * shared / own.sum() + apart / (1.0 + apart) - STRANGER_COST * strangers
        value[shared == 0] = -np.inf
        free = np.ones(len(value), dtype=bool)
        free[chosen] = False
        best = int(np.where(free, value, -np.inf).argmax()) if (free & (shared > 0)).any() else first
        chosen.append(best)
        shown |= views.seen[best]
        apart = np.minimum(apart, _apart(places, best))
    return chosen


def _places(place: Place, views: CandidateViews) -> Array:
    """(V, 3) x and z of each view in metres, and its yaw in degrees."""
    return np.column_stack([place.ground.positions[views.points], views.yaw_deg.astype(np.float64)])


def _apart(places: Array, view: int) -> Array:
    """(V) how far each view is from one of them, in metres, where turns count too."""
    turn_deg = np.abs((places[:, 2] - places[view, 2] + 180.0) % 360.0 - 180.0)
    return np.linalg.norm(places[:, :2] - places[view, :2], axis=1) + TURN_M * turn_deg


def _worth(views: CandidateViews, chosen: Sequence[int]) -> float:
    """Score of a set: the first view's object count, times its share of all objects that the set shows."""
    seen = views.seen[list(chosen)]
    own = int(seen[0].sum())
    return own * own / int(seen.any(axis=0).sum())
