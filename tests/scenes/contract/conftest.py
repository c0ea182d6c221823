"""The engines that the contract tests run on."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ai2thor.build
import ai2thor.controller
import ai2thor.platform
import pytest

from simgen.engine.protocol.client import EmbeddedController

Make = Callable[..., Any]
RELEASES = Path.home() / ".ai2thor" / "releases"
"""Where AI2-THOR's client keeps its builds."""


@pytest.fixture(params=["embedded", pytest.param("unity", marks=pytest.mark.unity)])
def make_controller(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes controllers of one engine from the same arguments, and stops them afterwards."""
    if request.param == "unity" and (reason := unity_missing()):
        pytest.skip(reason)
    made: list[Any] = []

    def make(**options: Any) -> Any:
        made.append(EmbeddedController(**options) if request.param == "embedded" else _unity(**options))
        return made[-1]

    yield make
    for controller in made:
        controller.stop()


def unity_missing() -> str:
    """Why AI2-THOR's own build cannot start here; empty when it can. Downloads nothing."""
    if not shutil.which("vulkaninfo"):
        return "AI2-THOR's build draws through Vulkan, and vulkaninfo is not installed"
    name = f"thor-CloudRendering-{ai2thor.build.COMMIT_ID}"
    if not (RELEASES / name).is_dir():
        return f"AI2-THOR's build {name} has not been downloaded"
    return ""


def _unity(**options: Any) -> Any:
    return ai2thor.controller.Controller(
        platform=ai2thor.platform.CloudRendering, scene="Procedural", **options
    )
