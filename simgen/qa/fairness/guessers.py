"""Guessers that read a question and its options but see no frame: majority, neighbours, random forest.

Each returns for every held-out question a score for each thing that could be guessed: the options, or a grid
of numbers. All of them learn from other houses only.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer

from simgen.qa.fairness.features import Duels, Indices, OptionPairs, QuestionTable, numbered
from simgen.types import Array

TREES = 40
"""More find no more: 100 trees, each of twice the rows, score within a point."""
SAMPLE = 0.5
"""Of the training rows that each tree learns from."""
LEAF = 20
"""Fewest training rows in a leaf: smaller leaves learn single questions by heart and guess worse."""
NEIGHBOURS = 40
"""Few enough to be about the same words, enough for a vote."""
DOUBT = 3.0
"""Rows that a prior needs before it counts half: what happened once says little."""
Guesser = Callable[[QuestionTable, Indices, Indices], Array]
"""From a table, its training and its held-out questions to (H, C) scores of the held-out ones' candidates."""
CHUNK = 1000
"""Held-out questions whose neighbours are looked for at once, to bound memory."""


def majority(table: QuestionTable, train: Indices, held: Indices) -> Array:
    """The candidate that is worth most on average: the most frequent letter, or the best constant."""
    known = ~np.isnan(table.worth[train])
    mean = np.nansum(table.worth[train], axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(np.isnan(table.worth[held]), -np.inf, mean[None])


def nearest_neighbours(table: QuestionTable, train: Indices, held: Indices) -> Array:
    """What the questions with the most similar words say: for each option text, or each number."""
    texts = [" ".join((q.text, *q.options)) for q in table.questions]
    vectorizer = TfidfVectorizer(token_pattern=r"\w+").fit([texts[index] for index in train])
    known = vectorizer.transform([texts[index] for index in train])
    scores = np.empty((len(held), table.worth.shape[1]))
    for start in range(0, len(held), CHUNK):
        asked = held[start : start + CHUNK]
        likeness = (vectorizer.transform([texts[index] for index in asked]) @ known.T).toarray()
        nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :NEIGHBOURS]
        weights = np.take_along_axis(likeness, nearest, axis=1) + 1e-9
        voters = train[nearest]
        scores[start : start + CHUNK] = (
            _number_votes(table, voters, weights)
            if table.pairs is None
            else _option_votes(table, asked, voters, weights)
        )
    return scores


def forest(table: QuestionTable, train: Indices, held: Indices) -> Array:
    """What a random forest expects each candidate to be worth, from the text's words, numbers and priors."""
    if table.pairs is None:
        features = np.hstack([table.features, _answer_priors(table, train)])
        expected = _grown(features[train], table.worth[train], None).predict(features[held])
        return expected.reshape(len(held), -1)
    pairs = table.pairs
    features, rising = _option_features(table, pairs, train)
    learned, asked = np.isin(pairs.question, train), np.isin(pairs.question, held)
    outcome = table.worth[pairs.question, pairs.place]
    scores = np.full(table.worth.shape, -np.inf)
    grown = _grown(features[learned], outcome[learned], rising)
    scores[pairs.question[asked], pairs.place[asked]] = grown.predict(features[asked])
    return scores[held]


GUESSERS: dict[str, Guesser] = {
    "majority": majority,
    "neighbours": nearest_neighbours,
    "forest": forest,
}
"""Every guesser by the name under which the audit reports it."""


def _grown(features: Array, worth: Array, rising: Indices | None) -> RandomForestRegressor:
    # One thread: scikit-learn's threads race for the list of warning filters and can leave it empty.
    grown = RandomForestRegressor(
        TREES,
        min_samples_leaf=LEAF,
        max_samples=SAMPLE,
        max_features=0.4,
        monotonic_cst=rising,
        random_state=0,
        n_jobs=1,
    )
    return grown.fit(features, worth.ravel() if worth.shape[1:] == (1,) else worth)


def _number_votes(table: QuestionTable, neighbours: Indices, weights: Array) -> Array:
    """(A, C) the neighbours' mean worth of each number."""
    worth = table.worth[neighbours]  # (A, K, C)
    return (worth * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1)[:, None]


def _option_votes(table: QuestionTable, asked: Indices, neighbours: Indices, weights: Array) -> Array:
    """(A, C) how often each option's text was right in the neighbours, above chance; ties by its place."""
    scores = np.full((len(asked), table.worth.shape[1]), -np.inf)
    for row, index in enumerate(asked):
        for place, text in enumerate(table.questions[index].options):
            votes = [
                weight
                * (table.worth[other, table.questions[other].options.index(text)] - _base(table, other))
                for other, weight in zip(neighbours[row], weights[row], strict=True)
                if text in table.questions[other].options
            ]
            scores[row, place] = sum(votes) + 1e-3 * np.nan_to_num(table.worth[neighbours[row], place]).mean()
    return scores


