"""Distances and sizes of oriented boxes, by surface samples and alternating projections."""

import numpy as np

from tests.qa.independent.plane import hull
from tests.qa.independent.world import Floats, World

SAMPLES = 7
"""Samples along each side of a face. They only give the starting points of the refinement."""
STARTS = 12
ROUNDS = 400


def nearest_in(world: World, index: int, points: Floats) -> Floats:
    """(P, 3) the points of an object's box that are nearest to `points` (P, 3)."""
    axes, half = world.axes[index], world.halves[index]
    local = np.einsum("pk,ka->pa", points - world.centers[index], axes)
    return world.centers[index] + np.einsum("pa,ka->pk", np.clip(local, -half, half), axes)


def surface(world: World, index: int, samples: int = SAMPLES) -> Floats:
    """(P, 3) points spread over the six faces of an object's box, edges and corners among them."""
    steps = np.linspace(-1.0, 1.0, samples)
    u, v = (part.ravel() for part in np.meshgrid(steps, steps))
    faces = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            face = np.insert(np.stack([u, v], axis=1), axis, sign, axis=1)
            faces.append(face)
    reach = world.axes[index] * world.halves[index]
    return world.centers[index] + np.concatenate(faces) @ reach.T


def gap(world: World, a: int, b: int) -> float:
    """Shortest distance between the boxes of two objects, metres; 0 when they meet.

    The surface samples of one box that are nearest to the other are projected onto the other and back, until
    the distance no longer falls. Alternating projections between convex sets converge to a pair of closest
    points.
    """
    start = surface(world, a)
    reach = np.linalg.norm(nearest_in(world, b, start) - start, axis=1)
    here = start[np.argsort(reach)[:STARTS]]
    shortest = float(reach.min())
    for _ in range(ROUNDS):
        there = nearest_in(world, b, here)
        here = nearest_in(world, a, there)
        before, shortest = shortest, float(np.linalg.norm(here - there, axis=1).min())
        if before - shortest < 1e-9:
            break
    return shortest


def sizes(world: World, index: int) -> Floats:
    """(3,) lengths of a box's edges: the longer and the shorter horizontal one, then the most upright one."""
    corner = world.corners(index)
    edges = corner[[1, 2, 4]] - corner[0]
    lengths = np.linalg.norm(edges, axis=1)
    upright = int(np.argmax(np.abs(edges[:, 1]) / lengths))
    flat = sorted((float(lengths[axis]) for axis in range(3) if axis != upright), reverse=True)
    return np.array([*flat, lengths[upright]])


def volume(world: World, index: int) -> float:
    """The volume of a box in cubic metres, as the determinant of its edges."""
    corner = world.corners(index)
    return float(abs(np.linalg.det(corner[[1, 2, 4]] - corner[0])))


def outline_of(world: World, index: int) -> Floats:
    """(H, 2) convex hull of a box's corners seen from above."""
    return hull(world.corners(index)[:, [0, 2]])
