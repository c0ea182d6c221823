"""`simgen verify --release`: verifies a release where it lies: its files, its clips and every question."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simgen.errors import ClipError
from simgen.parallel.ordered import parallel_map
from simgen.qa.question.verify import Failure, verify_rows
from simgen.qa.record import merge_templates
from simgen.qa.templates.loading import Template, list_template_ids, load_templates
from simgen.qa.verify import DAMAGED, describe_failures
from simgen.release.origin import read_records, read_release_templates
from simgen.release.reading import (
    ClipRows,
    Release,
    find_changed,
    list_clip_rows,
    list_columns,
    list_missing_pictures,
    open_release,
    open_row_files,
    read_clip_rows,
    require_clips,
)
from simgen.store.clips import check_content, check_size, read_clip


@dataclass(frozen=True, slots=True)
class ReleaseSummary:
    """The result of `simgen verify --release`."""

    files: int
    """Files whose checksums were compared."""
    checked: int
    """Rows."""
    failed: int
    """Rows with a failure."""
    failures: tuple[str, ...]
    """One line for each failure, and for each file that is not as it was published."""
    own_templates: tuple[str, ...]
    """Templates of the release that differ from those of this simgen. Rows are checked by the release's."""
    seconds: float


@dataclass(frozen=True, slots=True)
class _Job:
    place: ClipRows
    path: Path
    templates: tuple[Template, ...]


def verify_release(folder: Path, template_names: Sequence[str] = (), workers: int = 1) -> ReleaseSummary:
    """Compares all checksums, recomputes every row from its clip and its map, and looks for its frames.

    Rows are checked by the release's own templates, or by simgen's where the release has none;
    `template_names` are YAML files to be taken before both. Raises InputError for a folder that is no release
    or has no clips, and for a release that is made to mislead: see `simgen.release.reading`.
    """
    started = time.monotonic()
    release = open_release(folder)
    require_clips(release)
    changed = find_changed(release, list(release.sums), workers)
    templates = _choose_templates(release, template_names)
    places = list(list_clip_rows(release))
    jobs = [
        _Job(place, release.clip_path(place.dataset, place.clip), templates[place.dataset])
        for place in places
    ]
    checked, failures = 0, _find_missing(release, places)
    for count, found in parallel_map(_verify_clip, jobs, workers, "verify"):
        checked += count
        failures += found
    lines = [f"{folder / name}: missing, or not as it was published" for name in changed]
    return ReleaseSummary(
        files=len(release.sums),
        checked=checked,
        failed=len({failure.row_id for failure in failures}),
        failures=(*lines, *describe_failures(failures)),
        own_templates=_list_own(templates),
        seconds=round(time.monotonic() - started, 2),
    )


def _choose_templates(release: Release, names: Sequence[str]) -> Mapping[str, tuple[Template, ...]]:
    """The templates to check each data set's rows with."""
    records, named = read_records(release.folder), load_templates([*list_template_ids(), *names])
    return {
        name: merge_templates(read_release_templates(release.folder, name, records), named)
        for name in release.datasets
    }


def _list_own(templates: Mapping[str, tuple[Template, ...]]) -> tuple[str, ...]:
    bundled = {template.id: template for template in load_templates(list_template_ids())}
    used = (template for chosen in templates.values() for template in chosen)
    return tuple(sorted({template.id for template in used if bundled.get(template.id) != template}))


def _find_missing(release: Release, places: Sequence[ClipRows]) -> list[Failure]:
    with open_row_files(release) as files:
        missing = [pair for place in places for pair in list_missing_pictures(release, place, files)]
    return [Failure(row_id, "frames", reason) for row_id, reason in missing]


def _verify_clip(job: _Job) -> tuple[int, list[Failure]]:
    """The number of rows of a clip, and their failures."""
    rows = read_clip_rows(job.place)
    try:
        check_size(job.path)
        check_content(job.path)
        return len(rows), verify_rows(read_clip(job.path), rows, job.templates, list_columns(job.place.file))
    except ClipError as error:
        return len(rows), [Failure(row.id, DAMAGED, str(error)) for row in rows]
