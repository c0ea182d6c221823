"""The learning curves of a run as a picture: losses, rewards, and the scores on held-out houses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import uniform_filter1d

from simgen.store.files import write_atomically
from simgen.trainers.eval.picture import COLORS
from simgen.trainers.rewards import REWARDS
from simgen.trainers.train.held_out_scores import PREFIX
from simgen.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVES_FILE = "curves.png"
PHASES = {"warm_up": "warm-up", "sft": "SFT", "grpo": "GRPO"}
"""The phases that can have a log, in their order, and their titles."""
SMOOTHED_SHARE, FEWEST_SMOOTHED, MOST_SMOOTHED_SHARE = 50, 15, 5
"""The smoothed line is the mean over a fiftieth of the steps, around each step. Of short phases this would be
as noisy as single steps: there it is over 15 steps, and at most over a fifth of all."""
TICKS_A_PANEL = 5
COLUMNS = 3
"""Panels side by side. More would be too small to read on a page."""
LOSS_COLOR, TOTAL_COLOR = "#0072b2", "#000000"
REWARD_COLORS = ("#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#e69f00", "#0072b2")
"""In the order of `REWARDS`, told apart with any colour vision (Okabe and Ito 2008)."""

Log = Sequence[Mapping[str, Any]]
"""The entries of a phase, one for each step."""
Logs = Mapping[str, Log]
"""The entries of each phase's log, by the names in `PHASES`."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a panel."""

    label: str
    color: str
    places: Array
    """(N,) where each value stands: 0 to 1 from the start to the end of a panel's first phase, 1 to 2 in its
    second. So phases of different lengths are equally wide."""
    values: Array
    """(N,)"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram: its curves over the steps of one phase, or of several that follow each other."""

    title: str
    curves: Sequence[Curve]
    steps: Mapping[str, int]
    """The number of steps of each phase by its title."""
    is_noisy: bool
    """Whether there is a value for each step, so that a smoothed line is drawn over the values."""
    is_loss: bool
    """Whether the values are drawn on a logarithmic scale: the first steps have a far higher loss."""


def draw_curves(logs: Logs, path: Path, title: str) -> None:
    """Writes a PNG: a panel for each phase that ran, and two for the held-out scores if there are some."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = list_panels(logs)
    columns = min(len(panels), COLUMNS)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.2 * columns, 0.4 + 3.2 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    axes: Any = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, panel in zip(axes, panels, strict=False):
        _draw_panel(axis, panel)
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    with write_atomically(path) as part:
        figure.savefig(part, format="png", dpi=120)


def list_panels(logs: Logs) -> list[Panel]:
    """The panels that a run's logs give, those of the phases first."""
    found = [_loss_panel(phase, logs[phase]) for phase in ("warm_up", "sft") if logs.get(phase)]
    if logs.get("grpo"):
        found.append(_reward_panel(logs["grpo"]))
    scored = {phase: logs[phase] for phase in ("sft", "grpo") if logs.get(phase)}
    panels = [
        _held_out_panel(scored, "held-out score", {"model": "score", "blind twin": "blind"}),
        _held_out_panel(
            scored,
            "held-out centre error, m",
            {"model": "center_error_m", "blind twin": "blind_center_error_m"},
        ),
    ]
    return [*found, *(panel for panel in panels if panel.curves)]


def smooth(values: Array) -> Array:
    """(N,) the mean over some of the N values around each one. At the ends the values are mirrored."""
    count = len(values)
    window = min(max(count // SMOOTHED_SHARE, FEWEST_SMOOTHED), count // MOST_SMOOTHED_SHARE)
    return uniform_filter1d(values, max(window, 1), mode="reflect")


def _loss_panel(phase: str, log: Log) -> Panel:
    curves = _read_curves([log], {"loss": ("loss", LOSS_COLOR)})
    return Panel(f"{PHASES[phase]} loss", curves, {PHASES[phase]: len(log)}, is_noisy=True, is_loss=True)


def _reward_panel(log: Log) -> Panel:
    """The rewards by name, and their weighted sum."""
    colors = cycle(REWARD_COLORS)
    keys = {reward.name: (reward.log_key, color) for reward, color in zip(REWARDS, colors, strict=False)}
    curves = _read_curves([log], {**keys, "total": ("reward", TOTAL_COLOR)})
    return Panel("GRPO rewards", curves, {PHASES["grpo"]: len(log)}, is_noisy=True, is_loss=False)


def _held_out_panel(logs: Logs, title: str, names: Mapping[str, str]) -> Panel:
    """What was measured on held-out rows, by what is compared."""
    keys = {label: (PREFIX + name, COLORS[label]) for label, name in names.items()}
    steps = {PHASES[phase]: len(log) for phase, log in logs.items()}
    return Panel(title, _read_curves([*logs.values()], keys), steps, is_noisy=False, is_loss=False)


def _read_curves(logs: Sequence[Log], keys: Mapping[str, tuple[str, str]]) -> list[Curve]:
    """By label a curve of the values under a key, in a color; none for a key that no entry has."""
    curves = []
    for label, (key, color) in keys.items():
        points = [
            (number + entry["step"] / len(log), entry[key])
            for number, log in enumerate(logs)
            for entry in log
            if key in entry
        ]
        if points:
            places, values = np.array(points, dtype=np.float64).T
            curves.append(Curve(label, color, places, values))
    return curves


def _draw_panel(axis: "Axes", panel: Panel) -> None:
    for curve in panel.curves:
        line: Any = {"color": curve.color, "label": curve.label}
        if panel.is_noisy:
            axis.plot(curve.places, curve.values, color=curve.color, linewidth=0.8, alpha=0.25)
            axis.plot(curve.places, smooth(curve.values), **line)
        else:
            axis.plot(curve.places, curve.values, **line, marker="o", markersize=3)
    _scale_axes(axis, panel)
    if len(panel.curves) > 1:
        # Below the curves, which may fill the whole panel.
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3, frameon=False, fontsize="small")
    # Above the names of the phases, if there are some.
    axis.set_title(panel.title, fontsize="medium", pad=16 if len(panel.steps) > 1 else 6)
    axis.set_xlabel("step")
    axis.spines[["top", "right"]].set_visible(False)


def _scale_axes(axis: "Axes", panel: Panel) -> None:
    """Labels the places by the steps of their phases, with a dotted line between phases."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

    ticks: dict[float, str] = {}
    for number, (phase, steps) in enumerate(panel.steps.items()):
        locator = MaxNLocator(TICKS_A_PANEL // len(panel.steps), integer=True)
        # A phase begins where the one before it ends, which is labelled already.
        shown = [
            step for step in locator.tick_values(0, steps) if (number == 0 or step > 0) and step <= steps
        ]
        ticks |= {number + step / steps: f"{step:,.0f}" for step in shown}
        if len(panel.steps) > 1:
            axis.axvline(number, color="black", linewidth=0.8, linestyle=":")
            place: Any = {"xycoords": axis.get_xaxis_transform(), "textcoords": "offset points"}
            axis.annotate(phase, (number, 1.0), (2, 2), **place, va="bottom", fontsize="small")
    axis.set_xticks([*ticks], [*ticks.values()])
    axis.set_xlim(0, len(panel.steps) + 0.02)
    if panel.is_loss:
        axis.set_yscale("log")
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.yaxis.set_minor_formatter(NullFormatter())
