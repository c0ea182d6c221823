"""The state that actions change: the scene, its agents and cameras, and the client's options.

This module lies in `protocol` and not in `world` because it caches entries of AI2-THOR's metadata.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from simgen.engine.packs import AssetPack
from simgen.engine.protocol.metadata import (
    VISIBILITY_DISTANCE,
    ObjectEntries,
    object_entries,
    object_metadata,
    scene_bounds,
)
from simgen.engine.world.agent import Agent, HandContents, unity_euler
from simgen.engine.world.navigation import FreeSpace, free_space
from simgen.engine.world.scene import Body, Scene, Snapshot, empty_scene
from simgen.engine.world.visibility import Mask, VisibilityTable, find_visible, visibility_table
from simgen.geometry.frames import euler_rotation
from simgen.geometry.visibility_graph import VisibilityGraph
from simgen.house.agent import AGENT_RADIUS
from simgen.types import AgentPose, Array

PATH_TOLERANCE = 1e-9
"""How far a shortest path may leave the free space because of rounding, metres."""
ROUNDING = 1e-6
"""Distances computed in two ways differ by less than this, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class SceneCamera:
    """A camera that belongs to no agent: AI2-THOR's third-party camera."""

    position: Array
    """(3,) world."""
    rotation_deg: tuple[float, float, float]
    """Unity's Euler angles."""
    fov_deg: float
    orthographic: bool
    orthographic_size: float
    """Half the height of an orthographic picture, metres."""

    def world_from_camera(self) -> Array:
        """(4, 4)."""
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = euler_rotation(*self.rotation_deg), self.position
        return pose


