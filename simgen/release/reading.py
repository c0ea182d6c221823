"""Reads a release that anybody may have made: what its files say is not trusted.

Only files that `checksums.sha256` lists are read, and only under the names that `publish` gives them. Links
are refused. Every row must be about a listed clip and have values of the right types.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pydantic

from simgen.errors import InputError
from simgen.parallel.ordered import parallel_map
from simgen.recipe.names import RESERVED_NAMES
from simgen.release.checksums import CHECKSUMS, read_checksums
from simgen.release.folder import RELEASE, require_release
from simgen.release.formats.image_folder import FILE_NAMES
from simgen.release.origin import LEDGER, RECORDS, explain_damage
from simgen.store.fields import FIRST
from simgen.store.rows import Row, build_row, row_fields
from simgen.types import Split

_NAME = r"[a-z][a-z0-9_]*"
"""Of a data set, and of a template."""
_CLIP = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_SPLIT = "|".join(get_args(Split))
_RECIPE_FILE = re.compile(rf"recipe/({_NAME})\.json")
_CLIP_FILE = re.compile(rf"clips/({_NAME})/({_CLIP})\.h5")
_ROWS_FILE = re.compile(rf"qa/({_SPLIT})/metadata\.parquet|data/({_SPLIT})-\d{{5}}-of-\d{{5}}\.parquet")
"""The second form is that of the first format."""
_TEMPLATE_FILE = re.compile(rf"templates/({_NAME})/({_NAME})\.yaml")
_KINDS = (_RECIPE_FILE, _CLIP_FILE, _ROWS_FILE, _TEMPLATE_FILE)
_OPTIONAL = (RECORDS, LEDGER)
_SINGLE = (RELEASE.marker, *_OPTIONAL)
_FOLDERS = ("recipe/", "clips/", "data/", "templates/")
"""Folders in which every file has one of the names above."""
LARGEST_INDEX_BYTES = 64_000_000
"""Of the files that are read as a whole: the list of checksums of half a million files has so many."""
_FIELDS: dict[str, Any] = {name: (hint, ...) for name, hint in get_type_hints(Row).items()}
_ROW = pydantic.create_model("Row", __config__=pydantic.ConfigDict(strict=True), **_FIELDS)
"""Checks the types of a row's values."""
_TEXTS = {"prompt": "prompt", "target": "completion"}
"""Fields of a row that are messages in a release, and the names of these columns."""
RowFiles = Mapping[Path, pq.ParquetFile]
_GroupsOfClips = dict[tuple[str, str], list[int]]


@dataclass(frozen=True, slots=True)
class Release:
    """The files of a release that hold its data."""

    folder: Path
    sums: dict[str, str]
    """The checksum of every file that the release lists, by name."""
    datasets: tuple[str, ...]
    clips: frozenset[tuple[str, str]]
    """Data set and id of each clip."""
    row_files: tuple[str, ...]

    @property
    def data_files(self) -> list[str]:
        """Names of the files that a data folder is made of."""
        return [name for name in self.sums if is_data_file(name)]

    def clip_path(self, dataset: str, clip: str) -> Path:
        return self.folder / "clips" / dataset / f"{clip}.h5"


@dataclass(frozen=True, slots=True)
class ClipRows:
    """Where the rows of one clip are."""

    file: Path
    groups: tuple[int, ...]
    """Row groups of the file."""
    dataset: str
    clip: str


def open_release(folder: Path) -> Release:
    """The release in a folder. Its files are not compared with their checksums yet.

    Raises InputError when the folder is no release, and for a name that no release has.
    """
    for name in (RELEASE.marker, CHECKSUMS):
        _check_index(folder, name)
    require_release(folder)
    release = list_release(folder, read_checksums(folder))
    _check_unlisted(release)
    return release


def list_release(folder: Path, sums: dict[str, str]) -> Release:
    """The release of these files. Raises InputError for a name that no release has."""
    for name in sums:
        if name.startswith(_FOLDERS) and not is_data_file(name):
            raise InputError(f"{folder / CHECKSUMS}: {name!r} is not the name of a file of a release")
    datasets = sorted(match[1] for name in sums if (match := _RECIPE_FILE.fullmatch(name)))
    found = (match for name in sums if (match := _CLIP_FILE.fullmatch(name)))
    clips = frozenset((match[1], match[2]) for match in found)
    unknown = {dataset for dataset, _ in clips} - set(datasets) | set(datasets) & set(RESERVED_NAMES)
    if unknown or not datasets:
        named = ", ".join(sorted(unknown)) or "none"
        raise InputError(f"{folder / CHECKSUMS}: it must list a recipe for each data set (wrong: {named})")
    rows = tuple(sorted(name for name in sums if _ROWS_FILE.fullmatch(name)))
    return Release(folder, sums, tuple(datasets), clips, rows)


def is_data_file(name: str) -> bool:
    """Whether this is the name of a file that `pull` needs."""
    return name in _SINGLE or any(kind.fullmatch(name) for kind in _KINDS)


def require_clips(release: Release) -> None:
    """Raises InputError for a release without clips."""
    if not release.clips:
        raise InputError(
            f"{release.folder}: it was published with --clips none, so there is nothing to recompute answers "
            "from; load its questions with datasets.load_dataset"
        )


