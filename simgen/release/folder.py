"""The folder of a release or an export: how it is recognized, where it may be, and how it is replaced."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simgen.errors import InputError
from simgen.store.folder import Dataset


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of folder that simgen writes as a whole, and may replace."""

    name: str
    marker: str
    """A folder is of this kind if this JSON file is in it and states one of the formats."""
    formats: tuple[str, ...]
    """The formats that may be replaced; the last is the one that is written."""

    @property
    def format(self) -> str:
        """The format that is written."""
        return self.formats[-1]

    def states_format(self, marker: bytes) -> bool:
        """Whether the content of a marker file states one of the formats."""
        try:
            return json.loads(marker)["format"] in self.formats
        except (ValueError, KeyError, TypeError):
            return False

    def is_kind_of(self, folder: Path) -> bool:
        """Whether a folder is of this kind."""
        try:
            return self.states_format((folder / self.marker).read_bytes())
        except OSError:
            return False


RELEASE = Kind("simgen release", "release.json", ("simgen-release/1", "simgen-release/2"))
"""The first format kept the frames inside the rows, in `data/`."""
EXPORT = Kind("simgen export", "export.json", ("simgen-export/1",))


def is_release(folder: Path) -> bool:
    """Whether a folder was written by `publish`."""
    return RELEASE.is_kind_of(folder)


def require_release(folder: Path) -> None:
    """Raises InputError unless the folder is a release."""
    if not is_release(folder):
        raise InputError(f"{folder}: not a simgen release; make one with: simgen publish --to {folder}")


def resolve_folder(folder: Path, kind: Kind) -> Path:
    """The folder to write, with all links followed: a link stays, and its target is replaced.

    Raises InputError when something else is there, or when it lies inside a data set or a release.
    """
    try:
        resolved = folder.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to each other, in Python 3.11
        raise InputError(f"{folder}: cannot be followed ({error}); give another folder with --to") from None
    _check_replaceable(resolved, kind)
    for parent in resolved.parents:
        if Dataset(parent).recipe_path.is_file() or Dataset(parent).questions_path.is_file():
            raise InputError(f"{folder}: inside the data set {parent}; give a folder outside it with --to")
        if is_release(parent):
            raise InputError(f"{folder}: inside the release {parent}; give a folder outside it with --to")
    return resolved


@contextmanager
def replace_folder(folder: Path, kind: Kind) -> Iterator[Path]:
    """Yields a new folder that replaces `folder` at the end. On an error the new folder is removed.

    `folder` is one that `resolve_folder` returned: a link cannot be replaced.
    """
    part, old = (folder.with_name(f"{folder.name}.{suffix}") for suffix in ("part", "old"))
    if not folder.exists() and kind.is_kind_of(old):  # a run was killed between the two renames below
        old.rename(folder)
    for left_over in (part, old):
        _check_replaceable(left_over, kind)
        shutil.rmtree(left_over, ignore_errors=True)
    _make(part)
    try:
        yield part
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _check_replaceable(folder: Path, kind: Kind) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: this is a file; give a folder with --to")
    if folder.is_dir() and any(folder.iterdir()) and not kind.is_kind_of(folder):
        raise InputError(f"{folder}: not empty and not a {kind.name}; give a new folder with --to")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot make this folder ({error.strerror}); give another with --to"
        ) from None
