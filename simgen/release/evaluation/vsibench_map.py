"""The scores of VSI-Bench for models that write a map before their answer.

The stock tasks of lmms-eval let a model write 16 tokens, and score the first word. Here the first word of
what stands in `<answer>` is scored, with the metric of VSI-Bench's authors.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from simgen.scoring.vsi_bench import TYPES, mean_of_tasks, score_text

OVERALL = "vsibench_overall"


def score(question: Mapping[str, Any], results: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The score of a model's text with the type of its question, by the metrics' names in the stock tasks."""
    kind = question["question_type"]
    found = {"type": kind, "score": score_text(results[0], kind, question["ground_truth"])}
    return {OVERALL: found, "_".join(TYPES[kind]): found}


def aggregate(found: Sequence[Mapping[str, Any]]) -> float:
    """The mean over the tasks of the questions; a task with several types is the mean over them."""
    return mean_of_tasks((one["type"], one["score"]) for one in found)
