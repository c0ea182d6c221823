"""From a house to a clip: walk the trajectory through AI2-THOR's client and keep what it shows."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from simgen import __version__
from simgen.errors import HouseError
from simgen.geometry.boxes import aabb, footprint
from simgen.geometry.frames import camera_pose, euler_rotation, intrinsics
from simgen.recipe import Recipe
from simgen.scenes.controller import (
    Controller,
    Event,
    attributions,
    engine_version,
    gl_driver,
    make_controller,
    unoccluded_pixels,
)
from simgen.scenes.trajectories import walkthrough
from simgen.store.clips import ClipInfo, Frames, Visibility, write_clip
from simgen.store.houses import house_index, house_sha256
from simgen.types import AgentPose, Array, OrientedBox, Room, SceneObject

STRUCTURE_TYPES = ("Wall", "Floor", "Ceiling")
"""AI2-THOR lists these as objects; in a clip they are rooms, and own no instance id."""
STANDING_CAMERA_HEIGHT = 0.675
"""Height of AI2-THOR's default agent's camera above its position, metres."""
DEPTH_LIMIT_M = 65.535
"""The largest depth that fits 16 bits of millimetres."""


def render_clip(
    recipe: Recipe,
    house: Mapping[str, Any],
    clip: int,
    path: Path,
    on_frame: Callable[[], object],
    assets: Path | None = None,
) -> str:
    """Renders one clip of a house to `path` and returns its content hash.

    `on_frame` is called after every frame; `assets` is an asset pack's folder. Raises HouseError when the
    house cannot be walked through.
    """
    controller = make_controller(recipe, assets)
    try:
        rooms = rooms_of(house)
        first = _enter(controller, house)
        poses = _trajectory(controller, recipe, rooms, first, _generator(recipe, house_index(house), clip))
        objects = scene_objects(first.metadata["objects"], rooms)
        frames, visibility = _walk(controller, recipe, poses, objects, on_frame)
        return write_clip(
            path, _info(recipe, house, controller, objects), dict(house), frames, objects, rooms, visibility
        )
    finally:
        controller.stop()


def rooms_of(house: Mapping[str, Any]) -> tuple[Room, ...]:
    """The rooms of a house."""
    return tuple(
        Room(
            room["id"],
            room["roomType"],
            np.array([[p["x"], p["z"]] for p in room["floorPolygon"]], dtype=float),
        )
        for room in house["rooms"]
    )


def scene_objects(metadata: Sequence[Mapping[str, Any]], rooms: Sequence[Room]) -> tuple[SceneObject, ...]:
    """The objects that AI2-THOR lists, with their boundaries; structure is left out."""
    listed = [
        m for m in metadata if m["objectType"] not in STRUCTURE_TYPES and m["objectOrientedBoundingBox"]
    ]
    ids = {m["objectId"] for m in listed}
    return tuple(_scene_object(m, ids, rooms) for m in listed)


def _scene_object(metadata: Mapping[str, Any], ids: set[str], rooms: Sequence[Room]) -> SceneObject:
    points = np.array(metadata["objectOrientedBoundingBox"]["cornerPoints"], dtype=np.float64)
    parents = [parent for parent in metadata["parentReceptacles"] or () if parent in ids]
    return SceneObject(
        id=metadata["objectId"],
        type=metadata["objectType"],
        asset_id=metadata.get("assetId") or "",
        room_id=_room_id(points.mean(axis=0), rooms),
        parent_id=parents[0] if parents else "",
        box=_oriented_box(points, metadata["rotation"]),
        aabb=aabb(points),
        footprint=_footprint(metadata, points),
    )


def _footprint(metadata: Mapping[str, Any], points: Array) -> Array:
    """(P, 2) the outline of the mesh where the embedded engine has one, otherwise of the box's corners."""
    outline = metadata.get("footprint")
    return footprint(points) if outline is None else np.array(outline, dtype=np.float64)


