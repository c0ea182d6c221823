"""The result of `simgen qa --explain` as a picture: a clip's questions on its house's floor plan."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from simgen.geometry.frames import MapFrame
from simgen.qa.explain import UNSEEN, Example, Explanation, ObjectAccount, format_question
from simgen.qa.refusal import Refusal, RefusalKind
from simgen.report.colors import HAIRLINE, INK, MUTED, PAPER, Rgb, mix
from simgen.report.draw_shapes import ToPixels, clear_margins, draw_shapes, label_anchors, label_shapes
from simgen.report.explain_table import SELF_EXPLANATORY
from simgen.report.lettering import Labels, font, printable
from simgen.report.map_panel import (
    OVERSAMPLING,
    MapView,
    draw_axes,
    draw_rooms,
    heading,
    label_spots,
    map_aspect,
    map_view,
    scale_up,
)
from simgen.report.measurement import measure
from simgen.report.shapes import Shape
from simgen.report.trajectory import square_yaw_deg
from simgen.store.clips import Clip, read_images
from simgen.types import Array

WIDTH_PX = 1240
MAX_HEIGHT_PX = 1100
MARGIN_PX = 20
TITLE_PX = 78
LINE_PX = 25
LABEL_PX, SMALL_PX = 18, 15
SMALLEST_NAMED_PX = 9
"""Objects that no question names get no name on the plan when they are smaller than this."""
ASKED: Rgb = (22, 120, 150)
NAMEABLE: Rgb = (170, 214, 224)
REFUSED: Rgb = (196, 200, 208)
CAMERA: Rgb = (190, 40, 96)
EXAMPLES: tuple[Rgb, ...] = (
    *((214, 90, 20), (88, 70, 190), (30, 135, 60), (190, 30, 60)),
    *((130, 95, 10), (20, 90, 170), (150, 40, 150), (90, 90, 90)),
)
FRAMES_A_ROW = 8
FRAME_GAP_PX = 6
MAX_FRAME_PX = 400
SHORT: dict[RefusalKind, str] = {
    "ambiguous name": "ambiguous",
    "cut off": "cut off",
    "too small": "small",
    "not nameable": "no name",
}
"""Short forms of the reasons, for the plan."""


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """An example question, and how its answer was measured."""

    number: int
    """From 1, as on the plan and in the captions."""
    example: Example
    shapes: tuple[Shape, ...]
    problem: str
    """Why nothing could be measured; else empty."""

    @property
    def color(self) -> Rgb:
        return EXAMPLES[(self.number - 1) % len(EXAMPLES)]

    @property
    def caption(self) -> str:
        row = self.example.row
        # Frames that are asked as clips of their own are all shown, in order.
        asked = f"{row.template}, frame {row.frames[0] + 1}" if row.views == "each" else row.template
        return f"{asked}:  {format_question(row)}" + (f" ({self.problem})" if self.problem else "")

    def to_pixels(self, view: MapView) -> ToPixels:
        """From the question's map to the plan."""
        return lambda points: view.pixels(self.example.view.geometry.frame.to_world(points))


def explanation_picture(explanation: Explanation) -> Image.Image:
    """The frames, and the floor plan with all objects, the cameras and example questions.

    Each object has its number of questions, or the reason why there are none. Each example has the
    measurement that gives its answer.
    """
    clip = explanation.clip
    measured = [_measure(number, example) for number, example in enumerate(explanation.examples, 1)]
    frame = MapFrame(clip.world_from_camera[0, [0, 2], 3], square_yaw_deg(clip))
    size = (WIDTH_PX, min(round(WIDTH_PX / map_aspect(clip, frame)), MAX_HEIGHT_PX))
    view = map_view(clip, size, frame)
    plan = _plan(explanation, measured, view, size)
    draw_axes(plan, view)
    labels = Labels(plan, view.plot)
    _number_examples(plan, labels, measured, view)
    _number_cameras(labels, explanation, view)
    _name_objects(labels, explanation, view)
    frames = _frames(explanation)
    lines = _wrapped([printable(item.caption) for item in measured], WIDTH_PX - 46)
    top = TITLE_PX + frames.height + LINE_PX // 2
    page = Image.new("RGB", (WIDTH_PX + 2 * MARGIN_PX, top + size[1] + LINE_PX * (len(lines) + 3)), PAPER)
    page.paste(frames, (MARGIN_PX, TITLE_PX))
    page.paste(plan, (MARGIN_PX, top))
    _title(page, explanation)
    _legend(page, top + size[1] + LINE_PX // 2)
    _captions(page, lines, top + size[1] + 2 * LINE_PX)
    return page


def _measure(number: int, example: Example) -> _Measured:
    found = measure(example.view, example.row.skill, example.ask)
    if isinstance(found, Refusal):
        return _Measured(number, example, (), str(found))
    return _Measured(number, example, found, "")


def _frames(explanation: Explanation) -> Image.Image:
    """The frames in rows, each with its number, as on the plan."""
    clip, count = explanation.clip, len(explanation.frames)
    columns = math.ceil(count / math.ceil(count / FRAMES_A_ROW))
    width = min((WIDTH_PX + FRAME_GAP_PX) // columns - FRAME_GAP_PX, MAX_FRAME_PX)
    height = round(width * clip.size_px[1] / clip.size_px[0])
    rows = math.ceil(count / columns)
    grid = Image.new("RGB", (WIDTH_PX, rows * (height + FRAME_GAP_PX)), PAPER)
    for number, pixels in enumerate(read_images(clip.path, "rgb", explanation.frames)):
        row, column = divmod(number, columns)
        corner = column * (width + FRAME_GAP_PX), row * (height + FRAME_GAP_PX)
        grid.paste(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS), corner)
        _badge(grid, (corner[0] + 15, corner[1] + 15), str(number + 1), CAMERA)
    return grid


def _plan(
    explanation: Explanation, measured: Sequence[_Measured], view: MapView, size_px: tuple[int, int]
) -> Image.Image:
    """Everything except text, drawn oversampled and reduced."""
    width, height = size_px
    large = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING), PAPER)
    draw = ImageDraw.Draw(large, "RGBA")
    clip = explanation.clip
    draw_rooms(draw, clip, view)
    # In order of height, so that an object on a table is drawn over the table.
    for index in sorted(range(len(clip.objects)), key=lambda i: clip.objects[i].aabb[1, 1]):
        _footprint(draw, clip, explanation.objects[index], index, view)
    for item in measured:
        draw_shapes(draw, item.shapes, item.to_pixels(view), item.color)
    clear_margins(draw, view, size_px)
    for frame in explanation.frames:
        _camera(draw, clip, frame, view)
    return large.resize(size_px, Image.Resampling.LANCZOS)


