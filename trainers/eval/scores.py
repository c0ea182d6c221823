"""Scores of a model over many rows: by template and number of frames, with intervals over houses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from simgen.scoring import MATCHED_KINDS
from simgen.trainers.eval.bootstrap import Estimate, estimate_differences, estimate_means
from simgen.trainers.eval.row_scores import MEASURED, RowScores
from simgen.types import Array

Measure = Literal["accuracy", "mra", "mixed"]
K = TypeVar("K", str, tuple[str, int])

COMPARED = {
    "score_minus_blind": ("score", "blind"),
    "score_minus_words": ("score", "words"),
    "score_minus_constant": ("score", "constant"),
    "own_map_minus_score": ("own_map", "score"),
    "center_error_minus_blind_m": ("center_error_m", "blind_center_error_m"),
    "center_error_minus_words_m": ("center_error_m", "words_center_error_m"),
}
"""The differences that are estimated, by name: of which score the second is subtracted from which first."""


@dataclass(frozen=True, slots=True)
class GroupScores:
    """Mean scores of the rows of one template, number of frames or kind of answer."""

    n: int
    """Rows."""
    houses: int
    measure: Measure
    """What `score` is: `accuracy` for choices and orders, `mra` for numbers, `mixed` for both."""
    means: dict[str, Estimate | None]
    """By the names of `MEASURED`; None where nothing is known."""
    differences: dict[str, Estimate | None]
    """By the names of `COMPARED`, each over the rows for which both scores are known."""

    def value(self, name: str) -> float | None:
        """A mean by its name; None where nothing is known."""
        found = self.means[name]
        return None if found is None else found.value

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: each mean by its name, `low` and `high` of the score, and all intervals."""
        score = self.means["score"]
        return {
            "n": self.n,
            "houses": self.houses,
            "measure": self.measure,
            **{name: self.value(name) for name in self.means},
            "low": score and score.low,
            "high": score and score.high,
            "intervals": {name: [e.low, e.high] for name, e in self.means.items() if e is not None},
            "differences": {name: asdict(e) for name, e in self.differences.items() if e is not None},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "GroupScores":
        """The scores that `as_dict` was called on."""
        ends, apart = values["intervals"], values["differences"]
        means = {name: Estimate(values[name], *ends[name]) if name in ends else None for name in MEASURED}
        differences = {name: Estimate(**apart[name]) if name in apart else None for name in COMPARED}
        return cls(values["n"], values["houses"], values["measure"], means, differences)


@dataclass(frozen=True, slots=True)
class EvalReport:
    """The scores of one model on held-out rows."""

    rows: int
    houses: int
    splits: dict[str, dict[str, int]]
    """By split: the number of rows and of houses."""
    templates: dict[str, GroupScores]
    frames: dict[str, dict[int, GroupScores]]
    """By template and number of frames shown."""
    totals: dict[str, GroupScores]
    """By measure: over the rows with choices and orders (`accuracy`), over those with numbers (`mra`), and
    over all rows (`mixed`)."""

    @property
    def overall(self) -> GroupScores:
        """The scores over all rows."""
        return self.totals["mixed"]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rows": self.rows,
            "houses": self.houses,
            "splits": self.splits,
            "totals": {name: scores.as_dict() for name, scores in self.totals.items()},
            "templates": {
                name: {
                    **scores.as_dict(),
                    "frames": {str(count): found.as_dict() for count, found in self.frames[name].items()},
                }
                for name, scores in self.templates.items()
            },
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "EvalReport":
        """The report that `as_dict` was called on."""
        read, templates = GroupScores.from_dict, values["templates"]
        return cls(
            rows=values["rows"],
            houses=values["houses"],
            splits=values["splits"],
            templates={name: read(found) for name, found in templates.items()},
            frames={
                name: {int(count): read(scores) for count, scores in found["frames"].items()}
                for name, found in templates.items()
            },
            totals={name: read(found) for name, found in values["totals"].items()},
        )


def summarize_scores(scores: RowScores, seed: int = 0) -> EvalReport:
    """Means and differences of the scores of rows, at least one. `seed` is that of the bootstrap."""
    templates = [row.template for row in scores.rows]
    cells = [(row.template, len(row.frames)) for row in scores.rows]
    measures: list[Measure] = [measure_of(row.kind) for row in scores.rows]
    frames: dict[str, dict[int, GroupScores]] = defaultdict(dict)
    for (template, count), found in _summarize_each(scores, cells, seed).items():
        frames[template][count] = found
    return EvalReport(
        rows=len(scores.rows),
        houses=len(set(scores.houses)),
        splits=_count_splits(scores),
        templates=_summarize_each(scores, templates, seed),
        frames=dict(frames),
        totals={
            **_summarize_each(scores, measures, seed),
            "mixed": _summarize(scores, range(len(scores.rows)), seed),
        },
    )


def measure_of(kind: str) -> Measure:
    """What the score of an answer of this kind is."""
    return "accuracy" if kind in MATCHED_KINDS else "mra"


def group_indices(keys: Sequence[K]) -> dict[K, list[int]]:
    """The indices at which each key stands; the keys in ascending order."""
    members: dict[K, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        members[key].append(index)
    return {key: members[key] for key in sorted(members)}


def find_measure(kinds: Iterable[str]) -> Measure:
    """The measure of rows with answers of these kinds."""
    measures: set[Measure] = {measure_of(kind) for kind in kinds}
    return measures.pop() if len(measures) == 1 else "mixed"


def pair(first: Array, second: Array) -> tuple[Array, Array]:
    """Both columns (N,), unknown (NaN) in each row in which one of them is."""
    unknown = np.isnan(first) | np.isnan(second)
    return np.where(unknown, np.nan, first), np.where(unknown, np.nan, second)


def _summarize_each(scores: RowScores, keys: Sequence[K], seed: int) -> dict[K, GroupScores]:
    """The scores of the rows of each key, in the order of the keys."""
    return {key: _summarize(scores, members, seed) for key, members in group_indices(keys).items()}


def _summarize(scores: RowScores, members: Sequence[int], seed: int) -> GroupScores:
    chosen = np.array(members)
    values = {name: column[chosen] for name, column in scores.values.items()}
    houses = [scores.houses[index] for index in members]
    means = estimate_means([values[name] for name in MEASURED], houses, seed)
    pairs = [pair(values[first], values[second]) for first, second in COMPARED.values()]
    return GroupScores(
        n=len(members),
        houses=len(set(houses)),
        measure=find_measure(scores.rows[index].kind for index in members),
        means=dict(zip(MEASURED, means, strict=True)),
        differences=dict(zip(COMPARED, estimate_differences(pairs, houses, seed), strict=True)),
    )


def _count_splits(scores: RowScores) -> dict[str, dict[str, int]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row, house in zip(scores.rows, scores.houses, strict=True):
        found[row.split].append(house)
    return {split: _count(houses) for split, houses in sorted(found.items())}


def _count(houses: Iterable[str]) -> dict[str, int]:
    listed = list(houses)
    return {"rows": len(listed), "houses": len(set(listed))}
