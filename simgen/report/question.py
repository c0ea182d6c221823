"""A question on one page: its frames, the map that a model should write, the measurement, and the answer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from simgen.qa.question.compose import make_row_view, parse_args
from simgen.qa.refusal import Refusal
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.names import spoken_name
from simgen.qa.view.view import View
from simgen.report.colors import ACCENT, HAIRLINE, INK, MUTED, PAPER, Rgb, mix
from simgen.report.draw_shapes import clear_margins, draw_shapes, label_shapes
from simgen.report.lettering import Labels, font, printable
from simgen.report.map_panel import (
    AXIS_PX,
    BADGE_PX,
    LABEL_PX,
    OVERSAMPLING,
    SMALL_LABEL_PX,
    MapView,
    draw_axes,
    draw_badge,
    draw_rooms,
    label_spots,
    map_aspect,
    map_view,
    scale_up,
    wedge,
)
from simgen.report.measurement import measure
from simgen.scoring import MapObject, letter_of, parse_map
from simgen.store.clips import Clip, read_clip, read_images
from simgen.store.rows import Row
from simgen.types import Array

MARGIN_PX, GAP_PX = 48, 14
FRAMES_WIDTH_PX, MAP_HEIGHT_PX = 1000, 760
TEXT_PX, LINE_PX = 26, 36
HEADING_PX = 52
MEASURED: Rgb = (20, 90, 170)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text below the pictures."""

    label: str
    text: str


def question_sheet(path: Path, row: Row) -> Image.Image:
    """An RGB picture of a question about the clip in the file `path`.

    The frames that the question shows are on the left, numbered. The boxes of the row's map are on the right,
    in colour if the question names the object, with the measurement that gives the answer. Below are
    question, options, reasoning and answer. Raises ClipError for a damaged clip.
    """
    clip = read_clip(path)
    frames, shown = _frame_grid(clip, row), make_row_view(ClipGeometry(clip), row)
    aspect = map_aspect(clip, shown.geometry.frame)
    map_size = (round(MAP_HEIGHT_PX * min(aspect, 1.4)) + AXIS_PX[0], MAP_HEIGHT_PX)
    width = 2 * MARGIN_PX + frames.width + 2 * GAP_PX + map_size[0]
    lines = _lines(row, width - 2 * MARGIN_PX - 150)
    top = MARGIN_PX + HEADING_PX
    text_top = top + max(frames.height, map_size[1]) + GAP_PX
    sheet = Image.new("RGB", (width, text_top + len(lines) * LINE_PX + MARGIN_PX), PAPER)
    _headings(sheet, row, frames.width)
    sheet.paste(frames, (MARGIN_PX, top))
    sheet.paste(_map(shown, row, map_size), (MARGIN_PX + frames.width + 2 * GAP_PX, top))
    _write(sheet, lines, text_top)
    return sheet


def _headings(sheet: Image.Image, row: Row, frames_width: int) -> None:
    draw, y = ImageDraw.Draw(sheet), MARGIN_PX + HEADING_PX // 2 - 8
    shown = f"{len(row.frames)} frame{'s' * (len(row.frames) != 1)} of {row.clip}"
    draw.text((MARGIN_PX, y), shown, INK, font(TEXT_PX), "lm", stroke_width=0.4)
    x = MARGIN_PX + frames_width + 2 * GAP_PX + AXIS_PX[0]
    heading = "Map to write, and the measurement (metres)"
    draw.text((x, y), heading, INK, font(TEXT_PX), "lm", stroke_width=0.4)


