"""A third engine, which shows what an engine needs: a room of boxes, drawn by numpy."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simgen.engine.world.agent import CAMERA_ABOVE_AGENT
from simgen.geometry.boxes import corners
from simgen.geometry.frames import camera_pose, euler_rotation, intrinsics
from simgen.house.assets import find_asset
from simgen.house.parse import House, HouseObject, parse_house
from simgen.recipe import EngineSpec, Recipe
from simgen.scenes.engines.base import Controller, Engine, Host, camera_options
from simgen.scenes.engines.table import enter_engine
from simgen.types import Array, OrientedBox

AGENT_RADIUS_M = 0.3
COLOR_STEP = 0x1F3D5B  # between the colours of ids


class BoxesSpec(EngineSpec):
    """The section `engine: {kind: boxes}` of a recipe."""

    kind: Literal["boxes"] = "boxes"
    brightness: Annotated[float, Field(gt=0, le=1)] = 0.8


class BoxesEngine(Engine):
    """Rooms without doors and windows. The optional parts of the Protocol are left as they are."""

    def require(self, recipe: Recipe, host: Host) -> Host:
        return host

    def version(self, recipe: Recipe, host: Host) -> str:
        return "1"

    def start(self, recipe: Recipe, *machine: Any, **more: Any) -> Controller:
        assert isinstance(recipe.engine, BoxesSpec)
        return BoxesController(recipe.engine.brightness, camera_options(recipe))

    def driver(self, controller: Controller) -> str:
        return f"numpy {np.__version__}"


enter_engine(BoxesEngine(), BoxesSpec)


class Event(SimpleNamespace):
    """The parts of an `ai2thor.server.Event` that simgen reads."""

    def __bool__(self) -> bool:
        return not self.metadata["errorMessage"]


class BoxesController:
    """The actions of an `ai2thor.controller.Controller` that simgen needs for a walk."""

    def __init__(self, brightness: float, options: dict[str, Any]) -> None:
        self.server = SimpleNamespace(camera_far_plane=20.0)
        self._brightness, self._spacing = brightness, options["gridSize"]
        self._matrix = intrinsics(options["width"], options["height"], options["fieldOfView"])
        self._agent: dict[str, Any] = {}

    def step(self, action: str, renderImage: bool = True, **arguments: Any) -> Event:
        result, error = None, ""
        if action == "CreateHouse":
            self._enter(parse_house(arguments["house"]))
        elif action == "TeleportFull":
            self._agent = {**arguments, "cameraHorizon": arguments["horizon"]}
        elif action == "GetReachablePositions":
            result = [{"x": x, "y": self._agent["position"]["y"], "z": z} for x, z in self._free_points()]
        elif action != "Pass":
            error = f"there is no action {action}"
        self.last_event = Event(metadata={**self._metadata(result), "errorMessage": error})
        if renderImage:
            self._draw(self.last_event)
        return self.last_event

    def stop(self) -> None:
        pass

    def _enter(self, house: House) -> None:
        x_min, z_min, x_max, z_max = house.rooms[0].polygon.bounds
        self._low, self._high = np.array([x_min, 0.0, z_min]), np.array([x_max, house.ceiling_y, z_max])
        self._objects = house.objects
        self._boxes = [_box(item) for item in house.objects]

    def _metadata(self, result: Any) -> dict[str, Any]:
        objects = [_object(item, box) for item, box in zip(self._objects, self._boxes, strict=True)]
        names = [(item.id, (index + 1) * COLOR_STEP) for index, item in enumerate(self._objects)]
        colors = [{"name": name, "color": [c & 255, c >> 8 & 255, c >> 16 & 255]} for name, c in names]
        return {"agent": self._agent, "objects": objects, "colors": colors, "actionReturn": result}

    def _free_points(self) -> list[tuple[float, float]]:
        axes = [np.arange(self._low[i] + 0.5, self._high[i] - 0.5, self._spacing) for i in (0, 2)]
        points = [(float(x), float(z)) for x in axes[0] for z in axes[1]]
        return [point for point in points if all(_is_clear(point, box) for box in self._boxes)]

    def _draw(self, event: Event) -> None:
        eye = np.array([self._agent["position"][axis] for axis in "xyz"])
        eye[1] += CAMERA_ABOVE_AGENT
        camera = camera_pose(eye, self._agent["rotation"]["y"], self._agent["cameraHorizon"])
        focal_px, (half_width, half_height) = self._matrix[0, 0], self._matrix[:2, 2]
        u, v = np.meshgrid(np.arange(2 * half_width) + 0.5, np.arange(2 * half_height) + 0.5)
        x, y = (u - half_width) / focal_px, (half_height - v) / focal_px
        ways = np.stack([x, y, np.ones_like(x)], axis=-1) @ camera[:3, :3].T  # (H, W, 3), one metre deep
        room = OrientedBox((self._low + self._high) / 2, (self._high - self._low) / 2, np.eye(3))
        hits = [_hits(room, eye, ways)[1]]
        for box in self._boxes:
            near, far = _hits(box, eye, ways)
            hits.append(np.where((near < far) & (near > 0.0), near, np.inf))
        index, depth = np.argmin(hits, axis=0), np.min(hits, axis=0)  # 0 is the room, else 1 + object index
        colors = (index * COLOR_STEP).astype(np.uint32)
        event.depth_frame = depth.astype(np.float32)
        event.instance_masks = SimpleNamespace(instance_segmentation_frame_uint32=colors)
        shade = self._brightness * 255.0 / (1.0 + depth[..., None])
        event.frame = (shade * (1.0 - index[..., None] * [3, 5, 7] % 8 / 16)).astype(np.uint8)


def _box(item: HouseObject) -> OrientedBox:
    half = np.array(find_asset(item.asset_id).size) / 2
    return OrientedBox(item.position, half, euler_rotation(*item.rotation_deg))


def _object(item: HouseObject, box: OrientedBox) -> dict[str, Any]:
    return {
        "objectId": item.id,
        "objectType": find_asset(item.asset_id).object_type,
        "assetId": item.asset_id,
        "parentReceptacles": None,
        "rotation": dict(zip("xyz", item.rotation_deg, strict=True)),
        "objectOrientedBoundingBox": {"cornerPoints": corners(box).tolist()},
    }


def _is_clear(point: tuple[float, float], box: OrientedBox) -> bool:
    local = np.abs(np.array([point[0] - box.center[0], 0.0, point[1] - box.center[2]]) @ box.rotation)
    return bool((local[[0, 2]] > box.half_extents[[0, 2]] + AGENT_RADIUS_M).any())


def _hits(box: OrientedBox, origin: Array, ways: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(H, W) depths at which rays enter a box and leave it."""
    start, along = (origin - box.center) @ box.rotation, ways @ box.rotation
    with np.errstate(divide="ignore"):
        sides = np.stack([(side * box.half_extents - start) / along for side in (-1.0, 1.0)])
    return sides.min(axis=0).max(axis=-1), sides.max(axis=0).min(axis=-1)
