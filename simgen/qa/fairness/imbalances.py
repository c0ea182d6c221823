"""The imbalances that a choice of questions can have, and how much each candidate adds to which.

An imbalance is a sum over the questions that are asked. A choice question adds to "the fridge is right", "the
fridge is right and the sink is wrong", "the fridge is right when a sofa is named" and "letter B is right". A
numeric question adds to "the answer is below 1.2 m", for the whole template and for each thing that it names.
In a balanced data set every sum stays near zero, so none of these counts predicts an answer better than
chance.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simgen.qa.fairness.blind_questions import parse_plain_number
from simgen.qa.fairness.candidates import Candidate, option_label
from simgen.qa.fairness.language_prior import predict_answers
from simgen.types import Array

CUTS = 8
"""Quantiles of a template's answers at which the share of smaller answers is balanced."""
LEVELS = 5
"""Bins of the answers that the words predict; small and large answers are balanced within each."""
REPEATED = 3.0
"""From this mean number of candidates with equal words on, the answers to equal words are balanced strictly:
nothing can be learned from words that hardly recur."""

Indices = NDArray[np.int64]
Effect = tuple[tuple[object, ...], float]
"""The key of an imbalance, and the amount that a candidate adds to it."""


@dataclass(frozen=True, slots=True, eq=False)
class EffectTable:
    """What each of N candidates adds to which imbalances, M at most."""

    keys: Indices
    """(N, M) numbers of the imbalances; unused places hold 0, which stands for no imbalance."""
    amounts: Array
    """(N, M) what is added to each; 0 in unused places."""
    limits: Array
    """(N, M) the largest absolute value that each imbalance may reach; infinite where only the cost
    counts."""


def make_effect_table(pool: Sequence[Candidate]) -> EffectTable:
    """The effects of all candidates of one template."""
    effects = _effects(pool)
    keys, amounts = _to_arrays(effects)
    return EffectTable(keys, amounts, _limits(pool, effects, amounts.shape))


def _effects(pool: Sequence[Candidate]) -> list[list[Effect]]:
    if pool[0].options:
        return [list(_option_effects(candidate)) for candidate in pool]
    logs = [math.log(max(abs(candidate.value), 0.01)) for candidate in pool]
    predicted = predict_answers([c.words for c in pool], logs, [c.house for c in pool])
    effects, bins = _number_effects(pool), _bins(predicted)
    return [list(effects(candidate, level)) for candidate, level in zip(pool, bins, strict=True)]


def _bins(values: Array) -> list[int]:
    """The bin of each value, of LEVELS bins that hold equally many."""
    cuts = np.quantile(values, np.linspace(0.0, 1.0, LEVELS + 1)[1:-1])
    return np.searchsorted(cuts, values).tolist()


def _to_arrays(rows: Sequence[Sequence[Effect]]) -> tuple[Indices, Array]:
    """(N, M) keys and amounts of all candidates."""
    numbers: dict[tuple[object, ...], int] = {}
    width = max(len(row) for row in rows)
    keys, amounts = np.zeros((len(rows), width), dtype=np.int64), np.zeros((len(rows), width))
    for index, row in enumerate(rows):
        for place, (key, amount) in enumerate(row):
            keys[index, place] = numbers.setdefault(key, len(numbers) + 1)
            amounts[index, place] = amount
    return keys, amounts


def _limits(pool: Sequence[Candidate], effects: Sequence[Sequence[Effect]], shape: tuple[int, ...]) -> Array:
    """(N, M) the limits of `EffectTable`.

    They are finite where equal words recur and all questions have the same options. There the answers to
    equal words may differ in number by one question. For numeric questions this holds at each cut, for
    questions that name one thing. Where one option is right for all candidates with equal words, the limit is
    0: none is asked.
    """
    limits = np.full(shape, np.inf)
    labels = {frozenset(candidate.options) for candidate in pool}
    if len(pool) < REPEATED * len({candidate.words for candidate in pool}) or len(labels) > 1:
        return limits
    right = defaultdict[tuple[str, ...], set[object]](set)
    for candidate in pool:
        right[candidate.words].add(_right_answer(candidate))
    for index, candidate in enumerate(pool):
        words = candidate.words
        if not words or (not candidate.options and len(words) > 1):
            continue
        limit = 1.0
        if candidate.options:
            limit = 1.0 - 1.0 / len(candidate.options) + 1e-9 if len(right[words]) > 1 else 0.0
        for place, (key, _) in enumerate(effects[index]):
            if (key[0] == "text" and key[1:-1] == words) or (key[0] == "below" and key[2:] == words):
                limits[index, place] = limit
    return limits


