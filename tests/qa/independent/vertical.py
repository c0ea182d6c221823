"""Heights, from the lowest and the highest corner of each box. The floor is at y = 0."""

import numpy as np

from tests.qa.independent.questions import Answer, Question


def top_height(question: Question) -> Answer:
    """The height of the highest corner."""
    return question.world.heights(question.objects[0])[1]


def height_difference(question: Question) -> Answer:
    """The difference in height of two highest corners."""
    (_, a), (_, b) = (question.world.heights(index) for index in question.objects)
    return abs(a - b)


def is_above(question: Question) -> Answer:
    """Whether every corner of the first is higher than every corner of the second."""
    (low, _), (_, high) = (question.world.heights(index) for index in question.objects)
    return question.options.index("yes" if low > high else "no")


def highest(question: Question) -> Answer:
    """The option with the highest corner."""
    return int(np.argmax([question.world.heights(index)[1] for index in question.option_objects]))


CHECKERS = {
    "top_height": top_height,
    "height_difference": height_difference,
    "is_above": is_above,
    "highest": highest,
}
