"""Fixtures of the tests of releases: a data set, and a Hub on the loopback interface."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simgen.release.publish import publish
from simgen.store.folder import Dataset
from simgen.store.rows import read_rows, write_rows
from tests.release.kitchens import make_dataset
from tests.release.loopback_hub import TOKEN, LoopbackHub, serve


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "data", "kitchens")


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release, which the tests only read."""
    folder = tmp_path_factory.mktemp("release")
    return publish([make_dataset(folder / "data", "kitchens")], folder / "out").path


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A later release of the same data set, without the val split and with one question less."""
    folder = tmp_path_factory.mktemp("second")
    dataset = make_dataset(folder / "data", "kitchens")
    rows = [row for row in read_rows(dataset.questions_path) if row.split == "train"]
    write_rows(dataset.questions_path, rows[1:])
    return publish([dataset], folder / "out").path


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with serve() as server:
        yield server


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets huggingface_hub send requests, with a token that the loopback Hub knows."""
    # The suite runs with $HF_HUB_OFFLINE, which keeps even loopback requests from being sent.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    # Large files go through Git LFS.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    # The library repeats failed requests after up to eight seconds.
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