def _oriented_box(points: Array, rotation: Mapping[str, float]) -> OrientedBox:
    """The box whose corners AI2-THOR gives, along the object's own axes."""
    axes = euler_rotation(rotation["x"], rotation["y"], rotation["z"])
    center = points.mean(axis=0)
    return OrientedBox(center, np.abs((points - center) @ axes).max(axis=0), axes)


def _room_id(point: Array, rooms: Sequence[Room]) -> str:
    here = shapely.Point(point[0], point[2])
    return min(rooms, key=lambda room: shapely.Polygon(room.polygon).distance(here)).id


def _generator(recipe: Recipe, house: int, clip: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(recipe.seed, spawn_key=(house, clip)))


def _enter(controller: Controller, house: Mapping[str, Any]) -> Event:
    """Builds the house and puts the agent at its start pose."""
    event = controller.step(action="CreateHouse", house=dict(house), renderImage=False)
    if not event:
        raise HouseError(f"house {house_index(house)}: CreateHouse failed: {event.metadata['errorMessage']}")
    event = controller.step(action="TeleportFull", **house["metadata"]["agent"], renderImage=False)
    if not event:
        raise HouseError(
            f"house {house_index(house)}: its start pose is blocked: {event.metadata['errorMessage']}"
        )
    return event


def _trajectory(
    controller: Controller,
    recipe: Recipe,
    rooms: Sequence[Room],
    event: Event,
    rng: np.random.Generator,
) -> list[AgentPose]:
    reachable = controller.step(action="GetReachablePositions", renderImage=False).metadata["actionReturn"]
    positions = np.array([[p["x"], p["z"]] for p in reachable])
    wanted = [r for r in rooms if recipe.trajectory.room in (None, r.type)]
    if recipe.trajectory.room is not None:
        wanted = wanted[:1]  # one walk is through one room, the first of its type
    polygons = [shapely.Polygon(room.polygon) for room in wanted]
    return walkthrough(positions, event.metadata["agent"]["position"]["y"], polygons, recipe.trajectory, rng)


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    """One frame: its images, the camera, the action that led to it, and what stands in the way."""

    rgb: NDArray[np.uint8]
    depth_mm: NDArray[np.uint16]
    instance: NDArray[np.uint16]
    camera: Array
    action: str
    unoccluded: NDArray[np.uint32]


def _walk(
    controller: Controller,
    recipe: Recipe,
    poses: Sequence[AgentPose],
    objects: tuple[SceneObject, ...],
    on_frame: Callable[[], object],
) -> tuple[Frames, Visibility]:
    camera_matrix = intrinsics(recipe.camera.width, recipe.camera.height, recipe.camera.fov_deg)
    # The scene does not change during a walk, and so its colours do not.
    id_of_color = _id_of_color(_go(controller, poses[0]), objects)
    shots: list[_Shot] = []
    for pose in poses:
        shots.append(_shoot(controller, pose, objects, id_of_color, camera_matrix))
        on_frame()
    frames = Frames(
        rgb=np.stack([shot.rgb for shot in shots]),
        depth_mm=np.stack([shot.depth_mm for shot in shots]),
        instance=np.stack([shot.instance for shot in shots]),
        world_from_camera=np.stack([shot.camera for shot in shots]),
        intrinsics=camera_matrix,
        actions=tuple(shot.action for shot in shots),
    )
    return frames, _visibility(frames.instance, np.stack([shot.unoccluded for shot in shots]))


def _shoot(
    controller: Controller,
    pose: AgentPose,
    objects: tuple[SceneObject, ...],
    id_of_color: NDArray[np.uint16],
    camera_matrix: Array,
) -> _Shot:
    event = _go(controller, pose)
    camera = _camera_of(event)
    return _Shot(
        rgb=event.frame,
        depth_mm=_millimetres(event.depth_frame, controller.server.camera_far_plane),
        instance=_instance_ids(event, id_of_color),
        camera=camera,
        action=json.dumps(_teleport(pose), sort_keys=True),
        unoccluded=unoccluded_pixels(controller, objects, camera, camera_matrix),
    )