def _right_answer(candidate: Candidate) -> object:
    """The right option's text, the texts in the right order, or the number."""
    if isinstance(candidate.answer, tuple):
        return tuple(candidate.options[index] for index in candidate.answer)
    return candidate.options[int(candidate.answer)] if candidate.options else candidate.answer


def _option_effects(candidate: Candidate) -> Iterator[Effect]:
    """Effects of a choice or an order: an option is right by its letter, by its text, and over other options.

    The text is counted alone, beside each thing that the question names, and beside all of them together.
    """
    labels = [option_label(text) for text in candidate.options]
    targets = _centred_targets(candidate)
    contexts = [(), *enumerate(candidate.words), candidate.words]
    for place, (label, amount) in enumerate(zip(labels, targets, strict=True)):
        yield ("place", place), amount
        for context in contexts:
            yield ("text", *context, label), amount
    for one, other in combinations(range(len(labels)), 2):
        sign = np.sign(targets[one] - targets[other]) * (1.0 if labels[one] <= labels[other] else -1.0)
        pair = sorted((labels[one], labels[other]))
        if sign and labels[one] != labels[other]:
            yield ("pair", *pair), sign
            yield ("pair", *pair, *candidate.words[:1]), sign
    yield from _list_effects(candidate, targets)
    yield from _rank_effects(candidate, targets)


def _centred_targets(candidate: Candidate) -> list[float]:
    """1 for the right option and 0 for the others, in an order 1 (first) to 0 (last); less their mean."""
    count = len(candidate.options)
    if isinstance(candidate.answer, tuple):
        ranks = {index: rank for rank, index in enumerate(candidate.answer)}
        return [0.5 - ranks[index] / max(count - 1, 1) for index in range(count)]
    return [float(index == candidate.answer) - 1.0 / count for index in range(count)]


def _list_effects(candidate: Candidate, targets: list[float]) -> Iterator[Effect]:
    """Effects of options that are lists, such as "bed, sofa": each part's place, each pair's order."""
    for text, amount in zip(candidate.options, targets, strict=True):
        parts = text.split(", ")
        if len(parts) > 1:
            for place, part in enumerate(parts):
                yield ("part", place, part), amount
            for first, then in combinations(parts, 2):
                yield ("first", *sorted((first, then))), amount if first <= then else -amount


def _rank_effects(candidate: Candidate, targets: list[float]) -> Iterator[Effect]:
    """Effects of options that are numbers or frames: whether the right one is the smallest, the second, …"""
    numbers = [parse_plain_number(text.removeprefix("frame ")) for text in candidate.options]
    known = [number for number in numbers if number is not None]
    if len(known) == len(numbers):
        for rank, (_, amount) in enumerate(sorted(zip(known, targets, strict=True))):
            yield ("rank", rank), amount


def _number_effects(pool: Sequence[Candidate]) -> Callable[[Candidate, int], Iterator[Effect]]:
    """A function from a numeric candidate and its prediction bin to its effects.

    For each cut the amount is 1 (answer at or below it) or 0 (above), less the share of answers that should
    be below. That share is the mean of the pool's own share and of an even distribution on a logarithmic
    scale. It is counted for the template, within the prediction bin, and for each thing that the question
    names.
    """
    answers = np.array([candidate.value for candidate in pool])
    cuts = np.unique(np.quantile(answers, np.linspace(0.0, 1.0, CUTS + 2)[1:-1]))
    low, high = np.log(np.maximum(np.quantile(answers, [0.02, 0.98]), 1e-2))
    even = np.clip((np.log(np.maximum(cuts, 1e-2)) - low) / max(high - low, 1e-9), 0.0, 1.0)
    shares = ((answers[:, None] <= cuts).mean(axis=0) + even) / 2.0

    def effects(candidate: Candidate, level: int) -> Iterator[Effect]:
        amounts = (candidate.value <= cuts) - shares
        words = candidate.words
        contexts = [(), ("level", level), *((word,) for word in sorted(set(words)))]
        contexts += [*enumerate(words), words] if len(words) > 1 else []
        for context in contexts:
            for cut, amount in enumerate(amounts.tolist()):
                yield ("below", cut, *context), amount

    return effects
