"""The simulator: AI2-THOR actions in, metadata and images out.

Geometry, metadata and sampling need no OpenGL; a context is made when the first image is asked for.
"""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch, build_batch, collapse, repose
from simgen.engine.draw.render import FAR, Camera, RenderedImages, Renderer
from simgen.engine.packs import load_pack
from simgen.engine.photo.hybrid import make_renderer
from simgen.engine.protocol.actions import ACTIONS, ActionFailed
from simgen.engine.protocol.actions.arguments import argument_problem, own_arguments, printable
from simgen.engine.protocol.actions.cameras import camera_metadata, map_camera
from simgen.engine.protocol.actions.session import check_size
from simgen.engine.protocol.colors import ColorTable, color_ids, color_table
from simgen.engine.protocol.metadata import agent_metadata, hand_metadata, vector
from simgen.engine.protocol.world import SceneCamera, World
from simgen.engine.world.agent import Agent
from simgen.engine.world.scene import Body, Scene, Snapshot, empty_scene, room_of_point
from simgen.errors import EngineError
from simgen.types import Quality

COMMON_ARGUMENTS = frozenset({
    "action", "sequenceId", "renderImage", "agentId", "visibilityDistance", "forceVisible", "placeStationary",
    "renderDepthImage", "renderInstanceSegmentation", "renderObjectImage", "renderClassImage",
    "renderSemanticSegmentation", "renderNormalsImage", "renderFlowImage", "returnToStart", "speed",
})  # fmt: skip
"""Arguments that AI2-THOR's client may add to any action."""
IMAGE_FIELDS = {
    "agent": ("image", "image_depth", "image_ids", "image_classes"),
    "scene": (
        "image-thirdParty-camera",
        "image_thirdParty_depth",
        "image_thirdParty_image_ids",
        "image_thirdParty_classes",
    ),
}
"""AI2-THOR's names for the images (colours, depth, instances, types) of agents and of other cameras."""
SECONDS_AN_ACTION = 0.02
"""Seconds by which AI2-THOR's clock advances in one step of its physics."""

