"""The answers of models for the viewer, with their scores, as values for JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simgen.report.viewer.questions import entry_values
from simgen.scoring import parse_map, score_answer, split_response
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.eval.run import read_run_answers

RIGHT_SCORE = 0.8
"""An answer with this score or more is shown as right. For numbers it is the tolerance of the second check of
`simgen verify`: an error of at most 15 %."""


@dataclass(frozen=True, slots=True)
class RunAnswers:
    """The texts that a model wrote, by the id of the row."""

    run: str
    texts: dict[str, str]


def read_texts(folder: DataFolder, runs: Sequence[str]) -> tuple[RunAnswers, ...]:
    """The texts of each run. Raises MissingDataError for a run without answers."""
    found = []
    for run in runs:
        texts: dict[str, str] = {}
        for stored in reversed(read_run_answers(folder, run)):
            texts |= stored.by_row
        found.append(RunAnswers(run, texts))
    return tuple(found)


def select_texts(runs: Sequence[RunAnswers], clip: str) -> tuple[RunAnswers, ...]:
    """The texts for the rows of one clip: the id of each begins with that of the clip."""
    return tuple(
        RunAnswers(run.run, {row: text for row, text in run.texts.items() if row.startswith(f"{clip}-")})
        for run in runs
    )


def describe_answers(row: Row, runs: Sequence[RunAnswers]) -> list[dict[str, Any] | None]:
    """What each model wrote for a row, and the score of its answer; None where it was not asked."""
    return [_describe(row, run.texts[row.id]) if row.id in run.texts else None for run in runs]


def _describe(row: Row, text: str) -> dict[str, Any]:
    response = split_response(text)
    score = score_answer(response.answer, row.answer, row.kind, row.options)
    return {
        "text": text,
        "answer": response.answer,
        "think": response.think,
        "map": [entry_values(entry, {}) for entry in parse_map(response.map) or ()],
        "score": round(score, 3),
        "right": score >= RIGHT_SCORE,
    }
