"""Trajectories: the agent's pose in each frame of a clip.

Each kind is a plain function. It takes the floor that the agent can walk on (and, for some kinds, what can be
seen from there) and returns a list of poses on the grid of positions that AI2-THOR reports as reachable.
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
from simgen.scenes.trajectories.coverage import plan_coverage
from simgen.scenes.trajectories.keyframes import plan_keyframes
from simgen.scenes.trajectories.look_around import plan_look_around
from simgen.scenes.trajectories.object_orbit import plan_object_orbit
from simgen.scenes.trajectories.place import GRID_SIZE, Ground, Place, Sight, select_objects
from simgen.scenes.trajectories.random_walk import plan_random_walk
from simgen.scenes.trajectories.room_to_room import plan_room_to_room
from simgen.scenes.trajectories.walkthrough import plan_walkthrough
from simgen.types import AgentPose

__all__ = ["GRID_SIZE", "Ground", "Place", "Sight", "plan", "plan_walkthrough", "select_objects"]


def plan(place: Place, spec: Trajectory, rng: np.random.Generator) -> list[AgentPose]:
    """Plans `spec.frames` poses of the kind that a recipe asks for; the same generator gives the same poses.

    Every pose stands on one of the place's positions, and the straight line from each pose to the next is
    free. Keyframes are the exception: they are stills. Raises HouseError, with the reason, if it cannot be
    done in this place.
    """
    match spec:
        case Walkthrough():
            return plan_walkthrough(place.ground, spec, rng)
        case LookAround():
            return plan_look_around(place, spec, rng)
        case RoomToRoom():
            return plan_room_to_room(place.ground, spec, rng)
        case ObjectOrbit():
            return plan_object_orbit(place, spec, rng)
        case RandomWalk():
            return plan_random_walk(place.ground, spec, rng)
        case Coverage():
            return plan_coverage(place, spec, rng)
        case Keyframes():
            return plan_keyframes(place, spec, rng)
