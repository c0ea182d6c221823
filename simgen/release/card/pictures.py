"""The pictures of the card, in `media/`: some frames, a question with its map and answer, and histograms."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from simgen.release.card.figures import RowFigures
from simgen.release.card.histograms import draw_histograms
from simgen.release.contents import Contents
from simgen.release.formats.pictures import encode_picture
from simgen.report.colors import PAPER
from simgen.report.contact_sheet import spread_frames
from simgen.report.question import question_sheet
from simgen.store.clips import read_clip, read_images

FRAMES, EXAMPLE, HISTOGRAMS = "media/frames.jpg", "media/example.jpg", "media/histograms.png"
COLUMNS, ROWS = 4, 3
CELL_PX = (320, 240)
GAP_PX = 6
EXAMPLE_WIDTH_PX = 1400
"""Wider than the Hub shows a card, so that it is sharp on dense screens."""


def write_media(folder: Path, contents: Contents, figures: RowFigures) -> None:
    """Writes the three pictures into a release folder."""
    (folder / FRAMES).parent.mkdir(parents=True, exist_ok=True)
    (folder / FRAMES).write_bytes(encode_picture(draw_frames(contents)))
    draw_histograms(contents, figures, folder / HISTOGRAMS)
    if figures.example is not None:
        dataset, row = figures.example
        sheet = question_sheet(dataset.clip_path(row.clip), row)
        size = EXAMPLE_WIDTH_PX, round(EXAMPLE_WIDTH_PX * sheet.height / sheet.width)
        (folder / EXAMPLE).write_bytes(encode_picture(sheet.resize(size, Image.Resampling.LANCZOS)))


def draw_frames(contents: Contents) -> Image.Image:
    """Frames of clips that are evenly spread over the release, in a grid. Few clips give several each."""
    clips = list({key.clip: dataset for dataset, key in contents.keys}.items())
    cells = COLUMNS * ROWS
    chosen = [clips[index * len(clips) // min(cells, len(clips))] for index in range(min(cells, len(clips)))]
    share = -(-cells // len(chosen))
    images = [image for clip, dataset in chosen for image in _frames_of(dataset.clip_path(clip), share)]
    return _grid(images[:cells])


def _frames_of(path: Path, count: int) -> list[Image.Image]:
    """Frames of a clip, evenly spread; if only one is wanted, the first that shows the most objects."""
    clip = read_clip(path)
    shows = np.count_nonzero(clip.visibility.pixels, axis=1)
    shown = spread_frames(clip.frame_count, count) if count > 1 else (int(shows.argmax()),)
    return [Image.fromarray(image) for image in read_images(path, "rgb", shown)]


def _grid(images: list[Image.Image]) -> Image.Image:
    rows = -(-len(images) // COLUMNS)
    step = np.array(CELL_PX) + GAP_PX
    page = Image.new("RGB", (COLUMNS * step[0] - GAP_PX, rows * step[1] - GAP_PX), PAPER)
    for place, image in enumerate(images):
        row, column = divmod(place, COLUMNS)
        corner = (int(column * step[0]), int(row * step[1]))
        page.paste(_fitted(image), corner)
    return page


def _fitted(image: Image.Image) -> Image.Image:
    """The picture, scaled to fill a cell and cut at its longer sides."""
    return ImageOps.fit(image, CELL_PX, Image.Resampling.LANCZOS)
