"""`simgen qa` and `simgen verify`: questions from all clips of a data folder, and their proof."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tqdm import tqdm

from simgen.errors import ClipError
from simgen.qa.templates import Template, load_templates
from simgen.qa.verify import Failure, verify_rows
from simgen.runner.asking import Choices, ask_dataset
from simgen.store.clips import check_content, read_clip
from simgen.store.folder import DataFolder, Dataset, make_writable
from simgen.store.rows import Row, read_rows

DAMAGED = "clip"
"""The law that every row of an unreadable clip breaks."""


@dataclass(frozen=True, slots=True)
class QaSummary:
    """What `simgen qa` left behind."""

    clips: int
    questions: int
    rows: int
    """One for each question and number of frames."""
    questions_by_template: dict[str, int]
    rejected: dict[str, int]
    """Candidates that were not asked, by reason."""
    seconds: float


@dataclass(frozen=True, slots=True)
class VerifySummary:
    """What `simgen verify` found."""

    checked: int
    failed: int
    failures: tuple[str, ...]
    seconds: float


def ask(
    folder: DataFolder, only: str | None, template_names: Sequence[str], choices: Choices | None = None
) -> QaSummary:
    """Makes questions from every clip, and writes rows and ledger beside the clips.

    The same clips, templates and choices give the same rows, whatever the number of workers.
    """
    started = time.monotonic()
    templates = load_templates(template_names)
    datasets = folder.datasets_with_clips(only)
    for dataset in datasets:
        make_writable(dataset.path)
    asked = [ask_dataset(dataset, templates, choices or Choices()) for dataset in datasets]
    questions = sum((item.questions for item in asked), Counter[str]())
    return QaSummary(
        clips=sum(item.clips for item in asked),
        questions=questions.total(),
        rows=sum(item.rows for item in asked),
        questions_by_template=dict(sorted(questions.items())),
        rejected=dict(sum((item.rejected for item in asked), Counter[str]()).most_common()),
        seconds=round(time.monotonic() - started, 2),
    )


def verify(folder: DataFolder, only: str | None, template_names: Sequence[str]) -> VerifySummary:
    """Recomputes every row from its clip; also checks each clip's content against its hash."""
    started = time.monotonic()
    datasets = folder.datasets_with_questions(only)
    templates = load_templates(template_names)
    rows = {dataset: read_rows(dataset.questions_path) for dataset in datasets}
    failures: list[Failure] = []
    with tqdm(total=sum(map(len, rows.values())), desc="verify", unit="row") as bar:
        for dataset in datasets:
            for clip_id, clip_rows in _by_clip(rows[dataset]).items():
                failures.extend(_verify_clip(dataset, clip_id, clip_rows, templates))
                bar.update(len(clip_rows))
    return VerifySummary(
        checked=int(bar.n),
        failed=len({failure.row_id for failure in failures}),
        failures=tuple(dict.fromkeys(_line(failure) for failure in failures)),
        seconds=round(time.monotonic() - started, 2),
    )


def _by_clip(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.clip].append(row)
    return groups


def _verify_clip(
    dataset: Dataset, clip_id: str, rows: Sequence[Row], templates: Sequence[Template]
) -> list[Failure]:
    path = dataset.clip_path(clip_id)
    try:
        check_content(path)
        return verify_rows(read_clip(path), rows, templates)
    except ClipError as error:
        return [Failure(row.id, DAMAGED, str(error)) for row in rows]


def _line(failure: Failure) -> str:
    # A damaged clip is named once, not with each of its rows.
    where = "" if failure.law == DAMAGED else f"{failure.row_id}: {failure.law}: "
    return f"{where}{failure.detail}"
