"""Fixtures of the tests of releases: a data set, and a Hub on the loopback interface."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simgen.store.folder import Dataset
from tests.release.kitchens import make_dataset
from tests.release.loopback_hub import TOKEN, LoopbackHub, serve


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "data", "kitchens")


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
