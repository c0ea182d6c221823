"""The group `egomotion` and other questions about a camera: from the poses, by products of vectors."""

import math
import re

import numpy as np

from tests.qa.independent.direction import place, quarter_turned, side
from tests.qa.independent.plane import twice_area
from tests.qa.independent.questions import Answer, Question
from tests.qa.independent.world import Floats


def camera_displacement(question: Question) -> Answer:
    """The distance between the floor points under two cameras."""
    first, second = (question.world.poses[frame, :3, 3] for frame in question.named_frames)
    return float(np.hypot(second[0] - first[0], second[2] - first[2]))


def camera_turn(question: Question) -> Answer:
    """The angle between the headings of two cameras, from the chord of the unit circle."""
    first, second = (question.world.headings[frame] for frame in question.named_frames)
    return math.degrees(2.0 * math.asin(min(1.0, float(np.linalg.norm(second - first)) / 2.0)))


def turn_side(question: Question) -> Answer:
    """ "right" when the second heading is clockwise of the first."""
    first, second = (question.world.headings[frame] for frame in question.named_frames)
    return question.options.index("right" if twice_area(np.zeros(2), first, second) < 0.0 else "left")


def camera_move(question: Question) -> Answer:
    """The direction of the second camera, seen from the first."""
    first, second = question.named_frames
    way = question.world.cameras[second] - question.world.cameras[first]
    return question.options.index(side(question.world.headings[first], way, question.options))


def approach(question: Question) -> Answer:
    """Whether the second camera is closer to the object's centre."""
    first, second = (to_camera(question, frame) for frame in question.named_frames)
    return question.options.index("closer" if second < first else "farther")


def closest_frame(question: Question) -> Answer:
    """The frame whose camera is closest to the object's centre."""
    return int(np.argmin([to_camera(question, int(frame)) for frame in question.options]))


def to_camera(question: Question, frame: int) -> float:
    """The horizontal distance from a camera to the centre of the object."""
    return float(np.hypot(*(place(question.world, question.objects[0]) - question.world.cameras[frame])))


def from_camera(question: Question) -> Answer:
    """The direction of the object from the camera, or after the walk and turn in the question's text."""
    world, (frame,) = question.world, question.named_frames
    stand, forward = world.cameras[frame], world.headings[frame]
    walked = re.search(r"(\d+\.?\d*) m(?:eters)?\b", question.text) if question.values else None
    if walked:
        stand = stand + float(walked[1]) * forward
        forward = quarter_turned(forward, said_turn_deg(question.text))
    return question.options.index(side(forward, place(world, question.objects[0]) - stand, question.options))


def said_turn_deg(text: str) -> float:
    """The turn in the question's text, clockwise."""
    if re.search(r"\bturn(s|ing)? around\b", text):
        return 180.0
    return 90.0 if re.search(r"\bturn(s|ing)? right by 90 degrees\b", text) else 270.0


def column(question: Question, index: int) -> float:
    """The column of an object's centre in the picture of the named frame, in pixels from the left.

    A centre behind the camera counts as far on the left or far on the right.
    """
    world, (frame,) = question.world, question.named_frames
    inverse: Floats = np.linalg.inv(world.poses[frame])
    x, _, z, _ = inverse @ np.append(world.corners(index).mean(axis=0), 1.0)
    if z <= 0.0:
        return math.copysign(1e6, x)
    return float(world.intrinsics[0, 2] + world.intrinsics[0, 0] * x / z)


CHECKERS = {
    "camera_displacement": camera_displacement,
    "camera_turn": camera_turn,
    "turn_side": turn_side,
    "camera_move": camera_move,
    "approach": approach,
    "closest_frame": closest_frame,
    "camera_direction": from_camera,
    "clock_direction": from_camera,
    "after_walking": from_camera,
}
