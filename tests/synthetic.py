"""A small clip with geometry set by hand, for tests that need no simulator."""

from pathlib import Path
from typing import Any

import numpy as np

from simgen.geometry.boxes import aabb, corners, footprint
from simgen.geometry.frames import camera_pose, euler_rotation, intrinsics
from simgen.store.clips import ClipInfo, Frames, Visibility, write_clip
from simgen.types import OrientedBox, Room, SceneObject

WIDTH, HEIGHT, FOV_DEG = 64, 48, 70.0
RECIPE_JSON = '{"name": "synthetic", "visibility": {"min_visible_px": 64, "min_visible_fraction": 0.1}}'

OBJECTS = (
    # id, type, parent, centre, full size, yaw in degrees
    ("1|0", "Fridge", "", (0.5, 0.9, 4.6), (0.8, 1.8, 0.7), 180.0),
    ("1|1", "DiningTable", "", (2.5, 0.4, 2.5), (1.6, 0.8, 0.9), 0.0),
    ("1|2", "Chair", "", (1.2, 0.45, 2.5), (0.5, 0.9, 0.5), 90.0),
    ("1|3", "Chair", "", (3.8, 0.45, 2.6), (0.5, 0.9, 0.5), 270.0),
    ("1|4", "GarbageCan", "", (4.6, 0.3, 0.5), (0.4, 0.6, 0.4), 30.0),
    ("1|5", "Sofa", "", (4.4, 0.4, 4.2), (0.9, 0.8, 1.9), 0.0),
    ("small|1|0", "Apple", "1|1", (2.2, 0.84, 2.5), (0.08, 0.08, 0.08), 0.0),
    ("small|1|1", "Laptop", "1|1", (2.9, 0.9, 2.6), (0.35, 0.2, 0.3), 0.0),
)


def scene_objects() -> tuple[SceneObject, ...]:
    """The objects of `OBJECTS`, which stand in one kitchen of 5 m by 5 m."""
    return tuple(_scene_object(*fields) for fields in OBJECTS)


def write_synthetic_clip(
    path: Path, frame_count: int = 6, split: str = "train", seed: int = 0, layout: int | None = None
) -> Path:
    """Writes a clip of the kitchen: the camera moves along +z and turns right by 5 degrees a frame.

    The seed gives the pixels and the house's hash; `layout`, by default the seed, what stands in the house.
    """
    rng = np.random.default_rng(seed)
    objects = scene_objects()
    count = len(objects)
    poses = [camera_pose(np.array([2.0, 1.576, 0.5 + 0.1 * t]), 5.0 * t, 10.0) for t in range(frame_count)]
    frames = Frames(
        rgb=rng.integers(0, 255, (frame_count, HEIGHT, WIDTH, 3), dtype=np.uint8),
        depth_mm=np.full((frame_count, HEIGHT, WIDTH), 2500, dtype=np.uint16),
        instance=np.tile(np.arange(WIDTH, dtype=np.uint16) // 8 + 1, (frame_count, HEIGHT, 1)),
        world_from_camera=np.stack(poses),
        intrinsics=intrinsics(WIDTH, HEIGHT, FOV_DEG),
        actions=tuple('{"action": "MoveAhead"}' for _ in range(frame_count)),
    )
    pixels = np.full((frame_count, count), HEIGHT * 8, dtype=np.uint32)
    # Wide enough that no object counts as cut off by the edge of the image.
    boxes = np.array([[8 * i, 0, WIDTH, HEIGHT] for i in range(count)], dtype=np.uint16)
    visibility = Visibility(pixels, pixels + 40, np.tile(boxes, (frame_count, 1, 1)))
    rooms = (Room("room|1", "Kitchen", np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 5.0], [0.0, 5.0]])),)
    info = ClipInfo(
        recipe=RECIPE_JSON,
        recipe_sha256="0" * 64,
        simgen_version="0.1.0",
        engine="embedded",
        engine_version="0.1.0",
        gl_driver="none",
        seed=seed,
        house_sha256=f"{seed:064x}",
        split=split,
        fps=5.0,
        fov_deg=FOV_DEG,
        attributions="[]",
    )
    write_clip(path, info, _house(seed if layout is None else layout), frames, objects, rooms, visibility)
    return path


def _house(layout: int) -> dict[str, Any]:
    """A house's JSON with one object, whose place tells the layouts apart."""
    return {"rooms": [], "objects": [{"position": {"x": 0.1 * layout, "y": 0.9, "z": 4.6}}]}


def _scene_object(
    object_id: str, kind: str, parent: str, center: tuple[float, ...], size: tuple[float, ...], yaw_deg: float
) -> SceneObject:
    box = OrientedBox(np.array(center), np.array(size) / 2.0, euler_rotation(0.0, yaw_deg, 0.0))
    points = corners(box)
    return SceneObject(
        id=object_id,
        type=kind,
        asset_id=f"{kind}_1",
        room_id="room|1",
        parent_id=parent,
        box=box,
        aabb=aabb(points),
        footprint=footprint(points),
    )
