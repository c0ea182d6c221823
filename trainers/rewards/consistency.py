"""The consistency reward: map, thought and answer of a response agree with each other, right or wrong.

It needs no true answer. GRPO on the answer alone teaches a model to guess, and its answer and its map come
apart; this reward pays for an answer that follows from the map that the model drew itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from simgen.scoring import MapObject, Response, box_center, score_answer, split_response
from simgen.trainers.grid import Grid
from simgen.trainers.map_answers import MapQuestion, answer_from_map, fold_name
from simgen.trainers.rewards.completions import Completion, list_texts
from simgen.trainers.rewards.maps import parse_sample_map
from simgen.types import AnswerKind

AGREES = 0.8
"""The MRA from which two numbers agree: the tolerance of `simgen verify`, which allows for the rounding of
maps to 0.1 m. Below it a reward falls in proportion."""

_NUMBER = r"-?\d+(?:\.\d+)?"
_QUOTE = re.compile(rf"\b([^\W\d]\w*)(?: is)? ?\[({_NUMBER}(?:, ?{_NUMBER}){{1,3}})\]")
_PLAIN_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d_]{2}")
_LETTER = re.compile(r"\boption ([A-Z])\b")
_LETTERS = re.compile(r"\b[A-Z](?:, ?[A-Z])+\b")


def consistency_reward(
    completions: list[Completion],
    target: list[str],
    grid: list[list[float]],
    answer: list[str],
    kind: list[AnswerKind],
    options: list[list[str]],
    map_question: list[MapQuestion | None],
    **_: object,
) -> list[float]:
    """The mean of up to three checks of each response, each 0 to 1; 0 without a map or an answer.

    1. The answer agrees with the answer that the question's skill computes from the response's own map: the
       same choice, order or count, or a number with an MRA of 0.8 or more (in proportion below).
    2. Each box that the thought quotes ("fridge [0.3, -0.3, 1.0, 0.7]") is the box of that entry in the map:
       the share of the quoted boxes for which this holds. Quotes that the target has and the response has
       not count as wrong.
    3. A thought in words ends with the answer: its last number, its last "option B", or its last list of
       letters.

    A check counts only where the sample's target passes it. So the target itself always earns 1, whatever
    words its template uses, and a target without a thought is judged by the first check alone.
    """
    columns = zip(list_texts(completions), target, grid, answer, kind, options, map_question, strict=True)
    return [
        _score(text, wanted, _Sample(tuple(cells), true, how, tuple(choices), question))
        for text, wanted, cells, true, how, choices, question in columns
    ]


@dataclass(frozen=True, slots=True)
class _Sample:
    """The columns of one sample."""

    grid: tuple[float, ...]
    answer: str
    kind: AnswerKind
    options: tuple[str, ...]
    question: MapQuestion | None

    def agree(self, said: str | None, other: str | None) -> float:
        """How well two answers agree, 0 to 1. Errors are relative to `said`, as in `simgen verify`."""
        if said is None:
            return 0.0
        score = score_answer(other, said, self.kind, self.options)
        return score if self.kind in ("choice", "order", "count") else min(1.0, score / AGREES)


def _score(text: str, wanted: str, sample: _Sample) -> float:
    response, entries = split_response(text), parse_sample_map(text, sample.grid)
    if entries is None or response.answer is None:
        return 0.0
    expected, counted = _list_counted(wanted, sample)
    scores = _check(response, entries, sample, expected)
    kept = [score for score, counts in zip(scores, counted, strict=True) if counts]
    return sum(kept) / len(kept) if kept else 0.0


@lru_cache(maxsize=1024)
def _list_counted(wanted: str, sample: _Sample) -> tuple[int, tuple[bool, ...]]:
    """The number of boxes that a target's thought quotes, and for each check whether the target passes it."""
    model, entries = split_response(wanted), parse_sample_map(wanted, sample.grid)
    expected = len(set(_quotes(model.think)))
    scores = _check(model, entries or [], sample, expected)
    return expected, tuple(score == 1.0 for score in scores)


def _check(
    response: Response, entries: list[MapObject], sample: _Sample, expected: int
) -> tuple[float, float, float]:
    """The scores of the three checks; `expected` is the number of boxes that the target's thought quotes."""
    return (
        sample.agree(response.answer, _own_answer(entries, sample)),
        _score_quotes(response.think, entries, sample.grid, expected),
        sample.agree(response.answer, _conclusion(response.think, sample.kind)),
    )


def _own_answer(entries: list[MapObject], sample: _Sample) -> str | None:
    if sample.question is None:
        return None
    return answer_from_map(sample.question, entries, sample.kind, sample.answer)


def _score_quotes(
    think: str | None, entries: list[MapObject], grid: tuple[float, ...], expected: int
) -> float:
    """The share of the quoted boxes that are those of the map, of at least the expected number of quotes."""
    quoted = set(_quotes(think))
    known = {(fold_name(entry.name), _written(entry, grid)) for entry in entries}
    count = max(len(quoted), expected)
    return len(quoted & known) / count if count else 0.0


def _quotes(think: str | None) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The names and the boxes, or cells, that a thought quotes."""
    for name, numbers in _QUOTE.findall(think or ""):
        yield fold_name(name), tuple(float(number) for number in numbers.split(","))


def _written(entry: MapObject, grid: tuple[float, ...]) -> tuple[float, ...]:
    """The numbers with which a map of this form gives an entry's place."""
    return Grid(*grid).cell_of(box_center(entry.bbox)) if grid else entry.bbox


def _conclusion(think: str | None, kind: AnswerKind) -> str | None:
    """The answer with which a thought in words ends; None for a thought of numbers alone."""
    if not _WORD.search(think or ""):
        return None
    pattern = {"choice": _LETTER, "order": _LETTERS}.get(kind, _PLAIN_NUMBER)
    found = pattern.findall(think or "")
    return found[-1] if found else None
