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
    """The order of the first frames that show each type well; a tie fits no option."""
    types, visible = np.array(question.world.types), question.visible
    first = [int(np.flatnonzero(visible[:, types == kind].any(axis=1))[0]) for kind in question.types]
    if len(set(first)) < len(first):
        return -1
    return question.options.index(",".join(question.types[index] for index in np.argsort(first)))


def order_by_distance(question: Question) -> Answer:
    """By the distance of middles on the plan from that of the object, nearest first."""
    start = place(question.world, question.objects[0])
    return sorted_by([_far(question, index, start) for index in question.option_objects])


def order_from_camera(question: Question) -> Answer:
    """By the distance of middles on the plan from the camera, nearest first."""
    start = question.world.cameras[question.named_frames[0]]
    return sorted_by([_far(question, index, start) for index in question.option_objects])


def left_to_right(question: Question) -> Answer:
    """By where the middles land in the picture."""
    return sorted_by([column(question, index) for index in question.option_objects])


def clockwise(question: Question) -> Answer:
    """In the order in which a hand at a that starts at b passes the middles, turning clockwise."""
    start, faced = (place(question.world, index) for index in question.objects)
    turns = [_swept(faced - start, place(question.world, i) - start) for i in question.option_objects]
    return sorted_by(turns)


def sorted_by(values: Sequence[float]) -> tuple[int, ...]:
    """Indices from the smallest value to the largest."""
    return tuple(int(index) for index in np.argsort(values))


def _far(question: Question, index: int, start: Floats) -> float:
    return float(np.hypot(*(place(question.world, index) - start)))


def _swept(start: Floats, end: Floats) -> float:
    """The clockwise turn from one way to another, 0 to 2 pi."""
    angle = math.acos(max(-1.0, min(1.0, float(start @ end) / float(np.hypot(*start) * np.hypot(*end)))))
    return angle if twice_area(np.zeros(2), start, end) < 0.0 else 2.0 * math.pi - angle


CHECKERS = {
    "appearance_order": appearance_order,
    "order_by_distance": order_by_distance,
    "order_from_camera": order_from_camera,
    "left_to_right": left_to_right,
    "clockwise": clockwise,
}
