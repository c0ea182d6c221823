"""A contact sheet of a clip: frames, depth, instance masks and the map, on one page."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from simgen.errors import InputError
from simgen.qa.view.names import spoken_name
from simgen.report.colors import ACCENT, HAIRLINE, INK, MUTED, PAPER, depth_colors, mix, object_palette
from simgen.report.lettering import Labels, font
from simgen.report.map_panel import AXIS_PX, BADGE_PX, draw_badge, map_aspect, map_panel
from simgen.store.clips import Clip, read_clip, read_images
from simgen.types import Array

MARGIN_PX = 52
GAP_PX = 14
CELL_HEIGHT_PX = 252
COLUMNS, ROWS = 6, 3
"""The most frames side by side, and the number of pictures of each frame one below the other."""
HEADING_PX = 58
"""Height of the heading above each row of pictures."""
TITLE_PX = 150
LEGEND_PX = 44
MAP_GAP_PX = 40
MIN_MAP_WIDTH_PX = 790
"""The width of the legend below the map."""
CORNER_PX = 8
TITLE_TEXT_PX = 46
TEXT_PX = 24
SMALL_TEXT_PX = 18
REGION_TEXT_PX = 21
SEPARATOR = "   ·   "
MIN_LABEL_SHARE = 0.02
"""Regions smaller than this share of the picture get no name."""


@dataclass(frozen=True, slots=True)
class _SheetLayout:
    """The positions of the pictures: frames side by side, in as many bands as COLUMNS demands."""

    cell: tuple[int, int]
    frames: int

    @property
    def columns(self) -> int:
        bands = math.ceil(self.frames / COLUMNS)
        return math.ceil(self.frames / bands)

    def corner(self, row: int, frame: int) -> tuple[int, int]:
        """The upper left corner of a picture: `row` is 0 for RGB, 1 for depth, 2 for instances."""
        band, column = divmod(frame, self.columns)
        top = TITLE_PX + HEADING_PX + (band * ROWS + row) * (self.cell[1] + HEADING_PX)
        return MARGIN_PX + column * (self.cell[0] + GAP_PX), top

    @property
    def right(self) -> int:
        return self.corner(0, self.columns - 1)[0] + self.cell[0]

    @property
    def first_bottom(self) -> int:
        """The lower edge of the first band."""
        return self.corner(ROWS - 1, 0)[1] + self.cell[1]

    @property
    def bottom(self) -> int:
        return self.corner(ROWS - 1, self.frames - 1)[1] + self.cell[1]


def contact_sheet(path: Path, frame_count: int = 4, at: Sequence[int] = ()) -> Image.Image:
    """An RGB picture of a clip: `frame_count` evenly spread frames beside the map, with legends.

    With `at`, these frames instead. Raises InputError when no frame is asked for or one is not in the clip,
    and ClipError when the file is not a sound clip.
    """
    if frame_count < 1:
        raise InputError(f"a contact sheet of {frame_count} frames is empty; ask for 1 or more")
    clip = read_clip(path)
    shown = tuple(at) or spread_frames(clip.frame_count, frame_count)
    if unknown := [index for index in shown if not 0 <= index < clip.frame_count]:
        raise InputError(f"{path}: no frame {unknown[0]} here; its frames are 0 to {clip.frame_count - 1}")
    grid = _SheetLayout(
        (round(CELL_HEIGHT_PX * clip.size_px[0] / clip.size_px[1]), CELL_HEIGHT_PX), len(shown)
    )
    map_top = grid.corner(0, 0)[1]
    map_height = grid.first_bottom - map_top - LEGEND_PX
    map_width = max(round(map_height * min(map_aspect(clip), 1.4)), MIN_MAP_WIDTH_PX)
    map_left = grid.right + MAP_GAP_PX
    size = (map_left + map_width + MARGIN_PX, grid.bottom + MARGIN_PX)
    sheet = Image.new("RGB", size, PAPER)
    _title(sheet, clip)
    _captions(sheet, clip, shown, grid)
    _pictures(sheet, clip, shown, grid)
    _map(sheet, clip, shown, (map_left, map_top), (map_width, map_height))
    return sheet


def spread_frames(frames: int, wanted: int) -> tuple[int, ...]:
    """`wanted` frame indices, evenly from the first to the last; fewer when there are fewer frames."""
    return tuple(int(index) for index in np.unique(np.linspace(0, frames - 1, min(wanted, frames)).round()))


def _title(sheet: Image.Image, clip: Clip) -> None:
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN_PX - 2, 40), clip.id, INK, font(TITLE_TEXT_PX), "lt", stroke_width=0.6)
    info, (width, height) = clip.info, clip.size_px
    facts = [
        f"recipe {json.loads(info.recipe).get('name', '?')}",
        f"{info.split} split",
        f"{clip.frame_count} frames at {info.fps:g} fps",
        f"{width} x {height} px, {info.fov_deg:g}° vertical",
        f"{len(clip.objects)} objects, {len(clip.rooms)} room{'s' * (len(clip.rooms) != 1)}",
        f"{info.engine} engine {info.engine_version}",
    ]
    while font(TEXT_PX).getlength(SEPARATOR.join(facts)) > sheet.width - 2 * MARGIN_PX:
        facts.pop()
    draw.text((MARGIN_PX, 102), SEPARATOR.join(facts), MUTED, font(TEXT_PX), "lt")
    draw.line((MARGIN_PX, TITLE_PX, sheet.width - MARGIN_PX, TITLE_PX), HAIRLINE, 2)


def _captions(sheet: Image.Image, clip: Clip, shown: Sequence[int], grid: _SheetLayout) -> None:
    draw = ImageDraw.Draw(sheet)
    for column, index in enumerate(shown):
        x, y = grid.corner(0, column)
        draw_badge(sheet, (x + BADGE_PX, y - 24), column + 1)
        text = f"frame {index}  ·  {index / clip.info.fps:.1f} s"
        draw.text((x + 2 * BADGE_PX + 10, y - 24), text, INK, font(TEXT_PX), "lm")


def _pictures(sheet: Image.Image, clip: Clip, shown: tuple[int, ...], grid: _SheetLayout) -> None:
    depth = read_images(clip.path, "depth_mm", shown) / 1000.0
    near, far = _depth_range(depth)
    instances = read_images(clip.path, "instance", shown)
    rows = {
        "": [_resized(image, grid.cell) for image in read_images(clip.path, "rgb", shown)],
        "Depth": [_resized(depth_colors(image, near, far), grid.cell) for image in depth],
        "Instances": [_instance_picture(clip, image, grid.cell) for image in instances],
    }
    for row, (name, pictures) in enumerate(rows.items()):
        for first in range(0, len(shown), grid.columns):
            x, y = grid.corner(row, first)
            ImageDraw.Draw(sheet).text((x, y - 24), name, INK, font(TEXT_PX), "lm", stroke_width=0.4)
        for column, picture in enumerate(pictures):
            sheet.paste(picture, grid.corner(row, column), _rounded(grid.cell))
    _depth_scale(sheet, grid, near, far)


def _depth_range(depth: Array) -> tuple[float, float]:
    """Both ends of the depth colours, metres: 98 % of the pixels, in whole half metres."""
    hit = depth[depth > 0]
    if hit.size == 0:
        return 0.0, 1.0
    near, far = np.percentile(hit, [1, 99])
    near = float(np.floor(2 * near) / 2)
    return near, max(float(np.ceil(2 * far) / 2), near + 0.5)


def _resized(image: NDArray[np.uint8], size: tuple[int, int]) -> Image.Image:
    picture = Image.fromarray(image)
    smooth = picture.width >= size[0]
    return picture.resize(size, Image.Resampling.LANCZOS if smooth else Image.Resampling.BICUBIC)


def _instance_picture(clip: Clip, instance: NDArray[np.uint16], size: tuple[int, int]) -> Image.Image:
    """Instances in the map's colours, with white borders and names on the large ones."""
    image = np.asarray(Image.fromarray(instance.astype(np.int32)).resize(size, Image.Resampling.NEAREST))
    colors = object_palette(len(clip.objects))[image]
    edges = np.zeros(image.shape, dtype=bool)
    edges[:, 1:] |= image[:, 1:] != image[:, :-1]
    edges[1:] |= image[1:] != image[:-1]
    colors[edges] = PAPER
    picture = Image.fromarray(colors)
    _name_regions(picture, clip, image)
    return picture


