"""One recipe, either engine: what the controllers are made with, and what needs no OpenGL."""

import os
import subprocess
import sys
from typing import Any

import pytest

from simgen.recipe import load_recipe
from simgen.scenes.engines import controller
from simgen.scenes.engines.unity_build import UnityHost


def test_both_engines_are_made_with_the_same_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, dict[str, Any]] = {}
    # Unity cannot start here; what it would be started with can be seen all the same.
    monkeypatch.setattr(controller, "EmbeddedController", lambda **options: made.update(embedded=options))
    monkeypatch.setattr(
        controller,
        "unity_controller",
        lambda spec, host, watch, **options: made.update(ai2thor=options, where={"spec": spec, "host": host}),
    )
    recipe = load_recipe("demo")
    host = UnityHost(gpu=1)
    for engine in ("embedded", "ai2thor"):
        controller.make_controller(recipe.model_copy(update={"engine": engine}), unity=host)
    assert (made["embedded"].pop("picture_quality"), made["embedded"].pop("assets")) == ("standard", None)
    assert made["ai2thor"].pop("quality") == "Ultra"  # Unity's own name for it
    assert made["embedded"] == made["ai2thor"]
    assert made["ai2thor"]["fieldOfView"] == recipe.camera.fov_deg
    assert made["where"] == {"spec": recipe.unity, "host": host}


def test_houses_are_sampled_without_opengl() -> None:
    script = (
        "from simgen.recipe import load_recipe; from simgen.scenes.houses.procthor import try_seeds;"
        "house = try_seeds(load_recipe('demo'), 1).house; print(len(house['objects']) > 0)"
    )
    broken = {"PYTHONHASHSEED": "0", "__EGL_VENDOR_LIBRARY_FILENAMES": "/nonexistent.json"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={**os.environ, **broken}
    )
    assert done.stdout.strip() == "True", done.stderr
