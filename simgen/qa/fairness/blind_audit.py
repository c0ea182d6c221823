"""The blind baseline of a template: how well its answers can be guessed without the frames.

Guessers are trained on the text of the questions of some houses and scored on those of other houses. If one
beats chance, the text alone predicts part of the answers.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgen.qa.fairness.blind_questions import BlindQuestion
from simgen.qa.fairness.cross_validation import guess_answers
from simgen.qa.fairness.features import relative_accuracies
from simgen.qa.fairness.guessers import GUESSERS
from simgen.types import Array

FOLDS = 5
ROUGH_ERROR = 0.015
"""Estimates with a larger standard error are marked as rough: two of them are the usual target of 3
points."""
MIN_QUESTIONS = 100
"""With fewer questions not even the standard error can be trusted."""
MAX_CONSTANTS = 400
"""Constants tried as a guess: quantiles of the answers, or all answers when there are fewer."""


@dataclass(frozen=True, slots=True)
class TemplateAudit:
    """How well the questions of one template can be guessed."""

    template: str
    kind: str
    rows: int
    """Questions. One that is asked with several numbers of frames counts once."""
    houses: int
    chance: float
    """For choices 1 / options, for orders 1 / k!, for numbers the score of the best constant guess."""
    guessers: dict[str, float]
    """Mean score of each guesser on held-out houses, by name; empty when there are no other houses."""
    blind: float | None
    """The highest of these scores."""
    standard_error: float | None
    """The standard error of `blind`, with houses as the independent units."""

    @property
    def over(self) -> float:
        """By how much the best guesser beats chance, in points (percent)."""
        return 0.0 if self.blind is None else 100.0 * (self.blind - self.chance)

    def is_above(self, target: float) -> bool:
        """Whether the best guesser beats chance by more than `target` points, and not by luck.

        A rough estimate must exceed the target by two standard errors. With fewer than MIN_QUESTIONS
        questions the answer is always no.
        """
        if self.standard_error is None or self.rows < MIN_QUESTIONS:
            return False
        return self.over - (200.0 * self.standard_error if self.rough else 0.0) > target

    @property
    def rough(self) -> bool:
        """Whether there are too few questions for a reliable estimate."""
        return self.standard_error is None or self.rows < MIN_QUESTIONS or self.standard_error > ROUGH_ERROR


def audit_template(
    questions: Sequence[BlindQuestion], folds: int = FOLDS, train_on: Sequence[BlindQuestion] | None = None
) -> TemplateAudit:
    """Scores every guesser on the questions of one template; `train_on` as in `guess_answers`.

    The same questions give the same figures on any machine.
    """
    found = {
        name: guess_answers(questions, guesser, folds, train_on=train_on)
        for name, guesser in GUESSERS.items()
    }
    scores = {name: float(guess.score.mean()) for name, guess in found.items() if guess is not None}
    best = max(scores, key=scores.__getitem__, default=None)
    guess = None if best is None else found[best]
    houses = [question.house for question in questions]
    return TemplateAudit(
        template=questions[0].template,
        kind=questions[0].kind,
        rows=len(questions),
        houses=len(set(houses)),
        chance=compute_chance(questions),
        guessers=scores,
        blind=None if best is None else scores[best],
        standard_error=None if guess is None else _clustered_error(guess.score, houses),
    )


def group_by_template(questions: Sequence[BlindQuestion]) -> dict[str, list[BlindQuestion]]:
    """The questions of each template."""
    groups: dict[str, list[BlindQuestion]] = defaultdict(list)
    for question in questions:
        groups[question.template].append(question)
    return groups


def compute_chance(questions: Sequence[BlindQuestion]) -> float:
    """The mean score of random guesses; for numbers the score of the best constant guess."""
    if questions[0].options:
        return float(np.mean([question.chance for question in questions]))
    answers = np.array([question.number for question in questions])
    values = np.unique(answers)
    if len(values) > MAX_CONSTANTS:
        values = np.unique(np.quantile(answers, np.linspace(0.0, 1.0, MAX_CONSTANTS)))
    return float(relative_accuracies(values, answers).mean(axis=0).max())


def _clustered_error(scores: Array, houses: Sequence[str]) -> float:
    """The cluster-robust standard error of a mean, with houses as clusters (Liang and Zeger 1986)."""
    deviations: dict[str, float] = defaultdict(float)
    for score, house in zip(scores - scores.mean(), houses, strict=True):
        deviations[house] += float(score)
    return float(np.sqrt(sum(value**2 for value in deviations.values())) / len(scores))
