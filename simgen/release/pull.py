"""`simgen pull`: makes data sets from a release: a folder, or a repository on the Hugging Face Hub.

The checksums are compared first. Then the data sets are assembled in `<data>/.pull` and moved to their names.
At the end every question is verified.
"""

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from filecmp import cmp
from functools import partial
from pathlib import Path

from simgen.errors import InputError
from simgen.qa.record import render_record, write_templates
from simgen.qa.templates.loading import list_template_ids
from simgen.qa.verify import verify
from simgen.recipe import Recipe
from simgen.release.download import Downloaded, download_release, stage_name
from simgen.release.origin import Records, read_records, read_release_templates, split_ledger
from simgen.release.reading import (
    ClipRows,
    Release,
    find_changed,
    list_clip_rows,
    list_columns,
    open_release,
    open_row_files,
    read_clip_rows,
    require_clips,
)
from simgen.store.clips import check_size
from simgen.store.files import write_text
from simgen.store.folder import DataFolder, Dataset, ensure_writable
from simgen.store.row_set import hash_row_ids
from simgen.store.rows import open_row_tables, pack_rows

STAGE = ".pull"
"""Folder in the data folder for what is not complete. Its name is no recipe's."""


@dataclass(frozen=True, slots=True)
class PullReport:
    """The data sets that were made, and what `simgen verify` says of them."""

    datasets: tuple[str, ...]
    source: str
    """The folder, or the address of the commit."""
    clips: int
    checked: int
    """Rows."""
    failed: int
    """Rows that `simgen verify` finds wrong."""
    failures: tuple[str, ...]
    seconds: float


def pull(
    source: str,
    folder: DataFolder,
    revision: str | None = None,
    workers: int = 1,
    endpoint: str | None = None,
) -> PullReport:
    """Makes the data sets of a release in a data folder, and verifies them.

    `source` is the folder of a release, or `owner/name` of a repository; `revision` is a branch, a tag or a
    commit of the repository. `endpoint` is the server, by default the Hub ($HF_ENDPOINT). Raises InputError
    when there is no such release, when a data set exists already, and for a release that is damaged or made
    to mislead. Raises IncompleteError when the server cannot be reached; the next call continues.
    """
    started = time.monotonic()
    found = _find_source(source, folder, revision, endpoint)
    stage = folder.path / STAGE
    release = open_release(found.path)
    _check_files(release, source, workers)
    with _assemble(release, stage / f"{found.path.resolve().name}.new") as assembled:
        _move(assembled, folder, release.datasets)
    _remove_downloads(source, stage)
    checks = [verify(folder, name, list_template_ids(), workers) for name in release.datasets]
    return PullReport(
        datasets=release.datasets,
        source=found.url,
        clips=len(release.clips),
        checked=sum(check.checked for check in checks),
        failed=sum(check.failed for check in checks),
        failures=tuple(line for check in checks for line in check.failures),
        seconds=round(time.monotonic() - started, 2),
    )


def _find_source(source: str, folder: DataFolder, revision: str | None, endpoint: str | None) -> Downloaded:
    """The release, downloaded if need be."""
    check = partial(_check_targets, folder=folder)
    if Path(source).is_dir():
        if revision is not None:
            raise InputError(f"{source}: this is a folder, which has no revisions; leave out --revision")
        check(open_release(Path(source)))
        ensure_writable(folder.path)
        return Downloaded(Path(source), source)
    if source.count("/") != 1:
        raise InputError(
            f"{source}: there is no such folder; give the folder of a release, or owner/name on the Hub"
        )
    return download_release(source, revision, folder.path / STAGE, check, endpoint)


def _remove_downloads(source: str, stage: Path) -> None:
    """Removes what was downloaded of a repository, also of earlier commits."""
    for folder in stage.glob(f"{stage_name(source)}-*"):
        shutil.rmtree(folder, ignore_errors=True)
    if stage.is_dir() and not any(stage.iterdir()):
        stage.rmdir()


def _check_targets(release: Release, folder: DataFolder) -> None:
    """Checks that the data sets of the release can be made in the data folder.

    Some of several may be there: a pull that was killed while it moved them has left them.
    """
    require_clips(release)
    if all((folder.path / name).exists() for name in release.datasets):
        raise _exists(folder.path / release.datasets[0])


