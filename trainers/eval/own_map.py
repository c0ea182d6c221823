"""The scores of the answers that follow from the maps that a model drew."""

from collections.abc import Sequence

import numpy as np

from simgen.scoring import MapObject, score_answer
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.map_answers import answer_from_map, read_map_question
from simgen.types import Array


def score_own_maps(
    rows: Sequence[Row], maps: Sequence[Sequence[MapObject] | None], folder: DataFolder
) -> Array:
    """(N,) the score of the answer that each row's map gives, whatever the model said.

    `maps` are those that the model drew, None for one that cannot be read. 0 for a map that gives no answer,
    NaN for a row of a skill that this simgen does not know.
    """
    return np.array([_score(*pair, folder) for pair in zip(rows, maps, strict=True)], dtype=np.float64)


def _score(row: Row, entries: Sequence[MapObject] | None, folder: DataFolder) -> float:
    clip = folder.dataset(row.dataset).clip_path(row.clip)
    question = read_map_question(str(clip), row.frames, row.skill, row.args)
    if question is None:
        return np.nan
    own = answer_from_map(question, entries, row.kind, row.answer)
    return score_answer(own, row.answer, row.kind, row.options)
