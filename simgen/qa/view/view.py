"""A view: the objects that a question's frames show, their names and their map."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.geometry.frames import MapFrame
from simgen.qa.refusal import Refusal
from simgen.qa.view.coverage import GLIMPSED
from simgen.qa.view.floor import Floor, make_floor
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.map_text import render_map
from simgen.qa.view.names import STRUCTURE, map_name
from simgen.scoring import BBox, MapObject
from simgen.store.clips import Clip
from simgen.types import Array, SceneObject

STANDARD_COUNTS = (1, 4, 8, 12, 16)
"""The numbers of frames at which every question is tested for an answer: those of QVS-Bench."""
LINKING_OBJECTS = 2
"""The number of shared objects that links two frames. One may look the same from many sides; two fix the
relative pose of the cameras."""
SAME_FLOOR_M2 = 1e-6
"""Two free floors whose areas differ by less are equal."""
MAP_DECIMALS = 1
"""The decimals of map coordinates, as in QVS-Bench. The second check of verification measures the effect."""


@dataclass(frozen=True, slots=True)
class VisibilityRule:
    """The rule that decides whether an object is visible in a frame."""

    min_px: int
    min_fraction: float
    """The least share of the pixels that it would own unoccluded."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """An object that is visible in at least one of the question's frames."""

    object: SceneObject
    index: int
    """Its index in `clip.objects`."""
    entry: MapObject
    frames: tuple[int, ...]
    """The question's frames in which it is visible."""


@dataclass(frozen=True, eq=False)
class View:
    """A clip as the frames of a question show it, under a visibility rule."""

    geometry: ClipGeometry
    frames: tuple[int, ...]
    rule: VisibilityRule
    seen: tuple[Seen, ...]
    """The visible objects by first appearance, which is the order of the map."""
    glimpsed: Counter[str]
    """By type: the number of objects that own at least one pixel in these frames, visible ones included."""
    is_own_clip: bool = False
    """Whether its one frame is asked as a clip of its own. The map's origin is then below its camera."""

    @property
    def clip(self) -> Clip:
        return self.geometry.clip

    @property
    def name(self) -> str:
        """The permanent id of what is asked about: of the clip, or of its frame."""
        return own_view_name(self.clip.id, self.frames[0]) if self.is_own_clip else self.clip.id

    def find(self, object_id: str) -> Seen | None:
        """The visible object with this id; None if it is not visible."""
        return self._by_id.get(object_id)

    def of_type(self, object_type: str) -> list[Seen]:
        """The visible objects of a type, by first appearance."""
        return [item for item in self.seen if item.object.type == object_type]

    def share_shown(self, seen: Seen) -> float:
        """The largest share of an object's outline that one of its frames shows, 0 to 1."""
        return float(self.geometry.shares[list(seen.frames), seen.index].max())

    def linked(self, first: int, second: int) -> bool:
        """Whether two frames share enough objects to relate their cameras."""
        if first == second:
            return True
        return len(self._shown_in[first] & self._shown_in[second]) >= LINKING_OBJECTS

    def placed(self, object_id: str, frame: int) -> bool:
        """Whether a frame, or a frame linked with it, shows an object.

        Only then can its place relative to the frame's camera be told.
        """
        return object_id in self._placed_from[frame]

    def placing_problem(self, object_ids: Sequence[str], frame: int) -> Refusal | None:
        """The refusal if some of these objects cannot be placed from a frame; None if all can."""
        for name in object_ids:
            if not self.placed(name, frame):
                return Refusal("not linked", f"no frame that shows {name} shares enough with frame {frame}")
        return None

    @cached_property
    def map(self) -> tuple[MapObject, ...]:
        """The map entries of all visible objects."""
        return tuple(item.entry for item in self.seen)

    @cached_property
    def first_glimpses(self) -> dict[str, int]:
        """By type: the position, from 0, of the first frame in which an object of the type owns any pixel."""
        owned = self.clip.visibility.pixels[list(self.frames)] > 0
        found: dict[str, int] = {}
        for index in np.flatnonzero(owned.any(axis=0)):
            kind, first = self.clip.objects[index].type, int(owned[:, index].argmax())
            found[kind] = min(found.get(kind, first), first)
        return found

    @cached_property
    def _shown_in(self) -> dict[int, frozenset[int]]:
        """By frame: the indices of the objects that are visible in it."""
        return {f: frozenset(item.index for item in self.seen if f in item.frames) for f in self.frames}

    @cached_property
    def map_text(self) -> str:
        """The map as text."""
        return render_map(self.map)

    @cached_property
    def by_name(self) -> dict[str, MapObject]:
        """The map entries by name."""
        return {entry.name: entry for entry in self.map}

    @cached_property
    def extent(self) -> float:
        """The diagonal of the whole map; 0.0 for an empty map."""
        boxes = np.array([entry.bbox for entry in self.map]).reshape(-1, 4)
        return math.dist(boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)) if len(boxes) else 0.0

    @cached_property
    def room_shares(self) -> tuple[float, ...]:
        """For each room of the clip: the share of its floor that these frames look at, 0 to 1."""
        rooms, count = self.geometry.coverage.room_of_spot, len(self.clip.rooms)
        spots, seen = (np.bincount(found, minlength=count) for found in (rooms, rooms[self.spots_looked_at]))
        return tuple((seen / np.maximum(spots, 1)).tolist())

    @cached_property
    def rooms_in_view(self) -> tuple[int, ...]:
        """The indices of the rooms in view: the frames look at no less than GLIMPSED of their floor."""
        return tuple(room for room, share in enumerate(self.room_shares) if share >= GLIMPSED)

    @cached_property
    def spots_looked_at(self) -> NDArray[np.bool_]:
        """(S,) whether these frames look at each of `geometry.coverage.spots`."""
        return np.any([self.geometry.coverage.looks_at(frame) for frame in self.frames], axis=0)

    @cached_property
    def floor(self) -> Floor:
        """The walkable floor if only the visible objects were obstacles."""
        geometry, shown = self.geometry, {item.index for item in self.seen}
        things = {index: plan for index, plan in geometry.obstacles.items() if index in shown}
        found = make_floor(geometry.plan.rooms, geometry.plan.walls, things.items())
        # Unseen obstacles can only reduce the free floor, so equal areas mean equal floors.
        same = found.graph.space.area - geometry.floor.graph.space.area < SAME_FLOOR_M2
        return geometry.floor if same else found

    @cached_property
    def _placed_from(self) -> dict[int, frozenset[str]]:
        """By frame: the ids of the objects that it, or a frame linked with it, shows."""
        linked = {f: {other for other in self.frames if self.linked(f, other)} for f in self.frames}
        return {
            f: frozenset(item.object.id for item in self.seen if not linked[f].isdisjoint(item.frames))
            for f in self.frames
        }

    @cached_property
    def _by_id(self) -> dict[str, Seen]:
        return {item.object.id: item for item in self.seen}


