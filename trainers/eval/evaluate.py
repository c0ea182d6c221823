"""The report of an evaluation: from a model that is asked, or from the texts that it wrote before."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from simgen.scoring import MapObject, parse_map
from simgen.store.clips import read_info
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.eval.blind_twin import show_other_houses
from simgen.trainers.eval.own_map import score_own_maps
from simgen.trainers.eval.row_scores import RowScores, score_each_row
from simgen.trainers.eval.scores import EvalReport, summarize_scores
from simgen.trainers.eval.stored_answers import BLIND, SEEN, Ask, answer_all
from simgen.trainers.eval.words import score_baselines


def evaluate_answers(
    rows: Sequence[Row],
    ask: Ask,
    folder: DataFolder,
    *,
    train_rows: Sequence[Row] = (),
    answers: Path | None = None,
    blind: bool = True,
) -> EvalReport:
    """Asks a model what is not in its folder of answers yet, and scores all its texts.

    `ask` is the model. With `blind` it is asked again with the frames of other houses. `train_rows` are what
    the baselines learn from. Texts are stored in the folder `answers`, if one is given, and read from there.
    """
    texts = answer_all(answers and answers / SEEN, rows, ask)
    twins = ask_blind(rows, ask, folder, answers) if blind else None
    return score_rows(rows, texts, folder, blind_texts=twins, train_rows=train_rows)


def ask_blind(
    rows: Sequence[Row], ask: Ask, folder: DataFolder, answers: Path | None = None
) -> list[str | None]:
    """The texts of the blind twin; None for a row to which no other house's frames can be shown."""
    twins = show_other_houses(rows, find_houses(rows, folder))
    shown = [twin for twin in twins if twin is not None]
    texts = iter(answer_all(answers and answers / BLIND, shown, ask))
    return [None if twin is None else next(texts) for twin in twins]


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
