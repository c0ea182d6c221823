"""Queries about objects and rays. They change nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from simgen.engine.protocol.actions.arguments import Vector, point
from simgen.engine.protocol.actions.failure import ActionFailed
from simgen.engine.protocol.actions.targets import find_body, hit_in_frame
from simgen.engine.protocol.metadata import vector
from simgen.engine.protocol.world import World
from simgen.engine.world.parts import world_parts
from simgen.engine.world.raycast import Hit, first_hit
from simgen.engine.world.visibility import find_visible


def get_object_in_frame(world: World, x: float, y: float, checkVisible: bool = False) -> str:
    """Id of what is at x, y of the picture: fractions of its width and height from the upper left corner."""
    hit = hit_in_frame(world, x, y)
    if hit is None or (hit.built_in and hit.object_id.startswith(("wall|", "ceiling|"))):
        raise ActionFailed(f"no sim objects found at ({x},{y})")
    if checkVisible and (hit.built_in or not world.sees(hit.object_id)):
        raise ActionFailed(f"target hit ({hit.object_id}) at ({x}, {y}) is not currently Visible to Agent")
    return hit.object_id


def get_coordinate_from_raycast(world: World, x: float, y: float) -> dict[str, float]:
    """The world point at x, y of the picture, with x and y as for GetObjectInFrame."""
    hit = hit_in_frame(world, x, y)
    return vector((0.0, 0.0, 0.0) if hit is None else hit.point)


def perform_raycast(world: World, origin: Vector, destination: Vector) -> dict[str, Any]:
    """The first hit of a ray from one point through another."""
    hit = _ray_hit(world, origin, destination)
    return {"objectId": hit.object_id, "hitPoint": vector(hit.point), "hitDistance": hit.distance}


def get_object_hit_from_raycast(world: World, origin: Vector, destination: Vector) -> str:
    """Id of the first hit of a ray from one point through another."""
    return _ray_hit(world, origin, destination).object_id


def get_visible_objects(
    world: World, maxDistance: float | None = None, visibilityScheme: str = ""
) -> list[str]:
    """Ids of the objects that the agent sees, by default within its visibility distance."""
    reach = world.visibility_distance if maxDistance is None else maxDistance
    table, agent = world.visibility_table(), world.agent
    visible, _ = find_visible(table, agent.position, agent.world_from_camera(), world.tangents(), reach)
    return [name for name, sees in zip(table.ids, visible, strict=True) if sees]


def get_object_metadata(world: World, objectIds: Sequence[str]) -> list[dict[str, Any]]:
    """The metadata of some objects; ids that do not exist are left out."""
    visible, obstructed = world.find_visible(world.agent)
    entries = world.entries().describe(world.agent, visible.tolist(), obstructed.tolist())
    wanted = set(objectIds)
    return [entry for entry in entries if entry["objectId"] in wanted]


def object_type_to_object_ids(world: World, objectType: str) -> list[str]:
    """Ids of all objects of a type."""
    return [entry["objectId"] for entry in world.entries().entries if entry["objectType"] == objectType]


def get_visibility_points(world: World, objectId: str) -> list[dict[str, float]]:
    """The sample points of an object: it is visible when one of them is in view and not occluded."""
    index = world.visibility_table().index[find_body(world, objectId).id]
    return [
        vector(place)
        for place in world.visibility_table().points[index][world.visibility_table().usable[index]]
    ]


def get_scene_bounds(world: World) -> dict[str, Any]:
    """The `sceneBounds` entry."""
    return dict(world.bounds())


def get_in_scene_asset_geometry(world: World, objectId: str, triangles: bool = False) -> list[dict[str, Any]]:
    """The meshes of an object in world coordinates, one per part: vertices, and triangles as a flat list."""
    return [
        {
            "vertices": [{"x": float(x), "y": float(y), "z": float(z)} for x, y, z in part.positions],
            "triangles": part.faces.ravel().tolist() if triangles else None,
        }
        for part in world_parts(find_body(world, objectId))
    ]


def _ray_hit(world: World, origin: Vector, destination: Vector) -> Hit:
    start, way = point(origin), point(destination) - point(origin)
    hit = first_hit(world.scene, start, way) if np.linalg.norm(way) > 0.0 else None
    if hit is None or hit.object_id.startswith("ceiling|"):
        raise ActionFailed(
            f"Raycast from ({origin['x']}, {origin['y']}, {origin['z']}) to ({destination['x']}, "
            f"{destination['y']}, {destination['z']}) failed to hit any target object!"
        )
    return hit
