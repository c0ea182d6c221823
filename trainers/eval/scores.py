"""Scores of answered texts over many rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from simgen.scoring import format_score, parse_map, score_answer, score_map, split_response
from simgen.store.rows import Row

MATCHED_KINDS = ("choice", "order")
"""Kinds of answers that are right or wrong. All others are numbers and get an MRA."""


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
