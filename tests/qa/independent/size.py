"""The group `size`, from the corners of the boxes alone."""

from collections.abc import Callable

import numpy as np

from tests.qa.independent.boxes import sizes, volume
from tests.qa.independent.plane import area, hull
from tests.qa.independent.questions import Answer, Question
from tests.qa.independent.world import World

Measure = Callable[[World, int], float]


def longer_side(world: World, index: int) -> float:
    """The longer side of the rectangle of the corners seen from above."""
    corner = hull(world.corners(index)[:, [0, 2]])
    return float(np.linalg.norm(corner - np.roll(corner, 1, axis=0), axis=1).max())


def longest_side(world: World, index: int) -> float:
    """The longest edge of the box."""
    return float(sizes(world, index).max())


def height(world: World, index: int) -> float:
    """The height from the lowest corner to the highest."""
    low, high = world.heights(index)
    return high - low


def footprint_area(world: World, index: int) -> float:
    """The area of the convex hull of the corners seen from above."""
    return area(hull(world.corners(index)[:, [0, 2]]))


def of_object(measure: Measure) -> Callable[[Question], Answer]:
    """A checker for one measure of the object asked about."""
    return lambda question: measure(question.world, question.objects[0])


def largest_of_options(measure: Measure) -> Callable[[Question], Answer]:
    """A checker for the option with the largest measure."""
    return lambda question: int(np.argmax([measure(question.world, i) for i in question.option_objects]))


def size_ratio(question: Question) -> Answer:
    """The longest edge of the first divided by that of the second."""
    a, b = question.objects
    return longest_side(question.world, a) / longest_side(question.world, b)


CHECKERS = {
    "longer_side": of_object(longer_side),
    "longest_side": of_object(longest_side),
    "object_height": of_object(height),
    "footprint_area": of_object(footprint_area),
    "volume": of_object(volume),
    "size_ratio": size_ratio,
    "largest_by_volume": largest_of_options(volume),
    "longest_of_options": largest_of_options(longest_side),
}
