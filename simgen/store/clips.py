"""Reads and writes clips: one HDF5 file each (fields: simgen.store.clip_fields and docs/clips.md)."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from simgen.errors import ClipError
from simgen.store import clip_fields
from simgen.store.clip_fields import ClipInfo
from simgen.store.fields import Field, Version, parse_version, version_text
from simgen.store.files import write_atomically
from simgen.store.opening import OpenClips, list_left_out, open_clip, read_version, require_pictures
from simgen.types import Array, OrientedBox, Room, SceneObject

GZIP_LEVEL = 4
"""With the byte shuffle, higher levels are slower and hardly smaller."""

MOST_INFLATED = 1100
"""Deflate packs at most 1032 bytes into one."""
SMALL_BYTES = 1_000_000
"""A dataset of this size is harmless, whatever is stored."""

ImageKind = Literal["rgb", "depth_mm", "instance"]
_OBJECT_TEXTS = ("id", "type", "asset_id", "room_id", "parent_id")
"""Attributes of SceneObject that are datasets of `objects/` by the same name."""
_PYTHON_TYPES: dict[str, Callable[[Any], Any]] = {"text": str, "int64": int, "float64": float}


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The T frames of a clip: images, cameras and actions."""

    rgb: NDArray[np.uint8]
    """(T, H, W, 3) sRGB."""
    depth_mm: NDArray[np.uint16]
    """(T, H, W) distance along the optical axis in millimetres; 0 = nothing was hit."""
    instance: NDArray[np.uint16]
    """(T, H, W) 1 + the object's index; 0 = no object."""
    world_from_camera: Array
    """(T, 4, 4) camera poses."""
    intrinsics: Array
    """(3, 3) pinhole matrix, in pixels."""
    actions: tuple[str, ...]
    """(T) the action that led to each frame, as JSON."""


@dataclass(frozen=True, slots=True, eq=False)
class Visibility:
    """How much of each of the N objects each of the T frames shows."""

    pixels: NDArray[np.uint32]
    """(T, N) pixels that the object owns."""
    unoccluded_pixels: NDArray[np.uint32]
    """(T, N) pixels that the object would own if nothing stood in front of it."""
    box2d: NDArray[np.uint16]
    """(T, N, 4) x_min, y_min, x_max, y_max of the object's pixels (the maxima exclusive); zeros if unseen."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A clip without its images; `read_images` reads them from `path`."""

    id: str
    path: Path
    info: ClipInfo
    content_sha256: str
    house: dict[str, Any]
    world_from_camera: Array
    intrinsics: Array
    size_px: tuple[int, int]
    """Width and height."""
    has_pictures: bool
    """Whether the file has the frames: a geometry clip has not."""
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
    """Writes a clip file and returns its content hash (hex SHA-256)."""
    values = _values(house, frames, objects, rooms, visibility)
    version = clip_fields.clip_version()
    attributes = {"schema": version_text(version), "world_frame": "y-up left-handed", "length_unit": "m"}
    with write_atomically(path) as part, h5py.File(part, "w", track_order=True) as file:
        file.attrs.update(attributes | {field.name: getattr(info, field.name) for field in fields(info)})
        for field in clip_fields.DATASETS:
            _write_dataset(file, field, values[field.name])
        content = hash_content(file)
        file.attrs["content_sha256"] = content
    return content


def read_clip(path: Path) -> Clip:
    """Everything in a clip except its images, validated.

    Raises ClipError when the file is not a clip, is damaged, is of a newer major version, or is not
    self-contained.
    """
    with open_clip(path) as file:
        return Clip(
            id=path.stem,
            path=path,
            info=_read_info(file),
            content_sha256=str(file.attrs["content_sha256"]),
            house=json.loads(_at(file, "house")[()]),
            world_from_camera=_value(file, "frames/world_from_camera"),
            intrinsics=_value(file, "frames/intrinsics"),
            size_px=_read_size(file),
            has_pictures=not list_left_out(file),
            actions=tuple(_texts(file, "frames/action")),
            objects=_read_objects(file),
            rooms=_read_rooms(file),
            visibility=Visibility(
                **{field.name: _value(file, f"visibility/{field.name}") for field in fields(Visibility)}
            ),
        )


def read_dataset(path: Path, name: str) -> NDArray[Any]:
    """One dataset of a clip by its name in the table of fields, with every text as bytes.

    A file that is older than the field gives an array of the field's default.
    """
    with open_clip(path) as file:
        require_pictures(file, name, path)
        return _value(file, name)


