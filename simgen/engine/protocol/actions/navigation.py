"""Queries about where the agent can go: reachable positions, poses that see an object, shortest paths."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely

from simgen.engine.protocol.actions.arguments import PartialVector, Vector
from simgen.engine.protocol.actions.failure import ActionFailed
from simgen.engine.protocol.actions.motion import check_horizon
from simgen.engine.protocol.actions.targets import find_body
from simgen.engine.protocol.metadata import vector
from simgen.engine.protocol.world import World
from simgen.engine.world.agent import AGENT_Y, Agent
from simgen.engine.world.navigation import reachable_positions
from simgen.engine.world.scene import Body
from simgen.engine.world.visibility import find_hidden, find_seeing_views, horizontal_gaps
from simgen.geometry.frames import euler_rotation
from simgen.types import AgentPose, Array

DEFAULT_ALLOWED_ERROR = 0.0001
"""AI2-THOR's default of how far a path's ends may be from free space, metres."""
LEAST_ALLOWED_ERROR = 0.2
"""AI2-THOR searches for the nearest walkable point at least this far away, metres."""
HORIZONS_DEG = (-30.0, 0.0, 30.0, 60.0)
"""Default horizons of GetInteractablePoses."""


def get_reachable_positions(
    world: World, gridSize: float | None = None, maxStepCount: int | None = None, **options: Any
) -> list[dict[str, float]]:
    """All positions that the agent can walk to on its grid. `maxStepCount` sets no limit."""
    return [_floor_point(x, z) for x, z in _reachable(world, world.agent.spot, gridSize)]


def get_interactable_poses(
    world: World,
    objectId: str,
    positions: Sequence[Vector] | None = None,
    rotations: Sequence[float] | None = None,
    horizons: Sequence[float] | None = None,
    standings: Sequence[bool] | None = None,
    maxDistance: float | None = None,
    maxPoses: int | None = None,
) -> list[dict[str, Any]]:
    """Poses from which the agent sees an object, as arguments of TeleportFull.

    By default all reachable positions, all turns of `rotateStepDegrees`, four horizons, standing and not.
    """
    body = find_body(world, objectId)
    _check_pose_limits(world, rotations, horizons, maxDistance, maxPoses)
    if positions is None:
        spots = _reachable(world, world.agent.spot, None)
    else:
        given = [np.array([place["x"], place["z"]]) for place in positions]
        free = [spot for spot in given if not world.find_blocker(world.agent, spot, spot)]
        spots = np.array(free).reshape(-1, 2)
    turns = np.arange(0.0, 360.0, world.rotate_step_deg) if rotations is None else rotations
    poses = _poses_seeing(
        world,
        body,
        spots,
        [float(turn) % 360.0 for turn in turns],
        HORIZONS_DEG if horizons is None else horizons,
        (True, False) if standings is None else standings,
        world.visibility_distance if maxDistance is None else maxDistance,
    )
    return list(itertools.islice(poses, None if maxPoses is None else int(maxPoses)))


def positions_from_which_item_is_interactable(
    world: World,
    objectId: str,
    positions: Sequence[Vector] | None = None,
    rotations: Sequence[float] | None = None,
    horizon: float | None = None,
    standing: bool | None = None,
) -> dict[str, list[Any]]:
    """The answer of GetInteractablePoses as one list for each part of a pose."""
    poses = get_interactable_poses(
        world,
        objectId,
        positions,
        rotations,
        None if horizon is None else [horizon],
        None if standing is None else [standing],
    )
    return {key: [pose[key] for pose in poses] for key in ("x", "y", "z", "rotation", "standing", "horizon")}


def get_shortest_path(
    world: World,
    objectType: str | None = None,
    objectId: str | None = None,
    position: Vector | None = None,
    rotation: PartialVector | None = None,
    allowedError: float = DEFAULT_ALLOWED_ERROR,
) -> dict[str, Any]:
    """Corners of the shortest path to the grid position nearest to an object from which the agent can see it.

    For a type it is the shortest of the paths to all objects of the type.
    """
    if (objectType is None) == (objectId is None):
        raise ActionFailed("give either objectType or objectId")
    bodies = (
        [find_body(world, objectId)]
        if objectId is not None
        else [body for body in world.scene.bodies.values() if body.asset.object_type == objectType]
    )
    if not bodies:
        raise ActionFailed(f"Object with type {objectType} not found in scene.")
    start = world.agent.spot if position is None else np.array([position["x"], position["z"]])
    start = _walkable(world, start, allowedError, "startPosition")
    spots = _reachable(world, start, None)
    ends = [end for body in bodies if (end := _viewpoint(world, body, spots)) is not None]
    paths = [path for end in ends if (path := world.paths().shortest_path(start, end)) is not None]
    if not paths:
        raise ActionFailed(f"No point on NavMesh from which {objectId or objectType} can be seen.")
    return _path(min(paths, key=_length))


def get_shortest_path_to_point(
    world: World,
    position: Vector | None = None,
    target: Vector | None = None,
    x: float | None = None,
    y: float | None = None,
    z: float | None = None,
    allowedError: float = DEFAULT_ALLOWED_ERROR,
) -> dict[str, Any]:
    """Corners of the shortest path from a position, by default the agent's, to a point."""
    if target is None:
        if x is None or z is None:
            raise ActionFailed("give target, or x, y and z")
        target = Vector(x=x, y=y or 0.0, z=z)
    start = world.agent.spot if position is None else np.array([position["x"], position["z"]])
    start = _walkable(world, start, allowedError, "startPosition")
    end = _walkable(world, np.array([target["x"], target["z"]]), allowedError, "targetPosition")
    path = world.paths().shortest_path(start, end)
    if path is None:
        raise ActionFailed(f"Could not find path between {_text(start)} and {_text(end)} using the NavMesh.")
    return _path(path)


