"""The result of `simgen qa --explain` as a picture: a clip's questions on its house's floor plan."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from simgen.geometry.frames import MapFrame
from simgen.qa.explain import UNSEEN, Explanation, ObjectAccount, format_question
from simgen.qa.refusal import Refusal, RefusalKind
from simgen.qa.skills.facts import Ask
from simgen.report.colors import HAIRLINE, INK, MUTED, PAPER, Rgb, mix
from simgen.report.explain_table import SELF_EXPLANATORY
from simgen.report.lettering import Labels, font
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
from simgen.report.trajectory import square_yaw_deg
from simgen.store.clips import Clip
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
    *((214, 90, 20), (88, 70, 190), (30, 135, 60)),
    *((190, 30, 60), (130, 95, 10), (20, 90, 170)),
)
SHORT: dict[RefusalKind, str] = {
    "ambiguous name": "ambiguous",
    "cut off": "cut off",
    "too small": "small",
    "not nameable": "no name",
}
"""Short forms of the reasons, for the plan."""


def explanation_picture(explanation: Explanation) -> Image.Image:
    """The floor plan with all objects, the cameras and example questions.

    Each object has its number of questions, or the reason why there are none.
    """
    clip = explanation.clip
    frame = MapFrame(clip.world_from_camera[0, [0, 2], 3], square_yaw_deg(clip))
    size = (WIDTH_PX, min(round(WIDTH_PX / map_aspect(clip, frame)), MAX_HEIGHT_PX))
    view = map_view(clip, size, frame)
    plan = _plan(explanation, view, size)
    draw_axes(plan, view)
    labels = Labels(plan, view.plot)
    _number_examples(plan, labels, explanation, view)
    _number_cameras(labels, explanation, view)
    _name_objects(labels, explanation, view)
    told = [f"{row.template}:  {format_question(row)}" for row, _ in explanation.examples]
    lines = _wrapped(told, WIDTH_PX - 46)
    page = Image.new(
        "RGB", (WIDTH_PX + 2 * MARGIN_PX, TITLE_PX + size[1] + LINE_PX * (len(lines) + 3)), PAPER
    )
    page.paste(plan, (MARGIN_PX, TITLE_PX))
    _title(page, explanation)
    _legend(page, TITLE_PX + size[1] + LINE_PX // 2)
    _captions(page, lines, TITLE_PX + size[1] + 2 * LINE_PX)
    return page


def _plan(explanation: Explanation, view: MapView, size_px: tuple[int, int]) -> Image.Image:
    """Everything except text, drawn oversampled and reduced."""
    width, height = size_px
    large = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING), PAPER)
    draw = ImageDraw.Draw(large, "RGBA")
    clip = explanation.clip
    draw_rooms(draw, clip, view)
    # In order of height, so that an object on a table is drawn over the table.
    for index in sorted(range(len(clip.objects)), key=lambda i: clip.objects[i].aabb[1, 1]):
        _footprint(draw, clip, explanation.objects[index], index, view)
    for number, (_, ask) in enumerate(explanation.examples):
        for start, end in _ways(clip, ask, view):
            _arrow(draw, start, end, EXAMPLES[number % len(EXAMPLES)])
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


def _ways(clip: Clip, ask: Ask, view: MapView) -> list[tuple[Array, Array]]:
    """The arrows of a question, as start and end in panel pixels: through its objects, or from its camera."""
    places = {item.id: item.box.center[[0, 2]] for item in clip.objects}
    stops = [places[name] for name in ask.objects if name in places]
    stops = [clip.world_from_camera[frame][[0, 2], 3] for frame in ask.frames] + stops
    ways = list(pairwise(stops))
    ways += [(stops[0], places[key]) for key in ask.options if key in places and stops]
    return [(ends[0], ends[1]) for ends in (view.pixels(np.stack(way)) for way in ways)]


def _arrow(draw: ImageDraw.ImageDraw, start: Array, end: Array, color: Rgb) -> None:
    draw.line(scale_up(np.stack([start, end])), fill=(*PAPER, 210), width=6 * OVERSAMPLING)
    draw.line(scale_up(np.stack([start, end])), fill=color, width=int(2.5 * OVERSAMPLING))
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1.0)
    aside = np.array([-along[1], along[0]])
    head = np.stack([end, end - 13.0 * along + 6.0 * aside, end - 13.0 * along - 6.0 * aside])
    draw.polygon(scale_up(head), fill=color)


def _camera(draw: ImageDraw.ImageDraw, clip: Clip, frame: int, view: MapView) -> None:
    pose = clip.world_from_camera[frame]
    spot, ahead = pose[[0, 2], 3], heading(pose)
    aside = np.array([ahead[1], -ahead[0]])
    corners = np.stack([spot, spot + 0.24 * ahead + 0.12 * aside, spot + 0.24 * ahead - 0.12 * aside])
    draw.polygon(scale_up(view.pixels(corners)), fill=(*CAMERA, 150))
    ((x, y),) = scale_up(view.pixels(spot[None]))
    radius = 4.0 * OVERSAMPLING
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=CAMERA)


def _number_examples(plan: Image.Image, labels: Labels, explanation: Explanation, view: MapView) -> None:
    """Draws each example's number on its first arrow."""
    for number, (_, ask) in enumerate(explanation.examples):
        ways = _ways(explanation.clip, ask, view)
        ends = ways[0] if ways else _standing(explanation.clip, ask, view)
        spots = [ends[0] + share * (ends[1] - ends[0]) for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)]
        spot = labels.first_free([(float(x), float(y)) for x, y in spots], 24.0)
        _badge(plan, spot, str(number + 1), EXAMPLES[number % len(EXAMPLES)])


def _standing(clip: Clip, ask: Ask, view: MapView) -> tuple[Array, Array]:
    """For a question about one object: the pixel of its centre, and one above it."""
    (spot,) = view.pixels(
        np.stack([item.box.center[[0, 2]] for item in clip.objects if item.id == ask.objects[0]])
    )
    return spot, spot + np.array([0.0, -40.0])


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
    dropped = sum(sum(account.dropped.values()) for account in explanation.templates)
    facts = [
        f"{questions} questions of {len(explanation.templates)} templates",
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
