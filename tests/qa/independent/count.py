"""The group `count`: from the pixel tables, and for a room from the objects within its walls."""

import numpy as np

from tests.qa.independent.boxes import outline_of
from tests.qa.independent.plane import holds, polygon_gap
from tests.qa.independent.questions import Answer, Question


def seen_of(question: Question, object_type: str) -> list[int]:
    """The objects of a type of which any shown frame has any pixel."""
    some = np.atleast_1d((question.world.pixels[question.frames] > 0).any(axis=0))
    return [index for index, kind in enumerate(question.world.types) if kind == object_type and some[index]]


def object_count(question: Question) -> Answer:
    """The number of objects of the type in the frames."""
    return len(seen_of(question, question.types[0]))


def count_in_room(question: Question) -> Answer:
    """The number of objects of the type in the room where all frames were taken."""
    world, cameras = question.world, question.world.cameras[question.frames]
    (walls,) = [floor for _, floor in world.rooms.values() if holds(floor, cameras).all()]
    inside = holds(walls, world.centers[:, [0, 2]])
    return sum(
        kind == question.types[0] and bool(there) for kind, there in zip(world.types, inside, strict=True)
    )


def more_of(question: Question) -> Answer:
    """Whether there are more, fewer or equally many of the first type."""
    first, second = (len(seen_of(question, kind)) for kind in question.types)
    return question.options.index("more" if first > second else "fewer" if first < second else "equal")


def count_near(question: Question) -> Answer:
    """The number of objects of the type within reach of the object, between outlines seen from above."""
    (a,), (reach,) = question.objects, question.values
    center = outline_of(question.world, a)
    found = seen_of(question, question.types[0])
    return sum(polygon_gap(center, outline_of(question.world, index)) < reach for index in found)


CHECKERS = {
    "object_count": object_count,
    "count_in_room": count_in_room,
    "more_of": more_of,
    "count_near": count_near,
}
