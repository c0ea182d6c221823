"""Opens clip files. Files that are foreign, damaged, too new or not self-contained are refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from simgen.errors import ClipError
from simgen.store import clip_fields
from simgen.store.fields import FIRST, Version, fields_at, parse_version, version_text


@contextmanager
def open_clip(path: Path) -> Iterator[h5py.File]:
    """Yields a validated clip file, open for reading.

    Fields that this simgen does not know are ignored: a newer minor version may have added them. Raises
    ClipError, also for damage that is found only while the caller reads.
    """
    try:
        with h5py.File(path, "r") as file:
            _check_self_contained(file, path)
            _check_schema(file, path)
            yield file
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
    missing += [
        field.name
        for field in fields_at(clip_fields.DATASETS, version)
        if not isinstance(file.get(field.name), h5py.Dataset)
    ]
    if missing:
        raise ClipError(f"{path}: {', '.join(missing)} missing; delete the file and render again")
