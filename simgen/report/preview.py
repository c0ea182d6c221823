"""A small picture of a recipe: a clip's camera path on the floor plan, beside some of its frames."""

import math
from pathlib import Path

from PIL import Image

from simgen.report.colors import PAPER
from simgen.report.contact_sheet import spread_frames
from simgen.report.trajectory import plan_of
from simgen.store.clips import Clip, read_clip, read_images

HEIGHT_PX = 432
GAP_PX = 8
MAX_PLAN_WIDTH_PX = 620
FRAMES = 4
COLORS = 256
"""Size of the palette. It halves the file, and frames are too small to show it."""


def preview_picture(path: Path) -> Image.Image:
    """A clip's camera path on the floor plan, and up to FRAMES of its frames beside it.

    Raises ClipError when the file is not a sound clip.
    """
    clip = read_clip(path)
    plan = plan_of(clip, HEIGHT_PX, MAX_PLAN_WIDTH_PX)
    frames = _frames(clip)
    page = Image.new("RGB", (plan.width + GAP_PX + frames.width, HEIGHT_PX), PAPER)
    page.paste(plan, (0, (HEIGHT_PX - plan.height) // 2))
    page.paste(frames, (plan.width + GAP_PX, 0))
    return page.quantize(COLORS, dither=Image.Dither.FLOYDSTEINBERG)


def _frames(clip: Clip) -> Image.Image:
    """Frames that are evenly spread over the clip, in a grid."""
    shown = spread_frames(clip.frame_count, FRAMES)
    columns = math.ceil(math.sqrt(len(shown)))
    rows = math.ceil(len(shown) / columns)
    height = (HEIGHT_PX - (rows - 1) * GAP_PX) // rows
    width = round(height * clip.size_px[0] / clip.size_px[1])
    page = Image.new("RGB", (columns * (width + GAP_PX) - GAP_PX, HEIGHT_PX), PAPER)
    for place, image in enumerate(read_images(clip.path, "rgb", shown)):
        cell = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
        row, column = divmod(place, columns)
        page.paste(cell, (column * (width + GAP_PX), row * (height + GAP_PX)))
    return page
