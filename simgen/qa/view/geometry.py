"""A clip's geometry on a map: arrays over all objects and tables over all pairs of objects.

All values are in metres on the map whose origin is below the camera of one frame, by default the first: x
to the right of that camera, y ahead of it, z upwards from the floor of the house. Each property is computed
once, when it is first read. What does not depend on the origin is computed once for all maps of a clip.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from simgen.geometry.boxes import box_gap, corners, is_upright
from simgen.geometry.frames import MapFrame, map_frame, project, yaw_deg_of
from simgen.house.agent import AGENT_HEIGHT, AGENT_RADIUS, OPENING_TYPES, STEP_OFFSET
from simgen.qa.view.coverage import FloorCoverage
from simgen.qa.view.floor import STOP_M, TIGHT_M, Floor, Plan, grow_ring, make_floor, make_plan
from simgen.store.clips import Clip
from simgen.types import Array, OrientedBox, Point

PASSAGE_M = 0.3
"""Objects that start below this height block walking, and pushing things along the floor."""
WIDEST_M = 3.0
"""The largest gap between two objects that counts as a passage."""
TOUCHING_M = 0.02
"""Objects with a smaller gap count as touching."""
AHEAD_M = 4.0
"""The longest walk straight ahead in a question; longer ones are hard to imagine."""
NEAREST_M = 0.1
"""A box that comes nearer to the camera plane than this extends beyond every picture."""

_RINGS = np.array([[0, 1, 3, 2], [0, 1, 5, 4], [0, 2, 6, 4]])
"""The corners around one face of a box, by the axis normal to it: rows of `simgen.geometry.boxes.corners`."""
STRIP_SLACK_M = 0.01
"""Two sides that are parallel within this have a strip between them, instead of a single closest line."""


Result = TypeVar("Result")


def same_on_all_maps(
    compute: "Callable[[ClipGeometry], Result]",
) -> "Callable[[ClipGeometry], Result]":
    """A decorator of properties that do not depend on the map's origin: a clip's maps share the value."""

    @wraps(compute)
    def shared(geometry: "ClipGeometry") -> Result:
        return compute(geometry) if geometry.first is None else getattr(geometry.first, compute.__name__)

    return shared


@dataclass(frozen=True, eq=False)
class ClipGeometry:
    """The objects, rooms and cameras of a clip on a map. Indices are those of `clip.objects`."""

    clip: Clip
    origin: int = 0
    """The index of the frame whose camera is above the map's origin and looks along its y."""
    first: "ClipGeometry | None" = None
    """The geometry on the map of the first frame, from which this one takes what they share; None for
    itself."""

    def on_map_of(self, frame: int) -> "ClipGeometry":
        """The same clip on the map whose origin is below the camera of another frame."""
        first = self.first or self
        return first if frame == first.origin else ClipGeometry(self.clip, frame, first)

    @cached_property
    @same_on_all_maps
    def index(self) -> dict[str, int]:
        """The index of each object, by its id."""
        return {item.id: index for index, item in enumerate(self.clip.objects)}

    @cached_property
    @same_on_all_maps
    def room_index(self) -> dict[str, int]:
        """The index of each room in `clip.rooms`, by its id."""
        return {room.id: index for index, room in enumerate(self.clip.rooms)}

    @cached_property
    def frame(self) -> MapFrame:
        """The transform between the world's floor plane and the map."""
        return map_frame(self.clip.world_from_camera[self.origin])

    def to_map(self, points: Array) -> Array:
        """(..., 3) map points of world points (..., 3)."""
        across = self.frame.from_world(points[..., [0, 2]])
        return np.concatenate([across, points[..., 1:2]], axis=-1)

    @cached_property
    def corners(self) -> Array:
        """(N, 8, 3) the corners of the oriented boxes."""
        return self.to_map(self.world_corners)

    @cached_property
    @same_on_all_maps
    def world_corners(self) -> Array:
        """(N, 8, 3) the corners of the oriented boxes in the world frame."""
        return np.reshape([corners(item.box) for item in self.clip.objects], (len(self.clip.objects), 8, 3))

    @cached_property
    def centers(self) -> Array:
        """(N, 3) the centres of the oriented boxes."""
        return self.corners.mean(axis=1)

    @cached_property
    def points(self) -> list[Point]:
        """N points on the floor below the centres, as plain floats, because a question reads only a few."""
        return [(float(x), float(y)) for x, y in self.centers[:, :2]]

    @cached_property
    @same_on_all_maps
    def heights(self) -> Array:
        """(N, 2) the lowest and the highest z of the oriented boxes."""
        z = self.corners[:, :, 2]
        return np.stack([z.min(axis=1), z.max(axis=1)], axis=1)

    @cached_property
    @same_on_all_maps
    def sizes(self) -> Array:
        """(N, 3) the full lengths of the oriented boxes along their own axes."""
        return np.reshape([2.0 * item.box.half_extents for item in self.clip.objects], (-1, 3))

    @cached_property
    @same_on_all_maps
    def sides(self) -> list[tuple[float, float, float]]:
        """For each of N oriented boxes: the longer and the shorter horizontal side, and the height.

        NaN for a tilted box, whose sides are neither level nor vertical. Plain floats, like `points`.
        """
        vertical = self.vertical_axes[:, None]
        across = np.take_along_axis(self.sizes, (vertical + np.array([1, 2])) % 3, axis=1)
        up = np.take_along_axis(self.sizes, vertical, axis=1)[:, 0]
        sides = np.column_stack([across.max(axis=1), across.min(axis=1), up])
        sides[~self.upright] = np.nan
        return [(float(a), float(b), float(c)) for a, b, c in sides]

    def middle_size(self, index: int) -> float:
        """The second longest side of an oriented box."""
        return float(np.sort(self.sizes[index])[1])

    @cached_property
    @same_on_all_maps
    def upright(self) -> NDArray[np.bool_]:
        """(N,) whether one of the axes of each oriented box is vertical."""
        return np.array([is_upright(item.box) for item in self.clip.objects], dtype=bool)

    @cached_property
    @same_on_all_maps
    def vertical_axes(self) -> NDArray[np.int64]:
        """(N,) the axis of each oriented box that is vertical, or closest to vertical."""
        return np.abs([item.box.rotation[1] for item in self.clip.objects]).reshape(-1, 3).argmax(axis=1)

    @cached_property
    def outlines(self) -> NDArray[np.object_]:
        """(N,) shapely polygons: the oriented boxes projected onto the floor."""
        found = _hulls(self.corners[:, :, :2])
        upright = np.flatnonzero(self.upright)
        # By floating-point noise the upper corners are not exactly above the lower ones, so a hull of all
        # eight may have more than four corners.
        rings = _RINGS[self.vertical_axes[upright]]
        found[upright] = shapely.polygons(self.corners[upright[:, None], rings, :2])
        return found

    @cached_property
    def outline_points(self) -> list[list[Point]]:
        """The corners of the outlines, as plain floats."""
        rings = [shapely.get_coordinates(outline)[:-1].tolist() for outline in self.outlines]
        return [[(x, y) for x, y in ring] for ring in rings]

    @cached_property
    def footprints(self) -> NDArray[np.object_]:
        """(N,) shapely polygons: the objects' footprints, which lie within the outlines."""
        return _polygons([self.frame.from_world(item.footprint) for item in self.clip.objects])

    @cached_property
    def rooms(self) -> NDArray[np.object_]:
        """(R,) shapely polygons: the rooms' floors."""
        return _polygons([self.frame.from_world(room.polygon) for room in self.clip.rooms])

    @cached_property
    def plan(self) -> Plan:
        """The rooms and the passages between them."""
        if self.first is None:
            return make_plan(self.clip, self.frame, list(self.rooms))
        first, own = self.first, self.frame
        passages = first.plan.passages
        moved = [replace(one, ends=own.from_world(first.frame.to_world(one.ends))) for one in passages]
        return Plan(list(self.rooms), moved)

    @cached_property
    def obstacles(self) -> dict[int, shapely.Polygon]:
        """The footprints of the objects that block walking: see `simgen.qa.view.floor`."""
        low, high = self.heights.T
        blocks = (low < AGENT_HEIGHT) & (high > STEP_OFFSET)
        types = [item.type for item in self.clip.objects]
        return {int(i): self.footprints[i] for i in np.flatnonzero(blocks) if types[i] not in OPENING_TYPES}

    @cached_property
    def floor(self) -> Floor:
        """The walkable floor among all obstacles."""
        return self._floor_for(AGENT_RADIUS)

    @cached_property
    def floors_nearly(self) -> tuple[Floor, Floor]:
        """The walkable floor of a slightly narrower and of a slightly wider walker."""
        return self._floor_for(AGENT_RADIUS - TIGHT_M), self._floor_for(AGENT_RADIUS + TIGHT_M)

    def _floor_for(self, radius: float) -> Floor:
        return make_floor(self.plan.rooms, self.plan.walls, self.obstacles.items(), radius)

    @cached_property
    def stopping_rings(self) -> dict[int, list[Point]]:
        """For each obstacle, the corners of the line at which straight route legs to it end: see
        `simgen.qa.skills.route`."""
        return {index: grow_ring(plan, STOP_M) for index, plan in self.obstacles.items()}

    @cached_property
    @same_on_all_maps
    def room_gaps(self) -> Array:
        """(N, R) the distances from each object's centre to each room's floor; 0.0 inside."""
        middles = np.asarray(shapely.points(self.centers[:, :2]), dtype=object)
        return shapely.distance(middles[:, None], self.rooms[None])

    @cached_property
    def coverage(self) -> FloorCoverage:
        """The parts of the rooms' floors that each frame looks at."""
        return FloorCoverage(self.clip, self.frame, self.plan.rooms, self.plan.walls)

    @cached_property
    def cameras(self) -> Array:
        """(T, 3) the positions of the cameras."""
        return self.to_map(self.clip.world_from_camera[:, :3, 3])

    @cached_property
    @same_on_all_maps
    def camera_rooms(self) -> list[int]:
        """T indices of the rooms in which the cameras stand; -1 outside all rooms."""
        inside = [shapely.contains_xy(room, self.cameras[:, :2]) for room in self.rooms]
        table = np.reshape(inside, (len(inside), len(self.cameras)))
        return np.where(table.any(axis=0), table.argmax(axis=0), -1).tolist() if len(inside) else []

    def camera_ways(self, frame: int) -> list[tuple[Point, Point]]:
        """N shortest lines on the floor, from the camera of a frame to the closest point of a footprint."""
        if frame not in self._camera_ways:
            lines = shapely.shortest_line(shapely.Point(self.cameras[frame, :2]), self.footprints)
            ends = shapely.get_coordinates(lines).reshape(-1, 2, 2).tolist()
            self._camera_ways[frame] = [((a[0], a[1]), (b[0], b[1])) for a, b in ends]
        return self._camera_ways[frame]

    @cached_property
    def _camera_ways(self) -> dict[int, list[tuple[Point, Point]]]:
        """The lines that were computed, by frame."""
        return {}

    @cached_property
    def camera_points(self) -> list[Point]:
        """T points on the floor below the cameras, as plain floats."""
        return [(float(x), float(y)) for x, y in self.cameras[:, :2]]

    @cached_property
    @same_on_all_maps
    def free_ahead(self) -> list[float]:
        """T lengths of the free straight walk ahead of each camera within its room, up to AHEAD_M."""
        turns = np.radians(self.headings_deg)
        ways = AHEAD_M * np.stack([np.sin(turns), np.cos(turns)], axis=1)
        starts = self.cameras[:, :2]
        blocks = shapely.union_all([*self.obstacles.values(), *shapely.boundary(self.rooms)])
        blocked = shapely.buffer(blocks, AGENT_RADIUS)
        hits = shapely.intersection(shapely.linestrings(np.stack([starts, starts + ways], axis=1)), blocked)
        lengths = shapely.distance(shapely.points(starts), hits)
        return np.where(np.isnan(lengths), AHEAD_M, lengths).tolist()

    @cached_property
    def headings_deg(self) -> Array:
        """(T,) the headings of the cameras, clockwise from the map's y, in [0, 360)."""
        yaws = np.array([yaw_deg_of(pose) for pose in self.clip.world_from_camera])
        return np.mod(np.mod(yaws - yaws[self.origin], 360.0), 360.0)

    @cached_property
    def headings(self) -> list[float]:
        """`headings_deg` as plain floats."""
        return self.headings_deg.tolist()

    @cached_property
    @same_on_all_maps
    def gaps(self) -> Array:
        """(N, N, 3) the displacements on the map of the first frame between the closest points of two boxes.

        The closest points need not be unique (parallel faces), but their difference is, except for its sign.
        NaN for pairs with a tilted box; `gap_offset` computes these one by one.
        """
        count = len(self.clip.objects)
        upright = np.flatnonzero(self.upright)
        first, second = (upright[index] for index in np.triu_indices(len(upright), 1))
        lines = shapely.shortest_line(self.outlines[first], self.outlines[second])
        across = np.diff(shapely.get_coordinates(lines).reshape(-1, 2, 2), axis=1)[:, 0]
        low = np.maximum(self.heights[first, 0], self.heights[second, 0])
        high = np.minimum(self.heights[first, 1], self.heights[second, 1])
        gaps = np.full((count, count, 3), np.nan)
        # Where the heights overlap, both points lie in the overlap.
        found = np.column_stack([across, np.maximum(low - high, 0.0)])
        gaps[first, second] = gaps[second, first] = found
        gaps[upright, upright] = 0.0
        return gaps

    def gap_offset(self, first: int, second: int) -> tuple[float, float, float]:
        """The distances along x, y and z between the closest points of two oriented boxes, as plain
        floats."""
        found = self._gap_offsets.get((first, second))
        if found is None:
            gap = self.gaps[first, second]
            if np.isnan(gap[0]):
                gap = self._tilted_gap(first, second)
            elif self.first is not None:
                gap = np.append(self.frame.turn_from(self.first.frame, gap[None, :2])[0], gap[2])
            dx, dy, dz = np.abs(gap).tolist()
            found = self._gap_offsets[first, second] = (dx, dy, dz)
        return found

    @cached_property
    def _gap_offsets(self) -> dict[tuple[int, int], tuple[float, float, float]]:
        """The offsets that were read, by the two indices."""
        return {}

    @cached_property
    @same_on_all_maps
    def level_gaps(self) -> Array:
        """(N, N) the shortest horizontal distances between oriented boxes: the distances of their
        outlines."""
        gaps = np.linalg.norm(self.gaps[:, :, :2], axis=2)
        first, second = np.nonzero(np.isnan(gaps))
        gaps[first, second] = shapely.distance(self.outlines[first], self.outlines[second])
        return gaps

    @cached_property
    @same_on_all_maps
    def passages(self) -> Array:
        """(N, N) the widths of the gaps between objects that stand on the floor of one room, seen from above.

        NaN for all other pairs, for touching objects, for gaps wider than WIDEST_M, and for gaps in which an
        object that begins below PASSAGE_M stands at the narrowest part (a strip between parallel sides).
        """
        low, found = self.heights[:, 0] < PASSAGE_M, self.clip.objects
        standing = np.flatnonzero([low[i] and not item.parent_id for i, item in enumerate(found)])
        first, second = (standing[index] for index in np.triu_indices(len(standing), 1))
        rooms = np.array([item.room_id for item in found])
        gaps = self.level_gaps[first, second]
        near = (rooms[first] == rooms[second]) & (gaps > TOUCHING_M) & (gaps < WIDEST_M)
        first, second = first[near], second[near]
        strips = _strips_between(self.outlines[first], self.outlines[second], self.level_gaps[first, second])
        pair, between = shapely.STRtree(self.outlines[standing]).query(strips, predicate="intersects")
        between = standing[between]
        blocked = np.zeros(len(first), dtype=bool)
        blocked[pair[(between != first[pair]) & (between != second[pair])]] = True
        first, second = first[~blocked], second[~blocked]
        widths = np.full((len(found), len(found)), np.nan)
        widths[first, second] = widths[second, first] = self.level_gaps[first, second]
        return widths

    @cached_property
    @same_on_all_maps
    def shares(self) -> Array:
        """(T, N) the share of each object's outline that each frame shows, 0 to 1.

        The area of the rectangle around its visible pixels, divided by that of the rectangle around its whole
        projected box, which may extend beyond the picture. 0 if the box extends behind the camera.
        """
        clip = self.clip
        world = self.world_corners.reshape(-1, 3)
        boxes = [project(world, pose, clip.intrinsics) for pose in clip.world_from_camera]
        box = np.reshape(boxes, (clip.frame_count, len(clip.objects), 8, 3))
        whole = np.prod(box[..., :2].max(axis=2) - box[..., :2].min(axis=2), axis=-1)
        seen = clip.visibility.box2d.astype(np.float64)
        area = (seen[..., 2] - seen[..., 0]) * (seen[..., 3] - seen[..., 1])
        inside = box[..., 2].min(axis=2) > NEAREST_M
        return np.where(inside, np.minimum(area / np.where(whole > 0.0, whole, np.inf), 1.0), 0.0)

    def gap_ends(self, first: int, second: int) -> tuple[Point, Point]:
        """The map points below the closest points of two oriented boxes.

        Where they are not unique, as between parallel faces, one pair of them.
        """
        if self.upright[[first, second]].all():
            ends = shapely.get_coordinates(shapely.shortest_line(self.outlines[first], self.outlines[second]))
        else:
            boxes = (self.clip.objects[index].box for index in (first, second))
            ends = self.to_map(np.stack(_closest_tilted(*boxes)))
        (x, y), (to_x, to_y) = ends[:, :2].tolist()
        return (x, y), (to_x, to_y)

    def _tilted_gap(self, first: int, second: int) -> Array:
        a, b = self.clip.objects[first].box, self.clip.objects[second].box
        if box_gap(a, b) == 0.0:
            return np.zeros(3)
        start, end = _closest_tilted(a, b)
        return np.diff(self.to_map(np.stack([start, end])), axis=0)[0]


