"""Scores of a model over many rows: by template and number of frames, with intervals over houses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from simgen.scoring import format_score, parse_map, score_answer, score_map, split_response
from simgen.store.rows import Row
from simgen.trainers.eval.bootstrap import Estimate, estimate_differences, estimate_means
from simgen.trainers.eval.row_scores import MATCHED_KINDS, MEASURED, RowScores
from simgen.types import Array

Measure = Literal["accuracy", "mra"]
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
    """What `score` is: `accuracy` for choices and orders, `mra` for numbers."""
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
    """By measure: over all rows with choices and orders (`accuracy`), and over all with numbers (`mra`)."""

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
    """Means and differences of the scores of rows. `seed` is that of the bootstrap over houses."""
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
        totals=_summarize_each(scores, measures, seed),
    )


def measure_of(kind: str) -> Measure:
    """What the score of an answer of this kind is."""
    return "accuracy" if kind in MATCHED_KINDS else "mra"


def pair(first: Array, second: Array) -> tuple[Array, Array]:
    """Both columns (N,), unknown (NaN) in each row in which one of them is."""
    unknown = np.isnan(first) | np.isnan(second)
    return np.where(unknown, np.nan, first), np.where(unknown, np.nan, second)


def _summarize_each(scores: RowScores, keys: Sequence[K], seed: int) -> dict[K, GroupScores]:
    """The scores of the rows of each key, in the order of the keys."""
    members: dict[K, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        members[key].append(index)
    return {key: _summarize(scores, members[key], seed) for key in sorted(members)}


def _summarize(scores: RowScores, members: Sequence[int], seed: int) -> GroupScores:
    chosen = np.array(members)
    values = {name: column[chosen] for name, column in scores.values.items()}
    houses = [scores.houses[index] for index in members]
    means = estimate_means([values[name] for name in MEASURED], houses, seed)
    pairs = [pair(values[first], values[second]) for first, second in COMPARED.values()]
    return GroupScores(
        n=len(members),
        houses=len(set(houses)),
        measure=measure_of(scores.rows[members[0]].kind),
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


@dataclass(frozen=True, slots=True)
class EvalScores:
    """Mean scores of greedy answers to held-out rows, each 0 to 1. None: there is no row of this kind."""

    rows: int
    accuracy: float | None
    """Share of exact matches over the rows with choices or orders."""
    mra: float | None
    """Mean relative accuracy over the rows with numbers."""
    format: float
    map_iou: float
    """Mean over rows of the mean box IoU of the answered map; a map that cannot be read counts 0."""


def score_texts(rows: Sequence[Row], texts: Sequence[str]) -> EvalScores:
    """Mean scores of a model's texts, one text for each row."""
    pairs = list(zip(rows, texts, strict=True))
    answers = [(row.kind in MATCHED_KINDS, _answer_score(row, text)) for row, text in pairs]
    return EvalScores(
        rows=len(rows),
        accuracy=_mean([score for matched, score in answers if matched]),
        mra=_mean([score for matched, score in answers if not matched]),
        format=_mean([format_score(text) for text in texts]) or 0.0,
        map_iou=_mean([_map_iou(row, text) for row, text in pairs]) or 0.0,
    )


def _answer_score(row: Row, text: str) -> float:
    return score_answer(split_response(text).answer, row.answer, row.kind, row.options)


def _map_iou(row: Row, text: str) -> float:
    predicted = split_response(text).map
    parsed = None if predicted is None else parse_map(predicted)
    return 0.0 if parsed is None else score_map(parsed, parse_map(row.map) or ()).mean_iou


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
