"""The bird's-eye map of a clip: rooms, footprints and the camera path, in the clip's map frame."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from PIL import Image, ImageDraw

from simgen.geometry.frames import MapFrame, map_frame
from simgen.qa.view.names import spoken_name
from simgen.report.colors import ACCENT, HAIRLINE, INK, MUTED, PAPER, Rgb, mix, object_color
from simgen.report.lettering import Box, Labels, font
from simgen.store.clips import Clip
from simgen.types import Array

OVERSAMPLING = 3
"""Pillow draws polygons without antialiasing, so they are drawn larger by this factor and reduced."""
BORDER_M = 0.35
AXIS_PX = (46, 40)
"""Width of the scale left of the map, height of the one below it."""
LABEL_PX = 21
SMALL_LABEL_PX = 17
MIN_LABEL_SIDE_PX = 30
"""Objects with a shorter longer side on the map get no name."""
WEDGE_M = 0.8
BADGE_PX = 14
OUTSIDE: Rgb = (246, 247, 250)


@dataclass(frozen=True, slots=True, eq=False)
class MapView:
    """The transform from world points to pixels of the panel."""

    frame: MapFrame
    corner: Array
    """(2,) the plot's lower left corner in the map frame, metres."""
    px_per_m: float
    plot: Box
    """The plot within the panel, in pixels."""

    def pixels(self, points_xz: Array) -> Array:
        """(N, 2) panel pixels of world floor points (N, 2)."""
        return self.from_map(self.frame.from_world(points_xz))

    def from_map(self, points: Array) -> Array:
        """(N, 2) panel pixels of map points (N, 2)."""
        offset = (points - self.corner) * self.px_per_m
        return np.stack([self.plot[0] + offset[:, 0], self.plot[3] - offset[:, 1]], axis=1)


def map_aspect(clip: Clip, frame: MapFrame | None = None) -> float:
    """Width divided by height of everything that the map shows."""
    low, high = _extent(clip, frame or map_frame(clip.world_from_camera[0]))
    width, height = high - low
    return float(width / height)


def map_panel(clip: Clip, shown: Sequence[int], size_px: tuple[int, int]) -> Image.Image:
    """The map as a picture, with the cameras of the frames `shown` numbered from 1."""
    view = map_view(clip, size_px)
    panel = _shapes(clip, shown, view, size_px)
    draw_axes(panel, view)
    labels = Labels(panel, view.plot)
    _badges(panel, labels, clip, shown, view)
    name_rooms(labels, clip, view)
    name_objects(labels, clip, view)
    return panel


def _extent(clip: Clip, frame: MapFrame) -> tuple[Array, Array]:
    points = [room.polygon for room in clip.rooms] + [clip.world_from_camera[:, [0, 2], 3]]
    points += [item.footprint for item in clip.objects]
    on_map = frame.from_world(np.concatenate(points))
    return on_map.min(axis=0) - BORDER_M, on_map.max(axis=0) + BORDER_M


def map_view(clip: Clip, size_px: tuple[int, int], frame: MapFrame | None = None) -> MapView:
    """The view with the largest scale at which all rooms, objects and cameras fit a panel of this size.

    In the clip's own map frame unless another one is given.
    """
    frame = frame or map_frame(clip.world_from_camera[0])
    low, high = _extent(clip, frame)
    plot = (AXIS_PX[0], 1, size_px[0] - 2, size_px[1] - AXIS_PX[1])
    room_px = np.array([plot[2] - plot[0], plot[3] - plot[1]])
    px_per_m = float((room_px / (high - low)).min())
    corner = (low + high) / 2 - room_px / px_per_m / 2
    return MapView(frame, corner, px_per_m, plot)


def _shapes(clip: Clip, shown: Sequence[int], view: MapView, size_px: tuple[int, int]) -> Image.Image:
    """Everything except text, drawn oversampled and reduced."""
    width, height = size_px
    large = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING), PAPER)
    draw = ImageDraw.Draw(large, "RGBA")
    draw_plan(draw, clip, view)
    _path(draw, clip, shown, view)
    return large.resize(size_px, Image.Resampling.LANCZOS)


def draw_plan(draw: ImageDraw.ImageDraw, clip: Clip, view: MapView) -> None:
    """Draws rooms, walls and footprints, OVERSAMPLING times as large as the panel."""
    draw_rooms(draw, clip, view)
    _footprints(draw, clip, view)


