"""The simulator: AI2-THOR actions in, metadata and images out.

Geometry, metadata and sampling need no OpenGL; a context is made when the first image is asked for.
"""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engine.actions import ACTIONS, ActionFailed
from simgen.engine.batch import Batch, build_batch
from simgen.engine.metadata import (
    ColorTable,
    agent_metadata,
    color_table,
    scene_bounds,
    seen_from,
    vector,
)
from simgen.engine.render import FAR, Camera, Picture, Renderer
from simgen.engine.scene import Snapshot
from simgen.engine.world import World
from simgen.errors import EngineError
from simgen.types import Quality

COMMON_ARGUMENTS = {
    "action", "sequenceId", "renderImage", "agentId", "visibilityDistance", "forceVisible", "placeStationary",
    "renderDepthImage", "renderInstanceSegmentation", "renderObjectImage", "renderClassImage",
    "renderSemanticSegmentation", "renderNormalsImage", "renderFlowImage", "returnToStart", "speed",
}  # fmt: skip
"""What AI2-THOR's client may add to any action."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """The answer to one action."""

    metadata: dict[str, Any]
    images: dict[str, list[NDArray[Any]]]
    """By AI2-THOR's field name (`image`, `image_depth`, `image_ids`), one an agent, bottom row first."""


class Simulator:
    """One scene with one agent, as an AI2-THOR process holds it."""

    def __init__(self, width: int, height: int, quality: Quality = "standard") -> None:
        self.world = World(width=width, height=height)
        self.quality: Quality = quality
        self._renderer: Renderer | None = None
        self._drawn: Snapshot[tuple[Batch, ColorTable]] | None = None

    def step(self, action: Mapping[str, Any]) -> Reply:
        """Does one action. What fails says so in the metadata and has changed nothing."""
        name = str(action.get("action"))
        value, error_code, message = self._act(name, action)
        metadata = self._metadata(name, value, error_code, message)
        images = self._images() if action.get("renderImage", True) and self.world.scene.house else {}
        metadata["agents"][0]["colors"] = list(self._drawable()[1].entries) if images else []
        return Reply(metadata, images)

    def gl_driver(self) -> str:
        """Name of the OpenGL driver that draws. Raises MissingSystemError without EGL."""
        return self._ready_renderer().driver

    def triangle_count(self) -> int:
        """Triangles in the scene."""
        return self._drawable()[0].triangle_count

    def picture(self) -> Picture:
        """What the agent sees. Raises MissingSystemError without EGL."""
        return self._ready_renderer().render(self._camera())

    def _act(self, name: str, action: Mapping[str, Any]) -> tuple[Any, str, str]:
        """The action's value, error code and error message; the latter two empty when it succeeded."""
        if name == "GetUnoccludedPixelCounts":
            return self._ready_renderer().unoccluded_pixels(self._camera()), "", ""
        function = ACTIONS.get(name)
        if function is None:
            return None, "InvalidAction", f"{name} is not an action that simgen's embedded engine knows"
        taken = inspect.signature(function).parameters
        arguments = {k: v for k, v in action.items() if k in taken or k not in COMMON_ARGUMENTS}
        problem = _argument_problem(name, function, arguments)
        if problem:
            return None, *problem
        try:
            return function(self.world, **arguments), "", ""
        except (ActionFailed, EngineError) as error:
            return None, "", str(error)

    def _metadata(self, name: str, value: Any, error_code: str, message: str) -> dict[str, Any]:
        world = self.world
        agent = agent_metadata(world.pose, world.standing)
        camera_position = vector(world.camera_position())
        return {
            "sequenceId": 0,
            "activeAgentId": 0,
            "agents": [
                {
                    **_QUIET,
                    "agentId": 0,
                    "agent": agent,
                    "heldObjectPose": _held_pose(world),
                    "actionReturn": value,
                    "cameraPosition": camera_position,
                    "errorCode": error_code,
                    "errorMessage": message,
                    "fov": world.fov_deg,
                    "lastAction": name,
                    "lastActionSuccess": not message,
                    "objects": self._object_list(),
                    "sceneBounds": scene_bounds(world.scene_corners()),
                    "sceneName": world.scene_name,
                    "screenHeight": world.height,
                    "screenWidth": world.width,
                    "visibleRange": [0.0, world.visibility_distance],
                    "currentTime": world.steps * 0.02,
                }
            ],
        }

    def _object_list(self) -> list[dict[str, Any]]:
        world = self.world
        eye = (world.pose.x, world.pose.y, world.pose.z)
        return [
            seen_from(entry, eye, world.visibility_distance)
            for entry in world.object_entries()
            if world.lists(entry["objectId"])
        ]

    def _images(self) -> dict[str, list[NDArray[Any]]]:
        picture = self._ready_renderer().render(self._camera())
        images: dict[str, list[NDArray[Any]]] = {"image": [picture.rgb]}
        if self.world.render_depth:
            # AI2-THOR's depth ends at the far plane; nothing is never nearer than that.
            images["image_depth"] = [np.where(picture.depth == 0.0, np.float32(FAR), picture.depth)]
        if self.world.render_ids:
            images["image_ids"] = [self._drawable()[1].rgba[picture.ids]]
        return images

    def _camera(self) -> Camera:
        return Camera(self.world.world_from_camera(), self.world.fov_deg)

    def _drawable(self) -> tuple[Batch, ColorTable]:
        """The scene's triangles and colours as it is now."""
        if self._drawn is None or not self._drawn.holds(self.world.scene):
            batch = build_batch(self.world.scene)
            self._drawn = Snapshot.of(self.world.scene, (batch, color_table(batch.names)))
            if self._renderer is not None:
                self._renderer.load(self.world.scene, batch)
        return self._drawn.value

    def _ready_renderer(self) -> Renderer:
        """The renderer, with the scene as it is now and the size that was asked for."""
        if self._renderer is None:
            self._renderer = Renderer(self.world.width, self.world.height, self.quality)
            self._drawn = None
        self._drawable()
        if self._renderer.size != (self.world.width, self.world.height):
            self._renderer.resize(self.world.width, self.world.height)
        return self._renderer


