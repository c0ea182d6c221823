"""`simgen qa`: makes the questions of a data set from its clips.

Each clip is read twice. The first pass lists every question that could be asked (the candidates). Then the
questions are chosen over all clips, and the second pass makes their rows. So only the candidates are held in
memory, and workers share nothing. Rows and ledger are written clip by clip.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
from tqdm import tqdm

from simgen import __version__
from simgen.errors import InputError, MissingDataError
from simgen.parallel.ordered import parallel_map
from simgen.qa.drop import drop_again, list_dropped
from simgen.qa.fairness.balance import balance
from simgen.qa.fairness.candidates import Candidate, frame_words, value_label
from simgen.qa.question.compose import list_option_texts
from simgen.qa.question.generate import make_pool, make_question_views, make_rejection, make_rows
from simgen.qa.question.settings import QuestionSettings, load_question_settings, view_seed
from simgen.qa.question.solve import Solved, solve_at_all_counts
from simgen.qa.record import QuestionRecord, make_record, read_record, read_templates, write_record
from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask
from simgen.qa.templates.loading import Template, load_templates
from simgen.qa.view.names import spoken_name
from simgen.qa.view.view import View
from simgen.scoring import index_of
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder, Dataset, ensure_writable
from simgen.store.rows import (
    Rejection,
    Row,
    WriteTable,
    open_ledger_tables,
    open_row_tables,
    pack_rejections,
    pack_rows,
    read_row_ids,
)


@dataclass(frozen=True, slots=True)
class AskOptions:
    """Settings of the command line, which take precedence over the recipe's."""

    frames: tuple[int, ...] = ()
    """Numbers of frames to ask with; empty for the recipe's."""
    per_template: int | None = None
    """The largest number of questions of one template for each clip; None for the recipe's."""
    balance: bool = True
    """Whether questions are chosen over the whole data set so that their words do not predict the answers."""
    workers: int = 1


@dataclass(frozen=True, slots=True)
class QaSummary:
    """The result of `simgen qa`."""

    clips: int
    questions: int
    rows: int
    """One for each question and number of frames that it is asked with."""
    questions_by_template: dict[str, int]
    rejected: dict[str, int]
    """Candidates that were not asked, by reason."""
    without_short: tuple[str, ...]
    """Templates that were left out where the recipe wants the short wording, because they have none."""
    seconds: float
    changed: tuple[str, ...] = ()
    """One line for each data set whose questions were asked again and are not the same as before."""


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """The counts of one data set: questions that were asked, and candidates that were not."""

    clips: int
    rows: int
    questions: Counter[str]
    """By template."""
    rejected: Counter[str]
    """By reason."""
    without_short: tuple[str, ...]
    """Templates that were left out, because they have no short wording."""
    changed: str | None = None
    """What to say when the questions were asked again and are not the same as before."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One clip to make questions from, in any process."""

    path: Path
    dataset: str
    templates: tuple[Template, ...]
    settings: QuestionSettings


@dataclass(frozen=True, slots=True)
class _ClipCandidates:
    """The candidates of one clip, by template."""

    views: tuple[str, ...]
    """The names of what is asked about: of the clip, or of its frames."""
    pools: dict[str, list[Candidate]]


@dataclass(frozen=True, slots=True)
class _Decision:
    """Whether one candidate is asked."""

    template: str
    ask: Ask
    refusal: Refusal | None
    """Why it is not asked; None when it is."""


def ask(
    folder: DataFolder, only: str | None, template_names: Sequence[str], options: AskOptions | None = None
) -> QaSummary:
    """Makes questions from every clip, and writes the rows and the ledger beside the clips.

    The same clips, templates and options give the same rows, whatever the number of workers.
    """
    started = time.monotonic()
    templates, options = load_templates(template_names), options or AskOptions()
    datasets = _list_writable(folder, only)
    return _summarize([ask_dataset(dataset, templates, options) for dataset in datasets], started)


def ask_again(folder: DataFolder, only: str | None, workers: int = 1) -> QaSummary:
    """Makes the questions of every data set as its record says, and drops those that were dropped before.

    The result is the same rows, unless another version of simgen made them; the summary then says so. Raises
    MissingDataError for a data set without a record.
    """
    started = time.monotonic()
    datasets = _list_writable(folder, only)
    records = [_require_record(dataset) for dataset in datasets]
    asked = [_ask_dataset_again(*pair, workers) for pair in zip(datasets, records, strict=True)]
    return _summarize(asked, started)


