"""`simgen view --rrd`: a clip as a file for the viewer Rerun (https://rerun.io).

Rerun shows right-handed frames only, so all is mirrored once, here: its world is simgen's with z negated.
Its cameras have x to the right, y down and z ahead, as OpenCV's.

world/objects, world/shell   boxes with names; the shell is walls and floors
world/rooms, world/walk      outlines of the floors, and the path of the camera
world/camera                 pose and lens, with the pictures rgb, depth and ids
"""

import importlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial.transform import Rotation

from simgen.errors import MissingSystemError
from simgen.qa.view.names import STRUCTURE, spoken_name
from simgen.report.colors import ACCENT, MUTED, object_color
from simgen.store.clips import Clip, read_clip, read_images
from simgen.store.files import write_atomically
from simgen.types import Array, OrientedBox

CURE = "pip install 'simgen[rerun]'"
JPEG_QUALITY = 90
"""As in releases."""
WORLD_MIRROR = np.diag([1.0, 1.0, -1.0])
"""(3, 3) from simgen's world to Rerun's, and back."""
CAMERA_MIRROR = np.diag([1.0, -1.0, 1.0])
"""(3, 3) from simgen's camera frame to Rerun's, and back."""


def write_rerun(path: Path, to: Path) -> Path:
    """Writes the clip in the file `path` to the Rerun file `to`, and returns `to`.

    Raises MissingSystemError without the package rerun-sdk, and ClipError for a damaged clip.
    """
    rr = _import_rerun()
    clip = read_clip(path)
    stream = rr.RecordingStream("simgen", recording_id=clip.id, send_properties=False)
    stream.set_log_time_enabled(False)  # the time of writing says nothing about the clip
    with write_atomically(to) as part:
        stream.save(str(part))
        _write_scene(rr, stream, clip)
        for index, pictures in enumerate(_pictures(clip)):
            stream.set_time("frame", sequence=index)
            stream.set_time("time", duration=index / clip.info.fps)
            stream.log("world/camera", _pose(rr, clip.world_from_camera[index]))
            for name, archetype in _archetypes(rr, *pictures).items():
                stream.log(f"world/camera/{name}", archetype)
        stream.disconnect()
    return to


def mirror_pose(world_from_camera: Array) -> tuple[Array, Array]:
    """A camera's pose (4, 4) in Rerun's frames: position (3,) and rotation (3, 3)."""
    rotation = WORLD_MIRROR @ world_from_camera[:3, :3] @ CAMERA_MIRROR
    return WORLD_MIRROR @ world_from_camera[:3, 3], rotation


def mirror_box(box: OrientedBox) -> tuple[Array, Array]:
    """A box's centre (3,) and rotation (3, 3) in Rerun's world. Its half extents stay the same.

    Its third axis is turned around, which a box does not show, so that the rotation is a proper one.
    """
    return WORLD_MIRROR @ box.center, WORLD_MIRROR @ box.rotation @ WORLD_MIRROR


def _import_rerun() -> Any:
    try:
        return importlib.import_module("rerun")
    except ImportError:
        raise MissingSystemError(f"--rrd needs rerun-sdk; install it with: {CURE}") from None


def _write_scene(rr: Any, stream: Any, clip: Clip) -> None:
    """What does not change from frame to frame."""
    stream.log("world", rr.ViewCoordinates.RIGHT_HAND_Y_UP, static=True)
    names = [rr.AnnotationInfo(0, "nothing", (0, 0, 0, 0))]
    names += [
        rr.AnnotationInfo(index + 1, spoken_name(item.type), object_color(index))
        for index, item in enumerate(clip.objects)
    ]
    stream.log("world", rr.AnnotationContext(names), static=True)
    shell = [index for index, item in enumerate(clip.objects) if item.type in STRUCTURE]
    things = [index for index in range(len(clip.objects)) if index not in shell]
    for name, indices in (("objects", things), ("shell", shell)):
        if indices:
            stream.log(f"world/{name}", _boxes(rr, clip, indices), static=True)
    if clip.rooms:
        outlines = [_closed(room.polygon) for room in clip.rooms]
        labels = [spoken_name(room.type) for room in clip.rooms]
        stream.log("world/rooms", rr.LineStrips3D(outlines, labels=labels, colors=MUTED), static=True)
    walk = clip.world_from_camera[:, :3, 3] @ WORLD_MIRROR
    stream.log("world/walk", rr.LineStrips3D([walk], colors=ACCENT), static=True)
    width, height = clip.size_px
    lens = rr.Pinhole(
        image_from_camera=clip.intrinsics, width=width, height=height, camera_xyz=rr.ViewCoordinates.RDF
    )
    stream.log("world/camera", lens, static=True)


def _boxes(rr: Any, clip: Clip, indices: Sequence[int]) -> Any:
    objects = [clip.objects[index] for index in indices]
    placed = [mirror_box(item.box) for item in objects]
    turns = Rotation.from_matrix([rotation for _, rotation in placed]).as_quat()
    return rr.Boxes3D(
        centers=[center for center, _ in placed],
        half_sizes=[item.box.half_extents for item in objects],
        quaternions=[rr.Quaternion(xyzw=turn) for turn in turns],
        labels=[spoken_name(item.type) for item in objects],
        class_ids=[index + 1 for index in indices],
        colors=[object_color(index) for index in indices],
    )


def _closed(polygon: Array) -> Array:
    """(P + 1, 3) the outline of a floor in Rerun's world."""
    corners = np.vstack([polygon, polygon[:1]])
    return np.stack([corners[:, 0], np.zeros(len(corners)), corners[:, 1]], axis=1) @ WORLD_MIRROR


def _pose(rr: Any, world_from_camera: Array) -> Any:
    position, rotation = mirror_pose(world_from_camera)
    return rr.Transform3D(translation=position, mat3x3=rotation)


def _pictures(clip: Clip) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint16], NDArray[np.uint16]]]:
    """RGB, depth in millimetres and ids of each frame."""
    for index in range(clip.frame_count):
        (rgb,), (depth_mm,), (ids,) = (
            read_images(clip.path, kind, (index,)) for kind in ("rgb", "depth_mm", "instance")
        )
        yield rgb, depth_mm, ids


def _archetypes(
    rr: Any, rgb: NDArray[np.uint8], depth_mm: NDArray[np.uint16], ids: NDArray[np.uint16]
) -> dict[str, Any]:
    jpeg, png = io.BytesIO(), io.BytesIO()
    Image.fromarray(rgb).save(jpeg, "JPEG", quality=JPEG_QUALITY)
    Image.fromarray(depth_mm).save(png, "PNG")
    return {
        "rgb": rr.EncodedImage(contents=jpeg.getvalue(), media_type="image/jpeg"),
        "depth": rr.EncodedDepthImage(blob=png.getvalue(), media_type="image/png", meter=1000.0),
        "ids": rr.SegmentationImage(ids),
    }
