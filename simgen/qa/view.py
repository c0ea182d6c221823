"""What a question's frames show: the visible objects, their names and the map of them."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.geometry.boxes import corners
from simgen.geometry.frames import MapFrame, map_frame, project
from simgen.qa.names import STRUCTURE, map_name
from simgen.scoring import BBox, MapObject
from simgen.store.clips import Clip
from simgen.types import Array, SceneObject

NEAREST_M = 0.1
"""A box that comes nearer to the camera than this reaches out of every picture."""
MAP_DECIMALS = 1
"""QVS-Bench's maps have one decimal; the second law of verification measures what that costs."""


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
    entry: MapObject
    frames: tuple[int, ...]
    """Those of the question's frames in which it is visible."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A clip as the frames of a question show it."""

    clip: Clip
    frames: tuple[int, ...]
    rule: VisibilityRule
    seen: tuple[Seen, ...]
    """By first appearance, which is the order of the map."""
    glimpsed: Counter[str]
    """By type: how many objects own any pixel at all in these frames, seen ones included."""

    def find(self, object_id: str) -> Seen | None:
        """The visible object with this id, or None."""
        return next((item for item in self.seen if item.object.id == object_id), None)

    @property
    def map(self) -> tuple[MapObject, ...]:
        return tuple(item.entry for item in self.seen)


def spread_frames(frame_count: int, wanted: int) -> tuple[int, ...]:
    """Up to `wanted` frame indices, evenly spread, from 0 to the last.

    Frame 0 is always among them: the map's origin is its camera, so a viewer must see it.
    """
    spread = np.linspace(0, frame_count - 1, min(wanted, frame_count))
    return tuple(int(index) for index in np.rint(spread))


def question_frames(clip: Clip, wanted: int) -> tuple[int, ...]:
    """The frames that a question about a clip shows: up to `wanted`, frame 0 always among them.

    Spread evenly over a walk. A clip of keyframes is planned so that its first 1, 4, 8, 12 and 16 frames
    show the same objects: of those it is the first `wanted`.
    """
    trajectory = json.loads(clip.info.recipe).get("trajectory", {})
    if trajectory.get("kind") == "keyframes":
        return tuple(range(min(wanted, clip.frame_count)))
    return spread_frames(clip.frame_count, wanted)


def view_of(clip: Clip, frames: tuple[int, ...], rule: VisibilityRule) -> View:
    """The objects that are visible in at least one of the frames, named and placed on the map."""
    visible = _visible(clip, frames, rule)
    order = _first_appearance(clip, frames, visible)
    objects = [clip.objects[index] for index in order]
    entries = _entries(objects, map_frame(clip.world_from_camera[0]))
    shown = [tuple(frames[position] for position in np.flatnonzero(visible[:, index])) for index in order]
    parts = zip(objects, entries, shown, strict=True)
    return View(clip, frames, rule, tuple(Seen(*part) for part in parts), _glimpsed(clip, frames))


def render_map(entries: Iterable[MapObject]) -> str:
    """The JSON list of a `<map>`; `scoring.parse_map` reads it back."""
    return json.dumps([{"object_name": entry.name, "bbox": list(entry.bbox)} for entry in entries])


def share_shown(clip: Clip, seen: Seen) -> float:
    """The largest share of an object's outline that one of its frames shows, 0 to 1.

    Area of the rectangle around its visible pixels, over that of the rectangle around its whole projected
    box, which may reach beyond the picture. 0 in frames in which the box reaches behind the camera.
    """
    index = clip.objects.index(seen.object)
    return max(_share_in_frame(clip, index, frame) for frame in seen.frames)


def _share_in_frame(clip: Clip, index: int, frame: int) -> float:
    box = project(corners(clip.objects[index].box), clip.world_from_camera[frame], clip.intrinsics)
    if box[:, 2].min() <= NEAREST_M:
        return 0.0
    whole = np.prod(box[:, :2].max(axis=0) - box[:, :2].min(axis=0))
    x_min, y_min, x_max, y_max = clip.visibility.box2d[frame, index].astype(np.float64)
    return float(min((x_max - x_min) * (y_max - y_min) / whole, 1.0))


def rounded(value: float, decimals: int) -> float:
    """A value rounded the same on every machine, and never -0.0.

    Rounding to nanometres first absorbs floating-point noise, which would otherwise decide 0.25.
    """
    return round(round(float(value), 9), decimals) + 0.0


def point_box(point: Array) -> BBox:
    """The map box without extent at a map point (2,)."""
    x, y = (rounded(value, MAP_DECIMALS) for value in point)
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
        entries.append(MapObject(label, _map_box(item.footprint, frame)))
    return entries


def _map_box(footprint: Array, frame: MapFrame) -> BBox:
    points = frame.from_world(footprint)
    low, high = points.min(axis=0), points.max(axis=0)
    x_min, y_min, x_max, y_max = (rounded(value, MAP_DECIMALS) for value in (*low, *high))
    return x_min, y_min, x_max, y_max


def _glimpsed(clip: Clip, frames: tuple[int, ...]) -> Counter[str]:
    most = clip.visibility.pixels[list(frames)].max(axis=0)
    return Counter(item.type for item, pixels in zip(clip.objects, most.tolist(), strict=True) if pixels > 0)
