"""SHA-256 checksums of the files in a folder, in the format that `sha256sum -c` reads."""

import hashlib
from pathlib import Path

from simgen.store.files import write_text

CHECKSUMS = "checksums.sha256"


def write_checksums(folder: Path) -> None:
    """Writes `checksums.sha256`: a line for every other file under `folder`, sorted by path."""
    paths = [path for path in _files(folder) if path != folder / CHECKSUMS]
    lines = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    write_text(folder / CHECKSUMS, "".join(lines))


def find_changed_files(folder: Path) -> list[str]:
    """Paths of the files in a release that are missing or do not match their checksum."""
    lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    listed = [line.split("  ", 1) for line in lines]
    return [name for sum_, name in listed if not (folder / name).is_file() or _sha256(folder / name) != sum_]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
