"""The report of an evaluation, from rows and the texts that a model wrote: no model is needed."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from simgen.scoring import MapObject, parse_map
from simgen.store.clips import read_info
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.eval.own_map import score_own_maps
from simgen.trainers.eval.row_scores import RowScores, score_each_row
from simgen.trainers.eval.scores import EvalReport, summarize_scores
from simgen.trainers.eval.words import score_baselines


def score_rows(
    rows: Sequence[Row],
    texts: Sequence[str],
    folder: DataFolder,
    *,
    blind_texts: Sequence[str | None] | None = None,
    train_rows: Sequence[Row] = (),
) -> EvalReport:
    """The scores of a model's texts, one text for each row, beside the blind twin and the baselines.

    `blind_texts` are the texts of the blind twin (see `show_other_houses`); None where there is none.
    `train_rows` are what the baselines learn from. The clips of `rows` must be in the folder.
    """
    return summarize_scores(score_each(rows, texts, folder, blind_texts=blind_texts, train_rows=train_rows))


def score_each(
    rows: Sequence[Row],
    texts: Sequence[str],
    folder: DataFolder,
    *,
    blind_texts: Sequence[str | None] | None = None,
    train_rows: Sequence[Row] = (),
) -> RowScores:
    """The scores of each row; arguments as for `score_rows`."""
    maps = [list_true_entries(row) for row in rows]
    return score_each_row(
        rows,
        find_houses(rows, folder),
        texts,
        blind_texts=blind_texts,
        baselines=score_baselines(rows, train_rows, maps),
        own_map=score_own_maps(rows, texts, folder),
        maps=maps,
    )


def list_true_entries(row: Row) -> tuple[MapObject, ...]:
    """The entries of a row's map."""
    return tuple(parse_map(row.map) or ())


def find_houses(rows: Sequence[Row], folder: DataFolder) -> list[str]:
    """The hash of the house of each row, read from its clip."""
    return [_read_house(folder.dataset(row.dataset).clip_path(row.clip)) for row in rows]


@cache
def _read_house(clip: Path) -> str:
    return read_info(clip)[0].house_sha256
