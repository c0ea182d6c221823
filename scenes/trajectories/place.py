"""Input of the planners: the floor to walk on, and what can be seen from it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from simgen.types import AgentPose, Array, SceneObject

GRID_SIZE = 0.125
"""Metres, half of AI2-THOR's default: fine enough for every pose of a walk to be a grid point."""
OPENINGS = frozenset({"Doorway", "Doorframe", "Door", "Window"})
"""Types that are parts of the house: no trajectory is planned to see them."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The floor of a house, and where the agent can stand on it."""

    positions: Array
    """(N, 2) grid points that the agent can reach, world (x, z)."""
    agent_y: float
    """Height of the agent's position when it stands on this floor."""
    rooms: tuple[shapely.Polygon, ...]
    """The rooms to walk in, world (x, z)."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What is seen from a pose of each of a place's M objects."""

    pixels: NDArray[np.uint32]
    """(M) pixels of each object in a small picture."""
    seen: NDArray[np.bool_]
    """(M) whether these pixels count as seen, by the recipe's rule."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A house to plan a trajectory in, with a camera that can look at it from any pose."""

    ground: Ground
    objects: tuple[SceneObject, ...]
    wanted: NDArray[np.bool_]
    """(M) whether the trajectory should show each object: it is in the rooms, and no door or window."""
    eye_y: float
    """World height of the camera."""
    look: Callable[[AgentPose], Sight]
    """Renders the view of a pose. Raises HouseError where the agent cannot stand."""


def select_objects(objects: tuple[SceneObject, ...], room_ids: frozenset[str]) -> NDArray[np.bool_]:
    """(M) whether each object is in one of the rooms and no opening of the house."""
    return np.array([item.room_id in room_ids and item.type not in OPENINGS for item in objects], dtype=bool)
