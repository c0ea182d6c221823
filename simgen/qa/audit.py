"""`simgen audit`: measures how well answers can be guessed without the frames, and drops such questions."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from simgen.errors import MissingDataError
from simgen.parallel.ordered import parallel_map
from simgen.qa.drop import GUESSABLE, drop_questions
from simgen.qa.fairness.blind_audit import TemplateAudit, audit_template, group_by_template
from simgen.qa.fairness.blind_questions import BlindQuestion, make_blind_questions
from simgen.qa.fairness.pruning import select_guessable
from simgen.store.folder import DataFolder, Dataset, ensure_writable
from simgen.store.row_set import hash_row_ids
from simgen.store.rows import read_row_ids, read_rows_by_clip

_Job = tuple[list[BlindQuestion], list[BlindQuestion] | None]
"""The questions of one template, and those to train on; None for cross-validation over their own houses."""


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """The result of `simgen audit`."""

    templates: tuple[TemplateAudit, ...]
    pruned: dict[str, int]
    """The number of dropped questions, by template."""
    target: float
    """By how many points guessing may exceed chance."""
    rows_sha256: str
    """Hash of the ids of the audited rows (see `hash_row_ids`); of those that pruning has left."""
    seconds: float
    learn_from: str | None = None
    """The data set that the guessers were trained on; None for cross-validation."""

    @property
    def failures(self) -> tuple[str, ...]:
        """One line for each template that can be guessed better than the target allows."""
        option = "" if self.learn_from is None else f"--learn-from {self.learn_from} "
        return tuple(
            f"{audit.template}: guessed {audit.over:.1f} points above chance, at most {self.target:g} are "
            f"allowed; add houses, or drop the most guessable questions with: simgen audit {option}--prune"
            for audit in self.templates
            if audit.is_above(self.target)
        )

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain values for JSON."""
        return {
            "templates": {audit.template: _figures(audit) for audit in self.templates},
            "total": summarize(self.templates),
            "pruned": self.pruned,
            "target": self.target,
            "rows_sha256": self.rows_sha256,
            "learn_from": self.learn_from,
            "failures": list(self.failures),
            "seconds": self.seconds,
        }


def audit(
    folder: DataFolder,
    only: str | None,
    folds: int,
    target: float,
    prune: bool,
    workers: int,
    learn_from: str | None = None,
) -> AuditSummary:
    """Measures how well guessers that see no frame answer the questions; with `prune` first drops questions.

    The guessers are cross-validated over the houses. With `learn_from` they are trained on that data set
    alone, which is then not audited. Pruning rewrites the question files and adds the dropped questions to
    the ledger. The number of workers changes only the time that it takes.
    """
    started = time.monotonic()
    datasets = [d for d in folder.datasets_with_questions(only) if d.name != learn_from]
    if not datasets:
        raise MissingDataError(
            f"{learn_from}: no other data set has questions to audit; --learn-from must name another data set"
        )
    questions = _read_questions(datasets)
    train_on = None if learn_from is None else _read_questions(folder.datasets_with_questions(learn_from))
    command = _prune_command(only, learn_from, folds, target)
    jobs = _jobs(questions, train_on)
    dropped = _prune(datasets, jobs, folds, target, workers, command) if prune else {}
    left = [question for question in questions if question.id not in dropped]
    gone = [question for question in questions if question.id in dropped]
    run = partial(_audit, folds=folds)
    return AuditSummary(
        templates=tuple(parallel_map(run, _jobs(left, train_on), workers, "guessing", "template")),
        pruned={name: len(group) for name, group in group_by_template(gone).items()},
        target=target,
        rows_sha256=hash_row_ids(row for d in datasets for row in read_row_ids(d.questions_path)),
        seconds=round(time.monotonic() - started, 2),
        learn_from=learn_from,
    )


def _read_questions(datasets: Sequence[Dataset]) -> list[BlindQuestion]:
    asked = (make_blind_questions(rows) for d in datasets for rows in read_rows_by_clip(d.questions_path))
    return sorted((q for found in asked for q in found), key=lambda q: (q.template, q.id))


def _jobs(questions: Sequence[BlindQuestion], train_on: Sequence[BlindQuestion] | None) -> list[_Job]:
    """The questions of each template, with those to train on."""
    groups, training = sorted(group_by_template(questions).items()), group_by_template(train_on or ())
    return [(group, None if train_on is None else training.get(name, [])) for name, group in groups]


def _audit(job: _Job, folds: int) -> TemplateAudit:
    return audit_template(job[0], folds, job[1])


def _select(job: _Job, folds: int, target: float) -> dict[str, float]:
    return select_guessable(job[0], target, folds, job[1])


def _prune(
    datasets: Sequence[Dataset],
    jobs: Sequence[_Job],
    folds: int,
    target: float,
    workers: int,
    command: str,
) -> dict[str, float]:
    """Drops questions from the files; returns the ids of those dropped, with their bias."""
    for dataset in datasets:
        ensure_writable(dataset.path)
    dropped: dict[str, float] = {}
    select = partial(_select, folds=folds, target=target)
    for found in parallel_map(select, jobs, workers, "pruning", "template"):
        dropped |= found
    for dataset in datasets if dropped else ():
        details = {
            key: f"the text predicts the answer {bias:.2f} better than a random guess"
            for key, bias in dropped.items()
        }
        drop_questions(dataset, GUESSABLE, details, command)
    return dropped


def _prune_command(only: str | None, learn_from: str | None, folds: int, target: float) -> str:
    """The command that prunes, for the record of how the questions were made."""
    named = {"--dataset": only, "--learn-from": learn_from, "--folds": folds, "--target": f"{target:g}"}
    given = [f"{option} {value}" for option, value in named.items() if value is not None]
    return " ".join(["simgen audit --prune", *given])


def _figures(audit: TemplateAudit) -> dict[str, Any]:
    figures = {key: value for key, value in asdict(audit).items() if key != "template"}
    return {**figures, "over": round(audit.over, 2), "rough": audit.rough}


def summarize(audits: Sequence[TemplateAudit]) -> dict[str, Any]:
    """Means over all questions: a template weighs as much as it has questions."""
    known = [audit for audit in audits if audit.blind is not None]
    rows = np.array([audit.rows for audit in known], dtype=np.float64)
    if not known:
        return {"rows": sum(audit.rows for audit in audits), "chance": None, "blind": None}
    mean = {
        name: float(np.average([getattr(audit, name) for audit in known], weights=rows))
        for name in ("chance", "blind")
    }
    return {"rows": sum(audit.rows for audit in audits), **mean}