def draw_rooms(draw: ImageDraw.ImageDraw, clip: Clip, view: MapView) -> None:
    """Draws rooms and walls, OVERSAMPLING times as large as the panel."""
    draw.rectangle(scale_up(np.reshape(view.plot, (2, 2))), fill=OUTSIDE)
    for room in clip.rooms:
        draw.polygon(scale_up(view.pixels(room.polygon)), fill=PAPER)
    _grid(draw, view)
    _walls(draw, clip, view)


def _walls(draw: ImageDraw.ImageDraw, clip: Clip, view: MapView) -> None:
    """Draws walls as thick lines, and borders between rooms without a wall as thin lines."""
    edges = [np.vstack([room.polygon, room.polygon[:2]]) for room in clip.rooms]
    walls = [_floor_line(wall) for wall in clip.house.get("walls", ()) if not wall.get("empty", False)]
    for lines, width, color in ((edges, 2, HAIRLINE), (walls or edges, 5, mix(MUTED, INK, 0.5))):
        for line in lines:
            draw.line(scale_up(view.pixels(line)), fill=color, width=width * OVERSAMPLING, joint="curve")


def _floor_line(wall: Mapping[str, Any]) -> Array:
    """(2, 2) the ends of a wall of the house, as floor points (x, z) in the world frame."""
    points = np.array([[corner["x"], corner["z"]] for corner in wall["polygon"]], dtype=np.float64)
    apart = np.linalg.norm(points - points[0], axis=1)
    return points[[0, int(apart.argmax())]]


def scale_up(points: Array) -> list[tuple[float, float]]:
    """Converts panel pixels (N, 2) to pixels of the oversampled picture."""
    return [(float(x) * OVERSAMPLING, float(y) * OVERSAMPLING) for x, y in points]


def _grid(draw: ImageDraw.ImageDraw, view: MapView) -> None:
    left, top, right, bottom = view.plot
    for axis, _, at in _ticks(view, spacing_m=1):
        ends = [(at, top), (at, bottom)] if axis == 0 else [(left, at), (right, at)]
        draw.line(scale_up(np.array(ends)), fill=(*HAIRLINE, 170), width=OVERSAMPLING)


def _ticks(view: MapView, spacing_m: int) -> Iterator[tuple[int, int, float]]:
    """The axis (0 = x), metres and pixel position of every grid line."""
    left, top, right, bottom = view.plot
    for axis, extent_px in enumerate((right - left, bottom - top)):
        low = float(view.corner[axis])
        first = int(np.ceil(low / spacing_m)) * spacing_m
        for metres in range(first, int(np.floor(low + extent_px / view.px_per_m)) + 1, spacing_m):
            offset = (metres - low) * view.px_per_m
            yield axis, metres, left + offset if axis == 0 else bottom - offset


def _footprints(draw: ImageDraw.ImageDraw, clip: Clip, view: MapView) -> None:
    seen = np.atleast_1d(clip.visibility.pixels.any(axis=0))
    # In order of height, so that an object on a table is drawn over the table.
    for index in sorted(range(len(clip.objects)), key=lambda i: clip.objects[i].aabb[1, 1]):
        color = object_color(index)
        outline = scale_up(view.pixels(clip.objects[index].footprint))
        draw.polygon(outline, fill=mix(color, PAPER, 0.3 if seen[index] else 0.82))
        edge = mix(color, INK, 0.3) if seen[index] else mix(color, PAPER, 0.35)
        draw.line([*outline, *outline[:2]], fill=edge, width=int(1.5 * OVERSAMPLING), joint="curve")


def _path(draw: ImageDraw.ImageDraw, clip: Clip, shown: Sequence[int], view: MapView) -> None:
    for index in shown:
        draw.polygon(scale_up(view.pixels(wedge(clip, index))), fill=(*ACCENT, 60))
    track = scale_up(view.pixels(clip.world_from_camera[:, [0, 2], 3]))
    draw.line(track, fill=PAPER, width=7 * OVERSAMPLING, joint="curve")
    draw.line(track, fill=ACCENT, width=3 * OVERSAMPLING, joint="curve")
    for pose in clip.world_from_camera:
        start, end = view.pixels(np.stack([pose[[0, 2], 3], pose[[0, 2], 3] + 0.22 * heading(pose)]))
        draw.line(scale_up(np.stack([start, end])), fill=(*ACCENT, 200), width=int(1.5 * OVERSAMPLING))


def heading(pose: Array) -> Array:
    """(2,) horizontal unit vector (x, z) of the direction in which a camera looks."""
    right = pose[:3, 0]
    return np.array([-right[2], right[0]]) / np.hypot(right[0], right[2])


