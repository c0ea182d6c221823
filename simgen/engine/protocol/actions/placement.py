"""Adding, moving and removing objects without an agent's hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import shapely

from simgen.engine.protocol.actions.arguments import PartialVector, Vector, point
from simgen.engine.protocol.actions.failure import ActionFailed
from simgen.engine.protocol.actions.targets import find_body, find_touching_agent, stand_clear
from simgen.engine.protocol.world import World
from simgen.engine.world.agent import Agent
from simgen.engine.world.rest import receptacle_under, settle_falling
from simgen.engine.world.scene import Body, Scene, bodies_overlapping, starts_on
from simgen.engine.world.spawn import spawn_on_receptacles
from simgen.house.assets import find_asset
from simgen.types import Array, OrientedBox

PUSH = 1e-4
"""How far inside the free space a pushed agent ends, metres."""
TOUCH = 0.005
"""Boxes of objects that touch may overlap by this much, metres."""

Pose = tuple[Array, tuple[float, float, float], str]
"""Position, rotation in degrees, and receptacle of a body."""


def spawn_asset(
    world: World,
    assetId: str,
    generatedId: str,
    position: Vector | None = None,
    rotation: PartialVector | None = None,
) -> None:
    """Puts a new asset into the scene, its box's centre at `position`."""
    asset = find_asset(assetId)
    if not generatedId or generatedId.startswith("ceiling|"):
        raise ActionFailed(f"generatedId {generatedId!r} cannot be an object's; give another")
    if generatedId in world.entries().index:
        raise ActionFailed(f"generatedId {generatedId} is the objectId of another object")
    world.disabled.pop(generatedId, None)
    place = Vector(x=0.0, y=0.0, z=0.0) if position is None else position
    world.scene.add(
        Body(
            id=generatedId,
            asset=asset,
            position=point(place),
            rotation_deg=_turn(rotation, (0.0, 0.0, 0.0)),
            kinematic=False,
            openable="CanOpen" in asset.properties,
            is_on=starts_on(asset),
        )
    )


def initial_random_spawn(
    world: World,
    randomSeed: int = 0,
    objectIds: Sequence[str] | None = None,
    receptacleObjectIds: Sequence[str] | None = None,
    excludedReceptacles: Sequence[str] | None = None,
    excludedObjectIds: Sequence[str] | None = None,
    allowFloor: bool = False,
    allowMoveable: bool = False,
    **options: Any,
) -> None:
    """Places each of the objects at random on one of the receptacles, without overlap.

    By default every pickupable object is placed, and every receptacle takes some.
    """
    if allowFloor:
        raise ActionFailed("allowFloor is not simulated; give receptacleObjectIds")
    if options.get("numDuplicatesOfType"):
        raise ActionFailed("numDuplicatesOfType is not simulated; use SpawnAsset")
    scene, rng = world.scene, np.random.default_rng(abs(int(randomSeed)))
    receptacles = _receptacles(scene, receptacleObjectIds, excludedReceptacles or ())
    excluded = set(excludedObjectIds or ())
    chosen = [body for body in _to_place(scene, objectIds) if body.id not in excluded]
    if held := [body.id for body in chosen if body.held]:
        raise ActionFailed(f"{held[0]} is in an agent's hand; put it down first")
    moving = [item for body in chosen for item in (body, *scene.contents(body))]
    before = {body.id: _pose(body) for body in moving}
    for body in chosen:
        on = [receptacle for receptacle in receptacles if receptacle is not body]
        if spawn_on_receptacles(scene, body, on, rng, partial(stand_clear, world)) is None:
            if objectIds is None:
                continue  # AI2-THOR leaves what finds no place where it was
            _restore(scene, before)
            raise ActionFailed(f"no free place for {body.id} on any of {len(receptacles)} receptacles")


def set_object_poses(
    world: World, objectPoses: Sequence[Mapping[str, Any]], placeStationary: bool = True
) -> None:
    """Moves objects by name (`objectName`, `position`, `rotation`) and removes all other movable objects.

    This is what AI2-THOR does. A position is that of the box's centre, as in the metadata.
    """
    poses = [_object_pose(world, entry) for entry in objectPoses]
    for body, position, turn in poses:
        there = replace(body, position=position, rotation_deg=turn, held=False)
        if name := find_touching_agent(world, [there]):
            raise ActionFailed(f"{body.id} cannot be placed there: {name} is in the way")
    named = {body.id for body, _, _ in poses}
    for body in list(world.scene.bodies.values()):
        if body.asset.primary_property != "Static" and not body.is_opening and body.id not in named:
            _take_out(world, body.id)
    for body, position, turn in poses:
        world.let_go(body.id)
        world.scene.place(body, position, turn)
    for body, _, _ in poses:
        body.parent_id = receptacle_under(world.scene, body)


