"""`simgen audit`: can the answers be guessed without the frames, and would simpler boxes change them?"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from tqdm import tqdm

from simgen.errors import MissingDataError
from simgen.parallel.ordered import parallel_map
from simgen.qa.fairness.blind_audit import TemplateAudit, audit_template, group_by_template
from simgen.qa.fairness.blind_questions import BlindQuestion, blind_questions, question_key
from simgen.qa.fairness.pruning import select_guessable
from simgen.qa.question.aligned import AlignedAnswer, answer_with_aligned_boxes
from simgen.qa.templates.loading import load_templates
from simgen.scoring import MRA_THRESHOLDS
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder, Dataset, ensure_writable
from simgen.store.rows import (
    Rejection,
    Row,
    read_ledger,
    read_rows,
    read_rows_by_clip,
    write_ledger,
    write_rows,
)

GUESSABLE = "guessable"
"""The reason in the ledger of questions that pruning drops."""

_Job = tuple[list[BlindQuestion], list[BlindQuestion] | None]
"""The questions of one template, and those to learn from, where these are not its own of other houses."""


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """What `simgen audit` found."""

    templates: tuple[TemplateAudit, ...]
    pruned: dict[str, int]
    """Questions dropped, by template."""
    target: float
    seconds: float
    learn_from: str | None = None
    """The data set that the guessers learned from; None where it was their own, of other houses."""

    @property
    def failures(self) -> tuple[str, ...]:
        """One line for each template that is surely more than the target above chance."""
        lessons = "" if self.learn_from is None else f"--learn-from {self.learn_from} "
        return tuple(
            f"{audit.template}: guessed {audit.over:.1f} points above chance, {self.target:g} are allowed; "
            f"ask more houses, or drop the most guessable with: simgen audit {lessons}--prune"
            for audit in self.templates
            if audit.is_above(self.target)
        )

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON-ready values."""
        return {
            "templates": {audit.template: _figures(audit) for audit in self.templates},
            "total": _total(self.templates),
            "pruned": self.pruned,
            "target": self.target,
            "learn_from": self.learn_from,
            "failures": list(self.failures),
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class AlignedSummary:
    """What `simgen audit --geometry` found."""

    templates: dict[str, dict[str, float]]
    """By template: rows, changed, share, and for numbers mean_mra and thresholds_lost."""
    seconds: float


def audit(
    folder: DataFolder,
    only: str | None,
    folds: int,
    target: float,
    prune: bool,
    workers: int,
    learn_from: str | None = None,
) -> AuditSummary:
    """How well guessers do without the frames; with `prune` after dropping what they guess best.

    They learn from the houses of other folds, or from the data set `learn_from` alone, which is then not
    asked about. The number of workers changes nothing but the time. Pruning writes the questions anew and
    adds what was dropped to the ledger.
    """
    started = time.monotonic()
    datasets = [d for d in folder.datasets_with_questions(only) if d.name != learn_from]
    if not datasets:
        raise MissingDataError(f"{learn_from}: guessers cannot learn from what they are asked about alone")
    questions = _questions(datasets)
    taught = None if learn_from is None else _questions(folder.datasets_with_questions(learn_from))
    dropped = _prune(datasets, _jobs(questions, taught), folds, target, workers) if prune else {}
    left = [question for question in questions if question.id not in dropped]
    guess = partial(_guess, folds=folds)
    return AuditSummary(
        templates=tuple(parallel_map(guess, _jobs(left, taught), workers, "guessing", "template")),
        pruned={name: len(group) for name, group in group_by_template(_those(questions, dropped)).items()},
        target=target,
        seconds=round(time.monotonic() - started, 2),
        learn_from=learn_from,
    )


def audit_geometry(folder: DataFolder, only: str | None, template_names: Sequence[str]) -> AlignedSummary:
    """What the answers would be had they been measured on world-axis-aligned boxes, by template.

    A question that is asked with several numbers of frames counts once.
    """
    started = time.monotonic()
    templates = load_templates(template_names)
    found: dict[str, list[AlignedAnswer]] = defaultdict(list)
    for dataset in folder.datasets_with_questions(only):
        for rows in tqdm(read_rows_by_clip(dataset.questions_path), desc="measuring", unit="clip"):
            clip = read_clip(dataset.clip_path(rows[0].clip))
            once = {row.question_id: row for row in reversed(rows)}
            for answer in answer_with_aligned_boxes(clip, list(once.values())[::-1], templates):
                found[answer.template].append(answer)
    return AlignedSummary(
        templates={name: _aligned_figures(answers) for name, answers in sorted(found.items())},
        seconds=round(time.monotonic() - started, 2),
    )


def audit_table(templates: Iterable[TemplateAudit]) -> str:
    """The audit as a Markdown table, for a terminal and for a release's card."""
    head = "| template | questions | chance | majority | neighbours | forest | blind − chance (points) |"
    lines = [head, "|---|--:|--:|--:|--:|--:|--:|"]
    for audit in templates:
        scores = [_percent(audit.guessers.get(name)) for name in ("majority", "neighbours", "forest")]
        error = "" if audit.standard_error is None else f" ± {100.0 * audit.standard_error:.1f}"
        over = "unknown: no other houses" if audit.blind is None else f"{audit.over:+.1f}{error}"
        cells = [f"{audit.rows:,}", _percent(audit.chance), *scores, over + " (rough)" * audit.rough]
        lines.append(f"| {audit.template} | {' | '.join(cells)} |")
    return "\n".join(lines)


def card_section(summary: AuditSummary, folds: int) -> str:
    """What a release's card says about guessing, in Markdown."""
    taught = f"trained on some houses and scored on others ({folds} folds)"
    if summary.learn_from is not None:
        taught = f"trained on the data set {summary.learn_from}, of other houses"
    return (
        "## Guessing without the frames\n\n"
        f"Guessers that read the questions and options alone, {taught}: the most frequent answer, the "
        "nearest neighbours by words, a random forest. Chance is one over the number of options (of orders, "
        "over their permutations); for numbers, scored by mean relative accuracy, it is the best constant "
        "guess. In percent; ± is one standard error, from house to house.\n\n"
        f"{audit_table(summary.templates)}\n"
    )


def geometry_table(summary: AlignedSummary) -> str:
    """The comparison with axis-aligned boxes as a Markdown table."""
    lines = [
        "| template | questions | changed | share | mean MRA | thresholds lost |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, figures in summary.templates.items():
        numbers = [f"{figures[key]:.2f}" if key in figures else "" for key in ("mean_mra", "thresholds_lost")]
        counts = [f"{figures['rows']:,.0f}", f"{figures['changed']:,.0f}", f"{100 * figures['share']:.1f} %"]
        lines.append(f"| {name} | {' | '.join([*counts, *numbers])} |")
    return "\n".join(lines)


def _questions(datasets: Sequence[Dataset]) -> list[BlindQuestion]:
    asked = (blind_questions(rows) for d in datasets for rows in read_rows_by_clip(d.questions_path))
    return sorted((q for found in asked for q in found), key=lambda q: (q.template, q.id))


def _jobs(questions: Sequence[BlindQuestion], taught: Sequence[BlindQuestion] | None) -> list[_Job]:
    """The questions of each template, with those to learn from."""
    groups, lessons = sorted(group_by_template(questions).items()), group_by_template(taught or ())
    return [(group, None if taught is None else lessons.get(name, [])) for name, group in groups]


def _guess(job: _Job, folds: int) -> TemplateAudit:
    return audit_template(job[0], folds, job[1])


def _drop_some(job: _Job, folds: int, target: float) -> dict[str, float]:
    return select_guessable(job[0], target, folds, job[1])


def _prune(
    datasets: Sequence[Dataset],
    jobs: Sequence[_Job],
    folds: int,
    target: float,
    workers: int,
) -> dict[str, float]:
    """Drops questions from the files; returns the ids of those dropped, with their bias."""
    for dataset in datasets:
        ensure_writable(dataset.path)
    dropped: dict[str, float] = {}
    drop = partial(_drop_some, folds=folds, target=target)
    for found in parallel_map(drop, jobs, workers, "pruning", "template"):
        dropped |= found
    for dataset in datasets if dropped else ():
        _drop(dataset, dropped)
    return dropped


def _drop(dataset: Dataset, dropped: Mapping[str, float]) -> None:
    rows = read_rows(dataset.questions_path)
    going = {question_key(row): row for row in rows if question_key(row) in dropped}
    rejections = [_rejection(row, dropped[key]) for key, row in going.items()]
    ledger = read_ledger(dataset.ledger_path) if dataset.ledger_path.exists() else []
    # The ledger first: a question that is gone without an entry would be worse than an entry too many.
    write_ledger(dataset.ledger_path, dict.fromkeys([*ledger, *rejections]))
    write_rows(dataset.questions_path, [row for row in rows if question_key(row) not in dropped])


def _rejection(row: Row, bias: float) -> Rejection:
    return Rejection(
        dataset=row.dataset,
        clip=row.clip,
        template=row.template,
        skill=row.skill,
        args=row.args,
        reason=GUESSABLE,
        detail=f"its words are worth {bias:.2f} more than a guess at random",
    )


def _those(questions: Iterable[BlindQuestion], ids: Mapping[str, float]) -> list[BlindQuestion]:
    return [question for question in questions if question.id in ids]


def _figures(audit: TemplateAudit) -> dict[str, Any]:
    figures = {key: value for key, value in asdict(audit).items() if key != "template"}
    return {**figures, "over": round(audit.over, 2), "rough": audit.rough}


def _total(audits: Sequence[TemplateAudit]) -> dict[str, Any]:
    """Means over all questions, so that large templates weigh more."""
    known = [audit for audit in audits if audit.blind is not None]
    rows = np.array([audit.rows for audit in known], dtype=np.float64)
    if not known:
        return {"rows": sum(audit.rows for audit in audits), "chance": None, "blind": None}
    mean = {
        name: float(np.average([getattr(audit, name) for audit in known], weights=rows))
        for name in ("chance", "blind")
    }
    return {"rows": sum(audit.rows for audit in audits), **mean}


def _aligned_figures(answers: Sequence[AlignedAnswer]) -> dict[str, float]:
    changed = sum(answer.differs for answer in answers)
    figures = {"rows": len(answers), "changed": changed, "share": round(changed / len(answers), 4)}
    if answers[0].kind in ("choice", "order"):
        return figures
    score = float(np.mean([answer.score for answer in answers]))
    lost = len(MRA_THRESHOLDS) * (1.0 - score)
    return {**figures, "mean_mra": round(score, 4), "thresholds_lost": round(lost, 3)}


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100.0 * value:.1f}"