def wedge(clip: Clip, index: int, reach_m: float = WEDGE_M) -> Array:
    """(3, 2) floor points in the world frame: a camera, and the two ends of its horizontal field of view."""
    pose = clip.world_from_camera[index]
    position, ahead = pose[[0, 2], 3], heading(pose)
    half_width = clip.size_px[0] / 2 / clip.intrinsics[0, 0] * np.array([ahead[1], -ahead[0]])
    edges = [ahead - half_width, ahead + half_width]
    return np.stack([position, *(position + reach_m * edge / np.linalg.norm(edge) for edge in edges)])


def draw_axes(panel: Image.Image, view: MapView) -> None:
    """Draws the border of the plot, and its scale in metres."""
    draw = ImageDraw.Draw(panel)
    left, _, _, bottom = view.plot
    draw.rectangle(view.plot, outline=HAIRLINE, width=2)
    spacing_m = 1 if view.px_per_m >= 45 else 2 if view.px_per_m >= 22 else 5
    for axis, metres, at in _ticks(view, spacing_m):
        text = f"{metres} m" if metres == 0 else f"{metres}".replace("-", "\N{HYPHEN-MINUS}")
        spot, anchor = ((at, bottom + 9), "mt") if axis == 0 else ((left - 9, at), "rm")
        draw.text(spot, text, MUTED, font(SMALL_LABEL_PX), anchor)


def _badges(panel: Image.Image, labels: Labels, clip: Clip, shown: Sequence[int], view: MapView) -> None:
    for number, index in enumerate(shown, start=1):
        pose = clip.world_from_camera[index]
        (spot,) = view.pixels(pose[None, [0, 2], 3])
        behind = (
            np.array([-1.0, 1.0]) * (view.frame.from_world(heading(pose)[None] + view.frame.origin_xz))[0]
        )
        options = [spot + behind * push for push in (1.2 * BADGE_PX, 3.4 * BADGE_PX, 5.6 * BADGE_PX)]
        draw_badge(panel, labels.first_free(options, 2 * BADGE_PX), number)


def draw_badge(panel: Image.Image, spot: tuple[float, float], number: int) -> None:
    """Draws a frame's number in a disc."""
    x, y = spot
    radius = BADGE_PX * OVERSAMPLING
    disc = Image.new("L", (2 * radius, 2 * radius), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, 2 * radius - 1, 2 * radius - 1), fill=255)
    mask = disc.resize((2 * BADGE_PX, 2 * BADGE_PX), Image.Resampling.LANCZOS)
    panel.paste(ACCENT, (round(x) - BADGE_PX, round(y) - BADGE_PX), mask)
    ImageDraw.Draw(panel).text((round(x), round(y)), str(number), PAPER, font(LABEL_PX - 2), "mm")


def name_rooms(labels: Labels, clip: Clip, view: MapView) -> None:
    """Draws each room's type on a free part of its floor."""
    track = shapely.MultiPoint(clip.world_from_camera[:, [0, 2], 3]).buffer(0.3)
    busy = shapely.union_all([track, *(shapely.Polygon(item.footprint) for item in clip.objects)])
    for room in clip.rooms:
        free = shapely.difference(shapely.Polygon(room.polygon), busy)
        circle = shapely.maximum_inscribed_circle(free, 0.05)  # pyright: ignore
        (center,) = view.pixels(np.array(circle.coords[:1]))
        text = " ".join(spoken_name(room.type).upper())
        labels.place(text, [(center[0], center[1] + step) for step in (0, -26, 26, -52, 52)], LABEL_PX, MUTED)


def name_objects(labels: Labels, clip: Clip, view: MapView) -> None:
    """Draws the types of all large enough objects in or beside them, the largest first."""
    outlines = [view.pixels(item.footprint) for item in clip.objects]
    sides = [float(np.ptp(outline, axis=0).max()) for outline in outlines]
    for index in sorted(range(len(outlines)), key=lambda i: -shapely.Polygon(outlines[i]).area):
        if sides[index] >= MIN_LABEL_SIDE_PX:
            text = spoken_name(clip.objects[index].type)
            size = LABEL_PX if sides[index] > 70 else SMALL_LABEL_PX
            labels.place(text, label_spots(outlines[index], len(text) * size / 2), size)


def label_spots(outline: Array, text_width: float) -> list[tuple[float, float]]:
    """Pixels where the name of a shape (P, 2) may stand: in its middle, above, below, right or left."""
    (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
    x, y = (left + right) / 2, (top + bottom) / 2
    beside = text_width / 2 + 10
    return [(x, y), (x, top - 13), (x, bottom + 13), (right + beside, y), (left - beside, y)]