def _move(assembled: Path, folder: DataFolder, names: Sequence[str]) -> None:
    """Moves the data sets to their names. Those that are there already must be the same."""
    for name in names:
        if (folder.path / name).exists() and not _holds(folder.path / name, assembled / name):
            raise _exists(folder.path / name)
    for name in names:
        if not (folder.path / name).exists():
            (assembled / name).rename(folder.path / name)


def _holds(folder: Path, other: Path) -> bool:
    """Whether a folder has all files of another one, with the same contents."""
    paths = [path.relative_to(other) for path in other.rglob("*") if path.is_file()]
    return all(
        (folder / path).is_file() and cmp(folder / path, other / path, shallow=False) for path in paths
    )


def _exists(path: Path) -> InputError:
    return InputError(f"{path}: exists already; give another folder with --data")


def _check_files(release: Release, source: str, workers: int) -> None:
    changed = find_changed(release, release.data_files, workers)
    if changed:
        raise InputError(
            f"{release.folder / changed[0]}: missing, a link, or not as it was published ({len(changed)} "
            f"such files); get the release again, from {source} or its publisher"
        )
    for dataset, clip in sorted(release.clips):
        check_size(release.clip_path(dataset, clip))


@contextmanager
def _assemble(release: Release, to: Path) -> Iterator[Path]:
    """Yields a new folder with the data sets of a release. It is removed at the end."""
    shutil.rmtree(to, ignore_errors=True)
    try:
        _make_datasets(release, to)
        yield to
    finally:
        shutil.rmtree(to, ignore_errors=True)


def _make_datasets(release: Release, to: Path) -> None:
    places = defaultdict[str, list[ClipRows]](list)
    for place in list_clip_rows(release):
        places[place.dataset].append(place)
    records = read_records(release.folder)
    datasets = {name: Dataset(to / name) for name in release.datasets}
    for name, dataset in datasets.items():
        _copy_recipe(release, dataset)
        _copy_clips(release, dataset)
        if places[name]:
            ids = _write_rows(release, dataset, places[name])
            _write_record(release, dataset, records, ids)
    split_ledger(release.folder, {name: dataset.ledger_path for name, dataset in datasets.items()})


def _copy_recipe(release: Release, dataset: Dataset) -> None:
    path = release.folder / "recipe" / f"{dataset.name}.json"
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        Recipe.model_validate_json(text)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a recipe of this simgen ({reason}); get the release again") from None
    write_text(dataset.recipe_path, text)


def _copy_clips(release: Release, dataset: Dataset) -> None:
    target = dataset.path / "clips"
    target.mkdir(parents=True)
    # What was downloaded is moved, by a second link, so that no clip is on the disk twice.
    place = _link if release.folder.parent.name == STAGE else shutil.copyfile
    for name, clip in sorted(release.clips):
        if name == dataset.name:
            place(release.clip_path(name, clip), target / f"{clip}.h5")


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # some file systems have no links
        shutil.copyfile(source, target)


def _write_rows(release: Release, dataset: Dataset, places: Sequence[ClipRows]) -> list[str]:
    """Writes the rows in the order in which `simgen qa` writes them: that of the clips' files."""
    ids = list[str]()
    columns = set.intersection(*(set(list_columns(path)) for path in {place.file for place in places}))
    with open_row_files(release) as files, open_row_tables(dataset.questions_path, columns) as write:
        for place in sorted(places, key=lambda place: f"{place.clip}.h5"):
            rows = read_clip_rows(place, files)
            ids += [row.id for row in rows]
            write(pack_rows(rows))
    return ids


def _write_record(release: Release, dataset: Dataset, records: Records, ids: Sequence[str]) -> None:
    record = records.get(dataset.name)
    if record is None:
        return
    if record.rows_sha256 != hash_row_ids(ids):
        raise InputError(
            f"{release.folder}: questions.json is about other questions than those of {dataset.name}; "
            "get the release again"
        )
    write_templates(dataset.templates_path, read_release_templates(release.folder, dataset.name, records))
    write_text(dataset.record_path, render_record(record))
