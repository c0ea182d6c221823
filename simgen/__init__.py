"""Metric-grounded spatial reasoning data from simulated houses.

    import simgen

    simgen.render("demo", workers=2)          # houses and clips
    simgen.ask("distance")                    # questions with answers
    clip = simgen.load_clip("demo-00000-00")  # frames, depth, poses, object boundaries
    rows = simgen.load_rows("demo")           # question rows

Every name is loaded when it is first used: `import simgen` is fast and needs neither torch nor OpenGL.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgen.api import (
        ask,
        audit,
        average_runs,
        compare_runs,
        evaluate,
        evaluate_benchmark,
        export,
        load_clip,
        load_recipe,
        load_rows,
        publish,
        render,
        train,
        upload,
        verify,
    )
    from simgen.engine.protocol.client import EmbeddedController as Controller

__version__ = "0.1.0"

__all__ = [
    "Controller",
    "__version__",
    "ask",
    "audit",
    "average_runs",
    "compare_runs",
    "evaluate",
    "evaluate_benchmark",
    "export",
    "load_clip",
    "load_recipe",
    "load_rows",
    "publish",
    "render",
    "train",
    "upload",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name == "Controller":
        return importlib.import_module("simgen.engine.protocol.client").EmbeddedController
    if name in __all__:
        return getattr(importlib.import_module("simgen.api"), name)
    raise AttributeError(f"module 'simgen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
