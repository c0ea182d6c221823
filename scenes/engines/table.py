"""The table of all engines, by the `kind` in a recipe's section `engine`."""

from simgen.recipe import Recipe
from simgen.recipe.engine import ENGINE_SPECS, EngineSpec
from simgen.scenes.engines.base import Engine
from simgen.scenes.engines.embedded import EmbeddedEngine
from simgen.scenes.engines.unity import UnityEngine

ENGINES: dict[str, Engine] = {"embedded": EmbeddedEngine(), "ai2thor": UnityEngine()}
"""Every kind also has its section in `simgen.recipe.engine.ENGINE_SPECS`."""


def find_engine(recipe: Recipe) -> Engine:
    """The engine that a recipe asks for."""
    return ENGINES[recipe.engine.kind]


def enter_engine(engine: Engine, spec: type[EngineSpec]) -> None:
    """Enters an engine from outside simgen, with the section that recipes give it.

    Call it where the module of `spec` is imported: the jobs of a render import that module too.
    """
    kind = spec.model_fields["kind"].default
    ENGINE_SPECS[kind] = spec
    ENGINES[kind] = engine
