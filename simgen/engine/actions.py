"""AI2-THOR's actions. Each is a function of the world and the action's own arguments (their names are
AI2-THOR's), returns what goes into `actionReturn`, and raises ActionFailed before it changes anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from simgen.engine.assets import find_asset
from simgen.engine.batch import world_parts
from simgen.engine.navigation import reachable_positions
from simgen.engine.render import FAR, NEAR
from simgen.engine.scene import Body, empty_scene
from simgen.engine.spawn import scene_at_rest, settle_falling, spawn_on_receptacles
from simgen.engine.world import AGENT_Y, START_POSE, World
from simgen.types import AgentPose, Array

HORIZON_LIMITS_DEG = (-30.0, 60.0)
"""How far AI2-THOR's agent can look up and down."""
PROCEDURAL_SCENES = ("Procedural",)


class ActionFailed(Exception):
    """The action could not be done; the message is what AI2-THOR reports as `errorMessage`."""


def reset(world: World, sceneName: str = "Procedural") -> None:
    """An empty procedural scene, and the agent as it starts."""
    if sceneName not in PROCEDURAL_SCENES:
        raise ActionFailed(f"scene {sceneName} needs Unity; the embedded engine has Procedural only")
    world.scene, world.listed, world.steps = empty_scene(), None, 0
    world.pose, world.standing = START_POSE, True


def initialize(
    world: World,
    gridSize: float = 0.25,
    snapToGrid: bool = True,
    rotateStepDegrees: float = 90.0,
    fieldOfView: float = 90.0,
    visibilityDistance: float = 1.5,
    renderDepthImage: bool = False,
    renderInstanceSegmentation: bool = False,
    agentMode: str = "default",
    **options: Any,
) -> dict[str, float]:
    """Sets what AI2-THOR's `Initialize` sets; options that only concern Unity change nothing here."""
    if agentMode != "default":
        raise ActionFailed(f"agentMode {agentMode} is not simulated; the embedded engine has default only")
    world.grid_size, world.snap_to_grid, world.rotate_step_deg = gridSize, snapToGrid, rotateStepDegrees
    world.fov_deg, world.visibility_distance = fieldOfView, visibilityDistance
    world.render_depth, world.render_ids = renderDepthImage, renderInstanceSegmentation
    return {"cameraNearPlane": NEAR, "cameraFarPlane": FAR}


def create_house(world: World, house: Mapping[str, Any]) -> None:
    """Builds a ProcTHOR house and puts the agent at its start pose, if it has one."""
    scene = scene_at_rest(house)
    world.scene, world.listed = scene, None
    agent = (house.get("metadata") or {}).get("agent")
    if agent:
        position, rotation = agent["position"], agent["rotation"]
        yaw_deg = float(rotation if isinstance(rotation, int | float) else rotation["y"])
        world.pose = AgentPose(position["x"], AGENT_Y, position["z"], yaw_deg, agent.get("horizon", 0.0))


def move(world: World, heading_deg: float, magnitude: float | None) -> None:
    """Walks in a straight line; `heading_deg` is relative to where the agent looks."""
    distance = world.grid_size if magnitude is None else magnitude
    angle = np.radians(world.pose.yaw_deg + heading_deg)
    start = np.array([world.pose.x, world.pose.z])
    end = start + distance * np.array([np.sin(angle), np.cos(angle)])
    if world.snap_to_grid:
        end = np.round(end / world.grid_size) * world.grid_size
    space = world.free_space()
    if not space.allows(start, end):
        name = space.blocker(start, end) or "The edge of the floor"
        raise ActionFailed(
            f"{name} is blocking Agent 0 from moving by ({end[0] - start[0]:.4f}, 0, {end[1] - start[1]:.4f})"
        )
    world.pose = replace(world.pose, x=float(end[0]), z=float(end[1]))


def rotate(world: World, sign: float, degrees: float | None) -> None:
    """Turns in place, right for a positive sign."""
    step = world.rotate_step_deg if degrees is None else degrees
    world.pose = replace(world.pose, yaw_deg=(world.pose.yaw_deg + sign * step) % 360.0)


def look(world: World, sign: float, degrees: float) -> None:
    """Tilts the camera, down for a positive sign, within AI2-THOR's limits."""
    world.pose = replace(world.pose, horizon_deg=_horizon(world.pose.horizon_deg + sign * degrees))


