"""The share of each room's floor that frames look at.

A room's floor is divided into cells of about half a metre. A frame looks at a cell if the cell's centre, on
the floor or one or two metres above it, projects into the picture and no wall lies in between. Objects hide
nothing, because people judge a room by its walls. Open doors are transparent; closed doors are walls.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree
from shapely.geometry.base import BaseGeometry

from simgen.geometry.frames import MapFrame, project
from simgen.geometry.rectangles import own_axes
from simgen.store.clips import Clip
from simgen.types import Array, Point

GLIMPSED = 0.15
"""The least share of a room's floor that frames look at for the room to be in view. Less is a strip, as seen
through a door."""
CELL_M = 0.5
"""The side of a cell, about."""
LEVELS_M = (0.0, 1.0, 2.0)
"""Heights above the floor. A picture that shows a cell's centre at any of them shows that part of the
room."""

STEP_M = 0.25
"""The distance between points along a walk that are assigned to cells: half a cell."""


def sample_floor(room: BaseGeometry) -> Array:
    """(S, 2) the centres of a floor's cells; the grid is aligned with the floor's longest edge."""
    ring = shapely.get_coordinates(room)[:-1]
    axes = own_axes(ring)
    own = ring @ axes
    low, size = own.min(axis=0), np.ptp(own, axis=0)
    counts = np.maximum(np.rint(size / CELL_M).astype(int), 1)
    middles = [low[k] + (np.arange(counts[k]) + 0.5) * size[k] / counts[k] for k in range(2)]
    spots = np.stack(np.meshgrid(*middles, indexing="ij"), axis=-1).reshape(-1, 2) @ axes.T
    return spots[shapely.contains_xy(room, spots[:, 0], spots[:, 1])]


@dataclass(frozen=True, eq=False)
class FloorCoverage:
    """The cells of the rooms' floors that each frame of a clip looks at."""

    clip: Clip
    frame: MapFrame
    rooms: Sequence[BaseGeometry]
    walls: BaseGeometry
    """The walls, as lines on the map."""
    _by_frame: dict[int, NDArray[np.bool_]] = field(default_factory=dict, repr=False)
    _under: dict[tuple[Point, ...], NDArray[np.intp]] = field(default_factory=dict, repr=False)

    @cached_property
    def spots(self) -> Array:
        """(S, 2) the centres of the cells of all rooms, room by room."""
        return np.concatenate([np.zeros((0, 2)), *(sample_floor(room) for room in self.rooms)])

    @cached_property
    def room_of_spot(self) -> NDArray[np.intp]:
        """(S,) the index of the room of each cell."""
        return np.repeat(np.arange(len(self.rooms)), [len(sample_floor(room)) for room in self.rooms])

    def looks_at(self, frame: int) -> NDArray[np.bool_]:
        """(S,) whether a frame looks at each cell."""
        if frame not in self._by_frame:
            self._by_frame[frame] = self._looked_at(self.clip.world_from_camera[frame])
        return self._by_frame[frame]

    def under(self, way: tuple[Point, ...]) -> NDArray[np.intp]:
        """(P,) the indices of the cells nearest to points along a walk, at most `STEP_M` apart."""
        if way not in self._under:
            _, nearest = self._tree.query(_along(np.array(way)))
            self._under[way] = np.asarray(nearest, dtype=np.intp)
        return self._under[way]

    @cached_property
    def _tree(self) -> KDTree:
        return KDTree(self.spots)

    def _looked_at(self, pose: Array) -> NDArray[np.bool_]:
        shapely.prepare(self.walls)
        found = _in_picture(self.clip, pose, self.frame.to_world(self.spots))
        ends = self.spots[found]
        starts = np.broadcast_to(self.frame.from_world(pose[[0, 2], 3]), ends.shape)
        lines = shapely.linestrings(np.stack([starts, ends], axis=1))
        found[found] = ~shapely.intersects(self.walls, lines)
        return found


def _along(way: Array) -> Array:
    """(P, 2) points along a walk, including its corners."""
    reached = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
    steps = np.arange(0.0, reached[-1], STEP_M)
    at = np.union1d(reached, steps)
    return np.stack([np.interp(at, reached, way[:, axis]) for axis in range(2)], axis=1)


def _in_picture(clip: Clip, pose: Array, world_xz: Array) -> NDArray[np.bool_]:
    """(S,) whether a picture shows world (x, z) points at any of the heights LEVELS_M."""
    width, height = clip.size_px
    points = np.concatenate([np.insert(world_xz, 1, level, axis=1) for level in LEVELS_M])
    u, v, depth = project(points, pose, clip.intrinsics).T
    inside = (depth > 0.0) & (u >= 0.0) & (u < width) & (v >= 0.0) & (v < height)
    return inside.reshape(len(LEVELS_M), -1).any(axis=0)
