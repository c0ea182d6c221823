"""A clip read from its HDF5 file: boxes, footprints, rooms, cameras and pixel tables.

World frame: x and z along the floor, y up, left-handed, metres. Plan points are (x, z).
"""

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class World:
    """A clip without its pictures."""

    ids: list[str]
    types: list[str]
    parents: list[str]
    room_of: list[str]
    centers: Floats
    halves: Floats
    axes: Floats
    """(N, 3, 3) rotations; their columns are the axes of each box."""
    footprints: list[Floats]
    rooms: dict[str, tuple[str, Floats]]
    """Type and floor polygon by room id."""
    poses: Floats
    intrinsics: Floats
    size_px: tuple[int, int]
    """Width and height."""
    pixels: NDArray[np.int64]
    unoccluded: NDArray[np.int64]
    box2d: NDArray[np.int64]
    house: dict[str, Any]

    def index(self, object_id: str) -> int:
        return self.ids.index(object_id)

    def corners(self, index: int) -> Floats:
        """(8, 3) corners of an object's box; bit k of the row number is the sign along axis k."""
        signs = np.array([[(row >> axis & 1) * 2 - 1 for axis in range(3)] for row in range(8)], dtype=float)
        reach: Floats = self.axes[index] * self.halves[index]
        return self.centers[index] + signs @ reach.T

    def heights(self, index: int) -> tuple[float, float]:
        """The lowest and the highest point of an object above the world's y = 0."""
        levels = self.corners(index)[:, 1]
        return float(levels.min()), float(levels.max())

    @cached_property
    def cameras(self) -> Floats:
        """(T, 2) plan points of the cameras."""
        return self.poses[:, [0, 2], 3]

    @cached_property
    def headings(self) -> Floats:
        """(T, 2) horizontal unit vectors of the cameras' headings, as (x, z)."""
        ahead, up = self.poses[:, [0, 2], 2], self.poses[:, [0, 2], 1]
        # The heading of a camera that looks straight down is the direction of its upper edge.
        steep = np.linalg.norm(ahead, axis=1) < 1e-6
        level = np.where(steep[:, None], -np.sign(self.poses[:, 1, 2])[:, None] * up, ahead)
        return level / np.linalg.norm(level, axis=1)[:, None]

    def on_map(self, plan: Floats) -> Floats:
        """(..., 2) map points of plan points: to the right and ahead of the first camera."""
        ahead = self.headings[0]
        right = np.array([ahead[1], -ahead[0]])
        offset = plan - self.cameras[0]
        return np.stack([offset @ right, offset @ ahead], axis=-1)

    def visible(self, frames: list[int], min_px: int, min_fraction: float) -> NDArray[np.bool_]:
        """(len(frames), N) whether each object is visible in each frame."""
        shown, whole = self.pixels[frames], self.unoccluded[frames]
        return (shown >= max(min_px, 1)) & (shown >= min_fraction * whole)


def read_world(path: Path) -> World:
    """Reads a clip file."""
    with h5py.File(path, "r") as opened:
        file: Any = opened  # h5py's types do not say what a name stands for
        height, width = file["frames/rgb"].shape[1:3]
        room_outlines = _split(file, "rooms/polygon")
        return World(
            ids=_texts(file, "objects/id"),
            types=_texts(file, "objects/type"),
            parents=_texts(file, "objects/parent_id"),
            room_of=_texts(file, "objects/room_id"),
            centers=file["objects/obb_center"][()],
            halves=file["objects/obb_half_extents"][()],
            axes=file["objects/obb_rotation"][()],
            footprints=_split(file, "objects/footprint"),
            rooms={
                name: (kind, outline)
                for name, kind, outline in zip(
                    _texts(file, "rooms/id"), _texts(file, "rooms/type"), room_outlines, strict=True
                )
            },
            poses=file["frames/world_from_camera"][()],
            intrinsics=file["frames/intrinsics"][()],
            size_px=(width, height),
            pixels=file["visibility/pixels"][()].astype(np.int64),
            unoccluded=file["visibility/unoccluded_pixels"][()].astype(np.int64),
            box2d=file["visibility/box2d"][()].astype(np.int64),
            house=json.loads(file["house"][()]),
        )


def _texts(file: Any, name: str) -> list[str]:
    return [text.decode() for text in file[name][()]]


def _split(file: Any, name: str) -> list[Floats]:
    points, offsets = file[f"{name}_points"][()], file[f"{name}_offsets"][()]
    return [points[start:end] for start, end in pairwise(offsets)]