def teleport(
    world: World,
    position: Mapping[str, float] | None = None,
    rotation: Mapping[str, float] | float | None = None,
    horizon: float | None = None,
    standing: bool | None = None,
    forceAction: bool = False,
) -> None:
    """Puts the agent somewhere it can stand; what is not given stays as it is."""
    pose = world.pose
    spot = (
        np.array([pose.x, pose.z])
        if position is None
        else np.array([position["x"], position["z"]], dtype=float)
    )
    yaw_deg = pose.yaw_deg if rotation is None else _yaw(rotation)
    horizon_deg = _horizon(pose.horizon_deg if horizon is None else horizon)
    if not forceAction and not world.free_space().holds(spot):
        name = world.free_space().blocker(spot, spot) or "The edge of the floor"
        raise ActionFailed(f"{name} is blocking Agent 0 from teleporting to ({spot[0]:.4f}, {spot[1]:.4f})")
    world.pose = AgentPose(float(spot[0]), AGENT_Y, float(spot[1]), yaw_deg % 360.0, horizon_deg)
    world.standing = world.standing if standing is None else standing


def teleport_full(
    world: World,
    position: Mapping[str, float],
    rotation: Mapping[str, float] | float,
    horizon: float,
    standing: bool,
    forceAction: bool = False,
) -> None:
    """Teleport with every part of the pose given."""
    teleport(world, position, rotation, horizon, standing, forceAction)


def set_standing(world: World, standing: bool) -> None:
    """Stands up or crouches."""
    if world.standing == standing:
        raise ActionFailed(f"Already {'standing' if standing else 'crouching'}")
    world.standing = standing


def get_reachable_positions(world: World, gridSize: float | None = None) -> list[dict[str, float]]:
    """Positions that the agent can walk to on its grid."""
    grid_size = world.grid_size if gridSize is None else gridSize
    start = np.array([world.pose.x, world.pose.z])
    points = reachable_positions(world.free_space(), start, grid_size)
    if not len(points):
        raise ActionFailed("the agent stands in something, so it can reach nothing")
    return [{"x": float(x), "y": AGENT_Y, "z": float(z)} for x, z in points]


def spawn_asset(
    world: World,
    assetId: str,
    generatedId: str,
    position: Mapping[str, float] | None = None,
    rotation: Mapping[str, float] | None = None,
) -> None:
    """Puts a new asset into the scene, its box's centre at `position`."""
    asset = find_asset(assetId)
    turn = rotation or {}
    world.scene.add(
        Body(
            id=generatedId,
            asset=asset,
            position=_point(position or {"x": 0.0, "y": 0.0, "z": 0.0}),
            rotation_deg=(turn.get("x", 0.0), turn.get("y", 0.0), turn.get("z", 0.0)),
            kinematic=False,
            openable="CanOpen" in asset.properties,
        )
    )


def get_in_scene_asset_geometry(world: World, objectId: str, triangles: bool = False) -> list[dict[str, Any]]:
    """The meshes of an object in world coordinates, one a part: vertices, and triangles as a flat list."""
    return [
        {
            "vertices": [{"x": float(x), "y": float(y), "z": float(z)} for x, y, z in part.positions],
            "triangles": part.faces.ravel().tolist() if triangles else None,
        }
        for part in world_parts(world.scene.body(objectId))
    ]


def initial_random_spawn(
    world: World,
    randomSeed: int = 0,
    objectIds: Sequence[str] | None = None,
    receptacleObjectIds: Sequence[str] | None = None,
    allowFloor: bool = False,
    allowMoveable: bool = False,
    **options: Any,
) -> None:
    """Places each of the objects at random on one of the receptacles, without overlap."""
    if allowFloor:
        raise ActionFailed("allowFloor is not simulated; give receptacleObjectIds")
    rng = np.random.default_rng(randomSeed)
    receptacles = [world.scene.body(object_id) for object_id in receptacleObjectIds or ()]
    for object_id in objectIds or ():
        if spawn_on_receptacles(world.scene, world.scene.body(object_id), receptacles, rng) is None:
            raise ActionFailed(f"no free place for {object_id} on any of {len(receptacles)} receptacles")


