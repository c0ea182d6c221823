"""Files of houses: gzipped JSON lines in the format of ProcTHOR-10K; files by others may also be plain JSON.

Each line is one house; `metadata.simgen` gives its index, seed and split in its recipe. While the houses of a
recipe are being made, each is kept in a small file of its own, a piece, in `<file>.pieces`. The file itself
is written once, at the end.
"""

import gzip
import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from simgen.errors import HouseError, InputError
from simgen.store.files import remove_stale_parts, write_atomically, write_text
from simgen.types import Split

House = dict[str, Any]
SUFFIXES = (".jsonl.gz", ".jsonl", ".json.gz", ".json")
"""Endings that the name of a file of houses may have."""


@dataclass(frozen=True, slots=True)
class FoundHouse:
    """One house of a file, as it was read."""

    label: str
    """Its place, for messages: the file's name, and the line or list index in it."""
    split: Split | None
    """The split that the file's name or the house states; None when neither does."""
    data: Any
    """Its JSON, not yet checked."""


def house_sha256(house: Mapping[str, Any]) -> str:
    """Hash of a house's canonical JSON."""
    return hashlib.sha256(json.dumps(house, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def house_index(house: Mapping[str, Any]) -> int:
    """The house's index in its recipe."""
    return int(house["metadata"]["simgen"]["house"])


def write_houses(path: Path, houses: Iterable[House]) -> None:
    """Writes a file of houses, in the order of their index."""
    with open_houses_file(path) as write:
        for house in sorted(houses, key=house_index):
            write(house)


@contextmanager
def open_houses_file(path: Path) -> Iterator[Callable[[House], None]]:
    """Yields a function that writes one more house. The file appears when the block ends without an error."""
    # The gzip header holds neither a time nor a name, so that equal houses give equal bytes.
    with (
        write_atomically(path) as part,
        part.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file,
    ):
        yield lambda house: _write_line(file, house)


def read_houses(path: Path) -> list[House]:
    """All houses of a file that simgen wrote. Raises HouseError when it is damaged."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise HouseError(
            f"{path}: not a complete file of houses ({error}); delete it and sample again"
        ) from None


def write_piece(path: Path, house: House) -> None:
    """Writes one house of a file of houses that is not complete yet."""
    write_text(_pieces_folder(path) / f"{house_index(house):06d}.json", json.dumps(house, sort_keys=True))


def read_pieces(path: Path) -> list[House]:
    """The houses that an unfinished run has written for this file. Raises HouseError when one is damaged."""
    houses: list[House] = []
    for piece in sorted(_pieces_folder(path).glob("*.json")):
        try:
            houses.append(json.loads(piece.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise HouseError(f"{piece}: not a complete house ({error}); delete it") from None
    return houses


def remove_pieces(path: Path) -> None:
    """Removes the pieces of a file, once it is complete."""
    folder = _pieces_folder(path)
    if folder.is_dir():
        remove_stale_parts(folder)
        shutil.rmtree(folder)


def find_houses(path: Path) -> list[tuple[Split | None, Iterator[FoundHouse]]]:
    """The houses of a file, or of a folder's train, val and test files: one iterator per file.

    Each comes with the split that the file's name states, if any. Raises InputError when there is no such
    file; the iterators raise it when a file cannot be read to its end.
    """
    if path.is_dir():
        files = [(split, file) for split in get_args(Split) if (file := _file_of_split(path, split))]
        if not files:
            names = ", ".join(f"{split}{SUFFIXES[0]}" for split in get_args(Split))
            raise InputError(f"{path}: no houses in this folder; it needs at least one of {names}")
        return [(split, _read(file, split)) for split, file in files]
    if not path.is_file():
        raise InputError(f"{path}: there is no such file of houses; give a file or a folder")
    if not path.name.endswith(SUFFIXES):
        raise InputError(f"{path}: not a file of houses by its ending; give one of {', '.join(SUFFIXES)}")
    return [(None, _read(path, None))]


def _declared_split(house: Any) -> Split | None:
    """The split that a house states in `metadata.simgen.split`."""
    try:
        split = house["metadata"]["simgen"]["split"]
    except (LookupError, TypeError):
        return None
    return split if split in get_args(Split) else None


def _write_line(file: gzip.GzipFile, house: House) -> None:
    file.write(json.dumps(house, sort_keys=True).encode() + b"\n")


def _pieces_folder(path: Path) -> Path:
    return path.with_name(f"{path.name}.pieces")


def _file_of_split(folder: Path, split: Split) -> Path | None:
    there = [folder / f"{split}{suffix}" for suffix in SUFFIXES if (folder / f"{split}{suffix}").is_file()]
    if len(there) > 1:
        raise InputError(f"{folder}: it has both {there[0].name} and {there[1].name}; remove one of them")
    return there[0] if there else None


def _read(path: Path, split: Split | None) -> Iterator[FoundHouse]:
    is_lines = ".jsonl" in path.suffixes
    for place, data in _documents(path) if is_lines else _document(path):
        yield FoundHouse(f"{path.name}{place}", split or _declared_split(data), data)


def _documents(path: Path) -> Iterator[tuple[str, Any]]:
    """Every house of a file of JSON lines, with its place."""
    try:
        with _open(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f":{number}", _parse(f"{path}:{number}", line)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read to its end ({error}); get the file again") from None


def _document(path: Path) -> list[tuple[str, Any]]:
    """The only house of a JSON file, or every house of its list, with the places."""
    try:
        with _open(path) as file:
            data = _parse(str(path), file.read())
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); get the file again") from None
    return [(f"[{i}]", item) for i, item in enumerate(data)] if isinstance(data, list) else [("", data)]


def _open(path: Path) -> Any:
    opener: Any = gzip.open if path.name.endswith(".gz") else open
    return opener(path, "rt", encoding="utf-8")


def _parse(where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        hint = (
            "; it is a Git LFS pointer: run git lfs pull"
            if text.startswith("version https://git-lfs")
            else ""
        )
        raise InputError(f"{where}: not JSON ({error}){hint or '; correct the file'}") from None