def _argument_problem(
    name: str, function: Callable[..., Any], arguments: Mapping[str, Any]
) -> tuple[str, str] | None:
    """AI2-THOR's error code and message for missing or unknown arguments."""
    parameters = dict(list(inspect.signature(function).parameters.items())[1:])
    missing = [key for key, p in parameters.items() if p.default is p.empty and key not in arguments]
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        missing = [key for key in missing if parameters[key].kind is not inspect.Parameter.VAR_KEYWORD]
    elif unknown := sorted(set(arguments) - set(parameters)):
        return (
            "InvalidArgument",
            f"{name} has no argument {', '.join(unknown)}; it takes {', '.join(parameters)}",
        )
    if missing:
        return "MissingArguments", f"{name} needs {', '.join(missing)}"
    return None


def _held_pose(world: World) -> dict[str, Any]:
    zero = vector((0.0, 0.0, 0.0))
    return {
        "localPosition": zero,
        "localRotation": zero,
        "position": vector(world.camera_position()),
        "rotation": zero,
    }


_QUIET: Mapping[str, Any] = {
    "actionFloatReturn": 0.0,
    "actionFloatsReturn": None,
    "actionIntReturn": 0,
    "actionStringsReturn": None,
    "actionVector3sReturn": None,
    "cameraOrthSize": 0.0,
    "collided": False,
    "collidedObjects": [],
    "colorBounds": [],
    "colors": [],
    "depthFormat": "Meters",
    "distances": None,
    "flatSurfacesOnGrid": None,
    "inventoryObjects": [],
    "isOpenableGrid": None,
    "isSceneAtRest": True,
    "normals": None,
    "objectIdsInBox": [],
    "segmentedObjectIds": [],
    "thirdPartyCameras": [],
}