Images = dict[str, list[NDArray[Any]]]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """The answer to one action."""

    metadata: dict[str, Any]
    images: Images
    """By AI2-THOR's field name (`IMAGE_FIELDS`), one image per agent or camera, bottom row first."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Outcome:
    """The result of an action; code and message are empty when it succeeded."""

    value: Any = None
    error_code: str = ""
    message: str = ""


class Simulator:
    """One scene with its agents and cameras, as an AI2-THOR process holds it."""

    def __init__(
        self, width: int, height: int, quality: Quality = "standard", assets: Path | str | None = None
    ) -> None:
        """Raises EngineError for a size that cannot be drawn, AssetError for a malformed pack."""
        check_size(width, height)
        pack = load_pack(assets) if assets is not None else None
        self.world = World(width=width, height=height, scene=empty_scene(pack), pack=pack)
        self.quality: Quality = quality
        self.drafts = False
        """Only ids and depth of pictures are used, so quality `photo` does not trace their colours."""
        self._renderer: Renderer | None = None
        self._drawn: Snapshot[tuple[Batch, ColorTable]] | None = None
        self._drawn_hand = 0

    def step(self, action: Mapping[str, Any]) -> Reply:
        """Performs one action. A failed action changes nothing and reports the reason in the metadata."""
        name = printable(str(action.get("action")))
        agent_id = action.get("agentId") or 0
        if agent_id in range(len(self.world.agents)):
            self.world.active = int(agent_id)
            outcome = self._act(name, action)
        else:
            count = len(self.world.agents)
            outcome = _Outcome(
                None, "InvalidArgument", f"agentId {agent_id!r} is not one of 0 to {count - 1}"
            )
        self.world.steps += 1
        self.world.carry_along()
        wanted = self._wanted_images(action)
        draws = action.get("renderImage", True) and self.world.scene.house is not None
        images = self._images(wanted) if draws else {}
        return Reply(self._metadata(name, outcome, self._colors(wanted) if images else []), images)

    def close(self) -> None:
        """Releases the OpenGL context and its memory. The next picture creates a new one."""
        if self._renderer is not None:
            self._renderer.release()
        self._renderer = self._drawn = None

    def gl_driver(self) -> str:
        """Name of the driver that draws the pictures. Raises MissingSystemError when the quality has none."""
        return self._ready_renderer().driver

    def triangle_count(self) -> int:
        """Triangles in the scene."""
        return self._drawable()[0].triangle_count

    def picture(self) -> RenderedImages:
        """The picture of the active agent's camera. Raises MissingSystemError without EGL."""
        return self._ready_renderer().render(self._agent_camera(self.world.agent))

    def _act(self, name: str, action: Mapping[str, Any]) -> _Outcome:
        if name == "GetUnoccludedPixelCounts":
            return self._unoccluded_pixels(action.get("thirdPartyCameraId"))
        function = ACTIONS.get(name)
        if function is None:
            return _Outcome(
                None, "InvalidAction", f"{name} is not an action that simgen's embedded engine knows"
            )
        arguments = own_arguments(function, action, COMMON_ARGUMENTS)
        if problem := argument_problem(name, function, arguments):
            return _Outcome(None, *problem)
        given = {k: v for k, v in arguments.items() if v is not None}
        self.world.agent.collided = ()
        try:
            return _Outcome(function(self.world, **given))
        except (ActionFailed, EngineError) as error:
            return _Outcome(message=str(error))

    def _unoccluded_pixels(self, camera_id: Any) -> _Outcome:
        """simgen's own action, for the active agent's view or for a third-party camera's."""
        if camera_id is None:
            camera = self._agent_camera(self.world.agent)
        elif isinstance(camera_id, int) and 0 <= camera_id < len(self.world.cameras):
            camera = _camera(self.world.cameras[camera_id])
        else:
            return _Outcome(None, "InvalidArgument", f"there is no thirdPartyCameraId {camera_id!r}")
        return _Outcome(self._ready_renderer().unoccluded_pixels(camera))

    def _metadata(self, name: str, outcome: _Outcome, colors: list[dict[str, Any]]) -> dict[str, Any]:
        world, cameras = self.world, [camera_metadata(i, c) for i, c in enumerate(self.world.cameras)]
        shared = {
            **_QUIET,
            "lastAction": name,
            "lastActionSuccess": not outcome.message,
            "errorCode": outcome.error_code,
            "errorMessage": printable(outcome.message),
            "actionReturn": outcome.value,
            "colors": colors,
            "fov": world.fov_deg,
            "sceneBounds": world.bounds(),
            "sceneName": world.scene_name,
            "screenHeight": world.height,
            "screenWidth": world.width,
            "thirdPartyCameras": cameras,
            "visibleRange": [0.0, world.visibility_distance],
            "currentTime": world.steps * SECONDS_AN_ACTION,
        }
        return {
            "sequenceId": 0,
            "activeAgentId": world.active,
            "thirdPartyCameras": cameras,
            "agents": [{**shared, **self._agent_entries(i, agent)} for i, agent in enumerate(world.agents)],
        }

    def _agent_entries(self, index: int, agent: Agent) -> dict[str, Any]:
        """The part of the metadata that belongs to one agent."""
        world = self.world
        return {
            "agentId": index,
            "agent": agent_metadata(agent),
            "cameraPosition": vector(agent.camera_position()),
            "cameraOrthSize": map_camera(world).orthographic_size if agent.map_view else -1.0,
            "collided": bool(agent.collided),
            "collidedObjects": list(agent.collided),
            "heldObjectPose": hand_metadata(agent),
            "inventoryObjects": _inventory(world.scene, agent),
            "objects": self._objects(agent),
        }

    def _objects(self, agent: Agent) -> list[dict[str, Any]]:
        """The `objects` list for an agent."""
        world = self.world
        if world.listed is not None and not world.listed:
            return []
        if world.listed is not None and not world.within_reach(agent, world.listed):
            return world.entries().describe(agent, [], [], world.listed)
        visible, obstructed = world.find_visible(agent)
        return world.entries().describe(agent, visible.tolist(), obstructed.tolist(), world.listed)

    def _wanted_images(self, action: Mapping[str, Any]) -> tuple[bool, bool, bool, bool]:
        """Which of AI2-THOR's four kinds of image this step draws: those of the options and of the action."""
        world = self.world
        depth = world.render_depth or bool(action.get("renderDepthImage"))
        ids = world.render_ids or bool(action.get("renderInstanceSegmentation"))
        classes = world.render_classes or bool(action.get("renderSemanticSegmentation"))
        # As in Unity, the image of types never comes without the image of instances.
        return True, depth, ids or classes, classes

    def _images(self, wanted: tuple[bool, bool, bool, bool]) -> Images:
        images: Images = {}
        views = [("agent", self._agent_camera(agent)) for agent in self.world.agents]
        views += [("scene", _camera(camera)) for camera in self.world.cameras]
        for kind, camera in views:
            renderer = self._ready_renderer()
            picture = renderer.render_draft(camera) if self.drafts else renderer.render(camera)
            for field, wants, image in zip(IMAGE_FIELDS[kind], wanted, self._four(), strict=True):
                if wants:
                    images.setdefault(field, []).append(image(picture))
        return images

    def _four(self) -> tuple[Callable[[RenderedImages], NDArray[Any]], ...]:
        colors = self._drawable()[1]
        return (
            lambda picture: picture.rgb,
            # AI2-THOR's depth ends at the far plane, which is also the depth of empty pixels.
            lambda picture: np.where(picture.depth == 0.0, np.float32(FAR), picture.depth),
            lambda picture: color_ids(colors.rgba, picture.ids),
            lambda picture: color_ids(colors.class_rgba, picture.ids),
        )

    def _colors(self, wanted: tuple[bool, bool, bool, bool]) -> list[dict[str, Any]]:
        colors = self._drawable()[1]
        return [*colors.entries, *(colors.class_entries if wanted[3] else ())]

    def _agent_camera(self, agent: Agent) -> Camera:
        if agent.map_view:
            return _camera(map_camera(self.world))
        return Camera(agent.world_from_camera(), self.world.fov_deg)

    def _drawable(self) -> tuple[Batch, ColorTable]:
        """The triangles and colours of the present scene."""
        scene = self.world.scene
        if self._drawn is None or not self._drawn.holds(scene):
            batch = build_batch(scene)
            types = [_type_of(scene, name) for name in batch.names]
            self._drawn = Snapshot.of(scene, (batch, color_table(batch.names, types)))
            self._drawn_hand = -1
            for body in self._held_bodies():
                collapse(batch, body.id)
            if self._renderer is not None:
                self._renderer.load(scene, batch)
        if self._drawn_hand != scene.hand_version:
            self._drawn_hand = scene.hand_version
            self._repose_held(self._drawn.value[0])
        return self._drawn.value

    def _repose_held(self, batch: Batch) -> None:
        house = self.world.scene.house
        for body in self._held_bodies():
            room_id = room_of_point(house, body.position[0], body.position[2]) if house else None
            changed = repose(batch, body, room_id)
            if self._renderer is not None:
                self._renderer.rewrite(changed)

    def _held_bodies(self) -> list[Body]:
        return [body for body in self.world.scene.bodies.values() if body.held]

    def _ready_renderer(self) -> Renderer:
        """The renderer, loaded with the present scene and set to the present size."""
        if self._renderer is None:
            self._renderer = make_renderer(self.world.width, self.world.height, self.quality)
            self._drawn = None
        self._drawable()
        if self._renderer.size != (self.world.width, self.world.height):
            self._renderer.resize(self.world.width, self.world.height)
        return self._renderer


