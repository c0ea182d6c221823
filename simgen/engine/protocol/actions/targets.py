"""The object that an action refers to, and agents that block or are hit."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import shapely

from simgen.engine.draw.cameras import NEAR
from simgen.engine.protocol.actions.cameras import map_camera
from simgen.engine.protocol.actions.failure import ActionFailed
from simgen.engine.protocol.world import World
from simgen.engine.world.navigation import obstacle_plan
from simgen.engine.world.raycast import Hit, first_hit
from simgen.engine.world.scene import Body
from simgen.house.agent import AGENT_HEIGHT, AGENT_RADIUS, STEP_OFFSET
from simgen.types import Array

SWEEP_STAGES = 5
"""Number of degrees of opening that are tested, first and last included."""
REACH_SHARE = 2.0
"""A leaf reaches at most this many times the body's longest side out of its body."""


def find_target(
    world: World,
    object_id: str | None,
    x: float | None,
    y: float | None,
    force: bool,
) -> Body:
    """The body of this id, or the one at x, y of the picture. The agent must see it unless `force` is set."""
    body = find_body(world, object_id) if object_id is not None else _body_in_frame(world, x, y)
    if not force and not world.sees(body.id):
        raise ActionFailed("Target object not found within the specified visibility.")
    return body


def find_body(world: World, object_id: str) -> Body:
    """The body of this id. Raises ActionFailed in AI2-THOR's words when there is none."""
    if object_id not in world.scene.bodies:
        raise ActionFailed(f"objectId: {object_id} is not the objectId on any object in the scene!")
    return world.scene.bodies[object_id]


def hit_in_frame(world: World, x: float, y: float) -> Hit | None:
    """What is at x, y of the agent's picture: fractions of width and height from the upper left corner."""
    if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
        raise ActionFailed("x/y must be in [0:1]")
    right, up = 2.0 * x - 1.0, 1.0 - 2.0 * y
    if world.agent.map_view:
        return _hit_on_map(world, right, up)
    camera = world.agent.world_from_camera()
    wide, high = world.tangents()
    return first_hit(world.scene, camera[:3, 3], camera[:3, :3] @ np.array([right * wide, up * high, 1.0]))


def find_touching_agent(world: World, bodies: Iterable[Body]) -> str:
    """The first agent that one of the bodies touches: "Agent 0" and so on, or "" for none."""
    plans = [plan for body in bodies if (plan := obstacle_plan(body)) is not None]
    for index, agent in enumerate(world.agents):
        if any(shapely.distance(plan, shapely.Point(agent.spot)) < AGENT_RADIUS for plan in plans):
            return f"Agent {index}"
    return ""


def stand_clear(world: World, bodies: Iterable[Body]) -> bool:
    """Whether none of the bodies touches an agent."""
    return not find_touching_agent(world, bodies)


def find_swept_agent(world: World, body: Body, openness: float) -> str:
    """The first agent that a body touches while it opens or closes to `openness`, "" for none.

    An agent that does not stand in free space does not count, for example one that it touches already.
    """
    stages = np.linspace(body.openness, openness, SWEEP_STAGES)[1:]
    for index, agent in enumerate(world.agents):
        swept = any(_reaches(body, float(stage), agent.spot) for stage in stages)
        if swept and world.free_space().holds(agent.spot):
            return f"Agent {index}"
    return ""


def _body_in_frame(world: World, x: float | None, y: float | None) -> Body:
    if x is None or y is None:
        raise ActionFailed("give objectId, or x and y")
    hit = hit_in_frame(world, x, y)
    if hit is None or hit.built_in:
        raise ActionFailed(f"No SimObject found at (x: {x}, y: {y})")
    return world.scene.bodies[hit.object_id]


def _hit_on_map(world: World, right: float, up: float) -> Hit | None:
    """What is at a point of the map of ToggleMapView; `right` and `up` are -1 to 1 from edge to edge."""
    camera = map_camera(world)
    pose, high = camera.world_from_camera(), camera.orthographic_size
    # The ray starts at the near plane, like the picture: the camera itself is level with the ceiling.
    start = np.array([right * high * world.width / world.height, up * high, NEAR])
    return first_hit(world.scene, pose[:3, :3] @ start + pose[:3, 3], pose[:3, 2])


def _reaches(body: Body, openness: float, spot: Array) -> bool:
    """Whether a body with this openness is nearer to an agent's centre (2,) than the agent's radius."""
    opened = _open_to(body, openness)
    plan = obstacle_plan(opened)
    if plan is not None and shapely.distance(plan, shapely.Point(spot)) < AGENT_RADIUS:
        return True
    if body.is_opening or shapely.distance(body.footprint, shapely.Point(spot)) > REACH_SHARE * max(
        body.asset.size
    ):
        return False
    return _mesh_distance(opened, spot) < AGENT_RADIUS


def _open_to(body: Body, openness: float) -> Body:
    return replace(body, openness=openness)


def _mesh_distance(body: Body, spot: Array) -> float:
    """Horizontal distance from a point (2,) to those triangles of a body that are at the agent's height."""
    rotation, origin = body.rotation, body.origin(body.shape.size)
    nearest = np.inf
    for part in body.shape.parts:
        triangles = (part.positions @ rotation.T + origin)[part.faces]  # (F, 3, 3)
        heights = triangles[:, :, 1]
        tall = (heights.min(axis=1) < AGENT_HEIGHT) & (heights.max(axis=1) > STEP_OFFSET)
        nearest = min(nearest, _plan_distance(triangles[tall][:, :, [0, 2]] - spot))
    return nearest


def _plan_distance(triangles: Array) -> float:
    """Distance from the origin to flat triangles (F, 3, 2); infinite for none."""
    ends = np.roll(triangles, -1, axis=1)
    along = ends - triangles
    length = np.maximum((along**2).sum(axis=2), 1e-12)
    share = np.clip(-(triangles * along).sum(axis=2) / length, 0.0, 1.0)
    edge = np.linalg.norm(triangles + share[..., None] * along, axis=2)
    side = triangles[..., 0] * along[..., 1] - triangles[..., 1] * along[..., 0]
    around = (side > 0.0).all(axis=1) | (side < 0.0).all(axis=1)
    return 0.0 if around.any() else float(edge.min(initial=np.inf))
