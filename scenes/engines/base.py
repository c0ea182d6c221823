"""What an engine must do to draw the clips of a recipe: the Protocol `Engine`.

An engine is driven through AI2-THOR's own client, an `ai2thor.controller.Controller`. `Engine` has what that
client does not: whether the engine can run here, its version, and a few facts about its pictures. The table
of all engines is in `simgen.scenes.engines.table`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from simgen.geometry.boxes import corners
from simgen.geometry.frames import project
from simgen.recipe import Recipe
from simgen.scenes.trajectories import GRID_SIZE
from simgen.types import Array, SceneObject

Controller: TypeAlias = Any
"""An `ai2thor.controller.Controller`. The client has no annotations, and inferred types mislead."""
Event: TypeAlias = Any
"""An `ai2thor.server.Event`."""


@dataclass(frozen=True, slots=True)
class Host:
    """Where an engine runs: what the machine decides, and not the recipe."""

    program: Path | None = None
    """The engine's program (`--unity`). None: the engine knows where its program is, or has none."""
    gpu: int | None = None
    """Number of the GPU to draw on, as CUDA counts them. None: the driver decides."""


ANY_HOST = Host()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the program of an engine may take, in seconds."""

    start_s: float
    step_s: float
    """For the answer to one action."""


class Watch(Protocol):
    """Is told what an engine's program is waited for, and measures the time."""

    def wait_for_start(self) -> object:
        """The program was started."""
        ...

    def wait_for_answer(self, action: str) -> object:
        """The program was sent this action."""
        ...

    def answered(self) -> object:
        """The program has answered, or nobody waits for it any more."""
        ...


class Engine(Protocol):
    """One kind of engine. The methods with a body here are optional: an engine may keep them."""

    limits: Limits | None = None
    """Default limits for the program of an engine; None for an engine that runs in simgen's own process."""

    def require(self, recipe: Recipe, host: Host) -> Host:
        """Makes sure that this machine can run the recipe, before anything is sampled or rendered.

        Returns the host with its program's absolute path. Raises MissingSystemError or InputError, which name
        what is missing and the cure.
        """
        ...

    def version(self, recipe: Recipe, host: Host) -> str:
        """The version of the engine, as clips store it. Clips of another version are rendered again."""
        ...

    def start(
        self,
        recipe: Recipe,
        assets: Path | None = None,
        host: Host = ANY_HOST,
        watch: Watch | None = None,
    ) -> Controller:
        """A started controller with the recipe's camera (`camera_options`).

        `assets` is the folder of the recipe's asset pack. Raises EngineFault when the engine does not start.
        """
        ...

    def driver(self, controller: Controller) -> str:
        """What draws the pictures, such as the name of the OpenGL driver."""
        ...

    def set_draft(self, controller: Controller, is_draft: bool) -> None:
        """Switches drafts on or off: pictures of which only the ids are used, which may cost less."""

    def unoccluded_pixels(
        self,
        controller: Controller,
        objects: tuple[SceneObject, ...],
        world_from_camera: Array,
        camera_matrix: Array,
        of_agent: bool = True,
    ) -> NDArray[np.uint32]:
        """(N) pixels that each object would own if nothing stood in front of it.

        In the view of the agent's camera, or of the first third-party camera. Without a method of the
        engine's own it is the area of the oriented box's outline, an upper bound.
        """
        return count_outline_pixels(objects, world_from_camera, camera_matrix)

    def attributions(self, controller: Controller, asset_ids: Iterable[str]) -> list[dict[str, str]]:
        """Author, licence and source of every model of the asset pack that replaces one of these assets."""
        return []


def camera_options(recipe: Recipe) -> dict[str, Any]:
    """Arguments of `ai2thor.controller.Controller` that are the same for every engine."""
    return {
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


def count_outline_pixels(
    objects: tuple[SceneObject, ...], world_from_camera: Array, camera_matrix: Array
) -> NDArray[np.uint32]:
    """(N) pixels within the outline of each object's oriented box; 0 where a corner is behind the camera."""
    size = (round(2.0 * camera_matrix[0, 2]), round(2.0 * camera_matrix[1, 2]))
    areas = [_outline_area(item, world_from_camera, camera_matrix, size) for item in objects]
    return np.array(areas, dtype=np.uint32)


def _outline_area(item: SceneObject, pose: Array, camera_matrix: Array, size: tuple[int, int]) -> int:
    projected = project(corners(item.box), pose, camera_matrix)
    if (projected[:, 2] <= 0).any():
        return 0
    outline = shapely.convex_hull(shapely.MultiPoint(projected[:, :2]))
    return round(shapely.area(shapely.intersection(outline, shapely.box(0, 0, *size))))
