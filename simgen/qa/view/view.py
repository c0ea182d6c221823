"""What a question's frames show: the visible objects, their names and the map of them."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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
"""Numbers of frames for which every question knows whether it can be answered: those of QVS-Bench."""
LINKING_OBJECTS = 2
"""One object that two frames show may look the same from many sides; two fix how the cameras stand."""
SAME_FLOOR_M2 = 1e-6
"""Free floors whose areas differ by less are the same."""
MAP_DECIMALS = 1
"""QVS-Bench's maps have one decimal; the second check of verification measures what that costs."""


@dataclass(frozen=True, slots=True)
class VisibilityRule:
    """When an object counts as seen in a frame."""

    min_px: int
    min_fraction: float
    """Of the pixels that it would own if nothing stood before it."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """An object that at least one of the question's frames shows."""

    object: SceneObject
    index: int
    """In the clip's objects."""
    entry: MapObject
    frames: tuple[int, ...]
    """Those of the question's frames in which it is visible."""


@dataclass(frozen=True, eq=False)
class View:
    """A clip as the frames of a question show it."""

    geometry: ClipGeometry
    frames: tuple[int, ...]
    rule: VisibilityRule
    seen: tuple[Seen, ...]
    """By first appearance, which is the order of the map."""
    glimpsed: Counter[str]
    """By type: how many objects own any pixel at all in these frames, seen ones included."""

    @property
    def clip(self) -> Clip:
        return self.geometry.clip

    def find(self, object_id: str) -> Seen | None:
        """The visible object with this id, or None."""
        return self._by_id.get(object_id)

    def of_type(self, object_type: str) -> list[Seen]:
        """The visible objects of a type, by first appearance."""
        return [item for item in self.seen if item.object.type == object_type]

    def share_shown(self, seen: Seen) -> float:
        """The largest share of an object's outline that one of its frames shows, 0 to 1."""
        return float(self.geometry.shares[list(seen.frames), seen.index].max())

    def linked(self, first: int, second: int) -> bool:
        """Whether two of the frames show enough of the same objects to tell how their cameras stand."""
        if first == second:
            return True
        return len(self._shown_in[first] & self._shown_in[second]) >= LINKING_OBJECTS

    def placed(self, object_id: str, frame: int) -> bool:
        """Whether a frame, or one linked with it, shows an object: so that one can tell where it is."""
        return object_id in self._placed_from[frame]

    def placing_problem(self, object_ids: Sequence[str], frame: int) -> Refusal | None:
        """Why one cannot tell where some of these objects are, from a frame; None where one can."""
        for name in object_ids:
            if not self.placed(name, frame):
                return Refusal("not linked", f"no frame that shows {name} shares enough with frame {frame}")
        return None

    @cached_property
    def map(self) -> tuple[MapObject, ...]:
        """The entries of all visible objects."""
        return tuple(item.entry for item in self.seen)

    @cached_property
    def first_glimpses(self) -> dict[str, int]:
        """By type: the first of the frames, counted from 0, in which one of them owns any pixel at all."""
        owned = self.clip.visibility.pixels[list(self.frames)] > 0
        found: dict[str, int] = {}
        for index in np.flatnonzero(owned.any(axis=0)):
            kind, first = self.clip.objects[index].type, int(owned[:, index].argmax())
            found[kind] = min(found.get(kind, first), first)
        return found

    @cached_property
    def _shown_in(self) -> dict[int, frozenset[int]]:
        """By frame: indices of the objects that are visible in it."""
        return {f: frozenset(item.index for item in self.seen if f in item.frames) for f in self.frames}

    @cached_property
    def map_text(self) -> str:
        """The map as text."""
        return render_map(self.map)

    @cached_property
    def by_name(self) -> dict[str, MapObject]:
        """The entries by their names."""
        return {entry.name: entry for entry in self.map}

    @cached_property
    def extent(self) -> float:
        """Diagonal of the whole map, metres; 0.0 of an empty one."""
        boxes = np.array([entry.bbox for entry in self.map]).reshape(-1, 4)
        return math.dist(boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)) if len(boxes) else 0.0

    @cached_property
    def room_shares(self) -> tuple[float, ...]:
        """Of each room of the clip: the share of its floor that these frames look at, 0 to 1."""
        rooms, count = self.geometry.coverage.room_of_spot, len(self.clip.rooms)
        spots, seen = (np.bincount(found, minlength=count) for found in (rooms, rooms[self.spots_looked_at]))
        return tuple((seen / np.maximum(spots, 1)).tolist())

    @cached_property
    def rooms_in_view(self) -> tuple[int, ...]:
        """Indices of the rooms that the frames look into, more than glimpse them."""
        return tuple(room for room, share in enumerate(self.room_shares) if share >= GLIMPSED)

    @cached_property
    def spots_looked_at(self) -> NDArray[np.bool_]:
        """(S,) which of `geometry.coverage.spots` these frames look at."""
        return np.any([self.geometry.coverage.looks_at(frame) for frame in self.frames], axis=0)

    @cached_property
    def floor(self) -> Floor:
        """Where people could walk if nothing were in the way but what these frames show."""
        geometry, shown = self.geometry, {item.index for item in self.seen}
        things = {index: plan for index, plan in geometry.obstacles.items() if index in shown}
        found = make_floor(geometry.plan.rooms, geometry.plan.walls, things.items())
        # What is not seen can only take from the floor, and nothing is taken where the areas are equal.
        same = found.graph.space.area - geometry.floor.graph.space.area < SAME_FLOOR_M2
        return geometry.floor if same else found

    @cached_property
    def _placed_from(self) -> dict[int, frozenset[str]]:
        """By frame: ids of the objects that it or a frame linked with it shows."""
        linked = {f: {other for other in self.frames if self.linked(f, other)} for f in self.frames}
        return {
            f: frozenset(item.object.id for item in self.seen if not linked[f].isdisjoint(item.frames))
            for f in self.frames
        }

    @cached_property
    def _by_id(self) -> dict[str, Seen]:
        return {item.object.id: item for item in self.seen}


