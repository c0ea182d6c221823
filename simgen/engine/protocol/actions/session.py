"""Actions on the whole scene: reset, initialise, build a house, filter the metadata."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from simgen.engine.draw.render import FAR, NEAR
from simgen.engine.protocol.actions.failure import ActionFailed
from simgen.engine.protocol.actions.motion import check_horizon
from simgen.engine.protocol.world import World
from simgen.engine.world.agent import AGENT_Y, Agent
from simgen.engine.world.navigation import reachable_positions
from simgen.engine.world.rest import scene_at_rest
from simgen.engine.world.scene import empty_scene
from simgen.errors import EngineError
from simgen.house.agent import AGENT_RADIUS
from simgen.types import AgentPose

PROCEDURAL_SCENES = ("Procedural",)
VISIBILITY_SCHEMES = ("Collider", "Distance")
"""AI2-THOR's names, compared in lower case. Both use the same test here."""
GRID_TURNS_DEG = (0.0, 90.0, 180.0, 270.0, 360.0)
"""Turns that keep an agent on its grid."""
MAX_GRID_SIZE = 5.0
"""AI2-THOR's limit, metres."""
MAX_AGENTS = 10
"""Agents in one scene; AI2-THOR has colours for fewer."""
MAX_PIXELS = 8192
"""Largest width and height that software OpenGL draws."""
SKIPPED_POSITIONS = 4
"""AI2-THOR puts agent i on reachable position i + 4, so that agents do not overlap."""


def reset(world: World, sceneName: str = "Procedural") -> None:
    """Replaces everything by an empty procedural scene without cameras and with one agent."""
    if sceneName not in PROCEDURAL_SCENES:
        raise ActionFailed(f"scene {sceneName} needs Unity; the embedded engine has Procedural only")
    world.scene, world.listed, world.steps = empty_scene(world.pack), None, 0
    world.agents, world.active = [Agent()], 0
    world.cameras, world.disabled = [], {}


def initialize(
    world: World,
    gridSize: float = 0.25,
    snapToGrid: bool = True,
    rotateStepDegrees: float = 90.0,
    fieldOfView: float = 90.0,
    visibilityDistance: float = 1.5,
    visibilityScheme: str = "Collider",
    renderDepthImage: bool = False,
    renderInstanceSegmentation: bool = False,
    renderSemanticSegmentation: bool = False,
    renderNormalsImage: bool = False,
    renderFlowImage: bool = False,
    agentMode: str = "default",
    agentControllerType: str = "",
    agentCount: int = 1,
    **options: Any,
) -> dict[str, float]:
    """Sets the options of AI2-THOR's `Initialize`. Options that concern only Unity have no effect."""
    if agentMode.lower() != "default":
        raise ActionFailed(f"agentMode {agentMode} is not simulated; the embedded engine has default only")
    if renderNormalsImage or renderFlowImage:
        raise ActionFailed(
            "renderNormalsImage and renderFlowImage are not drawn; the embedded engine draws colours, depth, "
            "instance and semantic segmentation"
        )
    if not 1 <= agentCount <= MAX_AGENTS:
        raise ActionFailed(f"agentCount must be from 1 to {MAX_AGENTS}, not {agentCount}")
    _check_grid(gridSize, snapToGrid, rotateStepDegrees)
    _check_view(fieldOfView, visibilityDistance, visibilityScheme)
    world.grid_size, world.snap_to_grid, world.rotate_step_deg = gridSize, snapToGrid, rotateStepDegrees
    world.fov_deg, world.visibility_distance = fieldOfView, visibilityDistance
    world.render_depth, world.render_classes = renderDepthImage, renderSemanticSegmentation
    world.render_ids = renderInstanceSegmentation
    for agent in world.agents[int(agentCount) :]:
        if agent.held is not None:
            world.let_go(agent.held.object_id)
    world.agents = [
        *world.agents[: int(agentCount)],
        *(Agent() for _ in range(int(agentCount) - len(world.agents))),
    ]
    world.active = 0
    _spread_agents(world)
    return {"cameraNearPlane": NEAR, "cameraFarPlane": FAR}


def create_house(world: World, house: Mapping[str, Any]) -> None:
    """Builds a ProcTHOR house and moves the agent to the house's start pose, if it has one."""
    try:
        scene, pose = scene_at_rest(house, world.pack), _start_pose(house)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        shapely.errors.ShapelyError,
    ) as error:
        raise ActionFailed(
            f"house: {type(error).__name__} {error}; expected ProcTHOR's house JSON"
        ) from error
    for agent in world.agents:
        agent.held = None
    world.scene, world.listed, world.disabled = scene, None, {}
    if pose is not None:
        world.agents[0].pose = pose
    _spread_agents(world)


