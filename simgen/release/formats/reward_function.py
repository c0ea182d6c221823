"""The reward of an answer for verl and EasyR1: 0.9 of the score of `simgen eval`, 0.1 of the format's.

It needs no package.

verl:    reward.custom_reward_function.path=reward.py
EasyR1:  worker.reward.reward_function=reward.py:compute_scores
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from simgen.scoring.reward import reward_response


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any], **_: Any
) -> float:
    """verl's reward of one response, 0 to 1. The arguments have the names that verl gives."""
    return _score(solution_str, {**extra_info, "answer": ground_truth})["overall"]


def compute_scores(reward_inputs: Sequence[Mapping[str, Any]], **_: Any) -> list[dict[str, float]]:
    """EasyR1's rewards of some responses: `overall`, `accuracy` and `format`, each 0 to 1."""
    return [_score(item["response"], json.loads(item["ground_truth"])) for item in reward_inputs]


def _score(response: str, truth: Mapping[str, Any]) -> dict[str, float]:
    return reward_response(response, truth["answer"], truth["kind"], list(truth["options"]))
