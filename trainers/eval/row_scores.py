"""The scores of each answer of a model, beside those of its blind twin and of the baselines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgen.scoring import (
    MapObject,
    MapScore,
    format_score,
    list_parts,
    score_answer,
    score_map,
    split_response,
)
from simgen.store.rows import Row
from simgen.trainers.eval.words import Baselines
from simgen.types import Array


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


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """The texts of a model for N rows, beside what it should have written."""

    texts: Sequence[str | None]
    """None for a row that was not asked."""
    targets: Sequence[str]
    """The right texts."""
    maps: Sequence[Sequence[MapObject] | None]
    """The maps of the texts; None for one that cannot be read."""
    true_maps: Sequence[Sequence[MapObject]]
    """The maps of the targets. An empty one is not scored."""


def score_each_row(
    rows: Sequence[Row],
    houses: Sequence[str],
    seen: Written,
    *,
    blind: Written | None = None,
    baselines: Baselines | None = None,
    own_map: Array | None = None,
) -> RowScores:
    """The scores of what a model wrote, and of what its blind twin wrote.

    `own_map` (N,) are the scores of the answers that follow from the maps.
    """
    unknown = np.full(len(rows), np.nan)
    own, twin = _score_written(rows, seen), {} if blind is None else _score_written(rows, blind)
    formats = [
        np.nan if text is None else format_score(text, list_parts(target))
        for text, target in zip(seen.texts, seen.targets, strict=True)
    ]
    values = {
        "score": own["score"],
        "blind": twin.get("score", unknown),
        "words": unknown if baselines is None else baselines.words,
        "constant": unknown if baselines is None else baselines.constant,
        "own_map": unknown if own_map is None else own_map,
        "format": np.array(formats, dtype=np.float64),
        "map_recall": own["recall"],
        "map_iou": own["mean_iou"],
        "center_error_m": own["center_error_m"],
        "blind_center_error_m": twin.get("center_error_m", unknown),
        "words_center_error_m": unknown if baselines is None else baselines.center_error_m,
    }
    return RowScores(tuple(rows), tuple(houses), values)


def _score_written(rows: Sequence[Row], written: Written) -> dict[str, Array]:
    """The scores of answer and map by name, each (N,); NaN for a row without a text."""
    columns = zip(rows, written.texts, written.maps, written.true_maps, strict=True)
    names = ("score", "recall", "mean_iou", "center_error_m")
    table = np.array([_score_text(*column) for column in columns], dtype=np.float64).reshape(-1, len(names))
    return dict(zip(names, table.T, strict=True))


def _score_text(
    row: Row, text: str | None, entries: Sequence[MapObject] | None, true: Sequence[MapObject]
) -> tuple[float, float, float, float]:
    if text is None:
        return math.nan, math.nan, math.nan, math.nan
    answer = score_answer(split_response(text).answer, row.answer, row.kind, row.options)
    found = score_map(entries, true) if true else MapScore(math.nan, math.nan, math.nan)
    return answer, found.recall, found.mean_iou, found.center_error_m