def _closest_tilted(a: OrientedBox, b: OrientedBox) -> tuple[Array, Array]:
    """The two closest world points (3,) of two boxes, by bounded least squares."""
    edges = np.hstack([a.rotation * a.half_extents, -b.rotation * b.half_extents])
    best = lsq_linear(edges, b.center - a.center, bounds=(-1.0, 1.0), tol=1e-12).x
    start = a.center + (a.rotation * a.half_extents) @ best[:3]
    return start, b.center + (b.rotation * b.half_extents) @ best[3:]


def _strips_between(a: NDArray[np.object_], b: NDArray[np.object_], gaps: Array) -> NDArray[np.object_]:
    """(K,) polygons: the area between two outlines where their distance is at most the gap +
    STRIP_SLACK_M."""
    # A buffer approximates arcs by straight pieces, which are too short by up to 0.12 %.
    reach = gaps * 1.002 + STRIP_SLACK_M
    near_a = shapely.intersection(a, shapely.buffer(b, reach))
    near_b = shapely.intersection(b, shapely.buffer(a, reach))
    return np.asarray(shapely.convex_hull(shapely.union(near_a, near_b)), dtype=object)


def _hulls(points: Array) -> NDArray[np.object_]:
    """(N,) the convex hulls of N sets of points (N, P, 2)."""
    return np.asarray(shapely.convex_hull(shapely.multipoints(points)), dtype=object)


def _polygons(rings: list[Array]) -> NDArray[np.object_]:
    found = np.empty(len(rings), dtype=object)
    found[:] = [shapely.Polygon(ring) for ring in rings]
    return found
