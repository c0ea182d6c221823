"""Blind baselines: guessers that read a question and its options but see no frame.

Three are used: the majority answer, nearest neighbours by words, and a random forest. Each is trained on the
questions of some houses. For every test question it predicts a value for each thing that could be guessed:
the options, or a grid of numbers.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer

from simgen.qa.fairness.features import Comparisons, Indices, OptionPairs, QuestionTable, number_keys
from simgen.types import Array

TREES = 40
"""More trees find no more: 100 trees, each grown from twice the rows, score within a point of these."""
SAMPLE = 0.5
"""The share of the training rows that each tree is grown from."""
LEAF = 20
"""Fewest training rows in a leaf. Smaller leaves overfit to single questions and guess worse."""
NEIGHBOURS = 40
"""Few enough that they share the question's words, enough for a vote."""
PSEUDO_COUNT = 3.0
"""Additive smoothing of priors: with this many training rows a prior has half of its weight."""
Guesser = Callable[[QuestionTable, Indices, Indices], Array]
"""From a table and the indices of its training and test questions to (T, C) predictions for the test
questions."""
CHUNK = 1000
"""Test questions whose neighbours are searched at once, to bound memory."""


def majority(table: QuestionTable, train: Indices, test: Indices) -> Array:
    """(T, C) the mean target of each guess in training.

    The highest is the most frequent letter, or the best constant.
    """
    known = ~np.isnan(table.target[train])
    mean = np.nansum(table.target[train], axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(np.isnan(table.target[test]), -np.inf, mean[None])


def nearest_neighbours(table: QuestionTable, train: Indices, test: Indices) -> Array:
    """(T, C) votes of the training questions with the most similar words (cosine of tf-idf vectors)."""
    texts = [" ".join((q.text, *q.options)) for q in table.questions]
    vectorizer = TfidfVectorizer(token_pattern=r"\w+").fit([texts[index] for index in train])
    known = vectorizer.transform([texts[index] for index in train])
    scores = np.empty((len(test), table.target.shape[1]))
    for start in range(0, len(test), CHUNK):
        asked = test[start : start + CHUNK]
        similarity = (vectorizer.transform([texts[index] for index in asked]) @ known.T).toarray()
        nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :NEIGHBOURS]
        weights = np.take_along_axis(similarity, nearest, axis=1) + 1e-9
        voters = train[nearest]
        scores[start : start + CHUNK] = (
            _number_votes(table, voters, weights)
            if table.pairs is None
            else _option_votes(table, asked, voters, weights)
        )
    return scores


def forest(table: QuestionTable, train: Indices, test: Indices) -> Array:
    """(T, C) targets predicted by a random forest from the question's words, numbers and priors."""
    if table.pairs is None:
        features = np.hstack([table.features, _answer_priors(table, train)])
        expected = _fit_forest(features[train], table.target[train], None).predict(features[test])
        return expected.reshape(len(test), -1)
    pairs = table.pairs
    features, monotonic = _option_features(table, pairs, train)
    in_train, asked = np.isin(pairs.question, train), np.isin(pairs.question, test)
    outcome = table.target[pairs.question, pairs.place]
    scores = np.full(table.target.shape, -np.inf)
    fitted = _fit_forest(features[in_train], outcome[in_train], monotonic)
    scores[pairs.question[asked], pairs.place[asked]] = fitted.predict(features[asked])
    return scores[test]


GUESSERS: dict[str, Guesser] = {
    "majority": majority,
    "neighbours": nearest_neighbours,
    "forest": forest,
}
"""Every guesser, by the name that the audit reports."""


def _fit_forest(features: Array, target: Array, monotonic: Indices | None) -> RandomForestRegressor:
    # One thread: scikit-learn's threads race for the list of warning filters and can leave it empty.
    model = RandomForestRegressor(
        TREES,
        min_samples_leaf=LEAF,
        # A whole number, because scikit-learn warns of a share of few rows.
        max_samples=max(int(SAMPLE * len(features)), 1),
        max_features=0.4,
        monotonic_cst=monotonic,
        random_state=0,
        n_jobs=1,
    )
    return model.fit(features, target.ravel() if target.shape[1:] == (1,) else target)


def _number_votes(table: QuestionTable, neighbours: Indices, weights: Array) -> Array:
    """(A, C) the mean target of each number among the neighbours, weighted by similarity."""
    target = table.target[neighbours]  # (A, K, C)
    return (target * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1)[:, None]


def _option_votes(table: QuestionTable, asked: Indices, neighbours: Indices, weights: Array) -> Array:
    """(A, C) how often each option's text was right among the neighbours, above chance.

    The option's place breaks ties.
    """
    scores = np.full((len(asked), table.target.shape[1]), -np.inf)
    for row, index in enumerate(asked):
        for place, text in enumerate(table.questions[index].options):
            votes = [
                weight
                * (
                    table.target[other, table.questions[other].options.index(text)]
                    - _mean_target(table, other)
                )
                for other, weight in zip(neighbours[row], weights[row], strict=True)
                if text in table.questions[other].options
            ]
            scores[row, place] = (
                sum(votes) + 1e-3 * np.nan_to_num(table.target[neighbours[row], place]).mean()
            )
    return scores


