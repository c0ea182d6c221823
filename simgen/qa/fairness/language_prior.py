"""Predicts a numeric answer from the words of its question, trained on the questions of other houses.

A dining table is larger than a stool, so the words alone predict a size. In visual question answering this is
a language prior (Goyal et al. 2017, arXiv:1612.00837). It is learned from all candidates, before any question
is chosen: among the chosen questions it would be hidden, and it would still hold in other houses.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import Ridge

from simgen.types import Array

FOLDS = 5
"""Folds of the houses; a model trained on the other folds predicts the answers in each."""
SHRINKAGE = 3.0
"""The ridge penalty: a word gets half of its weight when this many answers agree."""
HASHES = 2**18
"""Columns of the feature hasher: far more than there are words and pairs of words, so that few collide."""


def predict_answers(
    words: Sequence[tuple[str, ...]], answers: Sequence[float], houses: Sequence[str]
) -> Array:
    """(N,) the answer to each of N questions as predicted from its words, in the unit of `answers`.

    Grouped cross-validation: no question of the same house is in the training set. The model is a ridge
    regression on each word, each word at its place, and all words together. The result is rounded to six
    decimals. With one house it is the mean of all answers.
    """
    rows = sparse.csr_matrix(FeatureHasher(HASHES, input_type="string").transform(map(_features, words)))
    known, true = rows[:, np.unique(rows.indices)], np.array(answers, dtype=np.float64)
    fold, predicted = _folds(houses), np.full(len(true), float(true.mean()))
    for held_out in range(FOLDS):
        train = fold != held_out
        if train.any() and not train.all():
            mean = true[train].mean()
            model = Ridge(SHRINKAGE, fit_intercept=False, solver="sparse_cg", tol=1e-3)
            model.fit(known[train], true[train] - mean)
            predicted[~train] = mean + model.predict(known[~train])
    # Machines differ in the last digits, and equal predictions must stay equal.
    return predicted.round(6)


def _features(words: tuple[str, ...]) -> list[str]:
    return [*(f"{place} {word}" for place, word in enumerate(words)), *sorted(set(words)), " ".join(words)]


def _folds(houses: Sequence[str]) -> NDArray[np.int64]:
    """(N,) the fold of each question's house."""
    numbers = {house: number for number, house in enumerate(dict.fromkeys(houses))}
    fold = np.random.default_rng(0).permutation(len(numbers)) % FOLDS
    return fold[[numbers[house] for house in houses]]