def get_scenes_in_build(world: World) -> list[str]:
    """Scene names that `reset` takes."""
    return list(PROCEDURAL_SCENES)


def set_object_filter(world: World, objectIds: Sequence[str]) -> None:
    """Lists only these objects in the metadata."""
    world.listed = frozenset(objectIds)


def set_object_filter_for_type(world: World, objectTypes: Sequence[str]) -> None:
    """Lists only objects of these types in the metadata."""
    types = set(objectTypes)
    entries = world.entries().entries
    world.listed = frozenset(entry["objectId"] for entry in entries if entry["objectType"] in types)


def reset_object_filter(world: World) -> None:
    """Lists all objects again."""
    world.listed = None


def change_resolution(world: World, x: int, y: int) -> None:
    """Sets the pictures' size in pixels."""
    check_size(x, y)
    world.width, world.height = int(x), int(y)


def set_random_seed(world: World, seed: int) -> None:
    """Changes nothing: every action that uses randomness takes its own seed."""


def do_nothing(world: World, **options: Any) -> None:
    """Changes nothing: Pass, Done, and actions that concern only Unity."""


def check_size(width: int, height: int) -> None:
    """Raises EngineError when pictures of this size cannot be drawn."""
    if not (1 <= width <= MAX_PIXELS and 1 <= height <= MAX_PIXELS):
        raise EngineError(
            f"a picture of {width} by {height} pixels cannot be drawn; give 1 to {MAX_PIXELS} of each"
        )


def _check_grid(grid_size: float, snaps: bool, rotate_step_deg: float) -> None:
    if not 0.0 < grid_size <= MAX_GRID_SIZE:
        raise ActionFailed(f"grid size must be in the range (0, {MAX_GRID_SIZE:g}], not {grid_size}")
    if not 0.0 < rotate_step_deg <= 360.0:
        raise ActionFailed(f"rotateStepDegrees must be in the range (0, 360], not {rotate_step_deg}")
    if snaps and rotate_step_deg not in GRID_TURNS_DEG:
        raise ActionFailed(
            f"Invalid values 'rotateStepDegrees': {rotate_step_deg} and 'snapToGrid': True. "
            "'snapToGrid': True is not supported when 'rotateStepDegrees' is different from grid rotation "
            "steps of 0, 90, 180, 270 or 360"
        )


def _check_view(fov_deg: float, visibility_distance: float, visibility_scheme: str) -> None:
    if not 0.0 < fov_deg < 180.0:
        raise ActionFailed(f"fov must be set to (0, 180) noninclusive, not {fov_deg}")
    if visibility_distance <= 0.0:
        raise ActionFailed(f"visibilityDistance must be greater than 0, not {visibility_distance}")
    if visibility_scheme.lower() not in [scheme.lower() for scheme in VISIBILITY_SCHEMES]:
        raise ActionFailed(
            f"visibilityScheme {visibility_scheme} is not one of {', '.join(VISIBILITY_SCHEMES)}"
        )


def _start_pose(house: Mapping[str, Any]) -> AgentPose | None:
    agent = (house.get("metadata") or {}).get("agent")
    if not agent:
        return None
    position, rotation = agent["position"], agent["rotation"]
    yaw_deg = float(rotation if isinstance(rotation, int | float) else rotation["y"])
    horizon_deg = check_horizon(float(agent.get("horizon", 0.0)))
    x, z = float(position["x"]), float(position["z"])
    if not np.isfinite([x, z, yaw_deg]).all():
        raise ActionFailed(f"house: metadata.agent: {x}, {z}, {yaw_deg} is no pose; give finite numbers")
    return AgentPose(x, AGENT_Y, z, yaw_deg, horizon_deg)


def _spread_agents(world: World) -> None:
    """Moves all agents but the first to positions that the first can walk to, as AI2-THOR does."""
    first = world.agents[0]
    if len(world.agents) == 1:
        return
    # Their grid is twice as coarse as the agent's, and at least as coarse as an agent is wide.
    spots = reachable_positions(
        world.free_space(), first.spot, max(2.0 * world.grid_size, 2.0 * AGENT_RADIUS)
    )
    for index, agent in enumerate(world.agents[1:], start=1):
        if index + SKIPPED_POSITIONS < len(spots):
            x, z = spots[index + SKIPPED_POSITIONS]
            agent.pose = AgentPose(float(x), AGENT_Y, float(z), first.pose.yaw_deg, first.pose.horizon_deg)
