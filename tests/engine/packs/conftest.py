"""A pack of one table."""

from pathlib import Path

import pytest

from simgen.engine.packs import AssetPack, load_pack
from tests.engine.packs.tiny_packs import TABLE, write_pack


@pytest.fixture
def tables(tmp_path: Path) -> AssetPack:
    return load_pack(write_pack(tmp_path / "tables", {"table": TABLE}, {"DiningTable": ["table"]}))
