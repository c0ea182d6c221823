"""The questions of one template as arrays that guessers can learn from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simgen.qa.fairness.blind_questions import (
    BlindQuestion,
    common,
    number_in,
    numbers_of,
    slots_of,
    words_of,
)
from simgen.scoring import MRA_THRESHOLDS
from simgen.types import Array

GRID = 32
"""Numbers to guess among, at quantiles of the answers: neighbours of a quantile score almost alike."""
VOCABULARY = 60
"""Most frequent fillings of a question's slots that the forest may ask for by name."""


Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class QuestionTable:
    """The questions of one template, with what guessers need of them."""

    questions: tuple[BlindQuestion, ...]
    slots: tuple[tuple[str, ...], ...]
    houses: Indices
    """(N,) the number of each question's house."""
    grid: Array
    """(C,) numbers to guess among; empty where the candidates are options."""
    worth: Array
    """(N, C) what each candidate is worth as a guess: the score, or for orders 1 (first) to 0 (last). NaN
    beyond a question's own options."""
    features: Array
    """(N, F) of numbers' questions, or (N, 0)."""
    pairs: "OptionPairs | None"


@dataclass(frozen=True, slots=True, eq=False)
class OptionPairs:
    """One row for each option of each question, M in all, and what is known of it from the text."""

    question: Indices
    """(M,) index of the question."""
    place: Indices
    """(M,) index of the option in it."""
    keys: tuple[Indices, ...]
    """(M,) each: what the option is in several respects, as numbers: its text, its text beside that slot."""
    duels: tuple["Duels", ...]
    fixed: Array
    """(M, F) features that need no learning: place, length, rank among numbers, likeness to the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Duels:
    """Comparisons from which an option's prior is the mean: with each rival, or of the parts of its text."""

    row: Indices
    """(D,) the option's row in the pairs."""
    key: Indices
    """(D,) what is compared; the same for both sides."""
    sign: Array
    """(D,) 1 or -1: which side of the comparison this is."""
    rival: Indices
    """(D,) the rival's row, or -1 where the comparison is with nobody."""


def table_of(questions: Sequence[BlindQuestion]) -> QuestionTable:
    """The table of one template's questions."""
    slots = tuple(slots_of(questions))
    names = {name: number for number, name in enumerate(sorted({q.house for q in questions}))}
    houses = np.array([names[q.house] for q in questions])
    if questions[0].options:
        worth = _worth_of_options(questions)
        pairs = _option_pairs(questions, slots, worth)
        return QuestionTable(
            tuple(questions), slots, houses, np.zeros(0), worth, np.zeros((len(questions), 0)), pairs
        )
    answers = np.array([q.number for q in questions])
    grid = grid_of(answers)
    features = _number_features(questions, slots)
    return QuestionTable(
        tuple(questions), slots, houses, grid, relative_accuracies(grid, answers), features, None
    )


def grid_of(answers: Array) -> Array:
    """(up to GRID,) numbers worth guessing: quantiles of the answers."""
    values = np.unique(answers)
    return values if len(values) <= GRID else np.unique(np.quantile(answers, np.linspace(0.01, 0.99, GRID)))


def relative_accuracies(guesses: Array, answers: Array) -> Array:
    """(N, C) mean relative accuracy of each guess (C,) for each answer (N,); see simgen.scoring."""
    scale = np.where(answers == 0.0, 1.0, np.abs(answers))[:, None]
    error = np.abs(guesses[None] - answers[:, None]) / scale
    return (error[:, :, None] <= 1.0 - MRA_THRESHOLDS).mean(axis=2)


def numbered(keys: Sequence[tuple[object, ...]]) -> Indices:
    """(len(keys),) a number for each key: the same for the same key, from 0 on."""
    known: dict[tuple[object, ...], int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys])


def _worth_of_options(questions: Sequence[BlindQuestion]) -> Array:
    worth = np.full((len(questions), max(len(q.options) for q in questions)), np.nan)
    for row, question in zip(worth, questions, strict=True):
        row[: len(question.options)] = 0.0
        steps = max(len(question.order) - 1, 1)
        for rank, index in enumerate(question.order):
            row[index] = 1.0 - rank / steps
    return worth


