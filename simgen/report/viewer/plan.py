"""The plan of a clip for the viewer: rooms, walls, objects and cameras, as values for JSON.

Everything is in metres on the plan: x to the right and y upwards on the page, the origin below the first
camera, turned by a multiple of 90 degrees from the world so that walls are level or upright.
"""

from typing import Any

import numpy as np
import shapely

from simgen.geometry.frames import MapFrame
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.names import STRUCTURE, spoken_name
from simgen.report.colors import object_color
from simgen.report.trajectory import square_yaw_deg
from simgen.store.clips import Clip
from simgen.types import Array

INSCRIBED_M = 0.05
"""The accuracy of the place of a room's name."""
CAMERA_PATH_M = 0.3
"""Names of rooms stay this far from the camera's path."""


def plan_frame(clip: Clip) -> MapFrame:
    """The transform from the world's floor plane to the plan."""
    return MapFrame(clip.world_from_camera[0, [0, 2], 3], square_yaw_deg(clip))


def describe_plan(geometry: ClipGeometry) -> dict[str, Any]:
    """Rooms, walls, objects and cameras of a clip."""
    clip, frame = geometry.clip, plan_frame(geometry.clip)
    seen = np.atleast_1d(clip.visibility.pixels.any(axis=0))
    objects = [
        {
            "name": spoken_name(item.type),
            "color": object_color(index),
            "footprint": _rounded(frame.from_world(item.footprint)),
            "height": [round(float(z), 2) for z in item.aabb[:, 1]],
            "seen": bool(seen[index]),
            "shell": item.type in STRUCTURE,
        }
        for index, item in enumerate(clip.objects)
    ]
    return {
        "rooms": _rooms(clip, frame),
        "walls": _walls(geometry, frame),
        "objects": objects,
        "cameras": [_camera(pose, frame) for pose in clip.world_from_camera],
        "camera": _lens(clip),
    }


def map_axes(geometry: ClipGeometry) -> list[list[float]]:
    """Where a map lies on the plan: its origin, and the displacements of one metre along its x and its y."""
    frame = plan_frame(geometry.clip)
    origin, right, ahead = frame.from_world(geometry.frame.to_world(np.array([[0, 0], [1, 0], [0, 1]])))
    return _rounded(np.stack([origin, right - origin, ahead - origin]), 6)


def _rooms(clip: Clip, frame: MapFrame) -> list[dict[str, Any]]:
    """Each room's floor, its name, and a free place for the name."""
    path = shapely.MultiPoint(frame.from_world(clip.world_from_camera[:, [0, 2], 3])).buffer(CAMERA_PATH_M)
    busy = shapely.union_all([path, *(shapely.Polygon(frame.from_world(o.footprint)) for o in clip.objects)])
    rooms = []
    for room in clip.rooms:
        corners = frame.from_world(room.polygon)
        free = shapely.difference(shapely.Polygon(corners), busy)
        circle = shapely.maximum_inscribed_circle(free, INSCRIBED_M)  # pyright: ignore
        label = _rounded(np.array(circle.coords[:1]))[0] if not circle.is_empty else _rounded(corners[:1])[0]
        rooms.append({"name": spoken_name(room.type), "polygon": _rounded(corners), "label": label})
    return rooms


def _walls(geometry: ClipGeometry, frame: MapFrame) -> list[list[list[float]]]:
    """The edges of the rooms without the passages, as lines."""
    parts = shapely.get_parts(geometry.plan.walls)
    lines = [geometry.frame.to_world(shapely.get_coordinates(part)) for part in parts]
    return [_rounded(frame.from_world(line)) for line in lines if len(line) > 1]


def _camera(world_from_camera: Array, frame: MapFrame) -> list[float]:
    """Position (x, y, height), and the camera's right, up and forward axes: 12 numbers."""
    position = [*frame.from_world(world_from_camera[None, [0, 2], 3])[0], world_from_camera[1, 3]]
    axes = world_from_camera[:3, :3].T
    turned = frame.turn_from(MapFrame(np.zeros(2), 0.0), axes[:, [0, 2]])
    values = [*position, *np.column_stack([turned, axes[:, 1]]).ravel()]
    return [round(float(value), 4) for value in values]


def _lens(clip: Clip) -> dict[str, float]:
    """The pinhole camera, in shares of the picture's width and height."""
    (width, height), matrix = clip.size_px, clip.intrinsics
    values = {
        "fx": matrix[0, 0] / width,
        "fy": matrix[1, 1] / height,
        "cx": matrix[0, 2] / width,
        "cy": matrix[1, 2] / height,
    }
    return {name: round(float(value), 5) for name, value in values.items()}


def _rounded(points: Array, decimals: int = 3) -> list[list[float]]:
    return [[round(float(value), decimals) + 0.0 for value in point] for point in points]
