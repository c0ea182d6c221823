"""Scores a guesser on questions of houses that it was not trained on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.qa.fairness.blind_questions import BlindQuestion
from simgen.qa.fairness.features import Indices, QuestionTable, make_table
from simgen.qa.fairness.guessers import Guesser
from simgen.types import Array


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """What one guesser makes of N questions, none of which it was trained on."""

    score: Array
    """(N,) the score of each guess, 0..1."""
    bias: Array
    """(N,) how strongly the text points at the right answer; only good for comparing questions."""


def guess_answers(
    questions: Sequence[BlindQuestion],
    guesser: Guesser,
    folds: int,
    seed: int = 0,
    train_on: Sequence[BlindQuestion] | None = None,
) -> Guesses | None:
    """One guesser's guesses at the answers to the questions of one template.

    By grouped cross-validation: the houses are divided into `folds` parts, and the guesser is trained on the
    other parts each time. With `train_on` it is trained once, on these questions and nothing else. None when
    there are no questions of other houses to train on.
    """
    own = np.arange(len(questions))
    if train_on is None:
        if len({question.house for question in questions}) < 2:
            return None
        table = make_table(questions)
        splits = [(np.setdiff1d(own, test), test) for test in _folds(table, folds, seed)]
    else:
        if not train_on:
            return None
        table = make_table([*questions, *train_on])
        splits = [(np.arange(len(questions), len(table.questions)), own)]
    score, bias = np.zeros(len(questions)), np.zeros(len(questions))
    for train, test in splits:
        predicted = guesser(table, train, test)
        score[test] = _scores(table, test, predicted)
        bias[test] = _biases(table, test, predicted)
    return Guesses(score, bias)


def _folds(table: QuestionTable, folds: int, seed: int) -> Iterator[Indices]:
    """Indices of the questions in each fold: whole houses, the largest first, each into the smallest fold.

    As scikit-learn's GroupKFold does it, but houses of equal size come in a random order.
    """
    sizes = np.bincount(table.houses)
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    filled, fold_of = np.zeros(min(folds, len(sizes))), np.zeros(len(sizes), dtype=np.int64)
    for house in sorted(shuffled.tolist(), key=lambda house: -sizes[house]):
        fold_of[house] = int(filled.argmin())
        filled[fold_of[house]] += sizes[house]
    for fold in range(len(filled)):
        yield np.flatnonzero(fold_of[table.houses] == fold)


def _scores(table: QuestionTable, test: Indices, predicted: Array) -> Array:
    """(T,) the score of each question's best guess; for an order 1 if all of it is right, else 0."""
    if table.questions[test[0]].kind != "order":
        return table.target[test, predicted.argmax(axis=1)]
    orders = np.argsort(-predicted, axis=1, kind="stable").tolist()
    asked = [table.questions[index] for index in test]
    return np.array(
        [float(tuple(order[: len(q.order)]) == q.order) for order, q in zip(orders, asked, strict=True)]
    )


def _biases(table: QuestionTable, test: Indices, predicted: Array) -> Array:
    """(T,) how much better than a random guess the guesser's predictions are for each question.

    For options: their mean target, weighted with the predictions, less their plain mean. For numbers: the
    score of the guess less that of the best constant.
    """
    target = table.target[test]
    if table.pairs is None:
        constant = int(table.target.mean(axis=0).argmax())
        return target[np.arange(len(test)), predicted.argmax(axis=1)] - target[:, constant]
    known = ~np.isnan(target)
    shares = np.where(known, np.maximum(predicted, 0.0), 0.0) + 1e-9 * known
    shares /= shares.sum(axis=1, keepdims=True)
    return np.nansum(shares * target, axis=1) - np.nanmean(target, axis=1)
