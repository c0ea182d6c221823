"""SHA-256 checksums of the files in a folder, in the format that `sha256sum -c` reads."""

import hashlib
import re
from pathlib import Path, PurePosixPath

from simgen.errors import InputError
from simgen.store.files import write_text

CHECKSUMS = "checksums.sha256"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def write_checksums(folder: Path) -> None:
    """Writes `checksums.sha256`: a line for every other file under `folder`, sorted by path."""
    paths = [path for path in _files(folder) if path != folder / CHECKSUMS]
    lines = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    write_text(folder / CHECKSUMS, "".join(lines))


def read_checksums(folder: Path) -> dict[str, str]:
    """The checksum of each listed file, by its path relative to the folder.

    Raises InputError when the list is missing or malformed, or names a file outside the folder.
    """
    path = folder / CHECKSUMS
    try:
        return parse_checksums(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise InputError(f"{path}: not a list of checksums ({error}); publish the release again") from None


def parse_checksums(text: str) -> dict[str, str]:
    """The checksum of each listed file, by its path.

    Raises ValueError for a malformed line, and for a path that is absolute or has a part `..`: the list of a
    release that somebody else made is not trusted.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None or not _is_inside(match[2]):
            raise ValueError(f"line {number} is not a checksum and the path of a file in the release")
        found[match[2]] = match[1]
    return found


def find_changed_files(folder: Path) -> list[str]:
    """Paths of the listed files that are missing, have another checksum, or are links out of the folder."""
    return [name for name, sum_ in read_checksums(folder).items() if not _matches(folder, name, sum_)]


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _matches(folder: Path, name: str, sum_: str) -> bool:
    path = folder / name
    inside = path.resolve().is_relative_to(folder.resolve())
    return inside and path.is_file() and _sha256(path) == sum_


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
