"""The group `distance`, by surface samples and samples along the edges of footprints."""

import numpy as np

from tests.qa.independent.boxes import gap, surface
from tests.qa.independent.plane import to_polygon
from tests.qa.independent.questions import Answer, Question


def absolute_distance(question: Question) -> Answer:
    """The shortest distance between two boxes in space."""
    a, b = question.objects
    return gap(question.world, a, b)


def center_distance(question: Question) -> Answer:
    """The distance between two centres on the plan; a centre is the mean of the corners."""
    a, b = (question.world.corners(index)[:, [0, 2]].mean(axis=0) for index in question.objects)
    return float(np.hypot(*(a - b)))


def outer_distance(question: Question) -> Answer:
    """The greatest distance on the plan between any points of two boxes, by samples of their surfaces."""
    a, b = (surface(question.world, index)[:, [0, 2]] for index in question.objects)
    return float(np.linalg.norm(a[:, None] - b[None], axis=2).max())


def nearest_by_center(question: Question) -> Answer:
    """The option whose centre is nearest on the plan."""
    (a,) = question.objects
    centers = [question.world.corners(index).mean(axis=0) for index in (a, *question.option_objects)]
    return int(np.argmin([np.hypot(*(center - centers[0])[[0, 2]]) for center in centers[1:]]))


def nearest_by_gap(question: Question) -> Answer:
    """The option whose box is nearest in space."""
    (a,) = question.objects
    return int(np.argmin([gap(question.world, a, option) for option in question.option_objects]))


def camera_distance(question: Question) -> Answer:
    """The horizontal distance from the camera of the named frame to the footprint."""
    (a,), (frame,) = question.objects, question.named_frames
    return float(to_polygon(question.world.cameras[frame][None], question.world.footprints[a])[0])


CHECKERS = {
    "absolute_distance": absolute_distance,
    "center_distance": center_distance,
    "outer_distance": outer_distance,
    "nearest_by_center": nearest_by_center,
    "nearest_by_gap": nearest_by_gap,
    "camera_distance": camera_distance,
}
