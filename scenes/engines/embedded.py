"""`engine: embedded`: simgen's own engine, in the process that uses it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgen.engine import ENGINE_VERSION
from simgen.engine.protocol.client import EmbeddedController
from simgen.engine.protocol.simulator import Simulator
from simgen.errors import InputError
from simgen.recipe import EmbeddedSpec, Recipe
from simgen.scenes.engines.base import ANY_HOST, Controller, Engine, Host, Watch, camera_options
from simgen.types import Array, SceneObject


class EmbeddedEngine(Engine):
    """simgen's own engine."""

    def require(self, recipe: Recipe, host: Host) -> Host:
        """Starts OpenGL once. Raises MissingSystemError when it does not start."""
        if host != ANY_HOST:
            raise InputError(
                f"{recipe.name}: --gpus and --unity are for engine: ai2thor, and this recipe's is embedded"
            )
        Simulator(32, 32, _spec(recipe).quality).gl_driver()
        return host

    def version(self, recipe: Recipe, host: Host) -> str:
        """The version of the package `simgen.engine`."""
        return ENGINE_VERSION

    def start(
        self,
        recipe: Recipe,
        assets: Path | None = None,
        host: Host = ANY_HOST,
        watch: Watch | None = None,
    ) -> Controller:
        """A started controller. Nobody waits for this engine, so the watch is told nothing."""
        return EmbeddedController(
            assets=assets, picture_quality=_spec(recipe).quality, **camera_options(recipe)
        )

    def driver(self, controller: Controller) -> str:
        """The name of the OpenGL driver."""
        return controller.simulator.gl_driver()

    def set_draft(self, controller: Controller, is_draft: bool) -> None:
        """A draft has the same depth and ids, and the RGB that costs least."""
        controller.simulator.drafts = is_draft

    def unoccluded_pixels(
        self,
        controller: Controller,
        objects: tuple[SceneObject, ...],
        world_from_camera: Array,
        camera_matrix: Array,
        of_agent: bool = True,
    ) -> NDArray[np.uint32]:
        """(N) pixels of each object drawn alone."""
        camera = {} if of_agent else {"thirdPartyCameraId": 0}
        event = controller.step(action="GetUnoccludedPixelCounts", renderImage=False, **camera)
        counts = event.metadata["actionReturn"]
        return np.array([counts.get(item.id, 0) for item in objects], dtype=np.uint32)

    def attributions(self, controller: Controller, asset_ids: Iterable[str]) -> list[dict[str, str]]:
        """Author, licence and source of every model of the asset pack that replaces one of these assets."""
        pack = controller.simulator.world.pack
        return pack.attributions(asset_ids) if pack else []


def make_sampling_controller(assets: Path | None = None) -> Controller:
    """A controller for procthor to sample houses with. It draws no image and needs no OpenGL.

    With the folder of an asset pack, objects are put onto the meshes of that pack.
    """
    return EmbeddedController(width=32, height=32, headless=True, assets=assets)


def _spec(recipe: Recipe) -> EmbeddedSpec:
    assert isinstance(recipe.engine, EmbeddedSpec)
    return recipe.engine
