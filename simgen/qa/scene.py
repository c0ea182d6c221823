"""A clip's geometry in the map frame, as arrays over all objects and tables over all pairs.

Everything here is in metres in the map frame of the clip: x to the right and y ahead of its first camera, z
upwards from the floor of the house. Computed when first asked for, once a clip.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from simgen.geometry.boxes import box_gap, corners, is_upright
from simgen.geometry.frames import MapFrame, map_frame, project, yaw_deg_of
from simgen.store.clips import Clip
from simgen.types import Array, OrientedBox

NEAREST_M = 0.1
"""A box that comes nearer to the camera than this reaches out of every picture."""


@dataclass(frozen=True, eq=False)
class Scene:
    """The objects, rooms and cameras of a clip, placed on its map. Indices are those of `clip.objects`."""

    clip: Clip

    @cached_property
    def index(self) -> dict[str, int]:
        """Index of each object by its id."""
        return {item.id: index for index, item in enumerate(self.clip.objects)}

    @cached_property
    def room_index(self) -> dict[str, int]:
        """Index of each room, in `clip.rooms`, by its id."""
        return {room.id: index for index, room in enumerate(self.clip.rooms)}

    @cached_property
    def frame(self) -> MapFrame:
        """From the world's floor to the map's."""
        return map_frame(self.clip.world_from_camera[0])

    def to_map(self, points: Array) -> Array:
        """(..., 3) map points of world points (..., 3)."""
        across = self.frame.from_world(points[..., [0, 2]])
        return np.concatenate([across, points[..., 1:2]], axis=-1)

    @cached_property
    def corners(self) -> Array:
        """(N, 8, 3) corners of the oriented boxes."""
        count = len(self.clip.objects)
        return self.to_map(np.reshape([corners(item.box) for item in self.clip.objects], (count, 8, 3)))

    @cached_property
    def centers(self) -> Array:
        """(N, 3) centres of the oriented boxes."""
        return self.corners.mean(axis=1)

    @cached_property
    def heights(self) -> Array:
        """(N, 2) lowest and highest z of the oriented boxes."""
        z = self.corners[:, :, 2]
        return np.stack([z.min(axis=1), z.max(axis=1)], axis=1)

    @cached_property
    def sizes(self) -> Array:
        """(N, 3) whole lengths of the oriented boxes along their own axes."""
        return np.reshape([2.0 * item.box.half_extents for item in self.clip.objects], (-1, 3))

    def middle_size(self, index: int) -> float:
        """The second longest side of an oriented box."""
        return float(np.sort(self.sizes[index])[1])

    @cached_property
    def upright(self) -> NDArray[np.bool_]:
        """(N,) whether one of the box's axes is vertical."""
        return np.array([is_upright(item.box) for item in self.clip.objects], dtype=bool)

    @cached_property
    def outlines(self) -> NDArray[np.object_]:
        """(N,) shapely polygons: the oriented boxes seen from above."""
        return _hulls(self.corners[:, :, :2])

    @cached_property
    def footprints(self) -> NDArray[np.object_]:
        """(N,) shapely polygons: the objects' own footprints, within the outlines."""
        return _polygons([self.frame.from_world(item.footprint) for item in self.clip.objects])

    @cached_property
    def rooms(self) -> NDArray[np.object_]:
        """(R,) shapely polygons: the rooms' floors."""
        return _polygons([self.frame.from_world(room.polygon) for room in self.clip.rooms])

    @cached_property
    def cameras(self) -> Array:
        """(T, 3) positions of the cameras."""
        return self.to_map(self.clip.world_from_camera[:, :3, 3])

    @cached_property
    def headings_deg(self) -> Array:
        """(T,) where the cameras look, clockwise from the map's y, in [0, 360)."""
        yaws = np.array([yaw_deg_of(pose) for pose in self.clip.world_from_camera])
        return np.mod(np.mod(yaws - yaws[0], 360.0), 360.0)

    @cached_property
    def gap_offsets(self) -> Array:
        """(N, N, 3) how far apart the closest points of two oriented boxes are along x, y and z, all >= 0.

        The closest points need not be unique (parallel faces), but their difference is. NaN for pairs of
        which one is tilted; `gap_offset` computes these one by one.
        """
        count = len(self.clip.objects)
        upright = np.flatnonzero(self.upright)
        first, second = (upright[index] for index in np.triu_indices(len(upright), 1))
        lines = shapely.shortest_line(self.outlines[first], self.outlines[second])
        across = np.abs(np.diff(shapely.get_coordinates(lines).reshape(-1, 2, 2), axis=1)[:, 0])
        low = np.maximum(self.heights[first, 0], self.heights[second, 0])
        high = np.minimum(self.heights[first, 1], self.heights[second, 1])
        offsets = np.full((count, count, 3), np.nan)
        # Where the heights overlap, both points lie in the overlap.
        found = np.column_stack([across, np.maximum(low - high, 0.0)])
        offsets[first, second] = offsets[second, first] = found
        offsets[upright, upright] = 0.0
        return offsets

    def gap_offset(self, first: int, second: int) -> Array:
        """(3,) how far apart the closest points of two oriented boxes are along x, y and z."""
        offset = self.gap_offsets[first, second]
        if not np.isnan(offset[0]):
            return offset
        return self._tilted_offset(first, second)

    @cached_property
    def gaps(self) -> Array:
        """(N, N) shortest distances between oriented boxes in 3-D; NaN where one of a pair is tilted."""
        return np.linalg.norm(self.gap_offsets, axis=2)

    @cached_property
    def center_gaps(self) -> Array:
        """(N, N) horizontal distances between the centres of the oriented boxes."""
        return np.linalg.norm(self.centers[:, None, :2] - self.centers[None, :, :2], axis=2)

    @cached_property
    def shares(self) -> Array:
        """(T, N) share of each object's outline that each frame shows, 0 to 1.

        Area of the rectangle around its visible pixels, over that of the rectangle around its whole
        projected box, which may reach beyond the picture. 0 where the box reaches behind the camera.
        """
        clip = self.clip
        world = np.reshape([corners(item.box) for item in clip.objects], (-1, 3))
        boxes = [project(world, pose, clip.intrinsics) for pose in clip.world_from_camera]
        box = np.reshape(boxes, (clip.frame_count, len(clip.objects), 8, 3))
        whole = np.prod(box[..., :2].max(axis=2) - box[..., :2].min(axis=2), axis=-1)
        seen = clip.visibility.box2d.astype(np.float64)
        area = (seen[..., 2] - seen[..., 0]) * (seen[..., 3] - seen[..., 1])
        inside = box[..., 2].min(axis=2) > NEAREST_M
        return np.where(inside, np.minimum(area / np.where(whole > 0.0, whole, np.inf), 1.0), 0.0)

    def _tilted_offset(self, first: int, second: int) -> Array:
        a, b = self.clip.objects[first].box, self.clip.objects[second].box
        if box_gap(a, b) == 0.0:
            return np.zeros(3)
        start, end = _closest_tilted(a, b)
        return np.abs(np.diff(self.to_map(np.stack([start, end])), axis=0)[0])


def _closest_tilted(a: OrientedBox, b: OrientedBox) -> tuple[Array, Array]:
    """(3,) world points, closest to one another: a least-squares problem with bounds."""
    edges = np.hstack([a.rotation * a.half_extents, -b.rotation * b.half_extents])
    best = lsq_linear(edges, b.center - a.center, bounds=(-1.0, 1.0), tol=1e-12).x
    start = a.center + (a.rotation * a.half_extents) @ best[:3]
    return start, b.center + (b.rotation * b.half_extents) @ best[3:]


def _hulls(points: Array) -> NDArray[np.object_]:
    """(N,) convex hulls of N sets of points (N, P, 2)."""
    return np.asarray(shapely.convex_hull(shapely.multipoints(points)), dtype=object)


def _polygons(rings: list[Array]) -> NDArray[np.object_]:
    found = np.empty(len(rings), dtype=object)
    found[:] = [shapely.Polygon(ring) for ring in rings]
    return found
