"""The answers that follow from the maps that a model drew."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

import numpy as np

from simgen.qa.question.compose import parse_args
from simgen.qa.question.solve import answer_on_map
from simgen.qa.templates.loading import Template, list_template_ids, load_templates
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.view import make_view
from simgen.scoring import parse_map, score_answer, split_response
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.types import Array


def score_own_maps(rows: Sequence[Row], texts: Sequence[str], folder: DataFolder) -> Array:
    """(N,) the score of the answer that the map in each row's text gives, whatever the text answers.

    0 for a map that gives none. NaN for a row of a template that is not one of simgen's.
    """
    by_clip: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if _find_template(row.template) is not None:
            by_clip[row.dataset, row.clip].append(index)
    scores = np.full(len(rows), np.nan)
    for (dataset, clip), members in by_clip.items():
        geometry = ClipGeometry(read_clip(folder.dataset(dataset).clip_path(clip)))
        for index in members:
            row = rows[index]
            answer = answer_from_map(geometry, row, texts[index])
            scores[index] = score_answer(answer, row.answer, row.kind, row.options)
    return scores


def answer_from_map(geometry: ClipGeometry, row: Row, text: str) -> str | None:
    """The answer to a row's question that follows from the map in a model's text.

    `geometry` is that of the row's clip. None when the map cannot be read, lacks an object that the question
    is about, or leaves the answer open; also for a template that is not one of simgen's.
    """
    template, entries = _find_template(row.template), parse_map(split_response(text).map)
    if template is None or entries is None:
        return None
    ask, rule = parse_args(row.args)
    return answer_on_map(make_view(geometry, row.frames, rule), template, ask, tuple(entries))


@cache
def _find_template(name: str) -> Template | None:
    return load_templates([name])[0] if name in list_template_ids() else None
