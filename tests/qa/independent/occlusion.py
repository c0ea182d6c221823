"""What is in front of what, by samples along the line from a camera to a centre."""

import numpy as np

from tests.qa.independent.boxes import outline_of
from tests.qa.independent.direction import place
from tests.qa.independent.plane import holds
from tests.qa.independent.questions import Answer, Question

SAMPLES = 2000


def crosses(question: Question, front: int, back: int) -> bool:
    """Whether the line from the camera to the centre of `back` passes through the outline of `front`."""
    start = question.world.cameras[question.named_frames[0]]
    line = start + np.linspace(0.0, 1.0, SAMPLES)[:, None] * (place(question.world, back) - start)
    return bool(holds(outline_of(question.world, front), line).any())


def behind(question: Question) -> Answer:
    """The only option whose line from the camera passes through the named object."""
    (a,) = question.objects
    return only([crosses(question, a, option) for option in question.option_objects])


def in_front(question: Question) -> Answer:
    """The only option through which the line to the centre of the named object passes."""
    (a,) = question.objects
    return only([crosses(question, option, a) for option in question.option_objects])


def only(found: list[bool]) -> int:
    """The index of the only true value; -1 when there is not exactly one."""
    return found.index(True) if sum(found) == 1 else -1


CHECKERS = {"behind": behind, "in_front": in_front}
"""Both skills, behind and in front, in all phrasings."""
