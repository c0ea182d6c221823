"""Rewards for the answer, the format and the length of a response."""

from simgen.scoring import format_score, list_parts, score_answer, split_response
from simgen.trainers.rewards.completions import Completion, list_texts
from simgen.types import AnswerKind

FREE_LENGTH = 1.1
"""A response may be a tenth longer than its target without loss: a wrong map, or one with a sign more in
each box, can be longer than the right one. The same slack is given to the longest answer of a run."""


def accuracy_reward(
    completions: list[Completion],
    answer: list[str],
    kind: list[AnswerKind],
    options: list[list[str]],
    **_: object,
) -> list[float]:
    """The score of each answer: MRA for numbers, exact match for choices and orders; 0 without an answer tag.

    The mean relative accuracy (MRA) of VSI-Bench is the share of ten thresholds t, 0.50 to 0.95, for which
    |answer - true| / |true| <= 1 - t. An error of 10 % passes nine of them: 3.3 against 3.0 earns 0.9.
    """
    return [
        score_answer(split_response(text).answer, true, how, choices)
        for text, true, how, choices in zip(list_texts(completions), answer, kind, options, strict=True)
    ]


def format_reward(completions: list[Completion], target: list[str], **_: object) -> list[float]:
    """1 for each response with the parts of its target, once each, closed and in the same order; 0 otherwise.

    The parts are map, thought and answer, or the answer alone for targets without a map.
    """
    pairs = zip(list_texts(completions), target, strict=True)
    return [format_score(text, list_parts(wanted)) for text, wanted in pairs]


def length_reward(completions: list[Completion], target: list[str], **_: object) -> list[float]:
    """1 for each response up to the length of its target and a tenth, falling linearly to 0 at twice that.

    Lengths are in characters, so that the reward is the same for every tokenizer. It keeps a model from
    filling its token budget; it does not make a response any better, so its weight should be small.
    """
    pairs = zip(list_texts(completions), target, strict=True)
    return [_score_length(len(text), FREE_LENGTH * len(wanted)) for text, wanted in pairs]


def _score_length(length: int, free: float) -> float:
    return min(1.0, max(0.0, 2.0 - length / free)) if free > 0.0 else float(length == 0)
