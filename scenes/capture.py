"""Makes a clip of a house: walks the trajectory with AI2-THOR's client and stores what the camera shows."""

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
from simgen.geometry.boxes import aabb, footprint
from simgen.geometry.frames import euler_rotation, intrinsics
from simgen.recipe import Recipe
from simgen.scenes.camera import Eye, plan_eyes, set_up, take
from simgen.scenes.engines.base import ANY_HOST, Controller, Engine, Event, Host, Watch
from simgen.scenes.engines.table import find_engine
from simgen.scenes.enter import enter
from simgen.scenes.proof import Witness, make_witness, prove_picture
from simgen.scenes.scouting import plan_poses
from simgen.store.clips import ClipInfo, Frames, Visibility, write_clip
from simgen.store.houses import house_index, house_sha256
from simgen.types import AgentPose, Array, OrientedBox, Room, SceneObject

STRUCTURE_TYPES = ("Wall", "Floor", "Ceiling")
"""AI2-THOR lists these as objects. In a clip they are parts of rooms and have no instance id."""
DEPTH_LIMIT_M = 65.535
"""The largest depth that fits 16 bits of millimetres."""


def render_clip(
    recipe: Recipe,
    house: Mapping[str, Any],
    clip: int,
    path: Path,
    on_frame: Callable[[], object],
    assets: Path | None = None,
    host: Host = ANY_HOST,
    watch: Watch | None = None,
) -> str:
    """Renders one clip of a house to `path` and returns its content hash.

    `on_frame` is called after every frame. `assets` is the folder of the recipe's asset pack. `host` and
    `watch` are as in `Engine.start`. Raises HouseError when the trajectory cannot be walked in this house,
    and EngineFault when the engine crashes, hangs or answers wrongly.
    """
    engine = find_engine(recipe)
    controller = engine.start(recipe, assets, host, watch)
    try:
        first, rooms = enter(controller, house)
        objects = read_objects(first.metadata["objects"], rooms)
        rng = make_generator(recipe, house_index(house), clip)
        frames, visibility = walk(controller, recipe, rooms, objects, rng, on_frame, house)
        info = ClipInfo(
            recipe=recipe.to_json(),
            recipe_sha256=recipe.sha256(),
            simgen_version=__version__,
            engine=recipe.engine.kind,
            engine_version=engine.version(recipe, host),
            gl_driver=engine.driver(controller),
            seed=recipe.seed,
            house_sha256=house_sha256(house),
            split=house["metadata"]["simgen"]["split"],
            fps=recipe.camera.fps,
            fov_deg=recipe.camera.fov_deg,
            attributions=json.dumps(engine.attributions(controller, (item.asset_id for item in objects))),
        )
        return write_clip(path, info, dict(house), frames, objects, rooms, visibility)
    finally:
        controller.stop()


def read_objects(metadata: Sequence[Mapping[str, Any]], rooms: Sequence[Room]) -> tuple[SceneObject, ...]:
    """The objects that AI2-THOR lists, with their boundaries, without walls, floors and ceilings."""
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
    """(P, 2) the outline of the mesh, where the engine gives one, otherwise of the box's corners."""
    outline = metadata.get("footprint")
    return footprint(points) if outline is None else np.array(outline, dtype=np.float64)


def _oriented_box(points: Array, rotation: Mapping[str, float]) -> OrientedBox:
    """The box with the corners that AI2-THOR gives, along the object's own axes."""
    axes = euler_rotation(rotation["x"], rotation["y"], rotation["z"])
    center = points.mean(axis=0)
    return OrientedBox(center, np.abs((points - center) @ axes).max(axis=0), axes)


def _room_id(point: Array, rooms: Sequence[Room]) -> str:
    here = shapely.Point(point[0], point[2])
    return min(rooms, key=lambda room: shapely.Polygon(room.polygon).distance(here)).id


