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
from simgen.geometry.boxes import aabb, footprint
from simgen.geometry.frames import euler_rotation, intrinsics
from simgen.recipe import Recipe
from simgen.scenes.camera import Eye, eyes, set_up, take
from simgen.scenes.engines.controller import (
    Controller,
    Event,
    attributions,
    engine_version,
    gl_driver,
    make_controller,
    unoccluded_pixels,
)
from simgen.scenes.engines.unity import Watch
from simgen.scenes.engines.unity_build import ANY_HOST, UnityHost
from simgen.scenes.enter import enter
from simgen.scenes.proof import Witness, prove_picture, witness_of
from simgen.scenes.scouting import planned
from simgen.store.clips import ClipInfo, Frames, Visibility, write_clip
from simgen.store.houses import house_index, house_sha256
from simgen.types import AgentPose, Array, OrientedBox, Room, SceneObject

STRUCTURE_TYPES = ("Wall", "Floor", "Ceiling")
"""AI2-THOR lists these as objects; in a clip they are rooms, and own no instance id."""
DEPTH_LIMIT_M = 65.535
"""The largest depth that fits 16 bits of millimetres."""


def render_clip(
    recipe: Recipe,
    house: Mapping[str, Any],
    clip: int,
    path: Path,
    on_frame: Callable[[], object],
    assets: Path | None = None,
    unity: UnityHost = ANY_HOST,
    watch: Watch | None = None,
) -> str:
    """Renders one clip of a house to `path` and returns its content hash.

    `on_frame` is called after every frame; `assets` is an asset pack's folder. `unity` and `watch` are for
    `engine: ai2thor`, as in `make_controller`. Raises HouseError when the house cannot be walked through,
    and EngineFault when the engine does not do as it should.
    """
    controller = make_controller(recipe, assets, unity, watch)
    try:
        first, rooms = enter(controller, house)
        objects = scene_objects(first.metadata["objects"], rooms)
        rng = generator(recipe, house_index(house), clip)
        frames, visibility = walk(controller, recipe, rooms, objects, rng, on_frame, house)
        return write_clip(
            path, _info(recipe, house, controller, objects), dict(house), frames, objects, rooms, visibility
        )
    finally:
        controller.stop()


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


def generator(recipe: Recipe, house: int, clip: int) -> np.random.Generator:
    """What all that is random in a clip is drawn from."""
    return np.random.default_rng(np.random.SeedSequence(recipe.seed, spawn_key=(house, clip)))


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    """One frame: its images, the camera, the action that led to it, and what stands in the way."""

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
    """Plans the recipe's trajectory in the house that was entered, and takes its frames.

    Each is proved to be this camera's: by the objects' boxes, and by the house's walls where it is given.
    """
    witness = witness_of(house, objects)
    camera_matrix = intrinsics(recipe.camera.width, recipe.camera.height, recipe.camera.fov_deg)
    set_up(controller, recipe.camera)
    # The scene does not change during a walk, and so its colours do not.
    id_of_color = _id_of_color(controller.step(action="Pass"), objects)
    poses = planned(controller, recipe, rooms, objects, id_of_color, rng)
    shots: list[_Shot] = []
    for pose, eye in zip(poses, eyes(poses, recipe.camera, rng), strict=True):
        shots.append(_shoot(controller, pose, eye, objects, id_of_color, camera_matrix, witness))
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
    eye: Eye | None,
    objects: tuple[SceneObject, ...],
    id_of_color: NDArray[np.uint16],
    camera_matrix: Array,
    witness: Witness,
) -> _Shot:
    picture = take(controller, pose, eye)
    camera = picture.world_from_camera
    instance = id_of_color[picture.colors & 0xFFFFFF]
    prove_picture(witness, picture.rgb, picture.depth, instance, camera, camera_matrix)
    return _Shot(
        rgb=picture.rgb,
        depth_mm=_millimetres(picture.depth, controller.server.camera_far_plane),
        instance=instance,
        camera=camera,
        action=picture.action,
        unoccluded=unoccluded_pixels(controller, objects, camera, camera_matrix, eye is None),
    )


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