def question_frames(clip: Clip, wanted: int) -> tuple[int, ...]:
    """The frames that a question about a clip shows: up to `wanted`, ascending, always including frame 0.

    The sets are nested: a smaller set is part of every larger one. A clip of keyframes is planned so that its
    first 1, 4, 8, 12 and 16 frames show the same objects, so the first `wanted` are taken. For a walk see
    `spread_order`.
    """
    if is_of_keyframes(clip):
        return tuple(range(min(wanted, clip.frame_count)))
    return tuple(sorted(spread_order(clip.frame_count)[:wanted]))


def is_of_keyframes(clip: Clip) -> bool:
    """Whether a clip is a nested set of still frames instead of a walk."""
    return _kind_of_walk(clip.info.recipe) == "keyframes"


@lru_cache(maxsize=256)
def _kind_of_walk(recipe: str) -> str | None:
    return json.loads(recipe).get("trajectory", {}).get("kind")


@cache
def spread_order(frame_count: int) -> tuple[int, ...]:
    """All frame indices in an order whose first n are spread over the walk, for every n.

    The order is 0, the last, then repeatedly the middle of the widest gap (the first of equal gaps). The
    widest gap is at most about twice the narrowest. Frame 0 comes first because the map's origin is below its
    camera, so a viewer must see it.
    """
    order = [0, frame_count - 1][: min(frame_count, 2)]
    while len(order) < frame_count:
        shown = sorted(order)
        width, start = max((b - a, -a) for a, b in pairwise(shown))
        order.append(-start + width // 2)
    return tuple(order)


def make_view(geometry: ClipGeometry, frames: tuple[int, ...], rule: VisibilityRule) -> View:
    """The view of some frames: the objects that at least one of them shows, with names and map boxes."""
    clip, visible = geometry.clip, _visible(geometry.clip, frames, rule)
    order = _first_appearance(clip, frames, visible)
    objects = [clip.objects[index] for index in order]
    entries = _entries(objects, geometry.frame)
    shown = [tuple(frames[position] for position in np.flatnonzero(visible[:, index])) for index in order]
    parts = zip(objects, order, entries, shown, strict=True)
    return View(geometry, frames, rule, tuple(Seen(*part) for part in parts), _glimpsed(clip, frames))


def own_view_name(clip_id: str, frame: int) -> str:
    """The permanent id of a frame that is asked as a clip of its own, such as `demo-00002-00-f007`."""
    return f"{clip_id}-f{frame:03d}"


def make_own_view(geometry: ClipGeometry, frame: int, rule: VisibilityRule) -> View:
    """The view of one frame that is asked as a clip of its own."""
    return replace(make_view(geometry.on_map_of(frame), (frame,), rule), is_own_clip=True)


def make_views(geometry: ClipGeometry, rule: VisibilityRule, counts: Sequence[int]) -> dict[int, View]:
    """The views with these numbers of frames, ascending. Counts with equal frames, in a short clip, share one
    view."""
    views: dict[tuple[int, ...], View] = {}
    found: dict[int, View] = {}
    for count in sorted(set(counts)):
        frames = question_frames(geometry.clip, count)
        if frames not in views:
            views[frames] = make_view(geometry, frames, rule)
        found[count] = views[frames]
    return found


def round_value(value: float, decimals: int) -> float:
    """A value rounded equally on every machine, never -0.0.

    It is rounded to nine decimals first. Otherwise floating-point noise would decide how ties such as 0.25
    are rounded.
    """
    return round(round(float(value), 9), decimals) + 0.0


def box_around(points: Array) -> BBox:
    """The map box around map points (P, 2), rounded to MAP_DECIMALS."""
    low, high = points.min(axis=0), points.max(axis=0)
    x_min, y_min, x_max, y_max = (round_value(value, MAP_DECIMALS) for value in (*low, *high))
    return x_min, y_min, x_max, y_max


def point_box(point: Array) -> BBox:
    """The map box without extent at a map point (2,)."""
    x, y = (round_value(value, MAP_DECIMALS) for value in point)
    return x, y, x, y


def _visible(clip: Clip, frames: tuple[int, ...], rule: VisibilityRule) -> NDArray[np.bool_]:
    """(len(frames), N) whether each object is visible in each frame; False for the house's shell."""
    pixels = clip.visibility.pixels[list(frames)]
    unoccluded = clip.visibility.unoccluded_pixels[list(frames)]
    mappable = np.array([item.type not in STRUCTURE for item in clip.objects], dtype=bool)
    enough = (pixels >= max(rule.min_px, 1)) & (pixels >= rule.min_fraction * unoccluded)
    return enough & mappable


def _first_appearance(clip: Clip, frames: tuple[int, ...], visible: NDArray[np.bool_]) -> list[int]:
    """The indices of the visible objects, by first frame and within it from left to right in the picture."""

    def key(index: int) -> tuple[int, int, int]:
        first = int(visible[:, index].argmax())
        return first, int(clip.visibility.box2d[frames[first], index, 0]), index

    return sorted((int(index) for index in np.flatnonzero(visible.any(axis=0))), key=key)


def _entries(objects: list[SceneObject], frame: MapFrame) -> list[MapObject]:
    totals = Counter(map_name(item.type) for item in objects)
    counts: Counter[str] = Counter()
    entries = []
    for item in objects:
        name = map_name(item.type)
        counts[name] += 1
        label = f"{name}{counts[name]}" if totals[name] > 1 else name
        entries.append(MapObject(label, box_around(frame.from_world(item.footprint))))
    return entries


def _glimpsed(clip: Clip, frames: tuple[int, ...]) -> Counter[str]:
    most = clip.visibility.pixels[list(frames)].max(axis=0)
    return Counter(item.type for item, pixels in zip(clip.objects, most.tolist(), strict=True) if pixels > 0)
