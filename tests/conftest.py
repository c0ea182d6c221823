"""Fixtures: an own data folder for every test, and one demo data set that the real command renders."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from simgen.store.folder import DataFolder
from simgen.store.houses import read_houses

# The same examples on every machine: a run that fails can be repeated.
hypothesis.settings.register_profile("simgen", derandomize=True, deadline=None)
hypothesis.settings.load_profile("simgen")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks tests that need the rendered demo as slow. Other slow tests carry the marker themselves.

    Tests of foreign programs install gigabytes, so they run only when `-m` names their marker.
    """
    for item in items:
        if "demo_render" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    if "foreign" not in config.option.markexpr:
        foreign = [item for item in items if item.get_closest_marker("foreign")]
        items[:] = [item for item in items if item not in foreign]
        config.hook.pytest_deselected(items=foreign)


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMGEN_DATA", str(tmp_path / "simgen-data"))
    monkeypatch.chdir(tmp_path)


def run_simgen(*arguments: str, data: Path, timeout_s: float = 600) -> subprocess.CompletedProcess[str]:
    """Runs a simgen command in its own process, as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "simgen.cli", "--data", str(data), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )


@pytest.fixture(scope="session")
def demo_render(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataFolder, dict[str, Any]]:
    """The demo recipe rendered by two workers, and the summary that the command printed."""
    data = tmp_path_factory.mktemp("demo") / "simgen-data"
    done = run_simgen("render", "--recipe", "demo", "--workers", "2", "--json", data=data)
    assert done.returncode == 0, done.stderr
    return DataFolder(data), json.loads(done.stdout)


@pytest.fixture(scope="session")
def demo(demo_render: tuple[DataFolder, dict[str, Any]]) -> DataFolder:
    """The data folder with the rendered clips of the demo recipe."""
    return demo_render[0]


@pytest.fixture(scope="session")
def sampled_houses(demo: DataFolder) -> list[dict[str, Any]]:
    """The three houses of the demo recipe, sampled by the real procthor."""
    return read_houses(demo.dataset("demo").houses_path)


@pytest.fixture
def own_demo(demo: DataFolder, tmp_path: Path) -> DataFolder:
    """A copy of the demo data folder, for a test that writes into it."""
    return DataFolder(Path(shutil.copytree(demo.path, tmp_path / "own-demo")))