def _mean_target(table: QuestionTable, index: int) -> float:
    """The mean target of a question's options."""
    return float(np.nanmean(table.target[index]))


def _option_features(table: QuestionTable, pairs: OptionPairs, train: Indices) -> tuple[Array, Indices]:
    """(M, F) features of every option, and (F,) 1 for those that the prediction must rise with, else 0.

    The prediction must rise with every prior. Without this constraint a forest inverts the priors of a
    balanced data set: an option that was right less often in the other folds must be right more often in this
    one.
    """
    in_train = np.isin(pairs.question, train)
    houses = table.houses[pairs.question]
    base = np.nanmean(table.target, axis=1)[pairs.question]
    lead = table.target[pairs.question, pairs.place] - base
    priors = [_prior(key, houses, lead, in_train) for key in pairs.keys]
    priors += [
        _comparison_prior(table, pairs, comparisons, lead, in_train) for comparisons in pairs.comparisons
    ]
    priors.append(np.sum(priors, axis=0))
    stacked = np.column_stack(priors)
    ahead = np.column_stack([_margin_over_others(table, pairs, prior) for prior in priors])
    monotonic = np.repeat([1, 1, 0], [stacked.shape[1], ahead.shape[1], pairs.fixed.shape[1]])
    return np.hstack([stacked, ahead, pairs.fixed]), monotonic


def _prior(key: Indices, houses: Indices, outcome: Array, in_train: NDArray[np.bool_]) -> Array:
    """(M,) the mean outcome of the training rows of other houses with the same key, smoothed towards 0."""
    count, total = _sums_by_key(key, outcome, in_train)
    place = _in_house(key, houses)
    own_count, own_total = _sums_by_key(place, outcome, in_train)
    return (total - own_total) / (count - own_count + PSEUDO_COUNT)


def _sums_by_key(key: Indices, outcome: Array, in_train: NDArray[np.bool_]) -> tuple[Array, Array]:
    """(M,) the number of training rows with the same key, and the sum of their outcomes."""
    size = int(key.max()) + 1
    count = np.bincount(key[in_train], minlength=size)[key]
    total = np.bincount(key[in_train], outcome[in_train], minlength=size)[key]
    return count.astype(np.float64), total.astype(np.float64)


def _in_house(key: Indices, houses: Indices) -> Indices:
    """(M,) a number for each key and house."""
    return np.unique(key * (int(houses.max()) + 1) + houses, return_inverse=True)[1]


def _comparison_prior(
    table: QuestionTable,
    pairs: OptionPairs,
    comparisons: Comparisons,
    lead: Array,
    in_train: NDArray[np.bool_],
) -> Array:
    """(M,) the mean prior of an option's comparisons."""
    against = np.where(comparisons.rival >= 0, lead[comparisons.rival], 0.0)
    outcome = comparisons.sign * (lead[comparisons.row] - against)
    houses = table.houses[pairs.question[comparisons.row]]
    prior = comparisons.sign * _prior(comparisons.key, houses, outcome, in_train[comparisons.row])
    size = len(pairs.question)
    counts = np.maximum(np.bincount(comparisons.row, minlength=size), 1)
    return np.bincount(comparisons.row, prior, minlength=size) / counts


def _margin_over_others(table: QuestionTable, pairs: OptionPairs, prior: Array) -> Array:
    """(M,) an option's prior less the highest prior of the question's other options."""
    by_question = np.full(table.target.shape, -np.inf)
    by_question[pairs.question, pairs.place] = prior
    ranked = np.sort(by_question, axis=1)
    first, second = ranked[:, -1][pairs.question], ranked[:, -2][pairs.question]
    return prior - np.where(prior == first, second, first)


def _answer_priors(table: QuestionTable, train: Indices) -> Array:
    """(N, 4) mean log answers of the training questions with equal slot values.

    The first column is for questions with all slots equal. For the others each slot is taken alone: the mean,
    the lowest and the highest over the question's slots.
    """
    answers = np.log(np.maximum(np.abs([q.number for q in table.questions]), 1e-2))
    lead = answers - answers[train].mean()
    in_train = np.isin(np.arange(len(answers)), train)
    whole = _smoothed_mean(number_keys([tuple(sorted(row)) for row in table.slots]), lead, in_train)
    flat = [(index, slot) for index, row in enumerate(table.slots) for slot in row or ("",)]
    owner = np.array([index for index, _ in flat])
    each = _smoothed_mean(number_keys([(slot,) for _, slot in flat]), lead[owner], in_train[owner])
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    mean = np.add.reduceat(each, starts) / np.diff(np.append(starts, len(owner)))
    ends = np.minimum.reduceat(each, starts), np.maximum.reduceat(each, starts)
    return np.column_stack([whole, mean, *ends])


def _smoothed_mean(key: Indices, outcome: Array, in_train: NDArray[np.bool_]) -> Array:
    # The row's own answer is included. Without it a balanced data set could be guessed by inverting the mean.
    count, total = _sums_by_key(key, outcome, in_train)
    return total / (count + PSEUDO_COUNT)