def _footprint(
    draw: ImageDraw.ImageDraw, clip: Clip, account: ObjectAccount, index: int, view: MapView
) -> None:
    outline = scale_up(view.pixels(clip.objects[index].footprint))
    fill, edge = _colors(account)
    draw.polygon(outline, fill=fill)
    draw.line([*outline, *outline[:2]], fill=edge, width=int(1.5 * OVERSAMPLING), joint="curve")


def _colors(account: ObjectAccount) -> tuple[Rgb, Rgb]:
    """Fill and edge colour of an object that is asked about, is not, cannot be named, or is not visible."""
    if account.questions:
        return mix(ASKED, PAPER, 0.45), ASKED
    if not account.problem:
        return mix(NAMEABLE, PAPER, 0.4), mix(ASKED, PAPER, 0.35)
    if account.problem.kind == "not visible":
        return mix(REFUSED, PAPER, 0.85), mix(REFUSED, PAPER, 0.3)
    return mix(REFUSED, PAPER, 0.35), mix(REFUSED, INK, 0.25)


def _camera(draw: ImageDraw.ImageDraw, clip: Clip, frame: int, view: MapView) -> None:
    pose = clip.world_from_camera[frame]
    spot, ahead = pose[[0, 2], 3], heading(pose)
    aside = np.array([ahead[1], -ahead[0]])
    corners = np.stack([spot, spot + 0.24 * ahead + 0.12 * aside, spot + 0.24 * ahead - 0.12 * aside])
    draw.polygon(scale_up(view.pixels(corners)), fill=(*CAMERA, 150))
    ((x, y),) = scale_up(view.pixels(spot[None]))
    radius = 4.0 * OVERSAMPLING
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=CAMERA)


def _number_examples(plan: Image.Image, labels: Labels, measured: Sequence[_Measured], view: MapView) -> None:
    """Draws each example's number on its measurement, and then the labels of what gives the answer."""
    for item in measured:
        strong = [shape for shape in item.shapes if shape.strong] or list(item.shapes)
        spots = [spot for shape in strong for spot in label_anchors(shape, item.to_pixels(view), 12.0)]
        if spots:
            _badge(plan, labels.first_free(spots, 24.0), str(item.number), item.color)
    for item in measured:
        strong = [shape for shape in item.shapes if shape.strong]
        label_shapes(labels, strong, item.to_pixels(view), item.color, SMALL_PX)


def _number_cameras(labels: Labels, explanation: Explanation, view: MapView) -> None:
    """Draws the number of each shown frame behind its camera, counted from 1 as in questions."""
    for number, frame in enumerate(explanation.frames, start=1):
        pose = explanation.clip.world_from_camera[frame]
        spot, before = view.pixels(np.stack([pose[[0, 2], 3], pose[[0, 2], 3] + heading(pose)]))
        behind = (spot - before) / np.linalg.norm(spot - before)
        aside = np.array([-behind[1], behind[0]])
        spots = [spot + push * (behind + lean * aside) for push in (16, 28, 40) for lean in (0.0, 0.8, -0.8)]
        labels.place(str(number), [(float(x), float(y)) for x, y in spots], SMALL_PX, CAMERA)


def _badge(plan: Image.Image, spot: tuple[float, float], text: str, color: Rgb) -> None:
    x, y = spot
    draw = ImageDraw.Draw(plan)
    draw.rounded_rectangle((x - 12, y - 12, x + 12, y + 12), 12, fill=color, outline=PAPER, width=2)
    draw.text((x, y), text, PAPER, font(16), "mm")