def open_object(
    world: World, objectId: str, openness: float = 1.0, forceAction: bool = False, **options: Any
) -> None:
    """Opens an object to a share of its full opening."""
    body = world.scene.body(objectId)
    if not body.openable:
        raise ActionFailed(f"{objectId} is not an Openable object")
    if not 0.0 <= openness <= 1.0:
        raise ActionFailed(f"openness must be between 0 and 1, not {openness}")
    body.openness = float(openness)
    world.scene.changed()


def close_object(world: World, objectId: str, forceAction: bool = False) -> None:
    """Closes an object."""
    open_object(world, objectId, openness=0.0, forceAction=forceAction)


def disable_object(world: World, objectId: str) -> None:
    """Takes an object out of the scene."""
    world.scene.remove(objectId)


def set_object_filter(world: World, objectIds: Sequence[str]) -> None:
    """Lists only these objects in the metadata."""
    world.listed = frozenset(objectIds)


def reset_object_filter(world: World) -> None:
    """Lists all objects again."""
    world.listed = None


def advance_physics_step(
    world: World, timeStep: float = 0.02, allowAutoSimulation: bool = False, **options: Any
) -> None:
    """Lets everything that hangs in the air come to rest at once."""
    settle_falling(world.scene)


def change_resolution(world: World, x: int, y: int) -> None:
    """Sets the pictures' size in pixels."""
    if x < 1 or y < 1:
        raise ActionFailed(f"a picture of {x} by {y} pixels cannot be drawn")
    world.width, world.height = int(x), int(y)


def get_scenes_in_build(world: World) -> list[str]:
    """Scene names that `reset` takes."""
    return list(PROCEDURAL_SCENES)


def nothing(world: World, **options: Any) -> None:
    """Changes nothing: Pass, Done, and what only concerns Unity."""


def _horizon(horizon_deg: float) -> float:
    low, high = HORIZON_LIMITS_DEG
    if not low - 1e-6 <= horizon_deg <= high + 1e-6:
        raise ActionFailed(f"horizon {horizon_deg:.1f} is outside {low:.0f} to {high:.0f} degrees")
    return float(horizon_deg)


def _yaw(rotation: Mapping[str, float] | float) -> float:
    return float(rotation["y"] if isinstance(rotation, Mapping) else rotation)


def _point(values: Mapping[str, float]) -> Array:
    return np.array([values["x"], values["y"], values["z"]], dtype=np.float64)


ACTIONS: Mapping[str, Callable[..., Any]] = {
    "Reset": reset,
    "Initialize": initialize,
    "CreateHouse": create_house,
    "GetScenesInBuild": get_scenes_in_build,
    "MoveAhead": lambda world, moveMagnitude=None: move(world, 0.0, moveMagnitude),
    "MoveRight": lambda world, moveMagnitude=None: move(world, 90.0, moveMagnitude),
    "MoveBack": lambda world, moveMagnitude=None: move(world, 180.0, moveMagnitude),
    "MoveLeft": lambda world, moveMagnitude=None: move(world, 270.0, moveMagnitude),
    "RotateRight": lambda world, degrees=None: rotate(world, 1.0, degrees),
    "RotateLeft": lambda world, degrees=None: rotate(world, -1.0, degrees),
    "LookDown": lambda world, degrees=30.0: look(world, 1.0, degrees),
    "LookUp": lambda world, degrees=30.0: look(world, -1.0, degrees),
    "Teleport": teleport,
    "TeleportFull": teleport_full,
    "Stand": lambda world: set_standing(world, True),
    "Crouch": lambda world: set_standing(world, False),
    "GetReachablePositions": get_reachable_positions,
    "SpawnAsset": spawn_asset,
    "GetInSceneAssetGeometry": get_in_scene_asset_geometry,
    "InitialRandomSpawn": initial_random_spawn,
    "OpenObject": open_object,
    "CloseObject": close_object,
    "DisableObject": disable_object,
    "SetObjectFilter": set_object_filter,
    "ResetObjectFilter": reset_object_filter,
    "AdvancePhysicsStep": advance_physics_step,
    "SetRandomSeed": lambda world, seed: None,
    "ChangeResolution": change_resolution,
    "ChangeQuality": nothing,
    "Pass": nothing,
    "Done": nothing,
}
"""Every action that the embedded engine answers; any other fails with AI2-THOR's `InvalidAction`."""
