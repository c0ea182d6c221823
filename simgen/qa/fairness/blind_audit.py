"""How well a data set's answers can be guessed without its frames, template by template.

Guessers learn from the text of the questions of some houses and are asked about those of others. A template
that they answer better than chance can be answered from habit; `select_guessable` picks the most guessable
questions.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.qa.fairness.blind_questions import BlindQuestion
from simgen.qa.fairness.features import Indices, QuestionTable, relative_accuracies, table_of
from simgen.qa.fairness.guessers import GUESSERS, Guesser, forest
from simgen.types import Array

FOLDS = 5
ROUGH_ERROR = 0.015
"""A template whose score is not known to within this standard error is marked: 3 points of it are chance."""
FEWEST = 100
"""Of fewer questions not even the standard error can be trusted."""
PRUNE_SHARE = 0.04
"""Of a template's questions that go at a time; the guessers then learn anew from the others."""
PRUNE_FLOOR = 0.4
"""At least this share of a template is kept; what cannot be balanced by dropping more needs another cure."""
CONSTANTS = 400
"""Numbers tried as the best constant: quantiles of the answers, all of them where there are fewer."""


@dataclass(frozen=True, slots=True)
class TemplateAudit:
    """How well the questions of one template can be guessed."""

    template: str
    kind: str
    rows: int
    """Questions; the same one at several numbers of frames counts once."""
    houses: int
    chance: float
    """Of choices 1 / options, of orders 1 / k!, of numbers the score of the best constant guess."""
    guessers: dict[str, float]
    """Mean score of each guesser on houses it did not learn from, by name; empty if there is none."""
    blind: float | None
    """The best of them."""
    standard_error: float | None
    """Of `blind`, from house to house."""

    @property
    def over(self) -> float:
        """By how much blind guessing beats chance, in points (percent)."""
        return 0.0 if self.blind is None else 100.0 * (self.blind - self.chance)

    def is_above(self, target: float) -> bool:
        """Whether guessing beats chance by more than `target` points, and not by luck.

        Where the estimate is rough, two standard errors are given for luck; of few questions none is held
        against a template.
        """
        if self.standard_error is None or self.rows < FEWEST:
            return False
        return self.over - (200.0 * self.standard_error if self.rough else 0.0) > target

    @property
    def rough(self) -> bool:
        """Whether there are too few questions for an honest estimate."""
        return self.standard_error is None or self.rows < FEWEST or self.standard_error > ROUGH_ERROR


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """What one guesser makes of every question, each guessed by a learner that has not seen its house."""

    score: Array
    """(N,) 0..1 each guess's."""
    bias: Array
    """(N,) how firmly the text points at the right answer; only to compare questions by."""


def audit_template(
    questions: Sequence[BlindQuestion], folds: int = FOLDS, lessons: Sequence[BlindQuestion] | None = None
) -> TemplateAudit:
    """How well one template's questions can be guessed; `lessons` as in `guesses`.

    The same questions give the same figures on any machine.
    """
    found = {name: guesses(questions, guesser, folds, lessons=lessons) for name, guesser in GUESSERS.items()}
    scores = {name: float(guess.score.mean()) for name, guess in found.items() if guess is not None}
    best = max(scores, key=scores.__getitem__, default=None)
    guess = None if best is None else found[best]
    houses = [question.house for question in questions]
    return TemplateAudit(
        template=questions[0].template,
        kind=questions[0].kind,
        rows=len(questions),
        houses=len(set(houses)),
        chance=chance_of(questions),
        guessers=scores,
        blind=None if best is None else scores[best],
        standard_error=None if guess is None else _clustered_error(guess.score, houses),
    )


def by_template(questions: Sequence[BlindQuestion]) -> dict[str, list[BlindQuestion]]:
    """The questions of each template."""
    groups: dict[str, list[BlindQuestion]] = defaultdict(list)
    for question in questions:
        groups[question.template].append(question)
    return groups


def chance_of(questions: Sequence[BlindQuestion]) -> float:
    """What guessing at random scores; of numbers what the best constant guess does."""
    if questions[0].options:
        return float(np.mean([question.chance for question in questions]))
    answers = np.array([question.number for question in questions])
    values = np.unique(answers)
    if len(values) > CONSTANTS:
        values = np.unique(np.quantile(answers, np.linspace(0.0, 1.0, CONSTANTS)))
    return float(relative_accuracies(values, answers).mean(axis=0).max())