def read_images(
    path: Path, kind: ImageKind, frames: tuple[int, ...] | None = None, clips: OpenClips | None = None
) -> NDArray[Any]:
    """(len(frames), H, W[, 3]) images of one kind; all frames by default.

    The file stays open in `clips`. Without it the file is opened, validated and closed.
    """
    name = f"frames/{kind}"
    if clips is not None:
        with clips.open_dataset(path, name) as dataset:
            return _read_frames(dataset, frames)
    with open_clip(path) as file:
        require_pictures(file, name, path)
        return _read_frames(_at(file, name), frames)


def _read_frames(dataset: h5py.Dataset, frames: tuple[int, ...] | None) -> NDArray[Any]:
    wanted = range(len(dataset)) if frames is None else frames
    return np.stack([dataset[index] for index in wanted])


def read_info(path: Path) -> tuple[ClipInfo, str]:
    """The attributes and the content hash: quick to read, to decide whether a clip is up to date."""
    with open_clip(path) as file:
        return _read_info(file), str(file.attrs["content_sha256"])


def check_content(path: Path) -> None:
    """Raises ClipError unless the content still has the hash that the file states.

    Of a geometry clip that is the hash of what was kept.
    """
    with open_clip(path) as file:
        stated = clip_fields.KEPT if list_left_out(file) else "content_sha256"
        if hash_content(file) != file.attrs.get(stated):
            raise ClipError(f"{path}: the content does not match its hash; render the clip again")


def check_size(path: Path) -> None:
    """Raises ClipError when the datasets are larger than their stored bytes can be.

    A few bytes of HDF5 can state terabytes, which `check_content` would read into memory.
    """
    with open_clip(path) as file:
        for name in _list_datasets(file):
            dataset = _at(file, name)
            if dataset.nbytes > MOST_INFLATED * dataset.id.get_storage_size() + SMALL_BYTES:
                raise ClipError(
                    f"{path}: {name} states {dataset.nbytes:,} bytes, more than is stored; get the file again"
                )


def _list_datasets(file: h5py.File) -> list[str]:
    found: list[str] = []

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found.append(name)

    file.visititems(note)
    return found


def _at(group: Any, name: str) -> Any:
    """A dataset or group by name, as Any: h5py's types do not tell which of the two it is."""
    return group[name]


def hash_content(file: h5py.File) -> str:
    """Hash of the hashed attributes and datasets (name, type, shape, bytes) of the file's own version.

    Pictures that a geometry clip leaves out are passed over.
    """
    left_out = list_left_out(file)
    digest, version = hashlib.sha256(), read_version(file)
    for name in clip_fields.hashed_attributes():
        digest.update(f"{name}={file.attrs[name]}\n".encode())
    for name in clip_fields.hashed_datasets(version, _unknown_datasets(file, version)):
        if name in left_out:
            continue
        data = _at(file, name)[()]
        if isinstance(data, bytes):
            digest.update(f"{name} {len(data)}\n".encode() + data)
            continue
        digest.update(f"{name} {data.dtype.str} {data.shape}\n".encode())
        text = data.dtype.kind == "O"
        digest.update(b"\0".join(data.ravel().tolist()) if text else np.ascontiguousarray(data).tobytes())
    return digest.hexdigest()


def _unknown_datasets(file: h5py.File, version: Version) -> dict[str, Version]:
    """Datasets of the file's own, newer version that this simgen does not know, with the version of each."""
    found: dict[str, Version] = {}

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            since = parse_version(str(item.attrs.get("since", "")))
            if since is not None and clip_fields.clip_version() < since <= version:
                found[name] = since

    file.visititems(note)
    return found


def _read_size(file: h5py.File) -> tuple[int, int]:
    """Width and height of the frames, in pixels."""
    if list_left_out(file):
        attributes: Any = file.attrs
        return int(attributes[clip_fields.WIDTH]), int(attributes[clip_fields.HEIGHT])
    height, width = _at(file, "frames/rgb").shape[1:3]
    return int(width), int(height)


