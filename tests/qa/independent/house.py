"""Walls and open doors of a clip's house."""

import numpy as np

from tests.qa.independent.world import Floats, World

NEAR_M = 0.2
"""The largest distance of a door's centre from the line of its wall."""
POST_M = 0.04
"""Width of a door's frame on each side."""
OPEN_ENOUGH = 0.5


def open_doors(world: World) -> list[int]:
    """The doors between two rooms that are open or have no leaf."""
    found = []
    for door in world.house.get("doors", ()):
        leaf = door.get("openable", False)
        if door["room0"] != door["room1"] and (not leaf or door.get("openness", 0.0) >= OPEN_ENOUGH):
            found.append(world.index(door["id"]))
    return found


def walls_of(world: World) -> list[tuple[Floats, Floats]]:
    """The parts of all walls between open doors, as start and end on the plan."""
    doors = open_doors(world)
    standing: list[tuple[Floats, Floats]] = []
    for wall in world.house.get("walls", ()):
        if not wall.get("empty", False):
            start, end = _ends(wall["polygon"])
            standing += _between_doors(world, start, end, doors)
    return standing


def _ends(polygon: list[dict[str, float]]) -> tuple[Floats, Floats]:
    """The two plan points of a wall's corners that are farthest apart."""
    points = np.array([[corner["x"], corner["z"]] for corner in polygon])
    far = np.linalg.norm(points[:, None] - points[None], axis=2)
    first, last = np.unravel_index(far.argmax(), far.shape)
    return points[first], points[last]


def _between_doors(world: World, start: Floats, end: Floats, doors: list[int]) -> list[tuple[Floats, Floats]]:
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length
    aside = np.array([-along[1], along[0]])
    holes = []
    for door in doors:
        corners = world.corners(door)[:, [0, 2]] - start
        middle = corners.mean(axis=0)
        if abs(float(middle @ aside)) < NEAR_M and 0.0 < float(middle @ along) < length:
            spots = corners @ along
            holes.append((float(spots.min()) + POST_M, float(spots.max()) - POST_M))
    edges = [0.0, *(edge for hole in sorted(holes) for edge in hole), length]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(start + a * along, start + b * along) for a, b in pairs if b - a > 1e-6]
