"""What the words of a question make likely, learnt from all that could be asked in other houses.

A dining table is larger than a stool, and whoever knows that needs no picture. Such habits are learnt before
any question is chosen: among those that are chosen they would be hidden, and still hold in other houses.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import Ridge

from simgen.types import Array

FOLDS = 5
"""Parts of the houses: what is likely in each is told by a model of the others."""
SHRINKAGE = 3.0
"""Numbers that must agree before a word counts half."""
HASHES = 2**18
"""Far more than there are words and pairs of words, so that hardly two share a number."""


def predict_answers(
    words: Sequence[tuple[str, ...]], answers: Sequence[float], houses: Sequence[str]
) -> Array:
    """(N,) the answer that the words of each of N questions make likely, by those of other houses.

    In the unit of `answers`, to six decimals. By ridge regression on each word, the place where it stands,
    and all words together. With one house it is the mean of all answers.
    """
    rows = sparse.csr_matrix(FeatureHasher(HASHES, input_type="string").transform(map(_features, words)))
    known, true = rows[:, np.unique(rows.indices)], np.array(answers, dtype=np.float64)
    part, found = _parts(houses), np.full(len(true), float(true.mean()))
    for held in range(FOLDS):
        others = part != held
        if others.any() and not others.all():
            base = true[others].mean()
            model = Ridge(SHRINKAGE, fit_intercept=False, solver="sparse_cg", tol=1e-3)
            model.fit(known[others], true[others] - base)
            found[~others] = base + model.predict(known[~others])
    # Machines differ in the last digits, and what is promised the same must stay the same.
    return found.round(6)


def _features(words: tuple[str, ...]) -> list[str]:
    return [*(f"{place} {word}" for place, word in enumerate(words)), *sorted(set(words)), " ".join(words)]


def _parts(houses: Sequence[str]) -> NDArray[np.int64]:
    """(N,) the part that each question's house is in."""
    names = {house: number for number, house in enumerate(dict.fromkeys(houses))}
    part = np.random.default_rng(0).permutation(len(names)) % FOLDS
    return part[[names[house] for house in houses]]
