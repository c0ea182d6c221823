"""Route plans, simulated in small steps: each leg ends half a metre before the next object."""

import re

import numpy as np

from tests.qa.independent.direction import place, pointing
from tests.qa.independent.plane import hull
from tests.qa.independent.questions import Answer, Question
from tests.qa.independent.walk import edges_of, floor_of, is_free
from tests.qa.independent.world import Floats

STOP_M, STEP_M = 0.5, 0.002
TURNS = {"front": "", "right": "TurnRight", "back": "TurnBack", "left": "TurnLeft"}


def route_plan(question: Question) -> Answer:
    """A route from beside the first object, facing the second, to the others in turn."""
    start, faced = (place(question.world, index) for index in question.objects[:2])
    here = _leaves(question, question.objects[0], start, faced)
    forward_first = re.search(r"1\. Go forward", question.text) is not None
    return drive(question, here, faced - here, question.objects[1 if forward_first else 2 :], forward_first)


def route_plan_from_camera(question: Question) -> Answer:
    """A route from the camera of the frame, facing its heading."""
    (frame,) = question.named_frames
    here, forward = question.world.cameras[frame], question.world.headings[frame]
    return drive(question, here, forward, question.objects, False)


def drive(question: Question, here: Floats, forward: Floats, targets: list[int], straight_first: bool) -> int:
    """The option with the turns of the route through all targets; -1 when a leg is blocked."""
    turns: list[str] = []
    for number, target in enumerate(targets):
        way = place(question.world, target) - here
        if number or not straight_first:
            quarters = ("front", "right", "back", "left")
            turns.append(TURNS[max(quarters, key=lambda name: float(pointing(forward, name) @ way))])
        line = _until(question, here, target)
        if line is None:
            return -1
        here, forward = line, way
    key = ",".join(turns)
    return question.options.index(key) if key in question.options else -1


def _until(question: Question, here: Floats, target: int) -> Floats | None:
    """Where a robot that drives straight at an object stops; None when an obstacle is in the way."""
    line = _line(here, place(question.world, target))
    near = _within(question, target, line)
    stop = int(np.argmax(near)) if near.any() else len(line) - 1
    floor = floor_of(question.world)
    if not is_free(floor.points, floor.normals, line[: stop + 1], 0.005).all():
        return None
    return line[stop]


def _leaves(question: Question, index: int, start: Floats, end: Floats) -> Floats:
    """The point half a metre from an object on the line from its centre."""
    line = _line(start, end)
    return line[int(np.argmin(_within(question, index, line)))]


def _within(question: Question, index: int, spots: Floats) -> np.ndarray:
    """(S,) whether points are less than STOP_M beyond all edges of an object."""
    points, normals = edges_of(hull(question.world.footprints[index]))
    return ((spots[:, None] - points) * normals).sum(axis=2).max(axis=1) < STOP_M


def _line(start: Floats, end: Floats) -> Floats:
    count = max(int(np.linalg.norm(end - start) / STEP_M), 1) + 1
    return start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)


CHECKERS = {
    "route_plan": route_plan,
    "route_plan_turning_first": route_plan,
    "route_plan_one_turn": route_plan,
    "route_plan_from_camera": route_plan_from_camera,
}
