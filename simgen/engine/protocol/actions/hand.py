"""Picking things up, carrying them, and putting them down."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import shapely

from simgen.engine.protocol.actions.arguments import Vector
from simgen.engine.protocol.actions.failure import ActionFailed
from simgen.engine.protocol.actions.targets import find_target, find_touching_agent, stand_clear
from simgen.engine.protocol.world import World
from simgen.engine.world.agent import HAND, CarriedBody, HandContents
from simgen.engine.world.rest import find_resting_place
from simgen.engine.world.scene import Body
from simgen.engine.world.spawn import spawn_on_receptacles
from simgen.house.agent import AGENT_RADIUS
from simgen.types import Array

DROP_GAP = 0.01
"""Least distance between an agent and what it drops, metres."""
CLOSES_OVER = frozenset(
    {"Box", "ClothesDryer", "Fridge", "LaundryHamper", "Microwave", "Safe", "WashingMachine"}
)
"""Types of receptacles that nothing can be put into while they are closed."""


def pickup_object(
    world: World,
    objectId: str | None = None,
    forceAction: bool = False,
    manualInteract: bool = False,
    x: float | None = None,
    y: float | None = None,
) -> None:
    """Takes an object, and everything in or on it, into the hand."""
    if world.agent.held is not None:
        raise ActionFailed("Agent hand has something in it already! Can't pick up anything else")
    body = find_target(world, objectId, x, y, forceAction)
    if body.asset.primary_property != "CanPickup":
        raise ActionFailed(f"{body.id} must have the property CanPickup to be picked up.")
    if body.held:
        raise ActionFailed(f"{body.id} is in the hand of another agent.")
    camera = world.agent.world_from_camera()
    group = [body, *world.scene.contents(body)]
    carried = tuple(
        CarriedBody(
            object_id=item.id,
            offset=camera[:3, :3].T @ (item.position - body.position),
            hand_from_object=camera[:3, :3].T @ item.rotation,
        )
        for item in group
    )
    world.agent.held = HandContents(np.array(HAND), (0.0, 0.0, 0.0), carried)
    body.parent_id = ""
    for item in group:
        item.held, item.room_ids = True, ()
    world.scene.mark_changed()


def put_object(
    world: World,
    objectId: str | None = None,
    forceAction: bool = False,
    placeStationary: bool = True,
    randomSeed: int = 0,
    putNearXY: bool = False,
    x: float | None = None,
    y: float | None = None,
    **options: Any,
) -> None:
    """Puts the held object on a free place of a receptacle."""
    held = world.agent.held
    if held is None:
        raise ActionFailed("Can't place an object if Agent isn't holding anything")
    receptacle = find_target(world, objectId, x, y, forceAction)
    if "Receptacle" not in receptacle.asset.properties or receptacle.held:
        raise ActionFailed("This target object is NOT a receptacle!")
    if receptacle.openable and receptacle.openness == 0.0 and receptacle.asset.object_type in CLOSES_OVER:
        raise ActionFailed("Target openable Receptacle is CLOSED, can't place if target is not open!")
    rng = np.random.default_rng(abs(int(randomSeed)))
    body, is_clear = world.scene.body(held.object_id), partial(stand_clear, world)
    if spawn_on_receptacles(world.scene, body, [receptacle], rng, is_clear) is None:
        raise ActionFailed("No valid positions to place object found")
    world.let_go(held.object_id)


def drop_held_object(world: World, forceAction: bool = False, autoSimulation: bool = True) -> None:
    """Drops the held object. It comes to rest straight below at once."""
    held = world.agent.held
    if held is None:
        raise ActionFailed("nothing in hand to drop!")
    body = world.scene.body(held.object_id)
    yaw_deg, spot = body.rotation_deg[1], _drop_point(world, body)
    rest = None if _beyond_wall(world, spot) else find_resting_place(world.scene, body, spot, yaw_deg)
    if rest is None:
        raise ActionFailed(f"{body.id} cannot be dropped here: something is in the way")
    if name := find_touching_agent(world, world.scene.moved(body, rest.position, (0.0, yaw_deg, 0.0))):
        raise ActionFailed(f"{body.id} cannot be dropped here: {name} is in the way")
    world.scene.place_with_contents(body, rest.position, (0.0, yaw_deg, 0.0))
    body.parent_id = rest.parent_id
    world.let_go(body.id)


def move_held_object(
    world: World, ahead: float = 0.0, right: float = 0.0, up: float = 0.0, forceVisible: bool = False
) -> None:
    """Moves the hand in the camera's frame, as far as the agent reaches and sees."""
    _move_hand(world, np.array([right, up, ahead]))