def _camera(camera: SceneCamera) -> Camera:
    size = camera.orthographic_size if camera.orthographic else None
    return Camera(camera.world_from_camera(), camera.fov_deg, orthographic_size=size)


def _type_of(scene: Scene, chunk: str) -> str:
    """AI2-THOR's name for the type of a chunk of the batch."""
    if chunk in scene.bodies:
        return scene.bodies[chunk].asset.object_type
    return {"ceiling": "Ceiling", "wall": "Wall"}.get(chunk.split("|")[0], "Floor")


def _inventory(scene: Scene, agent: Agent) -> list[dict[str, str]]:
    if agent.held is None:
        return []
    body = scene.body(agent.held.object_id)
    return [{"objectId": body.id, "objectType": body.asset.object_type}]


_QUIET: Mapping[str, Any] = {
    "actionFloatReturn": 0.0,
    "actionFloatsReturn": [],
    "actionIntReturn": 0,
    "actionStringsReturn": [],
    "actionVector3sReturn": [],
    "colorBounds": [],
    "depthFormat": "Meters",
    "distances": [],
    "flatSurfacesOnGrid": [],
    "isOpenableGrid": [],
    "isSceneAtRest": True,
    "normals": [],
    "objectIdsInBox": [],
    "segmentedObjectIds": [],
}