def guesses(
    questions: Sequence[BlindQuestion],
    guesser: Guesser,
    folds: int,
    seed: int = 0,
    lessons: Sequence[BlindQuestion] | None = None,
) -> Guesses | None:
    """One guesser's guesses, after learning from other houses; None where there are none to learn from.

    From those in the other of `folds` parts; or, where `lessons` are given, from these and nothing else.
    """
    own = np.arange(len(questions))
    if lessons is None:
        if len({question.house for question in questions}) < 2:
            return None
        table = table_of(questions)
        parts = [(np.setdiff1d(own, held), held) for held in _folds(table, folds, seed)]
    else:
        if not lessons:
            return None
        table = table_of([*questions, *lessons])
        parts = [(np.arange(len(questions), len(table.questions)), own)]
    score, bias = np.zeros(len(questions)), np.zeros(len(questions))
    for train, held in parts:
        candidates = guesser(table, train, held)
        score[held] = _scores(table, held, candidates)
        bias[held] = _biases(table, held, candidates)
    return Guesses(score, bias)


def select_guessable(
    questions: Sequence[BlindQuestion],
    target: float,
    folds: int = FOLDS,
    lessons: Sequence[BlindQuestion] | None = None,
) -> dict[str, float]:
    """The questions of one template to drop, with the bias that each went for, so that guessing pays less.

    The forest is asked about held-out houses; the questions whose right answer it is surest of go, and it
    learns anew, until the best guesser is within `target` points of chance or PRUNE_FLOOR is reached (after
    Brown et al. 2025, arXiv:2511.04655: test-set stress test). What goes is chosen on other folds than what
    is audited, so that the audit does not merely see its own luck removed; with `lessons`, as in `guesses`,
    there are no folds.
    """
    left, dropped = list(questions), dict[str, float]()
    least = max(int(PRUNE_FLOOR * len(questions)), 1)
    while len(left) > least and audit_template(left, folds, lessons).over > target:
        guess = guesses(left, forest, folds, 1 + len(dropped), lessons)
        assert guess is not None, "a template with an estimate has houses to learn from"
        count = min(max(1, int(PRUNE_SHARE * len(left))), len(left) - least)
        going = set(np.argsort(-guess.bias, kind="stable")[:count].tolist())
        dropped |= {left[index].id: float(guess.bias[index]) for index in going}
        left = [question for index, question in enumerate(left) if index not in going]
    return dropped


def _folds(table: QuestionTable, folds: int, seed: int) -> Iterator[Indices]:
    """Indices of the questions of each fold: whole houses, large ones first, each to the smallest fold."""
    sizes = np.bincount(table.houses)
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    filled, fold_of = np.zeros(min(folds, len(sizes))), np.zeros(len(sizes), dtype=np.int64)
    for house in sorted(shuffled.tolist(), key=lambda house: -sizes[house]):
        fold_of[house] = int(filled.argmin())
        filled[fold_of[house]] += sizes[house]
    for fold in range(len(filled)):
        yield np.flatnonzero(fold_of[table.houses] == fold)


def _scores(table: QuestionTable, held: Indices, candidates: Array) -> Array:
    """(H,) what each question's best candidate scores; of orders, whether all of them stand right."""
    if table.questions[held[0]].kind != "order":
        return table.worth[held, candidates.argmax(axis=1)]
    orders = np.argsort(-candidates, axis=1, kind="stable").tolist()
    asked = [table.questions[index] for index in held]
    return np.array(
        [float(tuple(order[: len(q.order)]) == q.order) for order, q in zip(orders, asked, strict=True)]
    )


def _biases(table: QuestionTable, held: Indices, candidates: Array) -> Array:
    """(H,) the gain in worth that the guesser's preferences promise, above a guess at random.

    Of options: the worth of all, weighted with the share of the preferences for each, above their mean. Of
    numbers: the guess's score above that of the best constant.
    """
    worth = table.worth[held]
    if table.pairs is None:
        constant = int(table.worth.mean(axis=0).argmax())
        return worth[np.arange(len(held)), candidates.argmax(axis=1)] - worth[:, constant]
    known = ~np.isnan(worth)
    shares = np.where(known, np.maximum(candidates, 0.0), 0.0) + 1e-9 * known
    shares /= shares.sum(axis=1, keepdims=True)
    return np.nansum(shares * worth, axis=1) - np.nanmean(worth, axis=1)


def _clustered_error(scores: Array, houses: Sequence[str]) -> float:
    """The standard error of a mean whose houses are independent, and whose questions are not."""
    deviations: dict[str, float] = defaultdict(float)
    for score, house in zip(scores - scores.mean(), houses, strict=True):
        deviations[house] += float(score)
    return float(np.sqrt(sum(value**2 for value in deviations.values())) / len(scores))