def make_generator(recipe: Recipe, house: int, clip: int) -> np.random.Generator:
    """The generator for everything random in a clip."""
    return np.random.default_rng(np.random.SeedSequence(recipe.seed, spawn_key=(house, clip)))


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    """What all frames of a clip have in common."""

    engine: Engine
    controller: Controller
    objects: tuple[SceneObject, ...]
    id_of_color: NDArray[np.uint16]
    camera_matrix: Array
    witness: Witness


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    """One frame: its images, the camera's pose and the action that led to it, and each object's unoccluded
    pixels."""

    rgb: NDArray[np.uint8]
    depth_mm: NDArray[np.uint16]
    instance: NDArray[np.uint16]
    camera: Array
    action: str
    unoccluded: NDArray[np.uint32]


def walk(
    controller: Controller,
    recipe: Recipe,
    rooms: Sequence[Room],
    objects: tuple[SceneObject, ...],
    rng: np.random.Generator,
    on_frame: Callable[[], object],
    house: Mapping[str, Any] | None = None,
) -> tuple[Frames, Visibility]:
    """Plans the recipe's trajectory in the house that the controller is in, and takes its frames.

    Every frame is proved to be of this camera, by the objects' boxes and, when `house` is given, by its
    walls.
    """
    set_up(controller, recipe.camera)
    stage = _Stage(
        engine=find_engine(recipe),
        controller=controller,
        objects=objects,
        # The scene does not change during a walk, so neither do its colours.
        id_of_color=_id_of_color(controller.step(action="Pass"), objects),
        camera_matrix=intrinsics(recipe.camera.width, recipe.camera.height, recipe.camera.fov_deg),
        witness=make_witness(house, objects),
    )
    poses = plan_poses(controller, recipe, rooms, objects, stage.id_of_color, rng)
    shots: list[_Shot] = []
    for pose, eye in zip(poses, plan_eyes(poses, recipe.camera, rng), strict=True):
        shots.append(_shoot(stage, pose, eye))
        on_frame()
    frames = Frames(
        rgb=np.stack([shot.rgb for shot in shots]),
        depth_mm=np.stack([shot.depth_mm for shot in shots]),
        instance=np.stack([shot.instance for shot in shots]),
        world_from_camera=np.stack([shot.camera for shot in shots]),
        intrinsics=stage.camera_matrix,
        actions=tuple(shot.action for shot in shots),
    )
    return frames, _visibility(frames.instance, np.stack([shot.unoccluded for shot in shots]))


def _shoot(stage: _Stage, pose: AgentPose, eye: Eye | None) -> _Shot:
    picture = take(stage.controller, pose, eye)
    camera, matrix = picture.world_from_camera, stage.camera_matrix
    instance = stage.id_of_color[picture.colors & 0xFFFFFF]
    prove_picture(stage.witness, picture.rgb, picture.depth, instance, camera, matrix)
    return _Shot(
        rgb=picture.rgb,
        depth_mm=_millimetres(picture.depth, stage.controller.server.camera_far_plane),
        instance=instance,
        camera=camera,
        action=picture.action,
        unoccluded=stage.engine.unoccluded_pixels(
            stage.controller, stage.objects, camera, matrix, of_agent=eye is None
        ),
    )


def _millimetres(depth: NDArray[np.float32], far_plane: float) -> NDArray[np.uint16]:
    hit = (depth < 0.999 * far_plane) & (depth < DEPTH_LIMIT_M)
    return np.where(hit, np.rint(depth.astype(np.float64) * 1000.0), 0).astype(np.uint16)


def _id_of_color(event: Event, objects: Sequence[SceneObject]) -> NDArray[np.uint16]:
    """(2^24) 1 + object index for each of AI2-THOR's 24-bit colours; 0 for structure and unknown colours."""
    index_of = {item.id: index + 1 for index, item in enumerate(objects)}
    table = np.zeros(1 << 24, dtype=np.uint16)
    for entry in event.metadata["colors"]:
        red, green, blue = entry["color"]
        table[red | green << 8 | blue << 16] = index_of.get(entry["name"], 0)
    return table


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
