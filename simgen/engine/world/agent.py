"""An agent: where it stands, how it looks, and what it holds."""

from dataclasses import dataclass

import numpy as np

from simgen.geometry.frames import camera_pose
from simgen.types import AgentPose, Array

AGENT_Y = 0.900999665260315
"""Height of AI2-THOR's default agent's position above the floor, metres."""
CAMERA_ABOVE_AGENT = 0.675
"""Height of the camera above the agent's position when it stands, metres."""
CROUCH = 0.22
"""How much lower the camera is when the agent crouches, metres."""
START_POSE = AgentPose(0.0, AGENT_Y, 0.0, 0.0, 0.0)
"""Pose of an agent before a house gives it another."""
HAND = (0.0, -0.16, 0.38)
"""Position of the hand of AI2-THOR's default agent in its camera's frame: right, up, ahead; metres."""


@dataclass(frozen=True, slots=True, eq=False)
class CarriedBody:
    """One body in a hand, in the hand's frame (the camera's axes, origin at the hand)."""

    object_id: str
    offset: Array
    """(3,) centre of its box, metres."""
    hand_from_object: Array
    """(3, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class HandContents:
    """The bodies that an agent holds: the one that it picked up and those in or on it."""

    hand: Array
    """(3,) the hand in the camera's frame, metres."""
    hand_rotation_deg: tuple[float, float, float]
    """How far the hand is turned in the camera's frame."""
    carried: tuple[CarriedBody, ...]
    """The first is the body that was picked up."""

    @property
    def object_id(self) -> str:
        return self.carried[0].object_id


@dataclass(slots=True, eq=False)
class Agent:
    """One agent's state."""

    pose: AgentPose = START_POSE
    standing: bool = True
    held: HandContents | None = None
    collided: tuple[str, ...] = ()
    """Ids of the bodies or walls that blocked its last action."""
    map_view: bool = False
    """Its picture is a map seen from above (ToggleMapView)."""

    @property
    def spot(self) -> Array:
        """(2,) position on the floor, world (x, z)."""
        return np.array([self.pose.x, self.pose.z])

    @property
    def position(self) -> Array:
        """(3,) world."""
        return np.array([self.pose.x, self.pose.y, self.pose.z])

    def camera_position(self) -> Array:
        """(3,) world."""
        height = CAMERA_ABOVE_AGENT - (0.0 if self.standing else CROUCH)
        return np.array([self.pose.x, self.pose.y + height, self.pose.z])

    def world_from_camera(self) -> Array:
        """(4, 4)."""
        return camera_pose(self.camera_position(), self.pose.yaw_deg, self.pose.horizon_deg)


def unity_euler(rotation: Array) -> tuple[float, float, float]:
    """Unity's Euler angles x, y, z in degrees of a rotation (3, 3): the inverse of `euler_rotation`.

    Where x is 90 or -90 degrees, y and z are not unique; then z is 0. Angles are rounded to 1e-9 degrees, so
    that an upright body has exactly 0.
    """
    x = np.arcsin(np.clip(-rotation[1, 2], -1.0, 1.0))
    if abs(rotation[1, 2]) > 1.0 - 1e-9:
        y, z = np.arctan2(-rotation[2, 0], rotation[0, 0]), 0.0
    else:
        y = np.arctan2(rotation[0, 2], rotation[2, 2])
        z = np.arctan2(rotation[1, 0], rotation[1, 1])
    x_deg, y_deg, z_deg = (round(float(np.degrees(angle)), 9) + 0.0 for angle in (x, y, z))
    return x_deg, y_deg % 360.0, z_deg
