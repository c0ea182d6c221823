"""An agent: where it stands, how it looks, and what it holds."""

from dataclasses import dataclass

import numpy as np

from simgen.geometry.frames import camera_pose
from simgen.types import AgentPose, Array

AGENT_Y = 0.900999665260315
"""Height of AI2-THOR's default agent's position above the floor, metres."""
CAMERA_ABOVE_AGENT = 0.675
"""Height of its camera above that position when it stands, metres."""
CROUCH = 0.22
"""How much lower the camera is when it crouches, metres."""
START_POSE = AgentPose(0.0, AGENT_Y, 0.0, 0.0, 0.0)
"""Where an agent is before a house puts it somewhere."""
HAND = (0.0, -0.16, 0.38)
"""Where AI2-THOR's default agent holds things, in its camera's frame: right, up, ahead; metres."""


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
    """What an agent holds: a body, and whatever stands in or on it."""

    hand: Array
    """(3,) the hand in the camera's frame, metres."""
    hand_rotation_deg: tuple[float, float, float]
    """How far the hand is turned in the camera's frame."""
    carried: tuple[CarriedBody, ...]
    """The picked-up body first."""

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
    """Ids of what blocked its last action."""
    map_view: bool = False
    """Its picture is a map seen from above (ToggleMapView)."""

    @property
    def spot(self) -> Array:
        """(2,) where it stands, world (x, z)."""
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

    Looking straight up or down the angles are not unique; then z is 0. They are rounded to 1e-9 degrees,
    so that what stands upright is at 0 and not nearly so.
    """
    x = np.arcsin(np.clip(-rotation[1, 2], -1.0, 1.0))
    if abs(rotation[1, 2]) > 1.0 - 1e-9:
        y, z = np.arctan2(-rotation[2, 0], rotation[0, 0]), 0.0
    else:
        y = np.arctan2(rotation[0, 2], rotation[2, 2])
        z = np.arctan2(rotation[1, 0], rotation[1, 1])
    x_deg, y_deg, z_deg = (round(float(np.degrees(angle)), 9) + 0.0 for angle in (x, y, z))
    return x_deg, y_deg % 360.0, z_deg
