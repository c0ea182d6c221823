"""The questions of one template as arrays: features and targets from which guessers are trained.

A numeric question is one row, and the things to guess are a grid of numbers. A choice or an order question
has one row for each option, so that a guesser can compare options by what they say.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simgen.qa.fairness.blind_questions import (
    BlindQuestion,
    find_numbers,
    find_slots,
    most_common,
    parse_plain_number,
    split_words,
)
from simgen.scoring import MRA_THRESHOLDS
from simgen.types import Array

GRID = 32
"""Numbers to guess among: quantiles of the answers. Numbers between two quantiles score almost like them."""
VOCABULARY = 60
"""Slot values that have a feature of their own: the most frequent ones."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class QuestionTable:
    """N questions of one template, with C things that could be guessed for each."""

    questions: tuple[BlindQuestion, ...]
    slots: tuple[tuple[str, ...], ...]
    """What each question fills into its phrasing."""
    houses: Indices
    """(N,) the number of each question's house."""
    grid: Array
    """(C,) numbers to guess among; empty when the things to guess are options."""
    target: Array
    """(N, C) what guessers learn to predict for each guess: its score, or for orders 1 (first) to 0 (last).
    NaN beyond a question's own options."""
    features: Array
    """(N, F) features of numeric questions, or (N, 0)."""
    pairs: "OptionPairs | None"
    """The options of all questions; None for numeric questions."""


@dataclass(frozen=True, slots=True, eq=False)
class OptionPairs:
    """One row for each option of each question, M in all, and what the text says about it."""

    question: Indices
    """(M,) index of the question."""
    place: Indices
    """(M,) index of the option in its question."""
    keys: tuple[Indices, ...]
    """Arrays (M,). Rows with equal keys are alike in one respect: the place, the text, the text with one
    slot."""
    comparisons: tuple["Comparisons", ...]
    fixed: Array
    """(M, F) features that need no training: place, number of options, length, rank and log ratio among
    numbers, shared words with the other options, shared parts with them."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """D comparisons: of an option with another of its question, or of the parts of an option's text."""

    row: Indices
    """(D,) the option's row in `OptionPairs`."""
    key: Indices
    """(D,) what is compared with what; equal for both sides."""
    sign: Array
    """(D,) 1 or -1: the side of the comparison that this option is on."""
    rival: Indices
    """(D,) the other option's row, or -1 when a part of a text is compared."""


def make_table(questions: Sequence[BlindQuestion]) -> QuestionTable:
    """The questions of one template as arrays."""
    slots = tuple(find_slots(questions))
    names = {name: number for number, name in enumerate(sorted({q.house for q in questions}))}
    houses = np.array([names[q.house] for q in questions])
    if questions[0].options:
        target = _option_targets(questions)
        pairs = _option_pairs(questions, slots, target)
        return QuestionTable(
            tuple(questions), slots, houses, np.zeros(0), target, np.zeros((len(questions), 0)), pairs
        )
    answers = np.array([q.number for q in questions])
    grid = make_grid(answers)
    features = _number_features(questions, slots)
    return QuestionTable(
        tuple(questions), slots, houses, grid, relative_accuracies(grid, answers), features, None
    )


def make_grid(answers: Array) -> Array:
    """(up to GRID,) numbers to guess among: all answers when they are few, otherwise their quantiles."""
    values = np.unique(answers)
    return values if len(values) <= GRID else np.unique(np.quantile(answers, np.linspace(0.01, 0.99, GRID)))


def relative_accuracies(guesses: Array, answers: Array) -> Array:
    """(N, C) mean relative accuracy of each guess (C,) for each answer (N,); see `simgen.scoring`."""
    scale = np.where(answers == 0.0, 1.0, np.abs(answers))[:, None]
    error = np.abs(guesses[None] - answers[:, None]) / scale
    return (error[:, :, None] <= 1.0 - np.array(MRA_THRESHOLDS)).mean(axis=2)


def number_keys(keys: Sequence[tuple[object, ...]]) -> Indices:
    """(len(keys),) a number for each key, from 0 on; equal keys have equal numbers."""
    known: dict[tuple[object, ...], int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys])