def _go(controller: Controller, pose: AgentPose) -> Event:
    event = controller.step(**_teleport(pose))
    if not event:
        raise HouseError(f"the walk is blocked: {event.metadata['errorMessage']}")
    return event


def _teleport(pose: AgentPose) -> dict[str, Any]:
    return {
        "action": "TeleportFull",
        "position": {"x": pose.x, "y": pose.y, "z": pose.z},
        "rotation": {"x": 0.0, "y": pose.yaw_deg, "z": 0.0},
        "horizon": pose.horizon_deg,
        "standing": True,
    }


def _camera_of(event: Event) -> Array:
    """(4, 4) world_from_camera, from where AI2-THOR says that the agent is."""
    agent = event.metadata["agent"]
    position = np.array([agent["position"][axis] for axis in "xyz"])
    position[1] += STANDING_CAMERA_HEIGHT
    return camera_pose(position, agent["rotation"]["y"], agent["cameraHorizon"])


def _millimetres(depth: NDArray[np.float32], far_plane: float) -> NDArray[np.uint16]:
    hit = (depth < 0.999 * far_plane) & (depth < DEPTH_LIMIT_M)
    return np.where(hit, np.rint(depth.astype(np.float64) * 1000.0), 0).astype(np.uint16)


def _id_of_color(event: Event, objects: Sequence[SceneObject]) -> NDArray[np.uint16]:
    """(2^24) 1 + object index by AI2-THOR's 24-bit colour; 0 for structure and for what is no object."""
    index_of = {item.id: index + 1 for index, item in enumerate(objects)}
    table = np.zeros(1 << 24, dtype=np.uint16)
    for entry in event.metadata["colors"]:
        red, green, blue = entry["color"]
        table[red | green << 8 | blue << 16] = index_of.get(entry["name"], 0)
    return table


def _instance_ids(event: Event, id_of_color: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """(H, W) ids of a picture; its colours come as RGBA in 32 bits."""
    return id_of_color[event.instance_masks.instance_segmentation_frame_uint32 & 0xFFFFFF]


def _visibility(instance: NDArray[np.uint16], unoccluded: NDArray[np.uint32]) -> Visibility:
    count = unoccluded.shape[1]
    pixels = np.stack([np.bincount(image.ravel(), minlength=count + 1)[1:] for image in instance]).astype(
        np.uint32
    )
    boxes = np.stack([_boxes(image, count) for image in instance])
    return Visibility(pixels, np.maximum(unoccluded, pixels), boxes)


def _boxes(image: NDArray[np.uint16], count: int) -> NDArray[np.uint16]:
    """(N, 4) x_min, y_min, x_max, y_max of each object's pixels."""
    boxes = np.zeros((count, 4), dtype=np.uint16)
    for index, found in enumerate(ndimage.find_objects(image.astype(np.int32), max_label=count)):
        if found is not None:
            rows, columns = found
            boxes[index] = (columns.start, rows.start, columns.stop, rows.stop)
    return boxes


def _info(
    recipe: Recipe, house: Mapping[str, Any], controller: Controller, objects: Sequence[SceneObject]
) -> ClipInfo:
    return ClipInfo(
        recipe=recipe.to_json(),
        recipe_sha256=recipe.sha256(),
        simgen_version=__version__,
        engine=recipe.engine,
        engine_version=engine_version(controller),
        gl_driver=gl_driver(controller),
        seed=recipe.seed,
        house_sha256=house_sha256(house),
        split=house["metadata"]["simgen"]["split"],
        fps=recipe.camera.fps,
        fov_deg=recipe.camera.fov_deg,
        attributions=json.dumps(attributions(controller, (item.asset_id for item in objects))),
    )