def ask_dataset(dataset: Dataset, templates: Sequence[Template], options: AskOptions) -> DatasetSummary:
    """Makes the questions of one data set, and writes its rows, its ledger and its record."""
    settings = load_question_settings(dataset, options.frames, options.per_template)
    used, without_short = _split_by_wording(dataset, templates, settings)
    summary = _ask(dataset, used, settings, options.balance, options.workers)
    record = make_record(read_row_ids(dataset.questions_path), used, settings, options.balance)
    write_record(dataset, record, used)
    return replace(summary, without_short=without_short)


def _list_writable(folder: DataFolder, only: str | None) -> list[Dataset]:
    datasets = folder.datasets_with_clips(only)
    for dataset in datasets:
        ensure_writable(dataset.path)
    return datasets


def _summarize(asked: Sequence[DatasetSummary], started: float) -> QaSummary:
    questions = sum((item.questions for item in asked), Counter[str]())
    return QaSummary(
        clips=sum(item.clips for item in asked),
        questions=questions.total(),
        rows=sum(item.rows for item in asked),
        questions_by_template=dict(sorted(questions.items())),
        rejected=dict(sum((item.rejected for item in asked), Counter[str]()).most_common()),
        without_short=tuple(dict.fromkeys(name for item in asked for name in item.without_short)),
        seconds=round(time.monotonic() - started, 2),
        changed=tuple(item.changed for item in asked if item.changed is not None),
    )


def _require_record(dataset: Dataset) -> QuestionRecord:
    record = read_record(dataset)
    if record is None:
        raise MissingDataError(
            f"{dataset.path}: no questions.json here, which says how the questions were made; ask with: "
            f"simgen qa --templates GROUP --dataset {dataset.name}"
        )
    return record


def _ask_dataset_again(dataset: Dataset, record: QuestionRecord, workers: int) -> DatasetSummary:
    templates, dropped = read_templates(dataset.templates_path, record), list_dropped(dataset)
    summary = _ask(dataset, templates, record.settings, record.balance, workers)
    rows = drop_again(dataset, dropped)
    made = make_record((row.id for row in rows), templates, record.settings, record.balance)
    write_record(dataset, made.model_copy(update={"edits": record.edits}), templates)
    is_same = made.rows_sha256 == record.rows_sha256
    return replace(
        summary,
        rows=len(rows),
        questions=Counter(template for template, _ in {(row.template, row.question_id) for row in rows}),
        rejected=summary.rejected + Counter(entry.reason for entry in dropped),
        changed=None if is_same else _explain_change(dataset, record),
    )


def _explain_change(dataset: Dataset, record: QuestionRecord) -> str:
    versions = f"simgen {record.simgen_version} made them, this is {__version__}"
    return f"{dataset.name}: the questions are not the same as before ({versions})"


def _ask(
    dataset: Dataset, templates: Sequence[Template], settings: QuestionSettings, balanced: bool, workers: int
) -> DatasetSummary:
    """Makes the questions of one data set, and writes its rows and its ledger."""
    jobs = [_Job(path, dataset.name, tuple(templates), settings) for path in dataset.clip_paths()]
    rejected, rows = Counter[str](), 0
    with (
        open_row_tables(dataset.questions_path) as write_rows,
        open_ledger_tables(dataset.ledger_path) as write_ledger,
    ):
        found = list[_ClipCandidates]()
        for clip, ledger in parallel_map(_list_candidates, jobs, workers, "candidates"):
            found.append(clip)
            rejected += _write_counted(write_ledger, ledger)
        decisions = _choose(found, templates, settings.rows_per_template, balanced)
        work = [
            (job, {view: decisions[view] for view in clip.views})
            for job, clip in zip(jobs, found, strict=True)
        ]
        for table, ledger in parallel_map(_make_rows, work, workers, "questions"):
            write_rows(table)
            rows += len(table)
            rejected += _write_counted(write_ledger, ledger)
    return DatasetSummary(
        clips=len(jobs),
        rows=rows,
        questions=Counter(d.template for view in decisions.values() for d in view if d.refusal is None),
        rejected=rejected,
        without_short=(),
    )


def _write_counted(write: WriteTable, ledger: pa.Table) -> Counter[str]:
    """Writes entries of the ledger, and counts their reasons."""
    write(ledger)
    return Counter(ledger["reason"].to_pylist())


