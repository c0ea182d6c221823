"""Clips: one HDF5 file each (schema: simgen.store.schema and docs/clips.md)."""

import hashlib
import json
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from simgen.errors import ClipError
from simgen.store.files import whole_file
from simgen.store.opening import open_clip
from simgen.store.schema import DATASETS, SCHEMA
from simgen.types import Array, OrientedBox, Room, SceneObject

GZIP_LEVEL = 4
"""Level 4 with the byte shuffle is about where deflate stops getting smaller and only gets slower."""

ImageKind = Literal["rgb", "depth_mm", "instance"]


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """The attributes of a clip file."""

    recipe: str
    """The resolved recipe as JSON."""
    recipe_sha256: str
    simgen_version: str
    engine: str
    engine_version: str
    gl_driver: str
    seed: int
    house_sha256: str
    split: str
    fps: float
    fov_deg: float
    attributions: str = "[]"
    """The asset pack's models that are in the house, with author, licence and source: a JSON list."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The T pictures of a clip and the cameras that took them."""

    rgb: NDArray[np.uint8]
    """(T, H, W, 3) sRGB."""
    depth_mm: NDArray[np.uint16]
    """(T, H, W) distance along the optical axis in millimetres, 0 = nothing was hit."""
    instance: NDArray[np.uint16]
    """(T, H, W) 1 + the object's index, 0 = no object."""
    world_from_camera: Array
    """(T, 4, 4)."""
    intrinsics: Array
    """(3, 3) pixels."""
    actions: tuple[str, ...]
    """(T) the action that led to each frame, as JSON."""


@dataclass(frozen=True, slots=True, eq=False)
class Visibility:
    """What of each of the N objects is seen in each of the T frames."""

    pixels: NDArray[np.uint32]
    """(T, N) pixels that the object owns."""
    unoccluded_pixels: NDArray[np.uint32]
    """(T, N) pixels that it would own if nothing stood in front of it."""
    box2d: NDArray[np.uint16]
    """(T, N, 4) x_min, y_min, x_max, y_max of its pixels (the maxima exclusive); zeros if unseen."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A clip without its images, which `read_images` loads from `path` when they are wanted."""

    id: str
    path: Path
    info: ClipInfo
    content_sha256: str
    house: dict[str, Any]
    world_from_camera: Array
    intrinsics: Array
    size_px: tuple[int, int]
    """Width and height."""
    actions: tuple[str, ...]
    objects: tuple[SceneObject, ...]
    rooms: tuple[Room, ...]
    visibility: Visibility

    @property
    def frame_count(self) -> int:
        return len(self.world_from_camera)


def write_clip(
    path: Path,
    info: ClipInfo,
    house: dict[str, Any],
    frames: Frames,
    objects: tuple[SceneObject, ...],
    rooms: tuple[Room, ...],
    visibility: Visibility,
) -> str:
    """Writes a whole clip file and returns its content hash (hex SHA-256)."""
    with whole_file(path) as part, h5py.File(part, "w", track_order=True) as file:
        file.attrs.update({"schema": SCHEMA, "world_frame": "y-up left-handed", "length_unit": "m"})
        for field in fields(info):
            file.attrs[field.name] = getattr(info, field.name)
        _write_house(file, house)
        _write_frames(file, frames)
        _write_objects(file, objects)
        _write_rooms(file, rooms)
        _write_visibility(file, visibility)
        content = _content_sha256(file)
        file.attrs["content_sha256"] = content
    return content


def read_clip(path: Path) -> Clip:
    """A clip's boundaries, cameras and visibility, validated.

    Raises ClipError when the file is not a clip, is newer than this simgen, or links elsewhere.
    """
    with open_clip(path) as file:
        height, width = _at(file, "frames/rgb").shape[1:3]
        return Clip(
            id=path.stem,
            path=path,
            info=_read_info(file),
            content_sha256=str(file.attrs["content_sha256"]),
            house=json.loads(_at(file, "house")[()]),
            world_from_camera=_at(file, "frames/world_from_camera")[()],
            intrinsics=_at(file, "frames/intrinsics")[()],
            size_px=(width, height),
            actions=tuple(text.decode() for text in _at(file, "frames/action")[()]),
            objects=_read_objects(file),
            rooms=_read_rooms(file),
            visibility=Visibility(
                pixels=_at(file, "visibility/pixels")[()],
                unoccluded_pixels=_at(file, "visibility/unoccluded_pixels")[()],
                box2d=_at(file, "visibility/box2d")[()],
            ),
        )


def read_images(path: Path, kind: ImageKind, frames: tuple[int, ...] | None = None) -> NDArray[Any]:
    """(len(frames), H, W[, 3]) images of one kind; all frames by default."""
    with open_clip(path) as file:
        dataset = _at(file, f"frames/{kind}")
        wanted = range(len(dataset)) if frames is None else frames
        return np.stack([dataset[index] for index in wanted])


def read_info(path: Path) -> tuple[ClipInfo, str]:
    """Attributes and content hash alone: quick, for deciding whether a clip is up to date."""
    with open_clip(path) as file:
        return _read_info(file), str(file.attrs["content_sha256"])


def check_content(path: Path) -> None:
    """Raises ClipError unless the file's content still has the hash it was written with."""
    with open_clip(path) as file:
        if _content_sha256(file) != file.attrs["content_sha256"]:
            raise ClipError(f"{path}: the content does not match its hash; render it again")


def _at(group: Any, name: str) -> Any:
    """A dataset or group by name; h5py's own types cannot say which of them it is."""
    return group[name]


