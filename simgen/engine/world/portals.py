"""Which rooms a camera can see into: rooms as cells, doorways and missing walls as portals.

The computation is 2-D: a doorway counts as if it were as high as the room. So the result may contain too
many rooms, never too few. After Luebke and Georges (1995), portals and mirrors.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgen.house.parse import House
from simgen.types import Array

NEAR_PORTAL = 0.3
"""A portal closer than this (metres) may fill the view, so it does not narrow the view."""


@dataclass(frozen=True, slots=True, eq=False)
class Portal:
    """A gap between two rooms, in plan."""

    rooms: tuple[str, str]
    start: Array
    end: Array


def portals_of(house: House) -> tuple[Portal, ...]:
    """Doorways, door frames and missing walls between two rooms. Closed doors count: they have slits."""
    doors = [Portal(o.room_ids, o.start, o.end) for o in house.openings if not o.is_window and not o.outside]
    return (*doors, *missing_walls(house))


def visible_rooms(
    portals: Sequence[Portal], room: str, eye: Array, wedges: Sequence[tuple[Array, Array]]
) -> set[str]:
    """Ids of the rooms that may be seen from `eye` (world x, z) in `room` within any of the wedges.

    A wedge is its right and left bounding direction, less than 180 degrees apart.
    """
    seen: set[str] = set()
    for right, left in wedges:
        _look(portals, room, eye, right, left, (), seen)
    return seen


def view_wedges(
    world_from_camera: Array, tan_half_width: float, tan_half_height: float
) -> list[tuple[Array, Array]]:
    """The plan of a camera's view as wedges: one, or four that make a full turn when it looks steeply."""
    corner_rays = np.array([[x * tan_half_width, y * tan_half_height, 1.0] for x in (-1, 1) for y in (-1, 1)])
    plan = (corner_rays @ world_from_camera[:3, :3].T)[:, [0, 2]]
    ahead = world_from_camera[[0, 2], 2]
    norm = np.linalg.norm(ahead)
    if norm < 1e-6 or (plan @ ahead).min() <= 1e-6:
        quarter_turns = [
            np.array([np.cos(a), np.sin(a)]) for a in np.radians([0.0, 90.0, 180.0, 270.0, 360.0])
        ]
        return list(itertools.pairwise(quarter_turns))
    side = plan @ np.array([-ahead[1], ahead[0]]) / (plan @ ahead)
    return [(plan[side.argmin()], plan[side.argmax()])]


def missing_walls(house: House) -> list[Portal]:
    """The open sides that two rooms share: there is no wall between them."""
    empty = [wall for wall in house.walls if wall.empty]
    pairs = [
        (a, b)
        for index, a in enumerate(empty)
        for b in empty[index + 1 :]
        if a.room_id != b.room_id and np.allclose(a.start + a.end, b.start + b.end, atol=1e-3)
    ]
    return [Portal((a.room_id, b.room_id), a.start, a.end) for a, b in pairs]


def _look(
    portals: Sequence[Portal],
    room: str,
    eye: Array,
    right: Array,
    left: Array,
    path: tuple[Portal, ...],
    seen: set[str],
) -> None:
    seen.add(room)
    for portal in portals:
        if room not in portal.rooms or any(portal is passed for passed in path):
            continue
        beyond = portal.rooms[1] if portal.rooms[0] == room else portal.rooms[0]
        if _distance(eye, portal) < NEAR_PORTAL:
            _look(portals, beyond, eye, right, left, (*path, portal), seen)
            continue
        clipped = _clip(portal.start - eye, portal.end - eye, right, left)
        if clipped is not None:
            _look(portals, beyond, eye, *clipped, (*path, portal), seen)


def _distance(eye: Array, portal: Portal) -> float:
    along = portal.end - portal.start
    share = np.clip((eye - portal.start) @ along / (along @ along), 0.0, 1.0)
    return float(np.linalg.norm(portal.start + share * along - eye))


def _clip(a: Array, b: Array, right: Array, left: Array) -> tuple[Array, Array] | None:
    """The part of segment a-b between two directions, as its own right and left ends; None if empty."""
    for normal in (np.array([-right[1], right[0]]), np.array([left[1], -left[0]])):
        side_a, side_b = a @ normal, b @ normal
        if side_a < 0 and side_b < 0:
            return None
        if side_a < 0:
            a = a + (b - a) * (side_a / (side_a - side_b))
        elif side_b < 0:
            b = b + (a - b) * (side_b / (side_b - side_a))
    turn = a[0] * b[1] - a[1] * b[0]
    return (a, b) if turn >= 0 else (b, a)
