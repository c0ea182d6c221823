"""The table of engines: what their controllers are made with, and what needs no OpenGL."""

import os
import subprocess
import sys
from typing import Any, get_args

import pytest

from simgen.recipe import UnitySpec, load_recipe
from simgen.recipe.engine import ENGINE_SPECS
from simgen.scenes.engines import embedded
from simgen.scenes.engines.base import Host
from simgen.scenes.engines.table import ENGINES, find_engine
from simgen.scenes.engines.unity import engine as unity_engine


def test_every_engine_has_a_section_in_the_recipe() -> None:
    assert set(ENGINES) == set(ENGINE_SPECS)
    for kind, spec in ENGINE_SPECS.items():
        assert get_args(spec.model_fields["kind"].annotation) == (kind,)
        assert find_engine(load_recipe("demo").replace(engine=kind)) is ENGINES[kind]


def test_both_engines_are_made_with_the_same_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, dict[str, Any]] = {}
    # Unity cannot start here, but the arguments of its start can be checked.
    monkeypatch.setattr(embedded, "EmbeddedController", lambda **options: made.update(embedded=options))
    monkeypatch.setattr(
        unity_engine,
        "start_unity",
        lambda spec, host, watch, **options: made.update(ai2thor=options, where={"spec": spec, "host": host}),
    )
    host = Host(gpu=1)
    for kind in ("embedded", "ai2thor"):
        recipe = load_recipe("demo").replace(engine=kind)
        find_engine(recipe).start(recipe, host=host)
        assert made[kind]["fieldOfView"] == recipe.camera.fov_deg
    assert (made["embedded"].pop("picture_quality"), made["embedded"].pop("assets")) == ("standard", None)
    assert made["ai2thor"].pop("quality") == "Ultra"  # Unity's own name for it
    assert made["embedded"] == made["ai2thor"]
    assert made["where"] == {"spec": UnitySpec(), "host": host}


@pytest.mark.slow
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
