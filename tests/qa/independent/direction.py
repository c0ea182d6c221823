"""The group `direction`: sides by the signs of areas, and by the nearest of unit vectors.

Plan points are (x, z), seen from above with x to the right and z up.
"""

import math
import re
from collections.abc import Sequence

import numpy as np

from tests.qa.independent.plane import twice_area
from tests.qa.independent.questions import Answer, Question
from tests.qa.independent.world import Floats, World

ORIGIN = np.zeros(2)


def side(forward: Floats, way: Floats, labels: Sequence[str]) -> str:
    """The label of the direction `way`, for a viewer who looks along `forward`."""
    known = set(labels)
    to_right = twice_area(ORIGIN, forward, way) < 0.0
    ahead = float(forward @ way) > 0.0
    if known <= {"front_left", "front_right", "back_left", "back_right"}:
        return f"{'front' if ahead else 'back'}_{'right' if to_right else 'left'}"
    if known == {"left", "right"}:
        return "right" if to_right else "left"
    if known == {"left", "right", "back"}:
        behind = float(forward @ way) < -math.cos(math.pi / 4) * float(np.hypot(*forward) * np.hypot(*way))
        return "back" if behind else "right" if to_right else "left"
    return max(sorted(known), key=lambda label: float(pointing(forward, label) @ way))


def pointing(forward: Floats, label: str) -> Floats:
    """(2,) unit vector of a direction or an hour of the clock, for a viewer who looks along `forward`."""
    quarter = {"front": 0, "right": 3, "back": 6, "left": 9}
    hour = quarter[label] if label in quarter else int(label)
    angle = -math.radians(30.0 * hour)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return turn @ forward / float(np.hypot(*forward))


def place(world: World, index: int) -> Floats:
    """(2,) plan point of an object's centre, the mean of its corners."""
    return world.corners(index)[:, [0, 2]].mean(axis=0)


def quarter_turned(way: Floats, turn_deg: float) -> Floats:
    """A vector turned clockwise by a multiple of 90°."""
    x, z = way
    return np.array([(x, z), (z, -x), (-x, -z), (-z, x)][round(turn_deg / 90.0) % 4])


def along_axis(question: Question) -> Answer:
    """The direction of c from d, or from a without a d; the text says where the way from a to b points."""
    places = [place(question.world, index) for index in question.objects]
    forward = places[1] - places[0]
    if question.values:
        forward = quarter_turned(forward, -said_axis_deg(question.text))
    start = places[3] if len(places) == 4 else places[0]
    return question.options.index(side(forward, places[2] - start, question.options))


def said_axis_deg(text: str) -> float:
    """The direction of the way from a to b in the text, clockwise from ahead: the first word for one."""
    found = re.search(r"(?<!-)\b(forward|ahead|right|backward|behind|back|left)\b(?!-)", text)
    assert found, f"no direction in: {text}"
    word = found[1]
    return 0.0 if word in ("forward", "ahead") else {"right": 90.0, "left": 270.0}.get(word, 180.0)


def turn_to_face(question: Question) -> Answer:
    """The angle at the first object between the other two, in degrees, by the law of cosines."""
    a, b, c = (place(question.world, index) for index in question.objects)
    ab, ac, bc = (float(np.hypot(*(p - q))) for p, q in ((a, b), (a, c), (b, c)))
    return math.degrees(math.acos(max(-1.0, min(1.0, (ab**2 + ac**2 - bc**2) / (2.0 * ab * ac)))))


CHECKERS = {
    "vertical_direction": along_axis,
    "horizontal_direction": along_axis,
    "left_or_right": along_axis,
    "left_right_or_back": along_axis,
    "quadrant": along_axis,
    "perspective": along_axis,
    "turn_to_face": turn_to_face,
}
