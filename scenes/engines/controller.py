"""One function makes the AI2-THOR controller of either engine. Nothing else knows which one runs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from simgen.engine import ENGINE_VERSION
from simgen.engine.protocol.client import EmbeddedController
from simgen.geometry.boxes import corners
from simgen.geometry.frames import project
from simgen.recipe import Recipe
from simgen.scenes.engines.unity import Watch, unity_controller
from simgen.scenes.engines.unity_build import ANY_HOST, UnityHost
from simgen.scenes.trajectories import GRID_SIZE
from simgen.types import Array, Quality, SceneObject

Controller: TypeAlias = Any
"""An `ai2thor.controller.Controller`. The client has no annotations, and what is inferred misleads."""
Event: TypeAlias = Any
"""An `ai2thor.server.Event`."""
UNITY_PRESETS: Mapping[Quality, str] = {"fast": "Low", "standard": "Ultra"}
"""AI2-THOR's names for Unity's qualities; a recipe for Unity has no other. Ultra is its default."""


def make_controller(
    recipe: Recipe,
    assets: Path | None = None,
    unity: UnityHost = ANY_HOST,
    watch: Watch | None = None,
) -> Controller:
    """A started controller with the recipe's engine and camera, depth and instance ids switched on.

    `assets` is the folder of the asset pack that the embedded engine draws with. `unity` is where Unity
    runs, and `watch` is told what of Unity is being waited for; the embedded engine is in this process, and
    nobody waits for it. Raises EngineFault when Unity does not start.
    """
    options: dict[str, Any] = {
        "scene": "Procedural",
        "width": recipe.camera.width,
        "height": recipe.camera.height,
        "fieldOfView": recipe.camera.fov_deg,
        "gridSize": GRID_SIZE,
        "snapToGrid": False,
        "renderDepthImage": True,
        "renderInstanceSegmentation": True,
        # A camera beside the agent's would see the agent.
        "makeAgentsVisible": False,
    }
    if recipe.engine == "embedded":
        return EmbeddedController(assets=assets, picture_quality=recipe.quality, **options)
    return unity_controller(recipe.unity, unity, watch, quality=UNITY_PRESETS[recipe.quality], **options)


def sampling_controller(assets: Path | None = None) -> Controller:
    """A controller for procthor to sample with: no image is ever drawn, so it needs no OpenGL.

    With an asset pack things are put onto its meshes.
    """
    return EmbeddedController(width=32, height=32, headless=True, assets=assets)


def engine_version(controller: Controller) -> str:
    """Version of the engine behind a controller: the embedded one's, or the Unity build's commit."""
    if isinstance(controller, EmbeddedController):
        return ENGINE_VERSION
    return str(controller.version)


def set_drafts(controller: Controller, drafts: bool) -> None:
    """Pictures whose ids alone matter cost less from here on, or no longer; only the embedded engine can."""
    if isinstance(controller, EmbeddedController):
        controller.simulator.drafts = drafts


def gl_driver(controller: Controller) -> str:
    """What draws the pictures."""
    return controller.simulator.gl_driver() if isinstance(controller, EmbeddedController) else "unity"


def attributions(controller: Controller, asset_ids: Iterable[str]) -> list[dict[str, str]]:
    """Author, licence and source of every model of the asset pack that stands for one of these assets."""
    pack = controller.simulator.world.pack if isinstance(controller, EmbeddedController) else None
    return pack.attributions(asset_ids) if pack else []


def unoccluded_pixels(
    controller: Controller,
    objects: tuple[SceneObject, ...],
    world_from_camera: Array,
    camera_matrix: Array,
    of_agent: bool = True,
) -> NDArray[np.uint32]:
    """(N) pixels that each object would own if nothing stood in front of it.

    In the view of the agent's camera, or of the first third-party camera. Counted by the embedded engine;
    on Unity, which cannot, the area of the oriented box's outline, which is an upper bound.
    """
    if isinstance(controller, EmbeddedController):
        camera = {} if of_agent else {"thirdPartyCameraId": 0}
        event = controller.step(action="GetUnoccludedPixelCounts", renderImage=False, **camera)
        counts = event.metadata["actionReturn"]
        return np.array([counts.get(item.id, 0) for item in objects], dtype=np.uint32)
    size = (round(2.0 * camera_matrix[0, 2]), round(2.0 * camera_matrix[1, 2]))
    areas = [_outline_area(item, world_from_camera, camera_matrix, size) for item in objects]
    return np.array(areas, dtype=np.uint32)


def _outline_area(item: SceneObject, pose: Array, camera_matrix: Array, size: tuple[int, int]) -> int:
    projected = project(corners(item.box), pose, camera_matrix)
    if (projected[:, 2] <= 0).any():
        return 0
    outline = shapely.convex_hull(shapely.MultiPoint(projected[:, :2]))
    return round(shapely.area(shapely.intersection(outline, shapely.box(0, 0, *size))))