def _frame_grid(clip: Clip, row: Row) -> Image.Image:
    """The question's frames in rows, each with its number."""
    columns, width, height = _cells(len(row.frames), clip.size_px[1] / clip.size_px[0])
    rows = -(-len(row.frames) // columns)
    grid = Image.new("RGB", (FRAMES_WIDTH_PX, rows * height + (rows - 1) * GAP_PX), PAPER)
    for number, pixels in enumerate(read_images(clip.path, "rgb", row.frames)):
        picture = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
        x, y = number % columns * (width + GAP_PX), number // columns * (height + GAP_PX)
        grid.paste(picture, (x, y))
        draw_badge(grid, (x + 2 * BADGE_PX, y + 2 * BADGE_PX), number + 1)
    return grid


def _cells(count: int, aspect: float) -> tuple[int, int, int]:
    """Columns, and a frame's width and height in pixels: the fewest columns not higher than the map."""
    columns, width = 1, FRAMES_WIDTH_PX
    limit_px = MAP_HEIGHT_PX + GAP_PX
    while columns < count and -(-count // columns) * (round(width * aspect) + GAP_PX) > limit_px:
        columns += 1
        width = (FRAMES_WIDTH_PX - (columns - 1) * GAP_PX) // columns
    return columns, width, round(width * aspect)


def _map(shown: View, row: Row, size_px: tuple[int, int]) -> Image.Image:
    clip, measured = shown.clip, measure(shown, row.skill, parse_args(row.args)[0])
    shapes = () if isinstance(measured, Refusal) else measured
    view, entries = map_view(clip, size_px, shown.geometry.frame), parse_map(row.map) or []
    large = Image.new("RGB", (size_px[0] * OVERSAMPLING, size_px[1] * OVERSAMPLING), PAPER)
    draw = ImageDraw.Draw(large, "RGBA")
    draw_rooms(draw, clip, view)
    for index in row.frames:
        draw.polygon(scale_up(view.pixels(wedge(clip, index))), fill=(*ACCENT, 50))
    asked = _asked_types(clip, row)
    rooms = {room.type.lower() for room in clip.rooms}
    # The largest first, so that what stands on a table is drawn over the table.
    for entry in sorted(entries, key=lambda entry: -_area(entry)):
        color = ACCENT if _is_asked(entry, asked) else MUTED
        outline = scale_up(view.from_map(_corners(entry)))
        if _kind(entry) not in rooms:
            draw.polygon(outline, fill=mix(color, PAPER, 0.6))
        draw.line([*outline, outline[0]], fill=color, width=2 * OVERSAMPLING)
    draw_shapes(draw, shapes, view.from_map, MEASURED)
    clear_margins(draw, view, size_px)
    panel = large.resize(size_px, Image.Resampling.LANCZOS)
    draw_axes(panel, view)
    labels = Labels(panel, view.plot)
    label_shapes(labels, shapes, view.from_map, MEASURED, LABEL_PX)
    _badges_and_names(labels, clip, row, view, entries, asked)
    return panel


def _badges_and_names(
    labels: Labels,
    clip: Clip,
    row: Row,
    view: MapView,
    entries: Sequence[MapObject],
    asked: frozenset[str],
) -> None:
    spoken = {item.type.lower(): spoken_name(item.type) for item in (*clip.objects, *clip.rooms)}
    for number, index in enumerate(row.frames, start=1):
        (spot,) = view.pixels(clip.world_from_camera[index][None, [0, 2], 3])
        around = [spot + np.array(step) * 2 * BADGE_PX for step in ((0, 0), (0, 1), (1, 0), (-1, 0), (1, 1))]
        draw_badge(labels.picture, labels.first_free([(x, y) for x, y in around], 2 * BADGE_PX), number)
    for entry in sorted(entries, key=lambda entry: not _is_asked(entry, asked)):
        size = LABEL_PX if _is_asked(entry, asked) else SMALL_LABEL_PX
        kind = _kind(entry)
        name = f"{spoken.get(kind, kind)} {entry.name.removeprefix(kind)}".rstrip()
        spots = label_spots(view.from_map(_corners(entry)), font(size).getlength(name))
        labels.place(name, spots, size)


def _asked_types(clip: Clip, row: Row) -> frozenset[str]:
    """The types of the objects that the question names, as its map writes them."""
    types = {item.id: item.type.lower() for item in clip.objects}
    args = json.loads(row.args)
    named = [*args.get("objects", ()), *args.get("options", ())]
    return frozenset(types[name] for name in named if name in types)


def _is_asked(entry: MapObject, asked: frozenset[str]) -> bool:
    return _kind(entry) in asked


def _kind(entry: MapObject) -> str:
    """The type of an entry, as maps write it."""
    return entry.name.rstrip("0123456789")


def _area(entry: MapObject) -> float:
    x_min, y_min, x_max, y_max = entry.bbox
    return (x_max - x_min) * (y_max - y_min)


def _corners(entry: MapObject) -> Array:
    """(4, 2) corners of a map box, metres."""
    x_min, y_min, x_max, y_max = entry.bbox
    return np.array([(x_min, y_min), (x_max, y_min), (x_max, y_max), (x_min, y_max)])


def _lines(row: Row, width_px: int) -> list[_Line]:
    unit = f" {row.unit}" if row.unit else ""
    options = "   ".join(f"{letter_of(index)}. {text}" for index, text in enumerate(row.options))
    parts = [("Question", row.question), ("Options", options), ("Reasoning", row.think)]
    parts.append(("Answer", f"{row.answer}{unit}"))
    return [
        _Line(label if number == 0 else "", text)
        for label, whole in parts
        if whole
        for number, text in enumerate(_wrapped(printable(whole), width_px))
    ]


def _wrapped(text: str, width_px: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font(TEXT_PX).getlength(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _write(sheet: Image.Image, lines: Sequence[_Line], top: int) -> None:
    draw = ImageDraw.Draw(sheet)
    draw.line((MARGIN_PX, top, sheet.width - MARGIN_PX, top), HAIRLINE, 2)
    for number, line in enumerate(lines):
        y = top + GAP_PX + number * LINE_PX + LINE_PX // 2
        draw.text((MARGIN_PX, y), line.label, MUTED, font(TEXT_PX), "lm")
        draw.text((MARGIN_PX + 150, y), line.text, INK, font(TEXT_PX), "lm")
