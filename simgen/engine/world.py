"""What actions change: the scene, the agent in it, and what the client asked to be told."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simgen.engine.metadata import VISIBILITY_DISTANCE, object_metadata, structure_metadata
from simgen.engine.navigation import FreeSpace, free_space
from simgen.engine.scene import Scene, Snapshot, empty_scene
from simgen.geometry.frames import camera_pose
from simgen.types import AgentPose, Array

AGENT_Y = 0.900999665260315
"""Height of AI2-THOR's default agent's position above the floor, metres."""
CAMERA_ABOVE_AGENT = 0.675
"""Height of its camera above that position when it stands, metres."""
CROUCH = 0.22
"""How much lower the camera is when it crouches, metres."""


START_POSE = AgentPose(0.0, AGENT_Y, 0.0, 0.0, 0.0)
"""Where the agent is before a house puts it somewhere."""


@dataclass(slots=True, eq=False)
class World:
    """All state of a simulator."""

    width: int
    height: int
    scene: Scene = field(default_factory=empty_scene)
    scene_name: str = "Procedural"
    pose: AgentPose = START_POSE
    standing: bool = True
    grid_size: float = 0.25
    snap_to_grid: bool = True
    rotate_step_deg: float = 90.0
    fov_deg: float = 90.0
    visibility_distance: float = VISIBILITY_DISTANCE
    render_depth: bool = False
    render_ids: bool = False
    listed: frozenset[str] | None = None
    """Ids that the metadata lists; None lists all (AI2-THOR's object filter)."""
    steps: int = 0
    _space: Snapshot[FreeSpace] | None = None
    _entries: Snapshot[list[dict[str, Any]]] | None = None

    def lists(self, object_id: str) -> bool:
        """Whether the object filter lets this id through."""
        return self.listed is None or object_id in self.listed

    def camera_position(self) -> Array:
        """(3,) world."""
        height = CAMERA_ABOVE_AGENT - (0.0 if self.standing else CROUCH)
        return np.array([self.pose.x, self.pose.y + height, self.pose.z])

    def world_from_camera(self) -> Array:
        """(4, 4)."""
        return camera_pose(self.camera_position(), self.pose.yaw_deg, self.pose.horizon_deg)

    def free_space(self) -> FreeSpace:
        """Where the agent can be in the scene as it is now."""
        if self._space is None or not self._space.holds(self.scene):
            self._space = Snapshot.of(self.scene, free_space(self.scene))
        return self._space.value

    def object_entries(self) -> list[dict[str, Any]]:
        """Metadata of everything in the scene as it is now, wherever the agent stands."""
        if self._entries is None or not self._entries.holds(self.scene):
            children = self._children()
            bodies = [object_metadata(body, children.get(body.id, [])) for body in self.scene.bodies.values()]
            entries = [*bodies, *structure_metadata(self.scene.house)]
            self._entries = Snapshot.of(self.scene, entries)
        return self._entries.value

    def scene_corners(self) -> Array:
        """(N, 3) points that the scene's bounds are taken of."""
        if self.scene.house is None:
            return np.zeros((1, 3))
        walls = self.scene.house.walls
        ends = [(x, y, z) for w in walls for x, z in (w.start, w.end) for y in (w.y_min, w.y_max)]
        return np.array(ends, dtype=np.float64)

    def _children(self) -> dict[str, list[str]]:
        """Ids of what stands on each receptacle."""
        found: dict[str, list[str]] = {}
        for body in self.scene.bodies.values():
            if body.parent_id:
                found.setdefault(body.parent_id, []).append(body.id)
        return found