def _option_pairs(
    questions: Sequence[BlindQuestion], slots: Sequence[tuple[str, ...]], worth: Array
) -> OptionPairs:
    places = [(index, place) for index, q in enumerate(questions) for place in range(len(q.options))]
    question, place = (np.array(column) for column in zip(*places, strict=True))
    labels = [[_label(text) for text in q.options] for q in questions]
    aspects = (
        lambda i, j: (labels[i][j],),
        lambda i, j: (labels[i][j], *slots[i]),
        lambda i, j: (labels[i][j], *slots[i][:1]),
        lambda i, j: (labels[i][j], *slots[i][1:2]),
        lambda i, j: (labels[i][j], *sorted(slots[i])[-1:]),
    )
    keys = (place, *(numbered([aspect(i, j) for i, j in places]) for aspect in aspects))
    rows = np.full(worth.shape, -1)
    rows[question, place] = np.arange(len(places))
    duels = (
        _rivalries(labels, [()] * len(questions), rows),
        _rivalries(labels, [slot[:1] for slot in slots], rows),
        *_part_duels(questions, rows),
    )
    fixed = np.array([_fixed(q.options, j) for q in questions for j in range(len(q.options))])
    return OptionPairs(question, place, keys, duels, fixed)


def _label(text: str) -> str:
    """An option's text; of a number its size within about a quarter, so that like numbers are one."""
    number = number_in(text)
    return text if number is None or number <= 0 else f"#{round(math.log(number, 1.25))}"


def _rivalries(labels: list[list[str]], context: Sequence[tuple[str, ...]], rows: Indices) -> Duels:
    """Each option against each other one of its question, as alphabetical pairs of their texts."""
    found: list[tuple[int, tuple[object, ...], float, int]] = []
    for index, texts in enumerate(labels):
        for one, other in combinations(range(len(texts)), 2):
            sign = 1.0 if texts[one] <= texts[other] else -1.0
            key = (*sorted((texts[one], texts[other])), *context[index])
            found.append((rows[index, one], key, sign, rows[index, other]))
            found.append((rows[index, other], key, -sign, rows[index, one]))
    return _duels(found)


def _part_duels(questions: Sequence[BlindQuestion], rows: Indices) -> tuple[Duels, ...]:
    """Of options that are lists, such as orders: each part at its place, and which part comes first."""
    at_place: list[tuple[int, tuple[object, ...], float, int]] = []
    precedence: list[tuple[int, tuple[object, ...], float, int]] = []
    for index, question in enumerate(questions):
        for place, text in enumerate(question.options):
            parts = text.split(", ")
            if len(parts) < 2:
                continue
            at_place += [(rows[index, place], (n, part), 1.0, -1) for n, part in enumerate(parts)]
            precedence += [
                (rows[index, place], tuple(sorted(pair)), 1.0 if pair[0] <= pair[1] else -1.0, -1)
                for pair in combinations(parts, 2)
            ]
    return tuple(_duels(found) for found in (at_place, precedence) if found)


def _duels(found: list[tuple[int, tuple[object, ...], float, int]]) -> Duels:
    row, key, sign, rival = zip(*found, strict=True)
    return Duels(np.array(row), numbered(key), np.array(sign), np.array(rival))


def _fixed(options: tuple[str, ...], place: int) -> list[float]:
    values = [number_in(text) for text in options]
    numbers = [value for value in values if value is not None]
    value = values[place]
    rank, ratio = -1.0, 0.0
    if value is not None and len(numbers) == len(options):
        rank = float(sum(other < value for other in numbers))
        ratio = math.log(max(value, 1e-3)) - float(np.mean(np.log(np.maximum(numbers, 1e-3))))
    others = [set(words_of(text)) for index, text in enumerate(options) if index != place]
    own = set(words_of(options[place]))
    likeness = float(np.mean([len(own & other) / len(own | other or {""}) for other in others] or [0.0]))
    parts, rest = options[place].split(", "), [t.split(", ") for i, t in enumerate(options) if i != place]
    agreement = float(
        np.mean(
            [
                [a == b for a, b in zip(parts, other, strict=False)]
                for other in rest
                if len(other) == len(parts)
            ]
            or [0.0]
        )
    )
    return [float(place), float(len(options)), float(len(options[place])), rank, ratio, likeness, agreement]


def _number_features(questions: Sequence[BlindQuestion], slots: Sequence[tuple[str, ...]]) -> Array:
    """(N, F) the numbers that a question gives, and which of the frequent slot fillings it has, where."""
    fillings = common([slot for row in slots for slot in row], VOCABULARY)
    rows = []
    for question, row in zip(questions, slots, strict=True):
        given = [*numbers_of(question.text), 0.0, 0.0, 0.0][:3]
        spread = [given[1] - given[0], max(given) - min(given)]
        rows.append([*given, *spread, float(len(row)), *(float(filling in row) for filling in fillings)])
    return np.array(rows)