def _name_regions(picture: Image.Image, clip: Clip, image: NDArray[np.int32]) -> None:
    labels = Labels(picture, (2, 2, picture.width - 2, picture.height - 2))
    counts = np.bincount(image.ravel(), minlength=len(clip.objects) + 1)
    counts[0] = 0
    for value in np.argsort(-counts):
        if counts[value] >= MIN_LABEL_SHARE * image.size:
            name = spoken_name(clip.objects[value - 1].type)
            labels.place(
                name, _label_spots(image == value, font(REGION_TEXT_PX).getlength(name)), REGION_TEXT_PX
            )


def _label_spots(mask: NDArray[np.bool_], text_px: float) -> list[tuple[float, float]]:
    """Pixels for a region's name: its widest part, then above and below it; all within the picture."""
    depth_px = np.asarray(ndimage.distance_transform_edt(np.pad(mask, 1)))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(depth_px)), mask.shape)
    margin = text_px / 2 + 6
    x = float(np.clip(column, margin, max(mask.shape[1] - margin, margin)))
    return [(x, float(row + step)) for step in (0, -24, 24, -48, 48)]


def _rounded(size: tuple[int, int]) -> Image.Image:
    """A mask with rounded corners."""
    large = Image.new("L", (3 * size[0], 3 * size[1]), 0)
    box = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(box, 3 * CORNER_PX, fill=255)
    return large.resize(size, Image.Resampling.LANCZOS)


