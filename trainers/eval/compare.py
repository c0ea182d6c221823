"""Two models compared on the rows that both have answered: paired differences, with intervals over houses."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simgen.errors import InputError
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.tables import Table
from simgen.trainers.config import DataSpec
from simgen.trainers.eval.bootstrap import Estimate, estimate_differences, estimate_means
from simgen.trainers.eval.evaluate import score_each
from simgen.trainers.eval.held_out import HeldOut, choose_held_out
from simgen.trainers.eval.row_scores import RowScores
from simgen.trainers.eval.run import OWNER, read_run_answers
from simgen.trainers.eval.scores import Measure, find_measure, group_indices, measure_of, pair
from simgen.trainers.eval.stored_answers import StoredAnswers
from simgen.trainers.eval.tables import NOTES, TOTALS, format_estimate, format_value, list_shown_totals
from simgen.trainers.thinning import thin_rows

SIDES = ("score", "own_map", "format", "map_recall", "map_iou", "center_error_m")
"""What two models are compared in: names of `MEASURED` that a model's own texts give."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One mean of two models, and the first less the second over the rows for which both are known."""

    first: float | None
    second: float | None
    difference: Estimate | None


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """Two models on the same rows of one template, or of several."""

    n: int
    houses: int
    measure: Measure
    means: dict[str, Difference]
    """By the names of `SIDES`."""


@dataclass(frozen=True, slots=True)
class CompareReport:
    """Two models on the rows that both have answered."""

    first: str
    second: str
    rows: int
    houses: int
    templates: dict[str, GroupComparison]
    totals: dict[str, GroupComparison]
    """By measure, and over all rows (`mixed`)."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """The comparison as aligned text, without a newline at its end."""
        head = f"{self.first} (first) and {self.second} (second): {self.rows:,} questions that both answered"
        return f"{head}, about {self.houses:,} houses\n\n{self.as_table().as_text()}\n\n{NOTES[-1]}"

    def as_table(self) -> Table:
        """Scores and centre errors (metres) of both models, and their differences with intervals."""
        measures = [found.measure for found in self.templates.values()]
        totals = {TOTALS[name]: self.totals[name] for name in list_shown_totals(measures)}
        head = ("", "n", "score", "second", "first - second", "error m", "second", "first - second")
        rows = [
            (
                name,
                f"{found.n:,}",
                *_cells(found.means["score"], 3),
                *_cells(found.means["center_error_m"], 2),
            )
            for name, found in {**self.templates, **totals}.items()
        ]
        return Table(head, tuple(rows))


def compare_runs(
    names: tuple[str, str], folder: DataFolder, rows: Sequence[Row], split: HeldOut = "heldout", seed: int = 0
) -> CompareReport:
    """Compares the stored answers of two runs, or of two folders of answers.

    Raises MissingDataError when one has no answers, and InputError when they share no row.
    """
    first, second = (_read_side(name, folder) for name in names)
    fewest = min(first.data.frames_per_sample, second.data.frames_per_sample)
    asked = choose_held_out(thin_rows(rows, folder, fewest).rows, None, split)
    texts = [(row, first.find(row), second.find(row)) for row in asked]
    shared = [(row, a, b) for row, a, b in texts if a is not None and b is not None]
    if not shared:
        raise InputError(
            f"{names[0]} and {names[1]} have answered no question in common; ask both with the same --rows"
        )
    chosen = [row for row, _, _ in shared]
    a = score_each(chosen, [text for _, text, _ in shared], folder, data=first.data)
    b = score_each(chosen, [text for _, _, text in shared], folder, data=second.data)
    templates = group_indices([row.template for row in chosen])
    totals = group_indices([measure_of(row.kind) for row in chosen])
    return CompareReport(
        first=names[0],
        second=names[1],
        rows=len(chosen),
        houses=len(set(a.houses)),
        templates={name: _compare(a, b, members, seed) for name, members in templates.items()},
        totals={
            **{name: _compare(a, b, members, seed) for name, members in totals.items()},
            "mixed": _compare(a, b, range(len(chosen)), seed),
        },
    )


def _compare(first: RowScores, second: RowScores, members: Sequence[int], seed: int) -> GroupComparison:
    chosen, houses = np.array(members), [first.houses[index] for index in members]
    columns = [(first.values[name][chosen], second.values[name][chosen]) for name in SIDES]
    means = [estimate_means(column, houses, seed) for column in columns]
    differences = estimate_differences([pair(*column) for column in columns], houses, seed)
    return GroupComparison(
        n=len(members),
        houses=len(set(houses)),
        measure=find_measure(first.rows[index].kind for index in members),
        means={
            name: Difference(a and a.value, b and b.value, apart)
            for name, (a, b), apart in zip(SIDES, means, differences, strict=True)
        },
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """The answers of one model, and the data settings that it was asked with."""

    answers: tuple[StoredAnswers, ...]
    data: DataSpec

    def find(self, row: Row) -> str | None:
        return next((text for stored in self.answers if (text := stored.find(row)) is not None), None)


def _read_side(name: str, folder: DataFolder) -> _Side:
    """The answers of a run to its own and to other rows, or those in a folder of answers."""
    path, found = folder.run_path(name), read_run_answers(folder, name)
    settings = path / "config.json" if path.exists() else Path(name) / OWNER
    return _Side(found, DataSpec.model_validate(json.loads(settings.read_text(encoding="utf-8"))["data"]))


def _cells(found: Difference, decimals: int) -> tuple[str, str, str]:
    first, second = (format_value(value, decimals) for value in (found.first, found.second))
    return first, second, format_estimate(found.difference, decimals, signed=True)
