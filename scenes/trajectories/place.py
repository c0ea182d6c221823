"""What a trajectory is planned on: where one can walk, and what one would see from there."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from simgen.types import AgentPose, Array, SceneObject

GRID_SIZE = 0.125
"""Half of AI2-THOR's default, metres: fine enough that every pose of a walk is a tested grid point."""
OPENINGS = frozenset({"Doorway", "Doorframe", "Door", "Window"})
"""Types that are parts of the house: nobody goes somewhere to see them."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The floor of a house."""

    positions: Array
    """(N, 2) the grid points that the agent can reach, world (x, z)."""
    agent_y: float
    """Height of the agent's position when it stands on this floor."""
    rooms: tuple[shapely.Polygon, ...]
    """The rooms to walk in, world (x, z)."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a pose shows of each of a place's M objects."""

    pixels: NDArray[np.uint32]
    """(M) pixels that the object owns in a small picture."""
    seen: NDArray[np.bool_]
    """(M) whether they are enough, by the recipe's rule."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A house with somebody to look about in it."""

    ground: Ground
    objects: tuple[SceneObject, ...]
    wanted: NDArray[np.bool_]
    """(M) which objects the trajectory is about: those in its rooms, less doors and windows."""
    eye_y: float
    """World height of the camera."""
    look: Callable[[AgentPose], Sight]
    """Renders what a pose shows. Raises HouseError where the agent cannot stand."""


def select_objects(objects: tuple[SceneObject, ...], room_ids: frozenset[str]) -> NDArray[np.bool_]:
    """(M) whether each object is in one of the rooms and no opening of the house."""
    return np.array([item.room_id in room_ids and item.type not in OPENINGS for item in objects], dtype=bool)