def _depth_scale(sheet: Image.Image, grid: _SheetLayout, near: float, far: float) -> None:
    """Draws the colour bar above the depth row, with ticks in metres."""
    draw = ImageDraw.Draw(sheet)
    x, y = grid.corner(1, 0)
    left, width = x + 120, 2 * grid.cell[0] - 150 if grid.columns > 1 else grid.cell[0] - 170
    bar = depth_colors(np.linspace(near, far, width)[None].repeat(12, axis=0) + 1e-9, near, far)
    sheet.paste(Image.fromarray(bar), (left, y - 43), _rounded((width, 12)))
    spacing = max(1, round((far - near) / 6))
    for metres in range(int(np.ceil(near)), int(far) + 1, spacing):
        at = left + (metres - near) / (far - near) * width
        draw.line((at, y - 30, at, y - 25), MUTED, 2)
        draw.text((at, y - 13), f"{metres} m", MUTED, font(SMALL_TEXT_PX), "mm")


def _map(
    sheet: Image.Image, clip: Clip, shown: Sequence[int], corner: tuple[int, int], size: tuple[int, int]
) -> None:
    draw = ImageDraw.Draw(sheet)
    x, y = corner
    sheet.paste(map_panel(clip, shown, size), (x, y))
    draw.text((x + AXIS_PX[0], y - 24), "Map", INK, font(TEXT_PX), "lm", stroke_width=0.4)
    _forward_arrow(draw, (x + size[0] - 2, y - 24))
    _map_legend(draw, (x + AXIS_PX[0], y + size[1] + LEGEND_PX // 2 + 6))


def _forward_arrow(draw: ImageDraw.ImageDraw, end: tuple[int, int]) -> None:
    x, y = end
    text = "ahead of the first camera (y)"
    draw.text((x, y), text, MUTED, font(TEXT_PX - 4), "rm")
    tip = x - draw.textlength(text, font(TEXT_PX - 4)) - 18
    draw.line((tip, y + 11, tip, y - 4), ACCENT, 3)
    draw.polygon([(tip - 7, y - 2), (tip + 7, y - 2), (tip, y - 13)], ACCENT)


def _map_legend(draw: ImageDraw.ImageDraw, start: tuple[int, int]) -> None:
    x, y = start
    draw.line((x, y, x + 30, y), ACCENT, 4)
    x = _legend_text(draw, (x + 40, y), "camera path")
    draw.polygon([(x, y), (x + 28, y - 11), (x + 28, y + 11)], mix(ACCENT, PAPER, 0.7))
    x = _legend_text(draw, (x + 38, y), "view of a numbered frame")
    draw.rounded_rectangle((x, y - 9, x + 26, y + 9), 4, mix(MUTED, PAPER, 0.2))
    x = _legend_text(draw, (x + 36, y), "seen")
    draw.rounded_rectangle((x, y - 9, x + 26, y + 9), 4, mix(MUTED, PAPER, 0.85), MUTED, 1)
    _legend_text(draw, (x + 36, y), "never in view")


def _legend_text(draw: ImageDraw.ImageDraw, spot: tuple[int, int], text: str) -> int:
    """Draws an entry of the legend and returns the x of the next one."""
    draw.text(spot, text, MUTED, font(TEXT_PX - 4), "lm")
    return round(spot[0] + draw.textlength(text, font(TEXT_PX - 4))) + 26
