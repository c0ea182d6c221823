"""Houses on disk: JSON lines, gzipped, as ProcTHOR-10K has them, and the files that others keep houses in.

Each line of ours is one house; `metadata.simgen` says which index, seed and split it has in its recipe. While
houses are being made each is a file of its own, in `<file>.pieces`; the file itself is written once, at
the end, so that a thousand houses are not written a thousand times.
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
"""What a file of houses may be called."""


@dataclass(frozen=True, slots=True)
class FoundHouse:
    """One house of a file, as it stands there."""

    label: str
    """Where it stands, for messages: the file's name and the line or place in it."""
    split: Split | None
    """What the file or the house says; None when neither does."""
    data: Any
    """Its JSON, not yet checked."""


def house_sha256(house: Mapping[str, Any]) -> str:
    """Hash of a house's canonical JSON."""
    return hashlib.sha256(json.dumps(house, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def house_index(house: Mapping[str, Any]) -> int:
    """The house's index in its recipe."""
    return int(house["metadata"]["simgen"]["house"])


def write_houses(path: Path, houses: Iterable[House]) -> None:
    """Writes a whole file of houses in the order of their index."""
    with open_houses_file(path) as write:
        for house in sorted(houses, key=house_index):
            write(house)


@contextmanager
def open_houses_file(path: Path) -> Iterator[Callable[[House], None]]:
    """Yields what writes one more house; the file has its name when the block has ended without an error."""
    # Neither the time nor the temporary name goes into the header: the same houses are the same bytes.
    with (
        write_atomically(path) as part,
        part.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file,
    ):
        yield lambda house: _write_line(file, house)


def read_houses(path: Path) -> list[House]:
    """All houses of a file of ours. Raises HouseError when it is not whole."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise HouseError(
            f"{path}: not a whole file of houses ({error}); delete it and sample again"
        ) from None


def write_piece(path: Path, house: House) -> None:
    """Keeps one house of a file that is still being made."""
    write_text(_pieces_folder(path) / f"{house_index(house):06d}.json", json.dumps(house, sort_keys=True))


def read_pieces(path: Path) -> list[House]:
    """The houses that an unfinished run has kept for this file. Raises HouseError when one is damaged."""
    houses: list[House] = []
    for piece in sorted(_pieces_folder(path).glob("*.json")):
        try:
            houses.append(json.loads(piece.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise HouseError(f"{piece}: not a whole house ({error}); delete it") from None
    return houses


def remove_pieces(path: Path) -> None:
    """Removes the pieces of a file that has been written."""
    folder = _pieces_folder(path)
    if folder.is_dir():
        remove_stale_parts(folder)
        shutil.rmtree(folder)


def find_houses(path: Path) -> list[tuple[Split | None, Iterator[FoundHouse]]]:
    """The houses of a file, or of a folder's train, val and test files, one iterator a file.

    Beside each is the split that the file's name says, if any. Raises InputError when there is no such file,
    and while iterating when one cannot be read to its end.
    """
    if path.is_dir():
        files = [(split, file) for split in get_args(Split) if (file := _file_of_split(path, split))]
        if not files:
            names = ", ".join(f"{split}{SUFFIXES[0]}" for split in get_args(Split))
            raise InputError(f"{path}: no houses in this folder; it needs {names}, or one of them")
        return [(split, _read(file, split)) for split, file in files]
    if not path.is_file():
        raise InputError(f"{path}: there is no such file of houses; give a file or a folder")
    if not path.name.endswith(SUFFIXES):
        raise InputError(f"{path}: not a file of houses by its name; give one of {', '.join(SUFFIXES)}")
    return [(None, _read(path, None))]


def _declared_split(house: Any) -> Split | None:
    """The split that a house itself says, in `metadata.simgen.split`."""
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
        raise InputError(f"{folder}: both {there[0].name} and {there[1].name} are there; keep one of them")
    return there[0] if there else None


def _read(path: Path, split: Split | None) -> Iterator[FoundHouse]:
    is_lines = ".jsonl" in path.suffixes
    for place, data in _documents(path) if is_lines else _document(path):
        yield FoundHouse(f"{path.name}{place}", split or _declared_split(data), data)


def _documents(path: Path) -> Iterator[tuple[str, Any]]:
    """Every line of a file of JSON lines, with its place."""
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f":{number}", _parsed(f"{path}:{number}", line)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read to its end ({error}); get the file again") from None


def _document(path: Path) -> list[tuple[str, Any]]:
    """The one house of a JSON file, or those of its list, with their places."""
    try:
        with _opened(path) as file:
            data = _parsed(str(path), file.read())
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); get the file again") from None
    return [(f"[{i}]", item) for i, item in enumerate(data)] if isinstance(data, list) else [("", data)]


def _opened(path: Path) -> Any:
    opener: Any = gzip.open if path.name.endswith(".gz") else open
    return opener(path, "rt", encoding="utf-8")


def _parsed(where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        hint = (
            "; it is a pointer of Git LFS: run git lfs pull"
            if text.startswith("version https://git-lfs")
            else ""
        )
        raise InputError(f"{where}: not JSON ({error}){hint or '; mend the file'}") from None
