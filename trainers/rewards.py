"""The rewards of GRPO. Enter a new one in `REWARDS`: the trainer, the log and the report follow the table.

TRL calls a reward with the completions and, by keyword, with one list for each column of the data set
(see `samples.build_dataset`); the reward returns one score for each completion.
"""

from collections.abc import Callable
from dataclasses import dataclass

from simgen.scoring import format_score, score_answer, split_response
from simgen.types import AnswerKind

Completion = list[dict[str, str]]
"""One turn of the assistant: `[{"role": "assistant", "content": text}]`."""


def accuracy_reward(
    completions: list[Completion],
    answer: list[str],
    kind: list[AnswerKind],
    options: list[list[str]],
    **_: object,
) -> list[float]:
    """0 to 1 for each completion: MRA for numbers, exact match for choices; 0 without an answer tag."""
    return [
        score_answer(split_response(_text(completion)).answer, true, how, choices)
        for completion, true, how, choices in zip(completions, answer, kind, options, strict=True)
    ]


def format_reward(completions: list[Completion], **_: object) -> list[float]:
    """0 to 1 for each completion: 1 when it has map, think and answer, once each and in this order."""
    return [format_score(_text(completion)) for completion in completions]


@dataclass(frozen=True, slots=True)
class Reward:
    """One term of the total reward, which is the weighted sum of all terms."""

    name: str
    """Its key in report.json."""
    label: str
    """Its line in the printed table."""
    function: Callable[..., list[float]]
    weight: float


REWARDS = (
    Reward("accuracy", "accuracy (MRA or match)", accuracy_reward, 0.9),
    # Video2Layout's weights: a right format alone must earn little beside a right answer.
    Reward("format", "format", format_reward, 0.1),
)


def _text(completion: Completion) -> str:
    return completion[0]["content"]