def move_held_object_ahead(world: World, moveMagnitude: float, forceVisible: bool = False) -> None:
    """Moves the hand away from the camera."""
    _move_hand(world, np.array([0.0, 0.0, moveMagnitude]))


def move_held_object_back(world: World, moveMagnitude: float, forceVisible: bool = False) -> None:
    """Moves the hand towards the camera."""
    _move_hand(world, np.array([0.0, 0.0, -moveMagnitude]))


def move_held_object_left(world: World, moveMagnitude: float, forceVisible: bool = False) -> None:
    """Moves the hand to the left."""
    _move_hand(world, np.array([-moveMagnitude, 0.0, 0.0]))


def move_held_object_right(world: World, moveMagnitude: float, forceVisible: bool = False) -> None:
    """Moves the hand to the right."""
    _move_hand(world, np.array([moveMagnitude, 0.0, 0.0]))


def move_held_object_up(world: World, moveMagnitude: float, forceVisible: bool = False) -> None:
    """Moves the hand up."""
    _move_hand(world, np.array([0.0, moveMagnitude, 0.0]))


def move_held_object_down(world: World, moveMagnitude: float, forceVisible: bool = False) -> None:
    """Moves the hand down."""
    _move_hand(world, np.array([0.0, -moveMagnitude, 0.0]))


def rotate_held_object(
    world: World,
    pitch: float = 0.0,
    yaw: float = 0.0,
    roll: float = 0.0,
    rotation: Vector | None = None,
) -> None:
    """Turns the hand: by pitch, yaw and roll, or to a rotation in the camera's frame."""
    held = _held(world)
    x_deg, y_deg, z_deg = held.hand_rotation_deg
    turned = (x_deg + pitch, y_deg + yaw, z_deg + roll)
    if rotation is not None:
        turned = (rotation["x"], rotation["y"], rotation["z"])
    world.agent.held = replace(held, hand_rotation_deg=turned)


def _held(world: World) -> HandContents:
    if world.agent.held is None:
        raise ActionFailed("Agent can only move hand if holding an item")
    return world.agent.held


def _move_hand(world: World, by: Array) -> None:
    held = _held(world)
    hand = held.hand + by
    wide, high = world.tangents()
    if hand[2] <= 0.0 or abs(hand[0]) > hand[2] * wide or abs(hand[1]) > hand[2] * high:
        raise ActionFailed("the hand would leave the agent's view")
    if np.linalg.norm(hand) > world.visibility_distance:
        raise ActionFailed(f"the hand reaches {world.visibility_distance} m at most")
    world.agent.held = replace(held, hand=hand)


def _drop_point(world: World, body: Body) -> Array:
    """(2,) the point below the hand, moved ahead if the body would touch the agent there."""
    yaw = np.radians(world.pose.yaw_deg)
    ahead = np.array([np.sin(yaw), np.cos(yaw)])
    clear = AGENT_RADIUS + DROP_GAP + float(np.linalg.norm(body.shape.size)) / 2.0
    reach = max(float((body.position[[0, 2]] - world.agent.spot) @ ahead), clear)
    return world.agent.spot + reach * ahead


def _beyond_wall(world: World, spot: Array) -> bool:
    """Whether a wall, a window or the leaf of a door stands between the agent and a world (x, z)."""
    way, bodies = shapely.LineString([world.agent.spot, spot]), world.scene.bodies
    return any(
        plan.intersects(way)
        for name, plan in world.free_space().obstacles
        if name not in bodies or bodies[name].is_opening
    )
