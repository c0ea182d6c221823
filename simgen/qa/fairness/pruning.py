"""Which questions of a template to drop so that its answers are harder to guess."""

from collections.abc import Sequence

import numpy as np

from simgen.qa.fairness.blind_audit import FOLDS, audit_template
from simgen.qa.fairness.blind_questions import BlindQuestion
from simgen.qa.fairness.cross_validation import guess_answers
from simgen.qa.fairness.guessers import forest

PRUNE_SHARE = 0.04
"""The share of a template's questions that is dropped at a time; then the guessers are trained anew."""
PRUNE_FLOOR = 0.4
"""At least this share of a template is kept. If that is still guessable, dropping more is not the cure."""


def select_guessable(
    questions: Sequence[BlindQuestion],
    target: float,
    folds: int = FOLDS,
    train_on: Sequence[BlindQuestion] | None = None,
) -> dict[str, float]:
    """The questions of one template to drop, by id, with the bias for which each is dropped.

    After the test-set stress test of Brown et al. 2025 (arXiv:2511.04655). A random forest is scored on
    held-out houses. The questions with the highest bias are dropped, and the forest is trained anew, until
    the best guesser is within `target` points of chance or PRUNE_FLOOR is reached.

    The folds differ from those of the audit: otherwise the audit would only see its own random error removed.
    With `train_on`, as in `guess_answers`, there are no folds.
    """
    left, dropped = list(questions), dict[str, float]()
    least = max(int(PRUNE_FLOOR * len(questions)), 1)
    while len(left) > least and audit_template(left, folds, train_on).over > target:
        guess = guess_answers(left, forest, folds, 1 + len(dropped), train_on)
        assert guess is not None, "a template with an estimate has houses to train on"
        count = min(max(1, int(PRUNE_SHARE * len(left))), len(left) - least)
        going = set(np.argsort(-guess.bias, kind="stable")[:count].tolist())
        dropped |= {left[index].id: float(guess.bias[index]) for index in going}
        left = [question for index, question in enumerate(left) if index not in going]
    return dropped