def question_frames(clip: Clip, wanted: int) -> tuple[int, ...]:
    """The frames that a question about a clip shows: up to `wanted`, in order, frame 0 always among them.

    Nested: fewer frames are some of more. A clip of keyframes is planned so that its first 1, 4, 8, 12 and
    16 frames show the same objects: of those it is the first `wanted`; of a walk, see `spread_order`.
    """
    if is_of_keyframes(clip):
        return tuple(range(min(wanted, clip.frame_count)))
    return tuple(sorted(spread_order(clip.frame_count)[:wanted]))


def is_of_keyframes(clip: Clip) -> bool:
    """Whether a clip is a nested set of stills, and not a walk."""
    return _kind_of_walk(clip.info.recipe) == "keyframes"


@lru_cache(maxsize=256)
def _kind_of_walk(recipe: str) -> str | None:
    return json.loads(recipe).get("trajectory", {}).get("kind")


@cache
def spread_order(frame_count: int) -> tuple[int, ...]:
    """All frame indices: 0, the last, and then always the middle of the widest gap, the first of equal ones.

    So the first n of them are spread over the walk for every n, the widest gap at most about twice the
    narrowest, and each frame that fewer show more show too. Frame 0 is always among them: the map's origin is
    its camera, so a viewer must see it.
    """
    order = [0, frame_count - 1][: min(frame_count, 2)]
    while len(order) < frame_count:
        shown = sorted(order)
        width, start = max((b - a, -a) for a, b in pairwise(shown))
        order.append(-start + width // 2)
    return tuple(order)


def make_view(geometry: ClipGeometry, frames: tuple[int, ...], rule: VisibilityRule) -> View:
    """The objects that are visible in at least one of the frames, named and placed on the map."""
    clip, visible = geometry.clip, _visible(geometry.clip, frames, rule)
    order = _first_appearance(clip, frames, visible)
    objects = [clip.objects[index] for index in order]
    entries = _entries(objects, geometry.frame)
    shown = [tuple(frames[position] for position in np.flatnonzero(visible[:, index])) for index in order]
    parts = zip(objects, order, entries, shown, strict=True)
    return View(geometry, frames, rule, tuple(Seen(*part) for part in parts), _glimpsed(clip, frames))


def make_views(geometry: ClipGeometry, rule: VisibilityRule, counts: Sequence[int]) -> dict[int, View]:
    """The views with these numbers of frames, from few to many; equal ones, of a short clip, are the same."""
    views: dict[tuple[int, ...], View] = {}
    found: dict[int, View] = {}
    for count in sorted(set(counts)):
        frames = question_frames(geometry.clip, count)
        if frames not in views:
            views[frames] = make_view(geometry, frames, rule)
        found[count] = views[frames]
    return found


def round_value(value: float, decimals: int) -> float:
    """A value rounded the same on every machine, and never -0.0.

    Rounding to nanometres first absorbs floating-point noise, which would otherwise decide 0.25.
    """
    return round(round(float(value), 9), decimals) + 0.0


def box_around(points: Array) -> BBox:
    """The map box around map points (P, 2), metres, rounded as maps are."""
    low, high = points.min(axis=0), points.max(axis=0)
    x_min, y_min, x_max, y_max = (round_value(value, MAP_DECIMALS) for value in (*low, *high))
    return x_min, y_min, x_max, y_max


def point_box(point: Array) -> BBox:
    """The map box without extent at a map point (2,)."""
    x, y = (round_value(value, MAP_DECIMALS) for value in point)
    return x, y, x, y


def _visible(clip: Clip, frames: tuple[int, ...], rule: VisibilityRule) -> NDArray[np.bool_]:
    """(len(frames), N) whether each object is visible in each frame; never for the house's shell."""
    pixels = clip.visibility.pixels[list(frames)]
    unoccluded = clip.visibility.unoccluded_pixels[list(frames)]
    mappable = np.array([item.type not in STRUCTURE for item in clip.objects], dtype=bool)
    enough = (pixels >= max(rule.min_px, 1)) & (pixels >= rule.min_fraction * unoccluded)
    return enough & mappable


def _first_appearance(clip: Clip, frames: tuple[int, ...], visible: NDArray[np.bool_]) -> list[int]:
    """Indices of the visible objects: by first frame, within it from left to right in the picture."""

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
