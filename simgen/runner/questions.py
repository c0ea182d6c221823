"""`simgen qa` and `simgen verify`: questions from all clips of a data folder, and their proof."""

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tqdm import tqdm

from simgen.errors import ClipError, MissingDataError
from simgen.qa.generate import QuestionSettings, pool_of, rows_of, views_for
from simgen.qa.templates import Template, load_templates
from simgen.qa.verify import Failure, verify_rows
from simgen.recipe import Recipe
from simgen.store.clips import Clip, check_content, read_clip
from simgen.store.folder import DataFolder, Dataset, make_writable
from simgen.store.rows import Rejection, Row, read_rows, write_ledger, write_rows

DAMAGED = "clip"
"""The law that every row of an unreadable clip breaks."""


@dataclass(frozen=True, slots=True)
class QaSummary:
    """What `simgen qa` left behind."""

    clips: int
    rows: int
    rows_by_template: dict[str, int]
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


def ask(folder: DataFolder, only: str | None, template_names: Sequence[str]) -> QaSummary:
    """Makes questions from every clip, and writes rows and ledger beside the clips."""
    started = time.monotonic()
    templates = load_templates(template_names)
    datasets = folder.datasets_with_clips(only)
    for dataset in datasets:
        make_writable(dataset.path)
    rows: list[Row] = []
    rejections: list[Rejection] = []
    with tqdm(total=sum(len(d.clip_paths()) for d in datasets), desc="questions", unit="clip") as bar:
        for dataset in datasets:
            asked, rejected = _ask_dataset(dataset, templates, bar)
            rows, rejections = [*rows, *asked], [*rejections, *rejected]
    return QaSummary(
        clips=int(bar.n),
        rows=len(rows),
        rows_by_template=dict(sorted(Counter(row.template for row in rows).items())),
        rejected=dict(Counter(rejection.reason for rejection in rejections).most_common()),
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


def _ask_dataset(
    dataset: Dataset, templates: Sequence[Template], bar: tqdm
) -> tuple[list[Row], list[Rejection]]:
    settings = _settings(dataset)
    rows: list[Row] = []
    rejections: list[Rejection] = []
    for path in dataset.clip_paths():
        clip = read_clip(path)
        views = views_for(clip, settings)
        for template in templates:
            pool = pool_of(views, dataset.name, template, settings, _seed(clip))
            rejections.extend(pool.rejections)
            for solved in pool.questions[: settings.rows_per_template]:
                rows.extend(rows_of(views, dataset.name, template, solved, settings.frames))
        bar.update()
    write_rows(dataset.questions_path, rows)
    write_ledger(dataset.ledger_path, rejections)
    return rows, rejections


def _settings(dataset: Dataset) -> QuestionSettings:
    try:
        recipe = Recipe.model_validate_json(dataset.recipe_path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        raise MissingDataError(
            f"{dataset.path}: no readable recipe.json here; mend it with: simgen render -r {dataset.name}"
        ) from None
    return QuestionSettings(
        frames=recipe.questions.counts,
        rows_per_template=recipe.questions.per_template,
        min_visible_px=recipe.visibility.min_visible_px,
        min_visible_fraction=recipe.visibility.min_visible_fraction,
    )


def _seed(clip: Clip) -> int:
    """A seed that depends on the recipe's and the clip's name alone."""
    text = f"{clip.info.seed} {clip.id}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


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
