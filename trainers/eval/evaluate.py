"""The report of an evaluation: from a model that is asked, or from the texts that it wrote before."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from simgen.qa.view.names import CAMERA
from simgen.scoring import MapObject, base_name, split_response
from simgen.store.clips import read_info
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.config import DataSpec
from simgen.trainers.eval.blind_twin import show_other_houses
from simgen.trainers.eval.own_map import score_own_maps
from simgen.trainers.eval.row_scores import RowScores, Written, score_each_row
from simgen.trainers.eval.scores import EvalReport, summarize_scores
from simgen.trainers.eval.stored_answers import BLIND, SEEN, Ask, answer_all, show_own
from simgen.trainers.eval.words import score_baselines
from simgen.trainers.targets import build_target, find_target, row_grid

DEFAULT_DATA = DataSpec()


def evaluate_answers(
    rows: Sequence[Row],
    ask: Ask,
    folder: DataFolder,
    *,
    data: DataSpec = DEFAULT_DATA,
    train_rows: Sequence[Row] = (),
    answers: Path | None = None,
    blind: bool = True,
) -> EvalReport:
    """Asks a model what is not in its folder of answers yet, and scores all its texts.

    `ask` is the model. With `blind` it is asked again with the frames of other houses. Texts are stored in
    the folder `answers`, if one is given, and read from there. Otherwise as `score_rows`.
    """
    texts = answer_all(answers and answers / SEEN, [show_own(row) for row in rows], ask)
    twins = ask_blind(rows, ask, folder, answers) if blind else None
    return score_rows(rows, texts, folder, data=data, blind_texts=twins, train_rows=train_rows)


def ask_blind(
    rows: Sequence[Row], ask: Ask, folder: DataFolder, answers: Path | None = None
) -> list[str | None]:
    """The texts of the blind twin; None for a row to which no other house's frames can be shown."""
    twins = show_other_houses(rows, find_houses(rows, folder))
    texts = iter(answer_all(answers and answers / BLIND, [twin for twin in twins if twin is not None], ask))
    return [None if twin is None else next(texts) for twin in twins]


def score_rows(
    rows: Sequence[Row],
    texts: Sequence[str],
    folder: DataFolder,
    *,
    data: DataSpec = DEFAULT_DATA,
    blind_texts: Sequence[str | None] | None = None,
    train_rows: Sequence[Row] = (),
) -> EvalReport:
    """The scores of a model's texts, one text for each row, beside the blind twin and the baselines.

    `data` names the target that the model was asked to write. `blind_texts` are the texts of the blind twin.
    `train_rows` are what the baselines learn from. The clips of `rows` must be in the folder.
    """
    scores = score_each(rows, texts, folder, data=data, blind_texts=blind_texts, train_rows=train_rows)
    return summarize_scores(scores)


def score_each(
    rows: Sequence[Row],
    texts: Sequence[str],
    folder: DataFolder,
    *,
    data: DataSpec = DEFAULT_DATA,
    blind_texts: Sequence[str | None] | None = None,
    train_rows: Sequence[Row] = (),
) -> RowScores:
    """The scores of each row; arguments as for `score_rows`."""
    seen = read_written(rows, texts, data)
    # Cells have no size in metres of their own: their grid is known from the true map alone.
    in_metres = data.target == "metric"
    return score_each_row(
        rows,
        find_houses(rows, folder),
        seen,
        blind=None if blind_texts is None else read_written(rows, blind_texts, data),
        baselines=score_baselines(rows, train_rows, seen.true_maps),
        own_map=score_own_maps(rows, seen.maps, folder) if in_metres else None,
    )


def read_written(rows: Sequence[Row], texts: Sequence[str | None], data: DataSpec = DEFAULT_DATA) -> Written:
    """The texts with their maps, beside the right ones of the target.

    The true maps have no cameras: the first one is at the origin by definition, so that its place would be
    scored as seen by every model.
    """
    targets = [build_target(row, data.target, data.map) for row in rows]
    return Written(
        texts=texts,
        targets=targets,
        maps=[_read_map(row, text, data.target) for row, text in zip(rows, texts, strict=True)],
        true_maps=[_list_objects(row, text, data.target) for row, text in zip(rows, targets, strict=True)],
    )


def find_houses(rows: Sequence[Row], folder: DataFolder) -> list[str]:
    """The hash of the house of each row, read from its clip."""
    return [_read_house(folder.dataset(row.dataset).clip_path(row.clip)) for row in rows]


def _read_map(row: Row, text: str | None, target: str) -> Sequence[MapObject] | None:
    return find_target(target).read_map(split_response(text or "").map, row_grid(row.map))


def _list_objects(row: Row, text: str, target: str) -> Sequence[MapObject]:
    return [entry for entry in _read_map(row, text, target) or () if base_name(entry.name) != CAMERA]


@cache
def _read_house(clip: Path) -> str:
    return read_info(clip)[0].house_sha256