def _split_by_wording(
    dataset: Dataset, templates: Sequence[Template], settings: QuestionSettings
) -> tuple[tuple[Template, ...], tuple[str, ...]]:
    """The templates that have the wanted wording, and the ids of the others.

    Raises InputError when none has it.
    """
    used = tuple(t for t in templates if settings.wording == "full" or t.short is not None)
    if not used:
        raise InputError(
            f"{dataset.name}: its recipe wants the short wording, which none of these templates has; give "
            "others with --templates, such as distance"
        )
    return used, tuple(template.id for template in templates if template not in used)


def _list_candidates(job: _Job) -> tuple[_ClipCandidates, pa.Table]:
    """The candidates of a clip, and the ledger entries of what cannot be asked."""
    names, rejections = list[str](), list[Rejection]()
    candidates: dict[str, list[Candidate]] = {template.id: [] for template in job.templates}
    for views in make_question_views(read_clip(job.path), job.settings):
        view = views[max(views)]
        names.append(view.name)
        for template in job.templates:
            pool = make_pool(views, job.dataset, template, job.settings, view_seed(view))
            candidates[template.id] += [_candidate(views, template, solved) for solved in pool.questions]
            rejections += pool.rejections
    return _ClipCandidates(tuple(names), candidates), pack_rejections(rejections)


def _candidate(views: dict[int, View], template: Template, solved: dict[int, Solved]) -> Candidate:
    """The part of a question that the choice needs."""
    view, question = views[max(solved)], solved[max(solved)]
    return Candidate(
        clip=view.name,
        house=view.clip.info.house_sha256,
        ask=question.ask,
        answer=_answer(template, question.answer),
        words=_words(view, question.ask),
        options=tuple(list_option_texts(view, template, question.ask)),
    )


def _answer(template: Template, answer: str) -> float | int | tuple[int, ...]:
    if template.answer.kind == "order":
        return tuple(index_of(letter) for letter in answer.split(", "))
    return index_of(answer) if template.answer.kind == "choice" else float(answer)


def _words(view: View, ask: Ask) -> tuple[str, ...]:
    """What a question names, in order: types of objects, types, types of rooms, numbers, frames."""
    geometry = view.geometry
    objects = [spoken_name(view.clip.objects[geometry.index[name]].type) for name in ask.objects]
    rooms = [spoken_name(view.clip.rooms[geometry.room_index[name]].type) for name in ask.rooms]
    numbers = [value_label(value) for value in ask.values]
    frames = frame_words([view.frames.index(frame) for frame in ask.frames])
    return (*objects, *map(spoken_name, ask.types), *rooms, *numbers, *frames)


def _choose(
    found: Sequence[_ClipCandidates], templates: Sequence[Template], count: int, balanced: bool
) -> dict[str, list[_Decision]]:
    """A decision for each candidate, by the name of its clip or frame; one template at a time."""
    decisions: dict[str, list[_Decision]] = defaultdict(list)
    for template in tqdm(templates, desc="choice", unit="template"):
        pool = [candidate for clip in found for candidate in clip.pools[template.id]]
        refusals = balance(pool, count) if balanced else _take_first(pool, count)
        for candidate, refusal in zip(pool, refusals, strict=True):
            decisions[candidate.clip].append(_Decision(template.id, candidate.ask, refusal))
    return decisions


def _take_first(pool: Sequence[Candidate], count: int) -> list[Refusal | None]:
    """As `balance`, but the first `count` candidates of each clip are asked."""
    seen: Counter[str] = Counter()
    seen_before = []
    for candidate in pool:
        seen_before.append(seen[candidate.clip])
        seen[candidate.clip] += 1
    return [
        None if number < count else Refusal("not needed", f"{count} others are asked")
        for number in seen_before
    ]


def _make_rows(work: tuple[_Job, dict[str, list[_Decision]]]) -> tuple[pa.Table, pa.Table]:
    """The rows of the questions that one clip is asked, and the ledger entries of its other candidates."""
    job, decisions = work
    templates = {template.id: template for template in job.templates}
    rows: list[Row] = []
    rejections: list[Rejection] = []
    for views in make_question_views(read_clip(job.path), job.settings):
        view = views[max(views)]
        for decision in decisions[view.name]:
            template = templates[decision.template]
            if decision.refusal is None:
                solved, _ = solve_at_all_counts(views, template, decision.ask)
                rows += make_rows(views, job.dataset, template, solved, job.settings)
            else:
                rejections.append(make_rejection(view, job.dataset, template, decision.ask, decision.refusal))
    return pack_rows(rows), pack_rejections(rejections)
