"""The group `order`: from the pixel tables, from pictures, and by sorting brute-force distances."""

import math
from collections.abc import Sequence

import numpy as np

from tests.qa.independent.camera import column
from tests.qa.independent.direction import place
from tests.qa.independent.plane import twice_area
from tests.qa.independent.questions import Answer, Question
from tests.qa.independent.world import Floats


def appearance_order(question: Question) -> Answer:
    """The order of the first frames in which each type is visible; -1 for a tie."""
    types, visible = np.array(question.world.types), question.visible
    first = [int(np.flatnonzero(visible[:, types == kind].any(axis=1))[0]) for kind in question.types]
    if len(set(first)) < len(first):
        return -1
    return question.options.index(",".join(question.types[index] for index in np.argsort(first)))


def order_by_distance(question: Question) -> Answer:
    """The options by the distance of their centres from the object's on the plan, nearest first."""
    start = place(question.world, question.objects[0])
    return sorted_by([_far(question, index, start) for index in question.option_objects])


def order_from_camera(question: Question) -> Answer:
    """The options by the distance of their centres from the camera on the plan, nearest first."""
    start = question.world.cameras[question.named_frames[0]]
    return sorted_by([_far(question, index, start) for index in question.option_objects])


def left_to_right(question: Question) -> Answer:
    """The options by the columns of their centres in the picture."""
    return sorted_by([column(question, index) for index in question.option_objects])


def clockwise(question: Question) -> Answer:
    """The options in the order in which a clockwise turn at a, from b on, passes their centres."""
    start, faced = (place(question.world, index) for index in question.objects)
    turns = [_swept(faced - start, place(question.world, i) - start) for i in question.option_objects]
    return sorted_by(turns)


def sorted_by(values: Sequence[float]) -> tuple[int, ...]:
    """Indices from the smallest value to the largest."""
    return tuple(int(index) for index in np.argsort(values))


def _far(question: Question, index: int, start: Floats) -> float:
    return float(np.hypot(*(place(question.world, index) - start)))


def _swept(start: Floats, end: Floats) -> float:
    """The clockwise angle from one vector to another, 0 to 2 pi."""
    angle = math.acos(max(-1.0, min(1.0, float(start @ end) / float(np.hypot(*start) * np.hypot(*end)))))
    return angle if twice_area(np.zeros(2), start, end) < 0.0 else 2.0 * math.pi - angle


CHECKERS = {
    "appearance_order": appearance_order,
    "order_by_distance": order_by_distance,
    "order_from_camera": order_from_camera,
    "left_to_right": left_to_right,
    "clockwise": clockwise,
}
