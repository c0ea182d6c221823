"""An independent test of a trajectory: rays against the triangles that are drawn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import build_batch
from simgen.engine.world.rest import scene_at_rest
from simgen.errors import MissingSystemError
from simgen.store.houses import House
from simgen.types import Array

HEIGHTS_M = (0.1, 0.3, 0.6, 0.9, 1.2, 1.5, 1.7)
"""Heights of the rays: above what the agent walks over (0.05 m), up to the top of its head (1.8 m)."""
SIDES_M = (-0.1, 0.0, 0.1)
"""Sideways offsets of the rays from the agent's centre. The engine keeps the agent's centre 0.2 m away from
obstacles, but takes a door frame to be as thick as its wall, although it stands out by 0.06 m."""
TOUCH_M = 0.1
"""Smallest distance between a frame's position and any triangle. A hand-held camera moves by half of it."""
DIRECTIONS = 16
"""Number of horizontal directions in which a position is tested."""


class Rays:
    """The triangles of a house, in Embree."""

    def __init__(self, house: House) -> None:
        """Raises MissingSystemError without embreex."""
        try:
            from embreex.mesh_construction import TriangleMesh
            from embreex.rtcore_scene import EmbreeScene
        except ImportError:
            raise MissingSystemError("the ray test needs embreex: pip install 'simgen[bench]'") from None
        batch = build_batch(scene_at_rest(house))
        self._scene: Any = EmbreeScene(robust=True)
        TriangleMesh(self._scene, batch.vertices["position"][batch.indices].reshape(-1, 3, 3))

    def blocked_steps(self, places: Array) -> int:
        """Number of steps between successive places (T, 2), world (x, z), that pass through a triangle.

        Each step is tested at several heights, at the agent's centre and at its sides.
        """
        steps = np.diff(places, axis=0)
        moves = np.linalg.norm(steps, axis=1) > 0.0
        starts, steps = places[:-1][moves], steps[moves]
        aside = np.stack([-steps[:, 1], steps[:, 0]], axis=1)
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        blocked = np.zeros(len(steps), dtype=bool)
        for side in SIDES_M:
            for height in HEIGHTS_M:
                # Distances are in lengths of the step.
                blocked |= self._distances(starts + side * aside, steps, height) <= 1.0
        return int(blocked.sum())

    def touching_places(self, places: Array) -> int:
        """Number of places (T, 2), world (x, z), with a triangle nearer than TOUCH_M at some height."""
        touches = np.zeros(len(places), dtype=bool)
        for angle in np.linspace(0.0, 2.0 * np.pi, DIRECTIONS, endpoint=False):
            reach = np.tile(TOUCH_M * np.array([np.cos(angle), np.sin(angle)]), (len(places), 1))
            for height in HEIGHTS_M:
                touches |= self._distances(places, reach, height) <= 1.0
        return int(touches.sum())

    def _distances(self, starts: Array, ways: Array, height: float) -> NDArray[np.float32]:
        """(R) distance of horizontal rays to the first triangle, in lengths of their directions (R, 2)."""
        if not len(starts):
            return np.zeros(0, np.float32)
        origins = np.column_stack([starts[:, 0], np.full(len(starts), height), starts[:, 1]])
        along = np.column_stack([ways[:, 0], np.zeros(len(ways)), ways[:, 1]])
        return np.asarray(self._scene.run(origins.astype("f4"), along.astype("f4"), query="DISTANCE"))