def _check_pose_limits(
    world: World,
    rotations: Sequence[float] | None,
    horizons: Sequence[float] | None,
    max_distance: float | None,
    max_poses: int | None,
) -> None:
    if max_poses is not None and max_poses <= 0:
        raise ActionFailed("maxPoses must be > 0.")
    if max_distance is not None and max_distance <= 0.0:
        raise ActionFailed("maxDistance must be >= 0 meters from the object.")
    if rotations is None and 360.0 % world.rotate_step_deg != 0.0:
        raise ActionFailed(
            f"360 % rotateStepDegrees (360 % {world.rotate_step_deg} != 0) must be 0, unless "
            "'rotations: float[]' is overwritten."
        )
    for horizon in horizons or ():
        check_horizon(horizon)


def _reachable(world: World, start: Array, grid_size: float | None) -> Array:
    if grid_size is not None and grid_size <= 0.0:
        raise ActionFailed(f"gridSize must be greater than 0, not {grid_size}")
    points = reachable_positions(
        world.free_space(), start, world.grid_size if grid_size is None else grid_size
    )
    if not len(points):
        raise ActionFailed("the agent stands in something, so it can reach nothing")
    return points


def _poses_seeing(
    world: World,
    body: Body,
    spots: Array,
    turns_deg: Sequence[float],
    horizons_deg: Sequence[float],
    standings: Sequence[bool],
    reach: float,
) -> Iterator[dict[str, Any]]:
    table = world.visibility_table()
    index = table.index[body.id]
    points = table.points[index][table.usable[index]]
    looks = [(turn_deg, float(horizon_deg)) for turn_deg in turns_deg for horizon_deg in horizons_deg]
    rotations = np.array([euler_rotation(horizon, turn, 0.0) for turn, horizon in looks]).reshape(-1, 3, 3)
    for x, z in spots:
        if horizontal_gaps(table, np.array([x, AGENT_Y, z]))[index] > reach:
            continue
        for standing in standings:
            eye = Agent(AgentPose(float(x), AGENT_Y, float(z), 0.0, 0.0), standing).camera_position()
            clear = points[~find_hidden(table, eye, points, np.full(len(points), index))]
            for at in np.flatnonzero(find_seeing_views(clear, eye, rotations, world.tangents())):
                turn, horizon = looks[at]
                yield {**_floor_point(x, z), "rotation": turn, "standing": standing, "horizon": horizon}


def _viewpoint(world: World, body: Body, spots: Array) -> Array | None:
    """(2,) the nearest of positions (N, 2) to a body from which it is within reach and visible."""
    table = world.visibility_table()
    index = table.index[body.id]
    points = table.points[index][table.usable[index]]
    order = np.argsort(np.linalg.norm(spots - body.position[[0, 2]], axis=1), kind="stable")
    for spot in spots[order]:
        agent = Agent(AgentPose(float(spot[0]), AGENT_Y, float(spot[1]), 0.0, 0.0))
        if horizontal_gaps(table, agent.position)[index] > world.visibility_distance:
            continue
        if not find_hidden(table, agent.camera_position(), points, np.full(len(points), index)).all():
            return spot
    return None


def _walkable(world: World, spot: Array, allowed_error: float, name: str) -> Array:
    """(2,) the spot itself, or the nearest in free space if that is near enough."""
    space, place = world.free_space(), shapely.Point(spot)
    if space.holds(spot):
        return spot
    if space.area.is_empty or space.area.distance(place) > max(LEAST_ALLOWED_ERROR, allowed_error):
        raise ActionFailed(f"No point on NavMesh near {name} {_text(spot)}.")
    nearest = shapely.shortest_line(space.area, place).coords[0]
    return np.array(nearest, dtype=np.float64)


def _path(corners: Array) -> dict[str, Any]:
    return {"corners": [vector((x, 0.0, z)) for x, z in corners], "status": "PathComplete"}


def _length(path: Array) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def _floor_point(x: float, z: float) -> dict[str, float]:
    return vector((x, AGENT_Y, z))


def _text(spot: Array) -> str:
    return f"({spot[0]:.3f}, 0.000, {spot[1]:.3f})"
