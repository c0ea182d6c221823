"""Opening a clip file: what is foreign, damaged, too new, or not in one piece is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from simgen.errors import ClipError
from simgen.store.schema import ATTRIBUTES, DATASETS, SCHEMA


@contextmanager
def open_clip(path: Path) -> Iterator[h5py.File]:
    """Yields a validated clip file, open for reading.

    Raises ClipError, also for damage that shows only while it is being read.
    """
    try:
        with h5py.File(path, "r") as file:
            _check_one_piece(file, path)
            _check_schema(file, path)
            yield file
    except FileNotFoundError:
        raise ClipError(f"{path}: there is no such clip; make clips with: simgen render") from None
    # h5py raises RuntimeError where the library gives it no error number.
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ClipError(f"{path}: not a readable HDF5 file ({reason}); delete it and render again") from None


def _check_one_piece(file: h5py.File, path: Path) -> None:
    """Before any dataset is read: HDF5 can take a dataset's data from any other file of the machine."""
    for name, reason in _foreign(file, set()):
        raise ClipError(f"{path}: {name} {reason} another file; only self-contained clips are read")


def _foreign(group: h5py.Group, seen: set[object]) -> Iterator[tuple[str, str]]:
    """Name and reason of everything that leads out of the file."""
    # Hard links can make a circle. An id equals another of the same group.
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
        yield name, "keeps its data in"
    elif isinstance(item, h5py.Dataset) and item.is_virtual:
        yield name, "is a view that may show"


def _check_schema(file: h5py.File, path: Path) -> None:
    schema = str(file.attrs.get("schema", ""))
    major = schema.split(".")[0]
    if not major.isdecimal():
        raise ClipError(
            f"{path}: it has no schema attribute, so it is no simgen clip; take it out of this folder"
        )
    if int(major) > int(SCHEMA.split(".")[0]):
        raise ClipError(
            f"{path}: schema {schema} is newer than {SCHEMA}; upgrade with: pip install -U simgen"
        )
    missing = [f"attribute {name}" for name in ATTRIBUTES if name not in file.attrs]
    missing += [name for name in DATASETS if not isinstance(file.get(name), h5py.Dataset)]
    if missing:
        raise ClipError(f"{path}: {', '.join(missing)} missing; delete the file and render again")
