"""The group `room`: areas of floors, and the room that an object stands in."""

import numpy as np

from tests.qa.independent.fairness import words
from tests.qa.independent.house import walls_of
from tests.qa.independent.plane import area, holds
from tests.qa.independent.questions import Answer, Question
from tests.qa.independent.world import Floats, World

CELL_M = 0.5
LEVELS_M = (0.0, 1.0, 2.0)
SHOWN, HIDDEN = 0.6, 0.15
"""A room is shown when at least the share SHOWN of its floor is, and not shown up to the share HIDDEN."""


def shown_area(question: Question) -> Answer:
    """The total floor area of the rooms that the frames show."""
    shown = shown_rooms(question)
    return np.nan if shown is None else sum(area(question.world.rooms[name][1]) for name in shown)


def shown_room_count(question: Question) -> Answer:
    """The number of rooms that the frames show."""
    shown = shown_rooms(question)
    return np.nan if shown is None else len(shown)


def room_area(question: Question) -> Answer:
    """The floor area of the named room."""
    return area(_named_room(question))


def room_side(question: Question) -> Answer:
    """The longer side of the smallest rectangle that is parallel to a wall and contains the room."""
    floor = _named_room(question)
    best = (np.inf, 0.0)
    for start, end in zip(floor, np.roll(floor, -1, axis=0), strict=True):
        along = (end - start) / np.linalg.norm(end - start)
        sides = [float(np.ptp(floor @ axis)) for axis in (along, np.array([-along[1], along[0]]))]
        best = min(best, (sides[0] * sides[1], max(sides)))
    return best[1]


def largest_room(question: Question) -> Answer:
    """The option with the largest floor."""
    return int(np.argmax([area(question.world.rooms[name][1]) for name in question.options]))


def room_of_object(question: Question) -> Answer:
    """The type of the room that contains the object's centre."""
    return question.options.index(question.world.rooms[room_around(question.world, question.objects[0])][0])


def same_room(question: Question) -> Answer:
    """The only option that is in the same room."""
    room = room_around(question.world, question.objects[0])
    (found,) = [i for i, o in enumerate(question.option_objects) if room_around(question.world, o) == room]
    return found


def room_around(world: World, index: int) -> str:
    """The id of the room whose floor is below the centre of an object."""
    middle = world.centers[index][[0, 2]][None]
    (found,) = [name for name, (_, floor) in world.rooms.items() if holds(floor, middle)[0]]
    return found


def shown_rooms(question: Question) -> list[str] | None:
    """Ids of the rooms that the frames show; None when the share of a room is between HIDDEN and SHOWN."""
    shares = {name: share_looked_at(question, floor) for name, (_, floor) in question.world.rooms.items()}
    if any(HIDDEN + 0.1 <= share < SHOWN - 0.1 for share in shares.values()):
        return None
    return [name for name, share in shares.items() if share >= SHOWN - 0.1]


def share_looked_at(question: Question, floor: Floats) -> float:
    """The share of a floor's points that a picture shows at some height, with no wall in front."""
    world = question.world
    low, high = floor.min(axis=0), floor.max(axis=0)
    steps = [np.arange(low[k] + CELL_M / 4, high[k], CELL_M / 2) for k in range(2)]
    spots = np.stack(np.meshgrid(*steps), axis=-1).reshape(-1, 2)
    spots = spots[holds(floor, spots)]
    seen = np.zeros(len(spots), dtype=bool)
    for frame in question.frames:
        seen |= in_picture(world, frame, spots) & ~behind_wall(world, world.cameras[frame], spots)
    return float(seen.mean())


def in_picture(world: World, frame: int, spots: Floats) -> np.ndarray:
    """(S,) whether a picture shows any of the levels above plan points."""
    pose, inside = world.poses[frame], np.zeros(len(spots), dtype=bool)
    for level in LEVELS_M:
        points = np.column_stack([spots[:, 0], np.full(len(spots), level), spots[:, 1]])
        x, y, z = (np.linalg.inv(pose) @ np.column_stack([points, np.ones(len(points))]).T)[:3]
        with np.errstate(divide="ignore", invalid="ignore"):
            u = world.intrinsics[0, 2] + world.intrinsics[0, 0] * x / z
            v = world.intrinsics[1, 2] - world.intrinsics[1, 1] * y / z
        inside |= (z > 0) & (u >= 0) & (u < world.size_px[0]) & (v >= 0) & (v < world.size_px[1])
    return inside


def _named_room(question: Question) -> Floats:
    (name,) = question.rooms
    kind, floor = question.world.rooms[name]
    assert words(kind) in question.text, f"the question does not name a {words(kind)}"
    return floor


def behind_wall(world: World, camera: Floats, spots: Floats) -> np.ndarray:
    """(S,) whether a wall is between a camera and plan points; open doors are not walls."""
    hidden = np.zeros(len(spots), dtype=bool)
    for start, end in walls_of(world):
        apart = _areas(start, end, camera[None]) * _areas(start, end, spots) < 0.0
        to_start = (spots[:, 0] - camera[0]) * (start[1] - camera[1]) - (spots[:, 1] - camera[1]) * (
            start[0] - camera[0]
        )
        to_end = (spots[:, 0] - camera[0]) * (end[1] - camera[1]) - (spots[:, 1] - camera[1]) * (
            end[0] - camera[0]
        )
        hidden |= apart & (to_start * to_end < 0.0)
    return hidden


def _areas(start: Floats, end: Floats, points: Floats) -> Floats:
    """(P,) twice the signed areas of triangles over a segment."""
    along = end - start
    return along[0] * (points[:, 1] - start[1]) - along[1] * (points[:, 0] - start[0])


CHECKERS = {
    "shown_area": shown_area,
    "shown_room_count": shown_room_count,
    "room_area": room_area,
    "room_side": room_side,
    "largest_room": largest_room,
    "room_of_object": room_of_object,
    "same_room": same_room,
}
