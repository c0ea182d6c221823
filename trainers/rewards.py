"""Rewards of GRPO, as TRL calls them: completions and the data set's columns in, one score each out."""

from simgen.scoring import format_score, score_answer, split_response
from simgen.types import AnswerKind

Completion = list[dict[str, str]]
"""One conversation turn by the assistant: `[{"role": "assistant", "content": text}]`."""


def accuracy_reward(
    completions: list[Completion],
    answer: list[str],
    kind: list[AnswerKind],
    options: list[list[str]],
    **_: object,
) -> list[float]:
    """0 to 1 a completion: MRA for numbers, exact match for choices; 0 without an answer tag."""
    return [
        score_answer(split_response(_text(completion)).answer, true, how, choices)
        for completion, true, how, choices in zip(completions, answer, kind, options, strict=True)
    ]


def format_reward(completions: list[Completion], **_: object) -> list[float]:
    """0 to 1 a completion: map, think and answer, once each and in order."""
    return [format_score(_text(completion)) for completion in completions]


def _text(completion: Completion) -> str:
    return completion[0]["content"]