def _option_targets(questions: Sequence[BlindQuestion]) -> Array:
    """(N, C) 1 for the right option, 0 for others; in an order 1 (first) to 0 (last); NaN where none is."""
    target = np.full((len(questions), max(len(q.options) for q in questions)), np.nan)
    for row, question in zip(target, questions, strict=True):
        row[: len(question.options)] = 0.0
        steps = max(len(question.order) - 1, 1)
        for rank, index in enumerate(question.order):
            row[index] = 1.0 - rank / steps
    return target


def _option_pairs(
    questions: Sequence[BlindQuestion], slots: Sequence[tuple[str, ...]], target: Array
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
    keys = (place, *(number_keys([aspect(i, j) for i, j in places]) for aspect in aspects))
    rows = np.full(target.shape, -1)
    rows[question, place] = np.arange(len(places))
    comparisons = (
        _rival_comparisons(labels, [()] * len(questions), rows),
        _rival_comparisons(labels, [slot[:1] for slot in slots], rows),
        *_part_comparisons(questions, rows),
    )
    fixed = np.array([_fixed_features(q.options, j) for q in questions for j in range(len(q.options))])
    return OptionPairs(question, place, keys, comparisons, fixed)


def _label(text: str) -> str:
    """An option's text; for a positive number a label that numbers within about a quarter share."""
    number = parse_plain_number(text)
    return text if number is None or number <= 0 else f"#{round(math.log(number, 1.25))}"


def _rival_comparisons(
    labels: list[list[str]], context: Sequence[tuple[str, ...]], rows: Indices
) -> Comparisons:
    """Each option with each other one of its question; the key is the sorted pair of their texts."""
    found: list[tuple[int, tuple[object, ...], float, int]] = []
    for index, texts in enumerate(labels):
        for one, other in combinations(range(len(texts)), 2):
            sign = 1.0 if texts[one] <= texts[other] else -1.0
            key = (*sorted((texts[one], texts[other])), *context[index])
            found.append((rows[index, one], key, sign, rows[index, other]))
            found.append((rows[index, other], key, -sign, rows[index, one]))
    return _comparisons(found)


def _part_comparisons(questions: Sequence[BlindQuestion], rows: Indices) -> tuple[Comparisons, ...]:
    """For options that are lists, such as orders: each part at its place, each pair of parts in its order."""
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
    return tuple(_comparisons(found) for found in (at_place, precedence) if found)


def _comparisons(found: list[tuple[int, tuple[object, ...], float, int]]) -> Comparisons:
    row, key, sign, rival = zip(*found, strict=True)
    return Comparisons(np.array(row), number_keys(key), np.array(sign), np.array(rival))


def _fixed_features(options: tuple[str, ...], place: int) -> list[float]:
    """The features of one option that need no training; see `OptionPairs.fixed`."""
    values = [parse_plain_number(text) for text in options]
    numbers = [value for value in values if value is not None]
    value = values[place]
    rank, ratio = -1.0, 0.0
    if value is not None and len(numbers) == len(options):
        rank = float(sum(other < value for other in numbers))
        ratio = math.log(max(value, 1e-3)) - float(np.mean(np.log(np.maximum(numbers, 1e-3))))
    others = [set(split_words(text)) for index, text in enumerate(options) if index != place]
    own = set(split_words(options[place]))
    similarity = float(np.mean([len(own & other) / len(own | other or {""}) for other in others] or [0.0]))
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
    return [float(place), float(len(options)), float(len(options[place])), rank, ratio, similarity, agreement]


def _number_features(questions: Sequence[BlindQuestion], slots: Sequence[tuple[str, ...]]) -> Array:
    """(N, F) a question's first three numbers, their spread, its number of slots, frequent slot values."""
    frequent = most_common([slot for row in slots for slot in row], VOCABULARY)
    rows = []
    for question, row in zip(questions, slots, strict=True):
        given = [*find_numbers(question.text), 0.0, 0.0, 0.0][:3]
        spread = [given[1] - given[0], max(given) - min(given)]
        rows.append([*given, *spread, float(len(row)), *(float(value in row) for value in frequent)])
    return np.array(rows)