@dataclass(slots=True, eq=False)
class World:
    """The whole state of a simulator: its scene (the bodies of the house), agents, cameras and options.

    Values that are computed from the scene (free space, visibility, metadata) are cached per scene version.
    """

    width: int
    height: int
    scene: Scene = field(default_factory=empty_scene)
    pack: AssetPack | None = None
    """Asset pack with meshes for some of the assets."""
    scene_name: str = "Procedural"
    agents: list[Agent] = field(default_factory=lambda: [Agent()])
    active: int = 0
    """Index of the agent that performs the current action."""
    cameras: list[SceneCamera] = field(default_factory=list)
    disabled: dict[str, Body] = field(default_factory=dict)
    """Bodies that DisableObject removed, by id."""
    grid_size: float = 0.25
    snap_to_grid: bool = True
    rotate_step_deg: float = 90.0
    fov_deg: float = 90.0
    visibility_distance: float = VISIBILITY_DISTANCE
    render_depth: bool = False
    render_ids: bool = False
    render_classes: bool = False
    listed: frozenset[str] | None = None
    """Ids of the objects that the metadata lists; None for all (AI2-THOR's object filter)."""
    steps: int = 0
    """Actions since the scene began."""
    _space: Snapshot[FreeSpace] | None = None
    _paths: Snapshot[VisibilityGraph] | None = None
    _entries: Snapshot[ObjectEntries] | None = None
    _visibility: Snapshot[VisibilityTable] | None = None
    _bounds: Snapshot[dict[str, Any]] | None = None

    @property
    def agent(self) -> Agent:
        """The agent that performs the current action."""
        return self.agents[self.active]

    @property
    def pose(self) -> AgentPose:
        """Pose of the acting agent."""
        return self.agent.pose

    @pose.setter
    def pose(self, pose: AgentPose) -> None:
        self.agent.pose = pose

    def tangents(self) -> tuple[float, float]:
        """Tangents of half the horizontal and half the vertical field of view of an agent."""
        height = float(np.tan(np.radians(self.fov_deg) / 2.0))
        return height * self.width / self.height, height

    def free_space(self) -> FreeSpace:
        """The free space of the present scene. Other agents are not in it."""
        if self._space is None or not self._space.holds(self.scene):
            self._space = Snapshot.of(self.scene, free_space(self.scene))
        return self._space.value

    def paths(self) -> VisibilityGraph:
        """The visibility graph of the free space, for shortest paths."""
        if self._paths is None or not self._paths.holds(self.scene):
            self._paths = Snapshot.of(self.scene, VisibilityGraph(self.free_space().area, PATH_TOLERANCE))
        return self._paths.value

    def visibility_table(self) -> VisibilityTable:
        """The visibility table of the present scene."""
        if self._visibility is None or not self._visibility.holds(self.scene):
            before = None if self._visibility is None else self._visibility.value
            self._visibility = Snapshot.of(self.scene, visibility_table(self.scene, before))
        return self._visibility.value

    def entries(self) -> ObjectEntries:
        """Metadata of everything in the present scene, without what depends on an agent."""
        if self._entries is None or not self._entries.holds(self.scene):
            before = None if self._entries is None else self._entries.value
            self._entries = Snapshot.of(self.scene, object_entries(self.scene, before))
        held = [agent.held for agent in self.agents if agent.held is not None]
        if not held:
            return self._entries.value
        carried = [self.scene.body(item.object_id) for hold in held for item in hold.carried]
        return self._entries.value.with_entries(
            object_metadata(body, self._entries.value.children(body.id), self._entries.value.parents(body.id))
            for body in carried
        )

    def find_visible(self, agent: Agent) -> tuple[Mask, Mask]:
        """(N,) each, in the order of the scene's bodies: which an agent sees, and which are hidden."""
        table = self.visibility_table()
        visible, obstructed = find_visible(
            table, agent.position, agent.world_from_camera(), self.tangents(), self.visibility_distance
        )
        for item in agent.held.carried if agent.held else ():
            index = table.index[item.object_id]
            visible[index], obstructed[index] = True, False
        return visible, obstructed

    def within_reach(self, agent: Agent, object_ids: Iterable[str]) -> bool:
        """Whether any of these bodies may be near enough to be visible. A fast test before `find_visible`."""
        bodies = [self.scene.bodies[name] for name in object_ids if name in self.scene.bodies]
        spot = shapely.Point(agent.spot)
        far = (
            shapely.distance([body.footprint for body in bodies], spot) > self.visibility_distance + ROUNDING
        )
        return not far.all() or any(body.held for body in bodies)

    def sees(self, object_id: str) -> bool:
        """Whether the acting agent sees a body."""
        return bool(self.find_visible(self.agent)[0][self.visibility_table().index[object_id]])

    def bounds(self) -> dict[str, Any]:
        """The `sceneBounds` entry."""
        if self._bounds is None or not self._bounds.holds(self.scene):
            self._bounds = Snapshot.of(self.scene, scene_bounds(self._scene_corners()))
        return self._bounds.value

    def find_blocker(self, agent: Agent, start: Array, end: Array) -> str:
        """What blocks an agent on a straight line between two world (x, z): an id, or "" for nothing.

        It is "The edge of the floor" where no body, wall or agent blocks.
        """
        space = self.free_space()
        for index, other in enumerate(self.agents):
            if other is not agent and _distance_to_way(other.spot, start, end) < 2.0 * AGENT_RADIUS:
                return f"Agent {index}"
        free = space.holds(end) if np.array_equal(start, end) else space.allows(start, end)
        return "" if free else space.find_blocker(start, end) or "The edge of the floor"

    def carry_along(self) -> None:
        """Moves held bodies to the present positions of the agents' hands."""
        for agent in self.agents:
            if agent.held is not None:
                self._pose_held(agent, agent.held)

    def let_go(self, object_id: str) -> None:
        """Opens the hand that holds a body. The bodies in it stay where they are."""
        for agent in self.agents:
            carried = [item.object_id for item in agent.held.carried] if agent.held else []
            if object_id in carried:
                agent.held = None
                for body in map(self.scene.body, carried):
                    body.held = False
                    self.scene.add(body)

    def _pose_held(self, agent: Agent, held: HandContents) -> None:
        camera = agent.world_from_camera()
        world_from_hand = camera[:3, :3] @ euler_rotation(*held.hand_rotation_deg)
        hand = camera[:3, :3] @ held.hand + camera[:3, 3]
        for item in held.carried:
            body = self.scene.body(item.object_id)
            position = world_from_hand @ item.offset + hand
            rotation_deg = unity_euler(world_from_hand @ item.hand_from_object)
            if rotation_deg != body.rotation_deg or (position != body.position).any():
                self.scene.carry(body, position, rotation_deg)

    def _scene_corners(self) -> Array:
        """(N, 3) points that span the scene's bounds."""
        if self.scene.house is None:
            return np.zeros((1, 3))
        walls = self.scene.house.walls
        ends = [(x, y, z) for w in walls for x, z in (w.start, w.end) for y in (w.y_min, w.y_max)]
        return np.array(ends, dtype=np.float64)


def _distance_to_way(point: Array, start: Array, end: Array) -> float:
    """Distance from a point (2,) to a segment."""
    along = end - start
    length = float(along @ along)
    share = float(np.clip((point - start) @ along / length, 0.0, 1.0)) if length > 0.0 else 0.0
    return float(np.linalg.norm(start + share * along - point))
