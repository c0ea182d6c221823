"""`simgen verify`: recomputes every answer from its clip, and again from the map in its row."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simgen.errors import ClipError
from simgen.parallel.ordered import parallel_map
from simgen.qa.question.verify import Failure, verify_rows
from simgen.qa.record import choose_templates
from simgen.qa.templates.loading import Template
from simgen.store.clips import check_content, read_clip
from simgen.store.folder import DataFolder, Dataset
from simgen.store.rows import list_columns, read_clip_ids, read_rows

DAMAGED = "clip"
"""The check that fails for every row of an unreadable clip."""


@dataclass(frozen=True, slots=True)
class VerifySummary:
    """The result of `simgen verify`."""

    checked: int
    """Rows."""
    failed: int
    """Rows with a failure."""
    failures: tuple[str, ...]
    """One line for each failure; a damaged clip has one line."""
    seconds: float


def verify(
    folder: DataFolder, only: str | None, template_names: Sequence[str], workers: int = 1
) -> VerifySummary:
    """Recomputes every row from its clip, and checks each clip's content against its hash.

    The templates are those that `choose_templates` gives for `template_names`.
    """
    started = time.monotonic()
    known = {d: choose_templates(d, template_names) for d in folder.datasets_with_questions(only)}
    jobs = [
        (dataset, clip_id, templates)
        for dataset, templates in known.items()
        for clip_id in read_clip_ids(dataset.questions_path)
    ]
    checked, failures = 0, list[Failure]()
    for count, found in parallel_map(_verify_clip, jobs, workers, "verify"):
        checked += count
        failures += found
    return VerifySummary(
        checked=checked,
        failed=len({failure.row_id for failure in failures}),
        failures=describe_failures(failures),
        seconds=round(time.monotonic() - started, 2),
    )


def describe_failures(failures: Iterable[Failure]) -> tuple[str, ...]:
    """One line for each failure; a damaged clip has the same line for each of its rows, and is told once."""
    return tuple(dict.fromkeys(_line(failure) for failure in failures))


def _verify_clip(job: tuple[Dataset, str, tuple[Template, ...]]) -> tuple[int, list[Failure]]:
    """The number of rows of a clip, and their failures."""
    dataset, clip_id, templates = job
    path, rows = dataset.clip_path(clip_id), read_rows(dataset.questions_path, clip_id)
    try:
        check_content(path)
        return len(rows), verify_rows(read_clip(path), rows, templates, list_columns(dataset.questions_path))
    except ClipError as error:
        return len(rows), [Failure(row.id, DAMAGED, str(error)) for row in rows]


def _line(failure: Failure) -> str:
    where = "" if failure.check == DAMAGED else f"{failure.row_id}: {failure.check}: "
    return f"{where}{failure.detail}"
