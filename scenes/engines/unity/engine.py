"""AI2-THOR's own builds as an engine."""

from collections.abc import Mapping
from pathlib import Path

from simgen.recipe import Recipe, UnitySpec
from simgen.scenes.engines.base import ANY_HOST, Controller, Engine, Host, Watch, camera_options
from simgen.scenes.engines.unity.build import build_version, require_unity
from simgen.scenes.engines.unity.controller import LIMITS, start_unity

PRESETS: Mapping[str, str] = {"fast": "Low", "standard": "Ultra"}
"""AI2-THOR's names for Unity's presets, by a recipe's quality. Ultra is AI2-THOR's default."""


class UnityEngine(Engine):
    """AI2-THOR's own builds."""

    limits = LIMITS

    def require(self, recipe: Recipe, host: Host) -> Host:
        """Makes sure that the recipe's build is here, and downloads it if need be."""
        return require_unity(_spec(recipe), recipe.camera, host)

    def version(self, recipe: Recipe, host: Host) -> str:
        """The build's commit, or `local:NAME` for a program whose name does not tell the commit."""
        return build_version(_spec(recipe), host.program)

    def start(
        self,
        recipe: Recipe,
        assets: Path | None = None,
        host: Host = ANY_HOST,
        watch: Watch | None = None,
    ) -> Controller:
        """A started controller. Raises EngineFault when Unity does not start."""
        spec = _spec(recipe)
        return start_unity(spec, host, watch, quality=PRESETS[spec.quality], **camera_options(recipe))

    def driver(self, controller: Controller) -> str:
        """Unity, which does not name its driver."""
        return "unity"


def _spec(recipe: Recipe) -> UnitySpec:
    assert isinstance(recipe.engine, UnitySpec)
    return recipe.engine
