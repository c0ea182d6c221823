"""The reward of a response in exports for GRPO: 0.9 of the answer's score and 0.1 of the format's.

Numbers score by mean relative accuracy (MRA), choices and orders by an exact match: the scores of
`simgen eval`. It needs the standard library only.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simgen.scoring.answers import format_score, score_answer, split_response

if TYPE_CHECKING:
    from simgen.types import AnswerKind

ACCURACY_SHARE, FORMAT_SHARE = 0.9, 0.1


def reward_response(text: str, answer: str, kind: "AnswerKind", options: Sequence[str]) -> dict[str, float]:
    """The reward `overall` of a model's text, and its parts `accuracy` and `format`, each 0..1."""
    accuracy = score_answer(split_response(text).answer, answer, kind, options)
    form = format_score(text)
    return {"overall": ACCURACY_SHARE * accuracy + FORMAT_SHARE * form, "accuracy": accuracy, "format": form}