def _content_sha256(file: h5py.File) -> str:
    """Hash of every dataset (name, type, shape, bytes) and of the attributes that decide the content."""
    digest = hashlib.sha256()
    for name in ("recipe_sha256", "engine", "engine_version", "gl_driver", "seed", "house_sha256", "split"):
        digest.update(f"{name}={file.attrs[name]}\n".encode())
    for name in DATASETS:
        data = _at(file, name)[()]
        if isinstance(data, bytes):
            digest.update(f"{name} {len(data)}\n".encode() + data)
            continue
        digest.update(f"{name} {data.dtype.str} {data.shape}\n".encode())
        text = data.dtype.kind == "O"
        digest.update(b"\0".join(data.ravel().tolist()) if text else np.ascontiguousarray(data).tobytes())
    return digest.hexdigest()


def _put(file: h5py.File, name: str, data: Any, **options: Any) -> None:
    dataset = file.create_dataset(name, data=data, **options)
    dataset.attrs["unit"], dataset.attrs["description"] = DATASETS[name]


def _put_texts(file: h5py.File, name: str, texts: list[str]) -> None:
    _put(file, name, np.array(texts, dtype=object), dtype=h5py.string_dtype())


def _write_house(file: h5py.File, house: dict[str, Any]) -> None:
    _put(file, "house", json.dumps(house, sort_keys=True), dtype=h5py.string_dtype())


def _write_frames(file: h5py.File, frames: Frames) -> None:
    for name in ("rgb", "depth_mm", "instance"):
        images = getattr(frames, name)
        _put(
            file,
            f"frames/{name}",
            images,
            chunks=(1, *images.shape[1:]),
            compression="gzip",
            compression_opts=GZIP_LEVEL,
            shuffle=True,
        )
    _put(file, "frames/world_from_camera", frames.world_from_camera)
    _put(file, "frames/intrinsics", frames.intrinsics)
    _put_texts(file, "frames/action", list(frames.actions))


def _write_objects(file: h5py.File, objects: tuple[SceneObject, ...]) -> None:
    for name in ("id", "type", "asset_id", "room_id", "parent_id"):
        _put_texts(file, f"objects/{name}", [getattr(item, name) for item in objects])
    count = len(objects)
    _put(file, "objects/obb_center", np.reshape([o.box.center for o in objects], (count, 3)))
    _put(file, "objects/obb_half_extents", np.reshape([o.box.half_extents for o in objects], (count, 3)))
    _put(file, "objects/obb_rotation", np.reshape([o.box.rotation for o in objects], (count, 3, 3)))
    _put(file, "objects/aabb", np.reshape([o.aabb for o in objects], (count, 2, 3)))
    _write_polygons(file, "objects/footprint", [o.footprint for o in objects])


def _write_rooms(file: h5py.File, rooms: tuple[Room, ...]) -> None:
    _put_texts(file, "rooms/id", [room.id for room in rooms])
    _put_texts(file, "rooms/type", [room.type for room in rooms])
    _write_polygons(file, "rooms/polygon", [room.polygon for room in rooms])


def _write_polygons(file: h5py.File, name: str, polygons: list[Array]) -> None:
    _put(file, f"{name}_points", np.concatenate([np.zeros((0, 2)), *polygons]))
    _put(file, f"{name}_offsets", np.cumsum([0, *map(len, polygons)]))


def _write_visibility(file: h5py.File, visibility: Visibility) -> None:
    for name in ("pixels", "unoccluded_pixels", "box2d"):
        _put(file, f"visibility/{name}", getattr(visibility, name))


def _read_info(file: h5py.File) -> ClipInfo:
    names = [field.name for field in fields(ClipInfo)]
    values: dict[str, Any] = {name: file.attrs[name] for name in names if name in file.attrs}
    values["seed"] = int(values["seed"])
    values["fps"], values["fov_deg"] = float(values["fps"]), float(values["fov_deg"])
    return ClipInfo(**values)


def _read_objects(file: h5py.File) -> tuple[SceneObject, ...]:
    group = _at(file, "objects")
    texts = {n: _texts(_at(group, n)) for n in ("id", "type", "asset_id", "room_id", "parent_id")}
    centers, half_extents = _at(group, "obb_center")[()], _at(group, "obb_half_extents")[()]
    rotations, footprints = _at(group, "obb_rotation")[()], _read_polygons(group, "footprint")
    aabbs = _at(group, "aabb")[()]
    boxes = [OrientedBox(*parts) for parts in zip(centers, half_extents, rotations, strict=True)]
    return tuple(
        SceneObject(
            **{name: values[index] for name, values in texts.items()},
            box=box,
            aabb=aabbs[index],
            footprint=footprints[index],
        )
        for index, box in enumerate(boxes)
    )


def _read_rooms(file: h5py.File) -> tuple[Room, ...]:
    group = _at(file, "rooms")
    texts = (_texts(_at(group, name)) for name in ("id", "type"))
    columns = zip(*texts, _read_polygons(group, "polygon"), strict=True)
    return tuple(Room(id=room_id, type=kind, polygon=polygon) for room_id, kind, polygon in columns)


def _read_polygons(group: h5py.Group, name: str) -> list[Array]:
    points, offsets = _at(group, f"{name}_points")[()], _at(group, f"{name}_offsets")[()]
    return [points[start:stop] for start, stop in pairwise(offsets)]


def _texts(dataset: h5py.Dataset) -> list[str]:
    return [text.decode() for text in dataset[()]]
