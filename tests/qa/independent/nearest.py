"""The nearest of several options, and clearances: by the brute-force distances of `distance`."""

import numpy as np

from tests.qa.independent.boxes import gap, outline_of
from tests.qa.independent.count import seen_of
from tests.qa.independent.direction import place
from tests.qa.independent.plane import outline, polygon_gap, to_polygon
from tests.qa.independent.questions import Answer, Question
from tests.qa.independent.world import Floats, World

LOW_M, FLAT_M = 0.3, 0.1
"""An object blocks a gap if it begins below LOW_M and ends above FLAT_M. Pictures hang higher; flat things
do not block."""
STEP_M = 0.02


def nearest_of_types(question: Question) -> Answer:
    """The type with the object that is nearest in space, of those in the frames."""
    world, (a,) = question.world, question.objects
    return int(
        np.argmin([min(gap(world, a, i) for i in seen_of(question, kind)) for kind in question.options])
    )


def nearest_to_camera(question: Question) -> Answer:
    """The option whose footprint is nearest to the camera."""
    world, (frame,) = question.world, question.named_frames
    camera = world.cameras[frame][None]
    ways = [float(to_polygon(camera, world.footprints[index])[0]) for index in question.option_objects]
    return int(np.argmin(ways))


def farthest_by_center(question: Question) -> Answer:
    """The option whose centre is farthest on the plan."""
    world, (a,) = question.world, question.objects
    start = place(world, a)
    return int(np.argmax([np.hypot(*(place(world, index) - start)) for index in question.option_objects]))


def gap_width(question: Question) -> Answer:
    """The distance between two outlines seen from above."""
    a, b = question.objects
    return polygon_gap(outline_of(question.world, a), outline_of(question.world, b))


def clearance(question: Question) -> Answer:
    """Whether the gap is wider than the box; -1 when an object stands in it."""
    (a, b), width = question.objects, gap_width(question)
    assert isinstance(width, float), "a width is a number"
    if is_blocked(question.world, a, b, width):
        return -1
    return question.options.index("yes" if width > question.values[0] else "no")


def is_blocked(world: World, a: int, b: int, width: float) -> bool:
    """Whether an object stands on a shortest line between two outlines."""
    middle = _between(outline_of(world, a), outline_of(world, b), width)
    for index in range(len(world.ids)):
        low, high = world.heights(index)
        stands = low < LOW_M and high > FLAT_M and not world.parents[index]
        if stands and index not in (a, b) and (to_polygon(middle, outline_of(world, index)) == 0.0).any():
            return True
    return False


def _between(a: Floats, b: Floats, width: float) -> Floats:
    """(P, 2) points along the shortest lines from a to b: one line, or many between parallel sides."""
    edge = outline(a, STEP_M)
    near = edge[to_polygon(edge, b) <= width + 1e-3]
    other = outline(b, STEP_M)
    ends = other[np.argmin(np.linalg.norm(near[:, None] - other[None], axis=2), axis=1)]
    shares = np.linspace(0.05, 0.95, 19)[:, None, None]
    return np.reshape(near + shares * (ends - near), (-1, 2))


CHECKERS = {
    "nearest_of_types": nearest_of_types,
    "nearest_to_camera": nearest_to_camera,
    "farthest_by_center": farthest_by_center,
    "gap_width": gap_width,
    "clearance": clearance,
}
