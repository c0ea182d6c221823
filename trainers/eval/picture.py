"""The scores of an evaluation as a picture: bars with their intervals."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgen.store.files import write_atomically
from simgen.trainers.eval.scores import EvalReport, GroupScores
from simgen.trainers.eval.tables import list_groups

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {"model": "#0072b2", "blind twin": "#999999", "words": "#e69f00"}
"""By what is compared; told apart with any colour vision (Okabe and Ito 2008)."""
_PANELS = (
    ("score (higher is better)", ("score", "blind", "words")),
    ("centre error, m (lower is better)", ("center_error_m", "blind_center_error_m", "words_center_error_m")),
)
_BAR, _INCHES_A_GROUP = 0.26, 0.55


def draw_report(report: EvalReport, path: Path, title: str) -> None:
    """Writes a PNG: for each template the model beside its blind twin and the words, with 95 % intervals."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    groups = list_groups(report)
    panels = [(label, names) for label, names in _PANELS if any(g.means[names[0]] for _, g in groups)]
    figure = Figure(figsize=(5.5 * len(panels), 1.6 + _INCHES_A_GROUP * len(groups)), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    axes: Any = figure.subplots(1, len(panels), sharey=True, squeeze=False)
    for axis, (label, names) in zip(axes[0], panels, strict=True):
        _draw_panel(axis, groups, names, label)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(COLORS), frameon=False)
    with write_atomically(path) as part:
        figure.savefig(part, format="png", dpi=120)


def _draw_panel(
    axis: "Axes", groups: Sequence[tuple[str, GroupScores]], names: Sequence[str], label: str
) -> None:
    for place, (name, (shown, color)) in enumerate(zip(names, COLORS.items(), strict=True)):
        found = [(index, scores.means[name]) for index, (_, scores) in enumerate(groups)]
        known = [(index, mean) for index, mean in found if mean is not None]
        heights = [index + (place - 1) * _BAR for index, _ in known]
        axis.barh(heights, [mean.value for _, mean in known], _BAR, color=color, label=shown)
        for height, (_, mean) in zip(heights, known, strict=True):
            if mean.low is not None and mean.high is not None:
                axis.plot([mean.low, mean.high], [height, height], color="black", linewidth=1.2)
    axis.set_yticks(range(len(groups)), [f"{name} ({scores.n:,})" for name, scores in groups])
    axis.set_ylim(len(groups) - 0.5, -0.5)
    axis.set_xlabel(label)
    axis.set_xlim(left=0.0)
    axis.spines[["top", "right"]].set_visible(False)