def find_changed(release: Release, names: Sequence[str], workers: int) -> list[str]:
    """The files that are missing, are links, or have another checksum than the release lists."""
    jobs = [(name, release.sums[name]) for name in names]
    check = partial(_matches, release.folder)
    found = parallel_map(check, jobs, workers, "checksums", "file")
    return [name for name, is_same in zip(names, found, strict=True) if not is_same]


def list_clip_rows(release: Release) -> Iterator[ClipRows]:
    """Where the rows of each clip are, file by file. Raises InputError for rows of unknown clips."""
    for name in release.row_files:
        with _open_rows(release.folder / name) as file:
            for (dataset, clip), groups in _index_clips(release.folder / name, file).items():
                if (dataset, clip) not in release.clips:
                    raise InputError(
                        f"{release.folder / name}: it has questions about the clip {clip!r} of {dataset!r}, "
                        "which the release does not list"
                    )
                yield ClipRows(release.folder / name, tuple(groups), dataset, clip)


@contextmanager
def open_row_files(release: Release) -> Iterator[RowFiles]:
    """Yields the files of rows, which stay open: opening a large one takes longer than reading a clip."""
    with ExitStack() as stack:
        paths = [release.folder / name for name in release.row_files]
        yield {path: stack.enter_context(_open_rows(path)) for path in paths}


def read_clip_rows(place: ClipRows, files: RowFiles | None = None) -> list[Row]:
    """The rows of one clip, from open files if there are any.

    Raises InputError when a value has the wrong type.
    """
    records = _read_records(place, files)
    return [_make_row(place.file, record) for record in records]


def list_columns(path: Path) -> list[str]:
    """The fields of a row that a file has: one of an older version lacks the newest."""
    with _open_rows(path) as file:
        names = {*file.schema_arrow.names, *_TEXTS}
    return [field.name for field in row_fields() if field.name in names]


def list_missing_pictures(release: Release, place: ClipRows, files: RowFiles) -> list[tuple[str, str]]:
    """The id of each row whose frames are not in the release, with what is wrong."""
    folder = place.file.relative_to(release.folder).parent.as_posix()
    found = list[tuple[str, str]]()
    for record in _read_records(place, files) if folder.startswith("qa/") else ():
        names, frames = record.get(FILE_NAMES) or (), record["frames"] or ()
        missing = [name for name in names if f"{folder}/{name}" not in release.sums]
        if missing:
            found.append((record["id"], f"the release has no {folder}/{missing[0]}"))
        elif len(names) != len(frames):
            found.append((record["id"], f"{len(names)} pictures for {len(frames)} frames"))
    return found


def _check_index(folder: Path, name: str) -> None:
    path = folder / name
    if path.is_file() and path.stat().st_size > LARGEST_INDEX_BYTES:
        raise InputError(
            f"{path}: {path.stat().st_size:,} bytes; that is no file of a release, which has at most "
            f"{LARGEST_INDEX_BYTES:,} here"
        )


def _check_unlisted(release: Release) -> None:
    """Raises InputError for a file without a checksum that would be read because of its name."""
    found = [release.folder / name for name in _OPTIONAL] + sorted(release.folder.glob("templates/*/*"))
    for path in found:
        name = path.relative_to(release.folder).as_posix()
        if os.path.lexists(path) and name not in release.sums:
            raise InputError(f"{path}: {CHECKSUMS} does not list it; get the release again")


def _matches(folder: Path, job: tuple[str, str]) -> bool:
    name, sum_ = job
    path = folder / name
    if not path.is_file() or path.resolve() != folder.resolve() / name:  # not equal: some part is a link
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sum_


def _open_rows(path: Path) -> pq.ParquetFile:
    with explain_damage(path):
        file = pq.ParquetFile(path)
    needed = {field.name for field in row_fields() if field.since == FIRST}
    if missing := needed - set(file.schema_arrow.names) - set(_TEXTS):
        raise InputError(f"{path}: columns {sorted(missing)} are missing; get the release again")
    return file


def _index_clips(path: Path, file: pq.ParquetFile) -> _GroupsOfClips:
    """The row groups that hold rows of each clip."""
    found = _GroupsOfClips()
    for index in range(file.num_row_groups):
        with explain_damage(path):
            table = file.read_row_group(index, columns=["dataset", "clip"])
        pairs = zip(table["dataset"].to_pylist(), table["clip"].to_pylist(), strict=True)
        for pair in dict.fromkeys(pairs):
            found.setdefault(pair, []).append(index)
    return found


def _read_records(place: ClipRows, files: RowFiles | None) -> list[dict[str, Any]]:
    known = {*(field.name for field in row_fields()), *_TEXTS.values(), FILE_NAMES}
    with nullcontext(files[place.file]) if files else _open_rows(place.file) as file:
        columns = [name for name in file.schema_arrow.names if name in known]
        with explain_damage(place.file):
            table = file.read_row_groups(list(place.groups), columns=columns)
    wanted = (pc.field("dataset") == place.dataset) & (pc.field("clip") == place.clip)
    return table.filter(wanted).to_pylist()


def _make_row(path: Path, record: dict[str, Any]) -> Row:
    try:
        for name, column in _TEXTS.items():
            if not isinstance(record.get(name), str):
                record[name] = record[column][0]["content"]
        row = build_row(record)
        _ROW.model_validate({name: getattr(row, name) for name in _FIELDS})
        return row
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (LookupError, TypeError) as error:
        reason = f"{type(error).__name__} {error}"
    raise InputError(f"{path}: a row has a wrong value ({reason}); get the release again")
