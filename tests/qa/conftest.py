from pathlib import Path

import pytest

from simgen.store.clips import Clip, read_clip
from tests.synthetic import write_synthetic_clip


@pytest.fixture(scope="session")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    folder: Path = tmp_path_factory.mktemp("clips")
    return read_clip(write_synthetic_clip(folder / "kitchen.h5"))
