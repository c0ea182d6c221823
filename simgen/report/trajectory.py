"""A clip's trajectory on the floor plan of its house."""

import json
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from simgen.geometry.frames import MapFrame, yaw_deg_of
from simgen.recipe import VisibilitySpec
from simgen.report.colors import HAIRLINE, INK, MUTED, PAPER, Rgb, mix
from simgen.report.contact_sheet import spread_frames
from simgen.report.lettering import Labels, font
from simgen.report.map_panel import (
    AXIS_PX,
    OVERSAMPLING,
    MapView,
    draw_axes,
    draw_plan,
    heading,
    map_aspect,
    map_view,
    name_objects,
    name_rooms,
    scale_up,
    wedge,
)
from simgen.scenes.trajectories.keyframes import measure_set_match
from simgen.scenes.trajectories.place import OPENINGS
from simgen.store.clips import Clip, read_clip
from simgen.types import Array

WIDTH_PX = 1000
MAX_HEIGHT_PX = 900
TITLE_PX = 74
LEGEND_PX = 40
MARGIN_PX = 16
NUMBERED = 9
"""The number of frames of a walk that get a number and a view; of keyframes all get them."""
REACH_M = 0.75
"""The length of a drawn view."""
STEP_M = 0.3
"""Two frames that are farther apart are not one step of a walk, so no line joins them."""
COLORS = 128
"""Size of the palette. The picture has few colours, and the file is a third as large."""
FIRST: Rgb = (22, 138, 96)
LAST: Rgb = (190, 40, 96)


def trajectory_picture(path: Path) -> Image.Image:
    """A clip's camera path on the floor plan, with numbered views.

    Raises ClipError when the file is not a sound clip.
    """
    clip = read_clip(path)
    frame = MapFrame(clip.world_from_camera[0, [0, 2], 3], square_yaw_deg(clip))
    height = min(round(WIDTH_PX / map_aspect(clip, frame)), MAX_HEIGHT_PX)
    size = (WIDTH_PX, height)
    view = map_view(clip, size, frame)
    plan = _plan(clip, view, size)
    draw_axes(plan, view)
    labels = Labels(plan, view.plot)
    _number(plan, labels, clip, view)
    name_rooms(labels, clip, view)
    name_objects(labels, clip, view)
    page = Image.new("RGB", (WIDTH_PX + 2 * MARGIN_PX, TITLE_PX + height + LEGEND_PX), PAPER)
    page.paste(plan, (MARGIN_PX, TITLE_PX))
    _title(page, clip)
    _legend(page)
    return page.quantize(COLORS, dither=Image.Dither.NONE)


def plan_of(clip: Clip, height_px: int, max_width_px: int) -> Image.Image:
    """The same plan without text and axes, within the given height and width."""
    frame = MapFrame(clip.world_from_camera[0, [0, 2], 3], square_yaw_deg(clip))
    size = (
        min(round(height_px * map_aspect(clip, frame)), max_width_px) + AXIS_PX[0],
        height_px + AXIS_PX[1],
    )
    view = map_view(clip, size, frame)
    return _plan(clip, view, size).crop(view.plot)


def square_yaw_deg(clip: Clip) -> float:
    """The first camera's yaw, rounded to 90°, so that walls are parallel to the picture's edges."""
    return round(yaw_deg_of(clip.world_from_camera[0]) / 90.0) * 90.0


def _plan(clip: Clip, view: MapView, size_px: tuple[int, int]) -> Image.Image:
    """Everything except text, drawn oversampled and reduced."""
    width, height = size_px
    large = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING), PAPER)
    draw = ImageDraw.Draw(large, "RGBA")
    draw_plan(draw, clip, view)
    for index in _numbered(clip):
        outline = scale_up(view.pixels(wedge(clip, index, REACH_M)))
        color = _color(clip, index)
        draw.polygon(outline, fill=(*color, 46))
        draw.line([outline[1], outline[0], outline[2]], fill=(*color, 150), width=OVERSAMPLING)
    _steps(draw, clip, view)
    _poses(draw, clip, view)
    return large.resize(size_px, Image.Resampling.LANCZOS)


def _steps(draw: ImageDraw.ImageDraw, clip: Clip, view: MapView) -> None:
    places = clip.world_from_camera[:, [0, 2], 3]
    track = view.pixels(places)
    walked = np.linalg.norm(np.diff(places, axis=0), axis=1) < STEP_M
    for width, halo in ((7, True), (3, False)):
        for index in np.flatnonzero(walked):
            ends = scale_up(track[index : index + 2])
            color = PAPER if halo else _color(clip, int(index))
            draw.line(ends, fill=color, width=width * OVERSAMPLING, joint="curve")


def _poses(draw: ImageDraw.ImageDraw, clip: Clip, view: MapView) -> None:
    """Draws a dot for each frame, with a short line in the direction in which the camera looks."""
    for index, pose in enumerate(clip.world_from_camera):
        spot, color = pose[[0, 2], 3], _color(clip, index)
        ends = view.pixels(np.stack([spot, spot + 0.17 * heading(pose)]))
        draw.line(scale_up(ends), fill=(*color, 220), width=int(1.5 * OVERSAMPLING))
        ((x, y),) = scale_up(ends[:1])
        radius = 3.2 * OVERSAMPLING
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


def _color(clip: Clip, index: int) -> Rgb:
    """The colour of a frame, between that of the first and that of the last."""
    return mix(FIRST, LAST, index / max(clip.frame_count - 1, 1))