def _base(table: QuestionTable, index: int) -> float:
    """The mean worth of a question's options."""
    return float(np.nanmean(table.worth[index]))


def _option_features(table: QuestionTable, pairs: OptionPairs, train: Indices) -> tuple[Array, Indices]:
    """(M, F) features of every option, and which of them may only speak for it (1) or either way (0).

    A prior may only speak for an option. Without that a forest finds out, in a balanced set, that what won
    less often in the other folds must win more often in this one.
    """
    learned = np.isin(pairs.question, train)
    houses = table.houses[pairs.question]
    base = np.nanmean(table.worth, axis=1)[pairs.question]
    lead = table.worth[pairs.question, pairs.place] - base
    priors = [_prior(key, houses, lead, learned) for key in pairs.keys]
    priors += [_duel_prior(table, pairs, duels, lead, learned) for duels in pairs.duels]
    priors.append(np.sum(priors, axis=0))
    stacked = np.column_stack(priors)
    ahead = np.column_stack([_lead_over_others(table, pairs, prior) for prior in priors])
    rising = np.repeat([1, 1, 0], [stacked.shape[1], ahead.shape[1], pairs.fixed.shape[1]])
    return np.hstack([stacked, ahead, pairs.fixed]), rising


def _prior(key: Indices, houses: Indices, outcome: Array, learned: NDArray[np.bool_]) -> Array:
    """(M,) the mean outcome of the training rows with the same key, of other houses, shrunk towards 0."""
    count, total = _sums(key, outcome, learned)
    place = _in_house(key, houses)
    own_count, own_total = _sums(place, outcome, learned)
    return (total - own_total) / (count - own_count + DOUBT)


def _sums(key: Indices, outcome: Array, learned: NDArray[np.bool_]) -> tuple[Array, Array]:
    """(M,) how many training rows have the same key, and the sum of their outcomes."""
    size = int(key.max()) + 1
    count = np.bincount(key[learned], minlength=size)[key]
    total = np.bincount(key[learned], outcome[learned], minlength=size)[key]
    return count.astype(np.float64), total.astype(np.float64)


def _in_house(key: Indices, houses: Indices) -> Indices:
    return np.unique(key * (int(houses.max()) + 1) + houses, return_inverse=True)[1]


def _duel_prior(
    table: QuestionTable, pairs: OptionPairs, duels: Duels, lead: Array, learned: NDArray[np.bool_]
) -> Array:
    """(M,) the mean prior of an option's duels."""
    against = np.where(duels.rival >= 0, lead[duels.rival], 0.0)
    outcome = duels.sign * (lead[duels.row] - against)
    houses = table.houses[pairs.question[duels.row]]
    prior = duels.sign * _prior(duels.key, houses, outcome, learned[duels.row])
    size = len(pairs.question)
    counts = np.maximum(np.bincount(duels.row, minlength=size), 1)
    return np.bincount(duels.row, prior, minlength=size) / counts


def _lead_over_others(table: QuestionTable, pairs: OptionPairs, prior: Array) -> Array:
    """(M,) an option's prior less the highest of the question's other options."""
    laid = np.full(table.worth.shape, -np.inf)
    laid[pairs.question, pairs.place] = prior
    ranked = np.sort(laid, axis=1)
    first, second = ranked[:, -1][pairs.question], ranked[:, -2][pairs.question]
    return prior - np.where(prior == first, second, first)


def _answer_priors(table: QuestionTable, train: Indices) -> Array:
    """(N, 4) mean log answers of training questions with the same slots: all of them; one, least to most."""
    answers = np.log(np.maximum(np.abs([q.number for q in table.questions]), 1e-2))
    lead = answers - answers[train].mean()
    learned = np.isin(np.arange(len(answers)), train)
    whole = _mean_of(numbered([tuple(sorted(row)) for row in table.slots]), lead, learned)
    flat = [(index, slot) for index, row in enumerate(table.slots) for slot in row or ("",)]
    owner = np.array([index for index, _ in flat])
    each = _mean_of(numbered([(slot,) for _, slot in flat]), lead[owner], learned[owner])
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    mean = np.add.reduceat(each, starts) / np.diff(np.append(starts, len(owner)))
    ends = np.minimum.reduceat(each, starts), np.maximum.reduceat(each, starts)
    return np.column_stack([whole, mean, *ends])


def _mean_of(key: Indices, outcome: Array, learned: NDArray[np.bool_]) -> Array:
    # The row's own answer counts: without it a balanced set could be guessed by turning the mean around.
    count, total = _sums(key, outcome, learned)
    return total / (count + DOUBT)
