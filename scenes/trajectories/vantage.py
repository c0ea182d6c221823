"""Views from points all over the rooms: which objects are seen from where."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.errors import HouseError
from simgen.scenes.trajectories.paths import find_walkable, make_pose, spread_points
from simgen.scenes.trajectories.place import Place

SPACING_M = 0.8
"""Viewpoints that are closer to each other show almost the same."""
MAX_POINTS = 48
"""Most viewpoints in a house: with eight views each they take a few seconds to render."""
YAWS_DEG = tuple(range(0, 360, 45))
"""Yaws of the views at each viewpoint; a picture is wider than the steps between them."""


@dataclass(frozen=True, slots=True, eq=False)
class CandidateViews:
    """What is seen from many viewpoints in all directions: V views of M objects."""

    points: NDArray[np.int64]
    """(V) the grid point of each view."""
    yaw_deg: NDArray[np.int64]
    """(V) the yaw of each view."""
    seen: NDArray[np.bool_]
    """(V, M) whether each view shows each wanted object."""

    @property
    def square(self) -> NDArray[np.bool_]:
        """(V) whether each view looks along a wall. Such a first camera makes the map square to the house."""
        return self.yaw_deg % 90 == 0


def look_about(place: Place, horizon_deg: float, rng: np.random.Generator) -> CandidateViews:
    """Renders views from points all over the rooms. Raises HouseError when none shows a wanted object."""
    ground, among = place.ground, find_walkable(place.ground)
    points = spread_points(ground.positions, among, SPACING_M, rng)[:MAX_POINTS]
    turns = [(point, yaw_deg) for point in points for yaw_deg in YAWS_DEG]
    sights = [place.look(make_pose(ground, point, float(yaw_deg), horizon_deg)) for point, yaw_deg in turns]
    views = CandidateViews(
        points=np.array([point for point, _ in turns]),
        yaw_deg=np.array([yaw_deg for _, yaw_deg in turns]),
        seen=np.stack([sight.seen & place.wanted for sight in sights]),
    )
    if not views.seen[views.square].any():
        raise HouseError("no object can be seen in the rooms to walk in")
    return views
