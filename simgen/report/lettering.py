"""Text on pictures: the font, and labels that do not overlap."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from simgen.report.colors import INK, PAPER, Rgb

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""


@cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """Aileron, the font that Pillow embeds, so that pictures are the same on every machine."""
    found = ImageFont.load_default(size_px)
    assert isinstance(found, ImageFont.FreeTypeFont), "Pillow's wheels are built with FreeType"
    return found


def printable(text: str) -> str:
    """The text as the font can draw it: it has no raised digits."""
    return text.replace("²", "^2").replace("³", "^3")


@dataclass(slots=True)
class Labels:
    """Draws labels on a picture without overlap."""

    picture: Image.Image
    frame: Box
    """All labels lie within this box."""
    taken: list[Box] = field(default_factory=list)

    def place(
        self, text: str, anchors: Iterable[tuple[float, float]], size_px: int, color: Rgb = INK
    ) -> bool:
        """Draws the text centred on the first anchor (x, y) where it fits; False when it fits nowhere."""
        text, draw = printable(text), ImageDraw.Draw(self.picture)
        width, height = draw.textlength(text, font(size_px)), 1.1 * size_px
        for x, y in anchors:
            box = (x - width / 2 - 3, y - height / 2 - 1, x + width / 2 + 3, y + height / 2 + 1)
            if self._is_free(box):
                self.taken.append(box)
                halo = max(2, size_px // 7)
                draw.text((x, y), text, color, font(size_px), "mm", stroke_width=halo, stroke_fill=PAPER)
                return True
        return False

    def first_free(self, spots: Iterable[tuple[float, float]], side_px: float) -> tuple[float, float]:
        """The first spot (x, y) whose square is free, otherwise the last one. Marks the square as taken."""
        spot, box = (0.0, 0.0), (0.0, 0.0, 0.0, 0.0)
        for x, y in spots:
            spot, box = (x, y), (x - side_px / 2, y - side_px / 2, x + side_px / 2, y + side_px / 2)
            if self._is_free(box):
                break
        self.taken.append(box)
        return spot

    def _is_free(self, box: Box) -> bool:
        left, top, right, bottom = self.frame
        inside = left <= box[0] and top <= box[1] and box[2] <= right and box[3] <= bottom
        return inside and not any(_overlap(box, other) for other in self.taken)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