def _name_objects(labels: Labels, explanation: Explanation, view: MapView) -> None:
    """Draws names, with the number of questions or the reason why there are none; the most asked first."""
    outlines = [view.pixels(item.footprint) for item in explanation.clip.objects]
    sides = [float(np.ptp(outline, axis=0).max()) for outline in outlines]
    order = sorted(range(len(outlines)), key=lambda i: (-explanation.objects[i].questions, -sides[i], i))
    for index in order:
        account = explanation.objects[index]
        if account.problem and account.problem.kind in SELF_EXPLANATORY:
            continue
        if not account.questions and sides[index] < SMALLEST_NAMED_PX:
            continue
        text, color = _label(account)
        size = LABEL_PX if account.questions else SMALL_PX
        labels.place(text, _name_spots(outlines[index], 0.5 * size * len(text)), size, color)


def _label(account: ObjectAccount) -> tuple[str, Rgb]:
    if account.questions:
        return f"{account.name} {account.questions}", mix(ASKED, INK, 0.45)
    if not account.problem:
        return account.name, mix(ASKED, PAPER, 0.2)
    kind = account.problem.kind
    return f"{account.name}: {SHORT.get(kind, kind)}", MUTED


def _name_spots(outline: Array, text_width: float) -> list[tuple[float, float]]:
    """Pixels where an object's name may stand: in its middle, next to it, or a little farther away."""
    (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
    x, beside = (left + right) / 2, text_width / 2 + 8
    corners = [(right + beside, top - 6), (left - beside, top - 6), (right + beside, bottom + 6)]
    far = [*corners, (left - beside, bottom + 6), (x, top - 30), (x, bottom + 30)]
    return [*label_spots(outline, text_width), *far]


def _title(page: Image.Image, explanation: Explanation) -> None:
    draw = ImageDraw.Draw(page)
    named = sum(item.questions > 0 for item in explanation.objects)
    seen = sum(item.problem is None or item.problem.kind != "not visible" for item in explanation.objects)
    questions = sum(account.questions for account in explanation.templates)
    templates = len(explanation.templates)
    dropped = sum(sum(account.dropped.values()) for account in explanation.templates)
    facts = [
        f"{questions} questions of {templates} template{'s' * (templates != 1)}",
        f"{dropped} candidates dropped",
        f"{named} of {len(explanation.objects)} objects named, {seen} seen",
        f"{len(explanation.frames)} frames",
    ]
    draw.text((MARGIN_PX, 14), explanation.clip.id, INK, font(26), "lt", stroke_width=0.4)
    draw.text((MARGIN_PX, 48), "  ·  ".join(facts), MUTED, font(17), "lt")
    draw.line((MARGIN_PX, TITLE_PX - 4, page.width - MARGIN_PX, TITLE_PX - 4), HAIRLINE, 1)


def _legend(page: Image.Image, top: int) -> None:
    draw = ImageDraw.Draw(page)
    x, y = float(MARGIN_PX + 46), top + 8
    kinds = (
        ("asked about, with the number of questions", ObjectAccount("", "", 1, None)),
        ("can be named, but is not", ObjectAccount("", "", 0, None)),
        ("cannot be named", ObjectAccount("", "", 0, Refusal("cut off", ""))),
        ("not seen", ObjectAccount("", "", 0, UNSEEN)),
    )
    for text, account in kinds:
        fill, edge = _colors(account)
        draw.rounded_rectangle((x, y - 8, x + 22, y + 8), 4, fill, edge, 2)
        x = _entry(draw, x + 30, y, text)
    draw.ellipse((x, y - 5, x + 10, y + 5), fill=CAMERA)
    _entry(draw, x + 18, y, "a frame's camera")


def _entry(draw: ImageDraw.ImageDraw, x: float, y: float, text: str) -> float:
    """Draws an entry of the legend and returns the x of the next one."""
    draw.text((x, y), text, MUTED, font(17), "lm")
    return x + draw.textlength(text, font(17)) + 24


def _captions(page: Image.Image, lines: Sequence[tuple[int, str]], top: int) -> None:
    """Draws the example questions below the plan, each with its number on its first line."""
    draw = ImageDraw.Draw(page)
    numbered: set[int] = set()
    for row, (number, text) in enumerate(lines):
        y = top + LINE_PX * row + LINE_PX // 2
        if number not in numbered:
            _badge(page, (MARGIN_PX + 14, y), str(number + 1), EXAMPLES[number % len(EXAMPLES)])
            numbered.add(number)
        draw.text((MARGIN_PX + 36, y), text, INK, font(17), "lm")


def _wrapped(texts: Sequence[str], width_px: float) -> list[tuple[int, str]]:
    """Wraps texts to lines of at most `width_px`, each with the index of its text."""
    lines: list[tuple[int, str]] = []
    for number, text in enumerate(texts):
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}".strip()
            if line and font(17).getlength(longer) > width_px:
                lines.append((number, line))
                line = word
            else:
                line = longer
        lines.append((number, line))
    return lines
