"""Trajectories: where the agent stands and looks in each frame of a clip.

Each kind is a plain function from what can be walked and seen to a list of poses, on the grid of
positions that AI2-THOR says can be reached.
"""

import numpy as np

from simgen.recipe import (
    Coverage,
    Keyframes,
    LookAround,
    ObjectOrbit,
    RandomWalk,
    RoomToRoom,
    Trajectory,
    Walkthrough,
)
from simgen.scenes.trajectories.coverage import coverage
from simgen.scenes.trajectories.keyframes import keyframes
from simgen.scenes.trajectories.look_around import look_around
from simgen.scenes.trajectories.object_orbit import object_orbit
from simgen.scenes.trajectories.place import GRID_SIZE, Ground, Place, Sight, wanted_objects
from simgen.scenes.trajectories.random_walk import random_walk
from simgen.scenes.trajectories.room_to_room import room_to_room
from simgen.scenes.trajectories.walkthrough import walkthrough
from simgen.types import AgentPose

__all__ = ["GRID_SIZE", "Ground", "Place", "Sight", "plan", "walkthrough", "wanted_objects"]


def plan(place: Place, spec: Trajectory, rng: np.random.Generator) -> list[AgentPose]:
    """`spec.frames` poses of the kind that a recipe asks for, the same for the same generator.

    Every pose stands on one of the place's positions, and the straight way from each to the next is free;
    but for keyframes, which are stills. Raises HouseError, with the reason, for what cannot be done here.
    """
    match spec:
        case Walkthrough():
            return walkthrough(place.ground, spec, rng)
        case LookAround():
            return look_around(place, spec, rng)
        case RoomToRoom():
            return room_to_room(place.ground, spec, rng)
        case ObjectOrbit():
            return object_orbit(place, spec, rng)
        case RandomWalk():
            return random_walk(place.ground, spec, rng)
        case Coverage():
            return coverage(place, spec, rng)
        case Keyframes():
            return keyframes(place, spec, rng)