def _numbered(clip: Clip) -> tuple[int, ...]:
    return spread_frames(clip.frame_count, clip.frame_count if _kind(clip) == "keyframes" else NUMBERED)


def _number(plan: Image.Image, labels: Labels, clip: Clip, view: MapView) -> None:
    """Draws numbers behind the cameras of some frames; the first and the last are filled."""
    for index in (0, clip.frame_count - 1, *_numbered(clip)[1:-1]):
        pose = clip.world_from_camera[index]
        (spot,) = view.pixels(pose[None, [0, 2], 3])
        (ahead,) = view.pixels((pose[[0, 2], 3] + heading(pose))[None]) - spot
        behind = -ahead / np.linalg.norm(ahead)
        aside = np.array([-behind[1], behind[0]])
        options = [
            spot + push * (behind + lean * aside) for push in (20, 36, 52) for lean in (0.0, 0.6, -0.6)
        ]
        x, y = labels.first_free([(float(x), float(y)) for x, y in options], 24.0)
        _badge(plan, (x, y), str(index), _color(clip, index), filled=index in (0, clip.frame_count - 1))


def _badge(plan: Image.Image, spot: tuple[float, float], text: str, color: Rgb, filled: bool) -> None:
    x, y = spot
    half = max(11.0, font(16).getlength(text) / 2 + 5)
    draw = ImageDraw.Draw(plan)
    box = (x - half, y - 11, x + half, y + 11)
    draw.rounded_rectangle(box, 11, fill=color if filled else PAPER, outline=color, width=2)
    draw.text((x, y), text, PAPER if filled else mix(color, INK, 0.3), font(16), "mm")


def _title(page: Image.Image, clip: Clip) -> None:
    draw = ImageDraw.Draw(page)
    draw.text((MARGIN_PX, 14), clip.id, INK, font(26), "lt", stroke_width=0.4)
    draw.text((MARGIN_PX, 48), _facts(clip), MUTED, font(17), "lt")
    draw.line((MARGIN_PX, TITLE_PX - 2, page.width - MARGIN_PX, TITLE_PX - 2), HAIRLINE, 1)


def _facts(clip: Clip) -> str:
    seen = _seen(clip)
    steps = np.linalg.norm(np.diff(clip.world_from_camera[:, :3, 3], axis=0), axis=1)
    facts = [
        _kind(clip).replace("_", " "),
        f"{clip.frame_count} frame{'s' * (clip.frame_count != 1)}",
        f"{_rooms_entered(clip)} of {len(clip.rooms)} rooms entered",
        f"{int(seen.any(axis=0).sum())} of {len(clip.objects)} objects seen",
        f"{seen.sum(axis=1).mean():.1f} a frame",
    ]
    if _kind(clip) == "keyframes":
        things = [item.type not in OPENINGS for item in clip.objects]
        match = measure_set_match(seen[:, things])
        shares = "/".join(f"{100 * share:.0f}" for share in match.values())
        facts.append(f"sets match {shares} %")
    else:
        facts.insert(2, f"{steps.sum():.1f} m")
    return "  ·  ".join(facts)


def _seen(clip: Clip) -> NDArray[np.bool_]:
    """(T, N) which objects are visible in each frame, by the recipe's thresholds."""
    rule = VisibilitySpec.model_validate(json.loads(clip.info.recipe).get("visibility", {}))
    pixels, whole = clip.visibility.pixels, clip.visibility.unoccluded_pixels
    return (pixels >= rule.min_visible_px) & (pixels >= rule.min_visible_fraction * whole)


def _kind(clip: Clip) -> str:
    return str(json.loads(clip.info.recipe).get("trajectory", {}).get("kind", "walkthrough"))


def _rooms_entered(clip: Clip) -> int:
    places: Array = clip.world_from_camera[:, [0, 2], 3]
    points = shapely.MultiPoint(places)
    return sum(shapely.Polygon(room.polygon).intersects(points) for room in clip.rooms)


def _legend(page: Image.Image) -> None:
    draw = ImageDraw.Draw(page)
    x, y = float(MARGIN_PX + 46), page.height - LEGEND_PX // 2
    for text, color, filled in (("first frame", FIRST, True), ("last frame", LAST, True)):
        draw.rounded_rectangle((x, y - 9, x + 24, y + 9), 9, fill=color if filled else PAPER)
        x = _entry(draw, x + 32, y, text)
    draw.polygon([(x, y), (x + 26, y - 10), (x + 26, y + 10)], fill=mix(FIRST, PAPER, 0.75))
    x = _entry(draw, x + 34, y, "view of a numbered frame")
    for index in range(3):
        spot = x + 14 * index
        draw.ellipse((spot, y - 3, spot + 6, y + 3), fill=mix(FIRST, LAST, index / 2))
    x = _entry(draw, x + 44, y, "every frame")
    draw.rounded_rectangle((x, y - 8, x + 22, y + 8), 4, mix(MUTED, PAPER, 0.85), MUTED, 1)
    _entry(draw, x + 30, y, "pale: never in view")


def _entry(draw: ImageDraw.ImageDraw, x: float, y: float, text: str) -> float:
    """Draws an entry of the legend and returns the x of the next one."""
    draw.text((x, y), text, MUTED, font(17), "lm")
    return x + draw.textlength(text, font(17)) + 22