def _values(
    house: dict[str, Any],
    frames: Frames,
    objects: tuple[SceneObject, ...],
    rooms: tuple[Room, ...],
    visibility: Visibility,
) -> dict[str, Any]:
    """The value of every dataset; those of Frames and Visibility have the name of the attribute."""
    count = len(objects)
    return {
        "house": json.dumps(house, sort_keys=True),
        **{f"frames/{field.name}": getattr(frames, field.name) for field in fields(frames)},
        "frames/action": frames.actions,
        **{f"objects/{name}": [getattr(item, name) for item in objects] for name in _OBJECT_TEXTS},
        "objects/obb_center": np.reshape([o.box.center for o in objects], (count, 3)),
        "objects/obb_half_extents": np.reshape([o.box.half_extents for o in objects], (count, 3)),
        "objects/obb_rotation": np.reshape([o.box.rotation for o in objects], (count, 3, 3)),
        "objects/aabb": np.reshape([o.aabb for o in objects], (count, 2, 3)),
        **_polygons("objects/footprint", [o.footprint for o in objects]),
        "rooms/id": [room.id for room in rooms],
        "rooms/type": [room.type for room in rooms],
        **_polygons("rooms/polygon", [room.polygon for room in rooms]),
        **{f"visibility/{field.name}": getattr(visibility, field.name) for field in fields(visibility)},
    }


def _polygons(name: str, polygons: list[Array]) -> dict[str, Any]:
    return {
        f"{name}_points": np.concatenate([np.zeros((0, 2)), *polygons]),
        f"{name}_offsets": np.cumsum([0, *map(len, polygons)]),
    }


def _write_dataset(file: h5py.File, field: Field, value: Any) -> None:
    if field.type == "text":
        data = np.array(value, dtype=object) if field.shape else value
        dataset = file.create_dataset(field.name, data=data, dtype=h5py.string_dtype())
    else:
        assert value.dtype == field.type, f"{field.name} is {value.dtype}, not {field.type}"
        dataset = file.create_dataset(field.name, data=value, **_storage(field, value.shape))
    shape = f"({field.shape}) " if field.shape else ""
    dataset.attrs["unit"] = field.unit
    dataset.attrs["description"] = f"{shape}{field.description}"
    dataset.attrs["since"] = version_text(field.since)


def _storage(field: Field, shape: tuple[int, ...]) -> dict[str, Any]:
    """Images are deflated, one frame a chunk, so that one frame is quick to read."""
    if not field.shape.startswith("T,H,W"):
        return {}
    return {
        "chunks": (1, *shape[1:]),
        "compression": "gzip",
        "compression_opts": GZIP_LEVEL,
        "shuffle": True,
    }


def _value(file: h5py.File, name: str) -> NDArray[Any]:
    """A dataset's value, or an array of the field's default in a file that is older than the field."""
    if name in file:
        return _at(file, name)[()]
    field = next(field for field in clip_fields.DATASETS if field.name == name)
    dtype = object if field.type == "text" else field.type
    default = field.default.encode() if field.type == "text" else field.default
    return np.full(_default_shape(file, field), default, dtype=dtype)


def _default_shape(file: h5py.File, field: Field) -> tuple[int, ...]:
    """The shape of a field that a file lacks: its letters have their sizes in the file's other datasets."""
    sizes = {
        letter: size
        for other in clip_fields.DATASETS
        if other.name in file
        for letter, size in zip(other.shape.split(","), _at(file, other.name).shape, strict=False)
    }
    return tuple(int(sizes.get(letter, letter)) for letter in field.shape.split(",") if letter)


def _read_info(file: h5py.File) -> ClipInfo:
    """The attributes as plain Python values; where the file is older than an attribute, its default."""
    values = {
        field.name: _PYTHON_TYPES[field.type](file.attrs.get(field.name, field.default))
        for field in clip_fields.INFO
    }
    return ClipInfo(**values)


def _read_objects(file: h5py.File) -> tuple[SceneObject, ...]:
    texts = {name: _texts(file, f"objects/{name}") for name in _OBJECT_TEXTS}
    box_parts = (_value(file, f"objects/obb_{name}") for name in ("center", "half_extents", "rotation"))
    boxes = [OrientedBox(*parts) for parts in zip(*box_parts, strict=True)]
    aabbs, footprints = _value(file, "objects/aabb"), _read_polygons(file, "objects/footprint")
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
    texts = (_texts(file, f"rooms/{name}") for name in ("id", "type"))
    columns = zip(*texts, _read_polygons(file, "rooms/polygon"), strict=True)
    return tuple(Room(id=room_id, type=kind, polygon=polygon) for room_id, kind, polygon in columns)


def _read_polygons(file: h5py.File, name: str) -> list[Array]:
    points, offsets = _value(file, f"{name}_points"), _value(file, f"{name}_offsets")
    return [points[start:stop] for start, stop in pairwise(offsets)]


def _texts(file: h5py.File, name: str) -> list[str]:
    return [text.decode() for text in _value(file, name)]
