"""The scores of each answer of a model, beside those of its blind twin and of the baselines."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.scoring import (
    MapObject,
    MapScore,
    Response,
    format_score,
    parse_map,
    score_answer,
    score_map,
    split_response,
)
from simgen.store.rows import Row
from simgen.trainers.eval.words import Baselines
from simgen.types import Array

MATCHED_KINDS = ("choice", "order")
"""Kinds of answers that are right or wrong. All others are numbers and get an MRA."""


@dataclass(frozen=True, slots=True, eq=False)
class RowScores:
    """The scores of N answered rows by name, each (N,). NaN is unknown: see `MEASURED` for the names."""

    rows: tuple[Row, ...]
    houses: tuple[str, ...]
    """(N,) the house of each row."""
    values: dict[str, Array]


MEASURED = {
    "score": "accuracy of choices and orders, mean relative accuracy (MRA) of numbers",
    "blind": "the score of the same model shown the frames of another house",
    "words": "the score of the best guess from the words, learned from the training rows",
    "constant": "the score of the best single answer, learned from the training rows",
    "own_map": "the score of the answer that follows from the map that the model drew",
    "format": "share of texts with all parts, once each and in order",
    "map_recall": "share of the true map's objects that the map has",
    "map_iou": "mean box IoU over the true map's objects; a missing object counts 0",
    "center_error_m": "mean distance between true and drawn centres, over the objects that the map has",
    "blind_center_error_m": "the same for the blind twin",
    "words_center_error_m": "the same for a map that gives each object the median box of its type",
}
"""What is measured of each row, and what it means. Scores lie in 0..1, errors are in metres."""


def score_each_row(
    rows: Sequence[Row],
    houses: Sequence[str],
    texts: Sequence[str],
    *,
    blind_texts: Sequence[str | None] | None = None,
    baselines: Baselines | None = None,
    own_map: Array | None = None,
    maps: Sequence[Sequence[MapObject]] | None = None,
    score_format: Callable[[str], float] = format_score,
) -> RowScores:
    """The scores of a model's texts, one text for each row.

    `blind_texts` are those of the blind twin, None for a row that it was not asked. `own_map` (N,) are the
    scores of the answers that follow from the drawn maps. `maps` are the true maps, by default those of the
    rows; an empty one is not scored.
    """
    true = [tuple(parse_map(row.map) or ()) for row in rows] if maps is None else maps
    seen, twin = _score_texts(rows, true, texts), _score_texts(rows, true, blind_texts)
    unknown = np.full(len(rows), np.nan)
    values = {
        "score": seen["score"],
        "blind": twin["score"],
        "words": unknown if baselines is None else baselines.words,
        "constant": unknown if baselines is None else baselines.constant,
        "own_map": unknown if own_map is None else own_map,
        "format": np.array([score_format(text) for text in texts], dtype=np.float64),
        "map_recall": seen["recall"],
        "map_iou": seen["mean_iou"],
        "center_error_m": seen["center_error_m"],
        "blind_center_error_m": twin["center_error_m"],
        "words_center_error_m": unknown if baselines is None else baselines.center_error_m,
    }
    return RowScores(tuple(rows), tuple(houses), values)


def _score_texts(
    rows: Sequence[Row], maps: Sequence[Sequence[MapObject]], texts: Sequence[str | None] | None
) -> dict[str, Array]:
    """The scores of answer and map by name, each (N,); NaN for a row without a text."""
    asked: Sequence[str | None] = [None] * len(rows) if texts is None else texts
    scores = [_score_text(row, entries, text) for row, entries, text in zip(rows, maps, asked, strict=True)]
    names = ("score", "recall", "mean_iou", "center_error_m")
    table = np.array(scores, dtype=np.float64).reshape(-1, len(names))
    return dict(zip(names, table.T, strict=True))


def _score_text(
    row: Row, entries: Sequence[MapObject], text: str | None
) -> tuple[float, float, float, float]:
    if text is None:
        return math.nan, math.nan, math.nan, math.nan
    response = split_response(text)
    found = _map_score(response, entries)
    answer = score_answer(response.answer, row.answer, row.kind, row.options)
    return answer, found.recall, found.mean_iou, found.center_error_m


def _map_score(response: Response, entries: Sequence[MapObject]) -> MapScore:
    if not entries:
        return MapScore(math.nan, math.nan, math.nan)
    return score_map(parse_map(response.map), entries)
