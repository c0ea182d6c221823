"""Walking, turning, looking and teleporting."""

from dataclasses import replace

import numpy as np

from simgen.engine.protocol.actions.arguments import PartialVector, Vector
from simgen.engine.protocol.actions.failure import ActionFailed
from simgen.engine.protocol.world import World
from simgen.engine.world.agent import AGENT_Y
from simgen.types import AgentPose

HORIZON_LIMITS_DEG = (-30.0, 60.0)
"""Limits of the camera's pitch of AI2-THOR's agent: up and down."""
MAX_FALL = 0.05
"""A teleport fails when the requested height differs by more from the floor's, metres."""


def move_ahead(world: World, moveMagnitude: float | None = None) -> None:
    """One step forward."""
    _move(world, 0.0, moveMagnitude)


def move_right(world: World, moveMagnitude: float | None = None) -> None:
    """One step to the right."""
    _move(world, 90.0, moveMagnitude)


def move_back(world: World, moveMagnitude: float | None = None) -> None:
    """One step backward."""
    _move(world, 180.0, moveMagnitude)


def move_left(world: World, moveMagnitude: float | None = None) -> None:
    """One step to the left."""
    _move(world, 270.0, moveMagnitude)


def rotate_right(world: World, degrees: float | None = None) -> None:
    """Turns in place, clockwise seen from above."""
    _rotate(world, 1.0, degrees)


def rotate_left(world: World, degrees: float | None = None) -> None:
    """Turns in place, counter-clockwise seen from above."""
    _rotate(world, -1.0, degrees)


def look_down(world: World, degrees: float = 30.0) -> None:
    """Tilts the camera down, within AI2-THOR's limits."""
    _look(world, 1.0, degrees)


def look_up(world: World, degrees: float = 30.0) -> None:
    """Tilts the camera up, within AI2-THOR's limits."""
    _look(world, -1.0, degrees)


def teleport(
    world: World,
    position: Vector | None = None,
    rotation: PartialVector | float | None = None,
    horizon: float | None = None,
    standing: bool | None = None,
    forceAction: bool = False,
    x: float | None = None,
    y: float | None = None,
    z: float | None = None,
) -> None:
    """Moves the agent to a place where it can stand. What is not given stays as it is.

    The place is `position`, or AI2-THOR's older x, y and z.
    """
    pose = world.pose
    place = position or Vector(
        x=pose.x if x is None else x, y=pose.y if y is None else y, z=pose.z if z is None else z
    )
    spot = np.array([place["x"], place["z"]], dtype=np.float64)
    yaw_deg = pose.yaw_deg if rotation is None else _yaw(rotation, pose.yaw_deg)
    horizon_deg = check_horizon(pose.horizon_deg if horizon is None else horizon)
    if not forceAction:
        if abs(place["y"] - AGENT_Y) > MAX_FALL:
            raise ActionFailed(
                "After teleporting and adjusting agent position to floor, there was too large a change in "
                f"y: {place['y']:.4f} was asked for, the agent stands at {AGENT_Y:.4f}"
            )
        if name := world.find_blocker(world.agent, spot, spot):
            world.agent.collided = (name,)
            raise ActionFailed(
                f"{name} is blocking Agent {world.active} from teleporting to ({spot[0]:.4f}, {spot[1]:.4f})"
            )
    world.pose = AgentPose(float(spot[0]), AGENT_Y, float(spot[1]), yaw_deg % 360.0, horizon_deg)
    world.agent.standing = world.agent.standing if standing is None else standing


def teleport_full(
    world: World,
    rotation: PartialVector | float,
    horizon: float,
    standing: bool,
    position: Vector | None = None,
    forceAction: bool = False,
    x: float | None = None,
    y: float | None = None,
    z: float | None = None,
) -> None:
    """Teleport with every part of the pose given."""
    if position is None and None in (x, y, z):
        raise ActionFailed("TeleportFull needs position, or x, y and z")
    teleport(world, position, rotation, horizon, standing, forceAction, x, y, z)


def stand(world: World) -> None:
    """Stands up."""
    _set_standing(world, True)


def crouch(world: World) -> None:
    """Crouches."""
    _set_standing(world, False)


def _move(world: World, heading_deg: float, magnitude: float | None) -> None:
    """Walks in a straight line; `heading_deg` is relative to the agent's yaw."""
    # Like AI2-THOR, 0 (its default for a missing number) means the grid size.
    distance = magnitude or world.grid_size
    angle = np.radians(world.pose.yaw_deg + heading_deg)
    start = world.agent.spot
    end = start + distance * np.array([np.sin(angle), np.cos(angle)])
    if world.snap_to_grid:
        end = np.round(end / world.grid_size) * world.grid_size
    if name := world.find_blocker(world.agent, start, end):
        world.agent.collided = (name,)
        dx, dz = end - start
        raise ActionFailed(
            f"{name} is blocking Agent {world.active} from moving by ({dx:.4f}, {0.0:.4f}, {dz:.4f})."
        )
    world.pose = replace(world.pose, x=float(end[0]), z=float(end[1]))


def _rotate(world: World, sign: float, degrees: float | None) -> None:
    step = degrees or world.rotate_step_deg
    world.pose = replace(world.pose, yaw_deg=(world.pose.yaw_deg + sign * step) % 360.0)


def _look(world: World, sign: float, degrees: float) -> None:
    if degrees < 0.0:
        raise ActionFailed(f"degrees must be at least 0, not {degrees}")
    world.pose = replace(world.pose, horizon_deg=check_horizon(world.pose.horizon_deg + sign * degrees))


def _set_standing(world: World, standing: bool) -> None:
    if world.agent.standing == standing:
        raise ActionFailed(f"Already {'standing' if standing else 'crouching'}")
    world.agent.standing = standing


def check_horizon(horizon_deg: float) -> float:
    """Returns the horizon. Raises ActionFailed when it is outside the limits of AI2-THOR's agent."""
    low, high = HORIZON_LIMITS_DEG
    if not low - 1e-6 <= horizon_deg <= high + 1e-6:
        raise ActionFailed(f"horizon {horizon_deg:.1f} is outside {low:.0f} to {high:.0f} degrees")
    return float(horizon_deg)


def _yaw(rotation: PartialVector | float, current_deg: float) -> float:
    return rotation.get("y", current_deg) if isinstance(rotation, dict) else float(rotation)
