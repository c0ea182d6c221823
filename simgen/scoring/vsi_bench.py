"""VSI-Bench's own metric (Yang et al. 2024, arXiv 2412.14171), for texts with or without an `<answer>`.

Like `simgen.scoring.answers`, this module needs the standard library alone.
"""

from collections.abc import Iterable
from typing import Literal

from simgen.scoring.answers import mean_relative_accuracy, split_response

TYPES: dict[str, tuple[str, Literal["accuracy", "mra"]]] = {
    "object_rel_direction_easy": ("object_rel_direction", "accuracy"),
    "object_rel_direction_medium": ("object_rel_direction", "accuracy"),
    "object_rel_direction_hard": ("object_rel_direction", "accuracy"),
    "object_rel_distance": ("object_rel_distance", "accuracy"),
    "route_planning": ("route_planning", "accuracy"),
    "obj_appearance_order": ("obj_appearance_order", "accuracy"),
    "object_abs_distance": ("object_abs_distance", "mra"),
    "object_counting": ("object_counting", "mra"),
    "object_size_estimation": ("object_size_estimation", "mra"),
    "room_size_estimation": ("room_size_estimation", "mra"),
}
"""Task and measure of each question type. The three directions are averaged to one task."""


def score_text(text: str, question_type: str, truth: str) -> float:
    """0 to 1: the score of what stands in the `<answer>` of a text, or of the text if it has none.

    The first word counts, without a final stop. A letter is matched without regard to case; a number gets
    the mean relative accuracy (MRA), and 0 if the word is no number.
    """
    answer = split_response(text).answer
    word = (text if answer is None else answer).split(" ")[0].rstrip(".").strip()
    if TYPES[question_type][1] == "accuracy":
        return float(word.lower() == truth.lower())
    try:
        return mean_relative_accuracy(float(word), float(truth))
    except ValueError:
        return 0.0


def mean_of_tasks(scores: Iterable[tuple[str, float]]) -> float:
    """The overall score of (question type, score) pairs: each task counts the same, and so does each type
    within its task."""
    by_task = dict[str, dict[str, list[float]]]()
    for question_type, score in scores:
        by_task.setdefault(TYPES[question_type][0], {}).setdefault(question_type, []).append(score)
    return _mean(_mean(map(_mean, types.values())) for types in by_task.values())


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
