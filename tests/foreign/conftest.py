"""Fixtures: rendered clips with questions, and where a format of them lies in an export and in a release."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from simgen.release.export import export
from simgen.release.publish import prepare, write_release
from simgen.store.folder import DataFolder, Dataset
from tests.conftest import run_simgen

RELEASE_FORMATS = ("llama-factory", "ms-swift", "verl")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the questions of one format are."""

    root: Path
    """The folder that the paths of pictures are relative to."""
    files: Path
    """The folder of the format's files, relative to `root`."""


Places = Callable[[str, str], Place]


@pytest.fixture(scope="session")
def asked(demo: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The demo clips with one question of each template, about one and four frames."""
    data = tmp_path_factory.mktemp("asked") / "simgen-data"
    shutil.copytree(demo.path, data)
    done = run_simgen("qa", "--per-template", "1", "--frames", "1,4", data=data)
    assert done.returncode == 0, done.stderr
    return DataFolder(data).dataset("demo")


@pytest.fixture(scope="session")
def places(asked: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Gives the place of a format by its kind, `export` or `release`."""
    folder = tmp_path_factory.mktemp("places")
    release = write_release(prepare([asked], folder / "release", formats=RELEASE_FORMATS)).path

    def find(kind: str, name: str) -> Place:
        if kind == "release":
            return Place(release, Path("formats", name))
        return Place(export([asked], folder / name, name).path, Path())

    return find
