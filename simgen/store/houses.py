"""Houses as JSON lines, gzipped: ProcTHOR-10K's own format.

Each line is one house; `metadata.simgen` says which index, seed and split it has in its recipe.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from simgen.errors import HouseError
from simgen.store.files import whole_file

House = dict[str, Any]


def house_sha256(house: Mapping[str, Any]) -> str:
    """Hash of a house's canonical JSON."""
    return hashlib.sha256(json.dumps(house, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def write_houses(path: Path, houses: Iterable[House]) -> None:
    """Writes a whole file of houses in the order of their index."""
    ordered = sorted(houses, key=house_index)
    with whole_file(path) as part, gzip.GzipFile(part, "wb", mtime=0) as file:
        for house in ordered:
            file.write(json.dumps(house, sort_keys=True).encode() + b"\n")


def read_houses(path: Path) -> list[House]:
    """All houses of a file. Raises HouseError when it is not whole."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except (OSError, EOFError, zlib.error, json.JSONDecodeError) as error:
        raise HouseError(
            f"{path}: not a whole file of houses ({error}); delete it and sample again"
        ) from None


def house_index(house: Mapping[str, Any]) -> int:
    """The house's index in its recipe."""
    return int(house["metadata"]["simgen"]["house"])
