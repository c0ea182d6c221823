"""Opens clip files. Files that are foreign, damaged, too new or not self-contained are refused."""

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from simgen.errors import ClipError
from simgen.store import clip_fields
from simgen.store.fields import FIRST, Version, fields_at, parse_version, version_text

FileState = tuple[int, int, int]
"""What differs when a file was written again: its number, size and time."""


@contextmanager
def open_clip(path: Path) -> Iterator[h5py.File]:
    """Yields a validated clip file, open for reading.

    Fields that this simgen does not know are ignored: a newer minor version may have added them. Raises
    ClipError, also for damage that is found only while the caller reads.
    """
    with _readable(path), h5py.File(path, "r") as file:
        _check_self_contained(file, path)
        _check_schema(file, path)
        yield file


class OpenClips:
    """Clip files that stay open between reads, at most `most`: the longest unused is closed first.

    A file is validated when it is first opened, and again after it changed: validation takes longer than
    reading a frame. A forked process opens its own files. For one thread of a process.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._process = os.getpid()
        self._files: OrderedDict[Path, _OpenFile] = OrderedDict()
        self._states: dict[Path, FileState] = {}

    @contextmanager
    def open_dataset(self, path: Path, name: str) -> Iterator[h5py.Dataset]:
        """Yields a dataset of a validated clip. Raises ClipError as `open_clip` does."""
        with _readable(path):
            yield self._open(path).get_dataset(name)

    def close(self) -> None:
        """Closes all files."""
        for path in list(self._files):
            self._close(path)

    def _open(self, path: Path) -> "_OpenFile":
        if self._process != os.getpid():
            # What was open before the fork is shared with the parent process, which HDF5 is not made for.
            self.close()
            self._process = os.getpid()
        state = read_file_state(path)
        if self._states.get(path) != state:
            self._close(path)
        if path not in self._files:
            self._files[path] = _OpenFile(path, self._open_checked(path, state), {})
        self._files.move_to_end(path)
        while len(self._files) > self.most:
            self._close(next(iter(self._files)))
        return self._files[path]

    def _open_checked(self, path: Path, state: FileState) -> h5py.File:
        # A chunk is one frame and is read once: HDF5's cache of chunks would only take memory.
        file = h5py.File(path, "r", rdcc_nbytes=0)
        try:
            if self._states.get(path) != state:
                _check_self_contained(file, path)
                _check_schema(file, path)
        except BaseException:
            file.close()
            raise
        self._states[path] = state
        return file

    def _close(self, path: Path) -> None:
        if path in self._files:
            self._files.pop(path).file.close()


@dataclass(frozen=True, slots=True)
class _OpenFile:
    path: Path
    file: h5py.File
    datasets: dict[str, h5py.Dataset]
    """Datasets that stay open, and with them HDF5's index of their chunks, which takes long to read."""

    def get_dataset(self, name: str) -> h5py.Dataset:
        if name not in self.datasets:
            require_pictures(self.file, name, self.path)
            found = self.file[name]
            assert isinstance(found, h5py.Dataset)  # the file is validated
            self.datasets[name] = found
        return self.datasets[name]


def read_file_state(path: Path) -> FileState:
    """The state of a clip's file. Raises ClipError for a missing one."""
    with _readable(path):
        found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns the errors of a missing or damaged file into ClipError."""
    try:
        yield
    except FileNotFoundError:
        raise ClipError(f"{path}: there is no such clip; make clips with: simgen render") from None
    # h5py raises RuntimeError where the HDF5 library gives no error number.
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ClipError(
            f"{path}: not a readable HDF5 file ({reason}); delete the file and render again"
        ) from None


def _check_self_contained(file: h5py.File, path: Path) -> None:
    """Must run before any dataset is read: HDF5 can take a dataset's data from any file of the machine."""
    for name, reason in _foreign(file, set()):
        raise ClipError(f"{path}: {name} {reason} another file; delete the file and render again")


def _foreign(group: h5py.Group, seen: set[object]) -> Iterator[tuple[str, str]]:
    """Name and reason of every item whose data are in another file."""
    # Hard links can make a circle. Two ids of the same group are equal.
    if group.id in seen:
        return
    seen.add(group.id)
    for key in group:
        name, link = f"{group.name}/{key}".lstrip("/"), group.get(key, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            yield name, "links to"
        elif isinstance(link, h5py.HardLink):
            yield from _foreign_item(name, group[key], seen)


def _foreign_item(name: str, item: object, seen: set[object]) -> Iterator[tuple[str, str]]:
    if isinstance(item, h5py.Group):
        yield from _foreign(item, seen)
    elif isinstance(item, h5py.Dataset) and item.external:
        yield name, "has its data in"
    elif isinstance(item, h5py.Dataset) and item.is_virtual:
        yield name, "may take its data from"


def read_version(file: h5py.File) -> Version:
    """The version of the clip schema that a file was written with; an open clip has one."""
    version = parse_version(str(file.attrs.get("schema", "")))
    assert version is not None
    return version


def list_left_out(file: h5py.File) -> tuple[str, ...]:
    """The pictures that a geometry clip leaves out; empty for a whole clip."""
    named = str(file.attrs.get(clip_fields.LEFT_OUT, "")).split()
    return tuple(name for name in clip_fields.PICTURES if name in named)


def require_pictures(file: h5py.File, name: str, path: Path) -> None:
    """Raises ClipError when the dataset is one of the pictures that a geometry clip leaves out."""
    if name in list_left_out(file):
        raise ClipError(
            f"{path}: this clip was published without {name} (--clips geometry); answers can be recomputed "
            "from it, but for frames get a release with whole clips"
        )


def _check_schema(file: h5py.File, path: Path) -> None:
    schema, newest = str(file.attrs.get("schema", "")), clip_fields.clip_version()
    version = parse_version(schema)
    if version is None or version < FIRST:
        raise ClipError(
            f"{path}: not a simgen clip (the schema attribute is missing or wrong); take it out of here"
        )
    if version[0] > newest[0]:
        raise ClipError(
            f"{path}: schema {schema} is newer than {version_text(newest)}; "
            "upgrade with: pip install -U simgen"
        )
    missing = [
        f"attribute {field.name}"
        for field in fields_at(clip_fields.ATTRIBUTES, version)
        if field.name not in file.attrs
    ]
    left_out = list_left_out(file)
    for name, kind in (
        (clip_fields.WIDTH, np.integer),
        (clip_fields.HEIGHT, np.integer),
        (clip_fields.KEPT, str),
    ):
        if left_out and not isinstance(file.attrs.get(name), kind):
            missing.append(f"attribute {name}")
    missing += [
        field.name
        for field in fields_at(clip_fields.DATASETS, version)
        if field.name not in left_out and not isinstance(file.get(field.name), h5py.Dataset)
    ]
    if missing:
        raise ClipError(f"{path}: {', '.join(missing)} missing; delete the file and render again")
