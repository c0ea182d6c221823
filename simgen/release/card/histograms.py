"""Histograms of a release: difficulties, answers, rooms and objects, as one picture."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgen.qa.view.names import STRUCTURE, spoken_name
from simgen.release.card.figures import RowFigures
from simgen.release.contents import Contents
from simgen.types import AnswerKind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

COLOR = "#0072b2"
COLUMNS = 3
NUMERIC_KINDS = 2
"""The histograms of numbers: those of the most frequent kinds of answer."""
MOST_BARS = 16
"""The types of objects that are shown: the most frequent ones."""
BINS = 30
AXIS_LABELS: dict[AnswerKind, str] = {
    "metres": "answer, m",
    "centimetres": "answer, cm",
    "square_metres": "answer, m²",
    "cubic_metres": "answer, m³",
    "degrees": "answer, °",
    "ratio": "answer, ratio",
    "count": "answer, count",
}
_Panel = tuple[str, Callable[["Axes"], None]]
"""A title, and what draws the histogram."""


def draw_histograms(contents: Contents, figures: RowFigures, path: Path) -> None:
    """Writes the histograms as a PNG, whose bytes depend on the release and matplotlib's version alone."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = _list_panels(contents, figures)
    rows = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(12.0, 3.4 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(rows, COLUMNS, squeeze=False)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for axis, (title, draw) in zip(axes.flat, panels, strict=False):
        axis.set_title(title, fontsize=11)
        axis.spines[["top", "right"]].set_visible(False)
        draw(axis)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=100, metadata={"Software": None})


def _list_panels(contents: Contents, figures: RowFigures) -> list[_Panel]:
    panels: list[_Panel] = [
        ("difficulty, 0 (easy) to 1 (hard)", lambda axis: _bins(axis, figures.difficulties, (0.0, 1.0), ""))
    ]
    if figures.letters:
        # Questions with fewer options would make the first letters more frequent.
        options, letters = max(figures.letters.items(), key=lambda pair: (pair[1].total(), pair[0]))
        panels.append((f"right option of {options}", lambda axis: _columns(axis, letters)))
    kinds = sorted(figures.numbers, key=lambda kind: (-len(figures.numbers[kind]), kind))
    panels += [_numbers(kind, figures.numbers[kind]) for kind in kinds[:NUMERIC_KINDS]]
    rooms = contents.as_dict()["by_room_type"]
    panels.append(
        (
            "clips of houses with this room",
            lambda axis: _bars(axis, {k: n["clips"] for k, n in rooms.items()}),
        )
    )
    panels.append(("objects in the houses of the clips", lambda axis: _bars(axis, count_types(contents))))
    return panels


def count_types(contents: Contents) -> dict[str, int]:
    """Number of objects by type, over the houses of all clips; walls, floors and the like are left out."""
    counts = dict[str, int]()
    for clip in contents.clips:
        for name, count in clip.object_types.items():
            if name not in STRUCTURE:
                counts[name] = counts.get(name, 0) + count
    return counts


def _numbers(kind: AnswerKind, values: Sequence[float]) -> _Panel:
    def draw(axis: "Axes") -> None:
        _bins(axis, values, (min(0.0, *values), max(values) or 1.0), AXIS_LABELS[kind])

    return kind.replace("_", " "), draw


def _bins(axis: "Axes", values: Sequence[float], limits: tuple[float, float], label: str) -> None:
    axis.hist(values, bins=BINS, range=limits, color=COLOR)
    axis.set_xlabel(label)
    _count(axis.yaxis)
    axis.set_ylabel("questions")


def _columns(axis: "Axes", counts: dict[str, int]) -> None:
    names = sorted(counts)
    axis.bar(names, [counts[name] for name in names], color=COLOR)
    _count(axis.yaxis)
    axis.set_ylabel("questions")


def _bars(axis: "Axes", counts: dict[str, int]) -> None:
    shown = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_BARS]
    axis.barh([spoken_name(name) for name in shown], [counts[name] for name in shown], color=COLOR)
    axis.invert_yaxis()
    _count(axis.xaxis)
    axis.tick_params("y", labelsize=8)


def _count(axis: "Axis") -> None:
    """Marks an axis at whole numbers, and writes thousands with a comma."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