def place_object_at_point(
    world: World, objectId: str, position: Vector, rotation: PartialVector | None = None, **options: Any
) -> None:
    """Moves an object with its contents so that its bottom is at a point, if nothing blocks it there."""
    body = find_body(world, objectId)
    turn = _turn(rotation, body.rotation_deg)
    lowest = replace(body, position=point(position), rotation_deg=turn).corners[:, 1].min()
    place = point(position) + np.array([0.0, position["y"] - float(lowest), 0.0])
    moved = replace(body, position=place, rotation_deg=turn, held=False)
    still = world.scene.bodies.keys() - {body.id, *(item.id for item in world.scene.contents(body))}
    others = [other for other in world.scene.bodies.values() if other.id in still and not other.held]
    box = OrientedBox(
        moved.box.center, np.maximum(moved.box.half_extents - TOUCH, TOUCH / 2.0), moved.rotation
    )
    blocking = [other.id for other in bodies_overlapping(others, box)]
    name = find_touching_agent(world, world.scene.moved(body, place, turn))
    blocking += [name] if name else []
    if blocking:
        raise ActionFailed(f"PlaceObjectAtPoint: {blocking[0]} is in the way of {body.id}")
    world.let_go(body.id)
    world.scene.place_with_contents(body, place, turn)
    body.parent_id = receptacle_under(world.scene, body)


def disable_object(world: World, objectId: str) -> None:
    """Removes an object until EnableObject."""
    world.disabled[objectId] = _take_out(world, objectId)


def enable_object(world: World, objectId: str) -> None:
    """Restores an object that DisableObject removed, at the same pose."""
    if objectId not in world.disabled:
        raise ActionFailed(f"objectId: {objectId} is not the objectId of a disabled object")
    body = world.disabled[objectId]
    if name := find_touching_agent(world, [body]):
        raise ActionFailed(f"{objectId} cannot be enabled: {name} stands in its place")
    del world.disabled[objectId]
    world.scene.add(body)


def remove_from_scene(world: World, objectId: str) -> None:
    """Removes an object for good."""
    _take_out(world, objectId)


def remove_objs_from_scene(world: World, objectIds: Sequence[str]) -> None:
    """Removes several objects for good."""
    for object_id in objectIds:
        find_body(world, object_id)
    for object_id in set(objectIds):
        _take_out(world, object_id)


def advance_physics_step(
    world: World, timeStep: float = 0.02, allowAutoSimulation: bool = False, **options: Any
) -> None:
    """Drops every movable object that hangs in the air. It comes to rest at once."""
    free = [agent for agent in world.agents if world.free_space().holds(agent.spot)]
    settle_falling(world.scene)
    for agent in free:
        _push_aside(world, agent)


def _push_aside(world: World, agent: Agent) -> None:
    """Moves an agent that an object fell on to the nearest place where it can stand."""
    space = world.free_space()
    if space.holds(agent.spot):
        return
    inner = space.area.buffer(-PUSH)
    if not inner.is_empty:
        x, z = shapely.shortest_line(inner, shapely.Point(agent.spot)).coords[0]
        agent.pose = replace(agent.pose, x=float(x), z=float(z))


def _take_out(world: World, object_id: str) -> Body:
    body = find_body(world, object_id)
    world.let_go(object_id)
    world.scene.remove(object_id)
    return body


def _receptacles(scene: Scene, ids: Sequence[str] | None, excluded_types: Sequence[str]) -> list[Body]:
    if ids is not None:
        return [scene.body(object_id) for object_id in ids]
    return [
        body
        for body in scene.bodies.values()
        if "Receptacle" in body.asset.properties
        and body.asset.object_type not in excluded_types
        and not body.held
    ]


def _to_place(scene: Scene, ids: Sequence[str] | None) -> list[Body]:
    if ids is not None:
        return [scene.body(object_id) for object_id in ids]
    return [b for b in scene.bodies.values() if b.asset.primary_property == "CanPickup" and not b.held]


def _pose(body: Body) -> Pose:
    return body.position, body.rotation_deg, body.parent_id


def _restore(scene: Scene, poses: Mapping[str, Pose]) -> None:
    for object_id, (position, rotation_deg, parent_id) in poses.items():
        body = scene.body(object_id)
        scene.place(body, position, rotation_deg)
        body.parent_id = parent_id


def _object_pose(world: World, entry: Mapping[str, Any]) -> tuple[Body, Array, tuple[float, float, float]]:
    try:
        name, position, turn = entry["objectName"], entry["position"], entry["rotation"]
        values = [float(vector[axis]) for vector in (position, turn) for axis in "xyz"]
    except (KeyError, TypeError, ValueError) as error:
        raise ActionFailed(
            f"objectPoses: each needs objectName, and position and rotation with x, y, z; got {entry!r:.120}"
        ) from error
    if not np.isfinite(values).all():
        raise ActionFailed(f"objectPoses: {entry!r:.120} has a number that is not finite")
    body = find_body(world, name)
    return body, np.array(values[:3]), (values[3], values[4], values[5])


def _turn(rotation: PartialVector | None, current: tuple[float, float, float]) -> tuple[float, float, float]:
    given = PartialVector() if rotation is None else rotation
    return given.get("x", current[0]), given.get("y", current[1]), given.get("z", current[2])
