"""The reward of an answer for ms-swift's GRPO: 0.9 of the score of `simgen eval`, 0.1 of the format's.

It needs no package beside ms-swift.

swift rlhf --rlhf_type grpo --dataset train.jsonl --external_plugins reward.py --reward_funcs simgen
"""

import json
from collections.abc import Sequence
from typing import Any

from swift.rewards import ORM, orms  # pyright: ignore[reportMissingImports]

from simgen.scoring.reward import reward_response


class SimgenReward(ORM):
    """The rewards of some responses, each 0 to 1."""

    def __call__(
        self,
        completions: Sequence[str],
        solution: Sequence[str],
        kind: Sequence[str],
        options: Sequence[str],
        **_: Any,
    ) -> list[float]:
        """The arguments have the names of the columns; each of `options` is a JSON list."""
        return [_score(*each) for each in zip(completions, solution, kind, options, strict=True)]


def _score(response: str, answer: str, kind: Any, options: str) -> float:
    return reward_response(response, answer, kind, json.loads(options))["overall"]


orms["simgen"] = SimgenReward
