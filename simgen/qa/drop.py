"""`simgen qa --drop`: removes questions from a data set, and puts them into its ledger with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pydantic

from simgen.errors import InputError
from simgen.qa.fairness.blind_questions import question_key
from simgen.qa.record import Edit, add_edit, find_record
from simgen.qa.view.view import own_view_name
from simgen.store.folder import DataFolder, Dataset, ensure_writable
from simgen.store.rows import (
    Rejection,
    Row,
    read_ledger,
    read_rows,
    write_ledger,
    write_rows,
)

FLAGGED = "flagged"
"""The reason that the ledger gives for questions that a file of flags names."""
GUESSABLE = "guessable"
"""The reason that the ledger gives for questions that pruning drops."""
EXAMPLE = '{"question": "ID", "note": "why"}'


@dataclass(frozen=True, slots=True)
class DropSummary:
    """The result of `simgen qa --drop`."""

    questions: int
    rows: int
    """One for each question and number of frames that it was asked with."""
    not_found: tuple[str, ...]
    """Questions of the file that no data set has, such as those that were dropped before."""


class _Flag(pydantic.BaseModel, strict=True):
    """A line of a file of flags."""

    question: str
    """Its id, or that of one of its rows."""
    dataset: str = ""
    note: str = ""


def drop_flagged(folder: DataFolder, path: Path, only: str | None = None) -> DropSummary:
    """Drops the questions that a file of flags names, with all their numbers of frames.

    The file holds a JSON object a line, as the viewer writes it: `question` is an id, `note` says why.
    Raises InputError for any other file.
    """
    flags = {flag.question: flag for flag in read_flags(path)}
    dropped = list[Row]()
    for dataset in folder.datasets_with_questions(only):
        notes = {
            question_key(row): flags[name].note
            for row in read_rows(dataset.questions_path)
            for name in (row.question_id, row.id)
            if name in flags and flags[name].dataset in ("", dataset.name)
        }
        if notes:
            ensure_writable(dataset.path)
            dropped += drop_questions(dataset, FLAGGED, notes, f"simgen qa --drop {path.name}")
    found = {name for row in dropped for name in (row.question_id, row.id)}
    return DropSummary(
        questions=len({question_key(row) for row in dropped}),
        rows=len(dropped),
        not_found=tuple(name for name in flags if name not in found),
    )


def read_flags(path: Path) -> list[_Flag]:
    """The flags in a file. Raises InputError, with the line, for anything else."""
    flags = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise InputError(
            f"{path}: not a text file; give the file of flags that the viewer downloads"
        ) from None
    for number, line in enumerate(lines, 1):
        try:
            flags += [_Flag.model_validate_json(line)] if line.strip() else []
        except pydantic.ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise InputError(f"{path}:{number}: {reason}; a line is such as {EXAMPLE}") from None
    return flags


def drop_questions(dataset: Dataset, reason: str, details: Mapping[str, str], command: str) -> list[Row]:
    """Removes questions from a data set, adds them to its ledger, and returns their rows.

    `details` are the ledger's details by `question_key`. `command` is noted in the record of how the
    questions were made, if there is one.
    """
    rows, record = read_rows(dataset.questions_path), find_record(dataset)
    going = [row for row in rows if question_key(row) in details]
    rejections = [_make_rejection(row, reason, details[question_key(row)]) for row in going]
    ledger = read_ledger(dataset.ledger_path) if dataset.ledger_path.exists() else []
    # The ledger first: a dropped question without an entry would be worse than an entry too many.
    write_ledger(dataset.ledger_path, dict.fromkeys([*ledger, *rejections]))
    write_rows(dataset.questions_path, [row for row in rows if question_key(row) not in details])
    if record is not None and going:
        add_edit(dataset, record, Edit(command=command, rows=len(going)))
    return going


def list_dropped(dataset: Dataset) -> list[Rejection]:
    """The ledger's entries of the questions that were dropped after they had been asked."""
    ledger = read_ledger(dataset.ledger_path) if dataset.ledger_path.exists() else []
    return [entry for entry in ledger if entry.reason in (FLAGGED, GUESSABLE)]


def drop_again(dataset: Dataset, dropped: Sequence[Rejection]) -> list[Row]:
    """Drops those of a data set's rows that these entries of a ledger are about, and returns the others."""
    rows, keys = read_rows(dataset.questions_path), {_entry_key(entry) for entry in dropped}
    entries = [_make_rejection(row, "", "") for row in rows]
    left = [row for row, entry in zip(rows, entries, strict=True) if _entry_key(entry) not in keys]
    found = {_entry_key(entry) for entry in entries}
    ledger = [*read_ledger(dataset.ledger_path), *(e for e in dropped if _entry_key(e) in found)]
    write_ledger(dataset.ledger_path, ledger)
    write_rows(dataset.questions_path, left)
    return left


def _entry_key(entry: Rejection) -> tuple[str, str, str]:
    """Identifies the question of an entry in its data set."""
    return entry.view, entry.template, entry.args


def _make_rejection(row: Row, reason: str, detail: str) -> Rejection:
    return Rejection(
        dataset=row.dataset,
        clip=row.clip,
        template=row.template,
        skill=row.skill,
        args=row.args,
        reason=reason,
        detail=detail,
        view=own_view_name(row.clip, row.frames[0]) if row.views == "each" else row.clip,
    )
