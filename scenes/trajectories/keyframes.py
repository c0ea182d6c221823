"""Stills in nested sets that show the same objects."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simgen.recipe import Keyframes
from simgen.scenes.trajectories.paths import make_pose
from simgen.scenes.trajectories.place import Place
from simgen.scenes.trajectories.vantage import CandidateViews, look_about
from simgen.types import AgentPose, Array

SET_SIZES = (1, 4, 8, 12, 16)
"""Frames that QVS-Bench shows with its questions."""
FIRST_TRIED = 16
"""So many first frames are tried, those with most objects."""
SHARED_WORTH = 2.0
"""What it is worth to show all of the first frame's objects; to be far from all frames is worth 1. With less,
the last of sixteen frames is a wall with a corner of one object."""
STRANGER_COST = 3.0
"""What an object that the first frame does not show costs: as much as all that can make a frame good."""
TURN_M = 1.0 / 60.0
"""A degree's turn counts as so many metres when frames are to differ: 60 degrees are as good as a metre."""


def plan_keyframes(place: Place, spec: Keyframes, rng: np.random.Generator) -> list[AgentPose]:
    """`spec.frames` stills of which the first 1, 4, 8, 12 and 16 each show the same objects where they can.

    The first shows many objects; the others show some of those and as few others as can be, from as many
    sides as can be. They are no walk: there may be walls between one and the next. Raises HouseError when
    no object is seen or the floor is too small.
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
    """How well each matched set shows what all of a clip's frames do, by its size: 1 is the same objects.

    `seen` (T, M) is which frame shows which object. The match of a set is the share of the objects shown
    by any frame that its own frames show.
    """
    shown = max(int(seen.any(axis=0).sum()), 1)
    return {n: float(seen[:n].any(axis=0).sum() / shown) for n in SET_SIZES if n <= len(seen)}


def _choose(views: CandidateViews, places: Array, first: int, count: int) -> list[int]:
    """`count` views beginning with one; when there are fewer views than that, some come twice."""
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
    """(V) how much each view differs from one of them, in metres."""
    turn_deg = np.abs((places[:, 2] - places[view, 2] + 180.0) % 360.0 - 180.0)
    return np.linalg.norm(places[:, :2] - places[view, :2], axis=1) + TURN_M * turn_deg


def _worth(views: CandidateViews, chosen: Sequence[int]) -> float:
    """How many objects the first view of a set shows, as far as the others show no more."""
    seen = views.seen[list(chosen)]
    own = int(seen[0].sum())
    return own * own / int(seen.any(axis=0).sum())
