"""The report of a training run: its numbers, and the table that is printed at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from simgen.trainers.eval.scores import EvalReport
from simgen.trainers.eval.tables import make_tables
from simgen.trainers.rewards import REWARDS

FEW_TEMPLATES = 8
"""With more templates the table of a run has no lines for each of them; `simgen eval` prints them."""

MeanRewards = dict[str, float]
"""Mean rewards over some steps of GRPO, each 0 to 1: `total`, and each reward of the run by its name."""


@dataclass(frozen=True, slots=True)
class TrainReport:
    """One run in numbers. First and last are means over the first and the last fifth of the steps."""

    model: str
    parameters: int
    trainable_parameters: int
    stages: int
    train_rows: int
    thinned_rows: int
    """Rows with more frames than `data.frames_per_sample`, which were asked again with fewer."""
    left_out_rows: dict[str, int]
    """Rows with more frames that could not be asked with fewer, by reason."""
    max_completion_tokens: int
    sft_steps: int
    grpo_steps: int
    sft_loss_first: float | None
    """None without SFT, as the next."""
    sft_loss_last: float | None
    grpo_first: MeanRewards | None
    grpo_last: MeanRewards | None
    before: EvalReport
    after: EvalReport
    seconds: float
    image_processor: str = ""
    """The class of transformers that turned frames into pixels. Empty in reports of earlier versions."""

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "before": self.before.as_dict(), "after": self.after.as_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainReport":
        """The report that `as_dict` was called on."""
        reports: dict[str, Any] = {name: EvalReport.from_dict(values[name]) for name in ("before", "after")}
        return cls(**{**values, **reports})

    def as_table(self) -> str:
        """The run as an aligned text table, without a newline at its end."""
        lines = [
            _headline(self),
            *_thinning_lines(self),
            _line(f"training, {self.stages} stages", "first", "last"),
        ]
        if self.sft_steps:
            label = f"  SFT loss, {self.sft_steps} steps"
            lines.append(_line(label, self.sft_loss_first, self.sft_loss_last))
        if self.grpo_first is not None and self.grpo_last is not None:
            lines += _reward_lines(self.grpo_first, self.grpo_last, self.grpo_steps)
        lines += _eval_lines(self.before, self.after)
        if len(self.after.templates) <= FEW_TEMPLATES:
            lines += [f"\n{table.as_text()}" for table in make_tables(self.after).values()]
        return "\n".join(lines)


def summarize_log(sft: Sequence[Mapping[str, Any]], grpo: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of a report that follow from the logs of the phases, by name."""
    losses = _ends(sft, "loss") or (None, None)
    rewards_first, rewards_last = _mean_rewards(grpo)
    return {
        "sft_steps": len(sft),
        "grpo_steps": len(grpo),
        "sft_loss_first": losses[0],
        "sft_loss_last": losses[1],
        "grpo_first": rewards_first,
        "grpo_last": rewards_last,
    }


def _mean_rewards(log: Sequence[Mapping[str, Any]]) -> tuple[MeanRewards | None, MeanRewards | None]:
    """Means over the first and the last fifth of the log, of the rewards that it has; None if it is empty."""
    if not log:
        return None, None
    keys = {"total": "reward", **{reward.name: reward.log_key for reward in REWARDS}}
    ends = {name: found for name, key in keys.items() if (found := _ends(log, key)) is not None}
    return {name: first for name, (first, _) in ends.items()}, {
        name: last for name, (_, last) in ends.items()
    }


def _ends(log: Sequence[Mapping[str, Any]], key: str) -> tuple[float, float] | None:
    """Means over the first and the last fifth of the log's entries that have the key; None if none has it."""
    values = [entry[key] for entry in log if key in entry]
    if not values:
        return None
    count = max(1, len(values) // 5)
    return sum(values[:count]) / count, sum(values[-count:]) / count


def _headline(report: TrainReport) -> str:
    processed = f"; frames by {report.image_processor}" if report.image_processor else ""
    return (
        f"{report.model}: {report.trainable_parameters:,} of {report.parameters:,} parameters trained "
        f"on {report.train_rows} rows in {report.seconds:.0f} s{processed}"
    )


def _thinning_lines(report: TrainReport) -> list[str]:
    """What became of the rows with too many frames; nothing if there were none."""
    fates = {"asked again with fewer": report.thinned_rows, **report.left_out_rows}
    found = [f"{count} {fate}" for fate, count in fates.items() if count]
    return [f"rows with too many frames: {', '.join(found)}"] if found else []


def _reward_lines(first: MeanRewards, last: MeanRewards, steps: int) -> list[str]:
    lines = [_line(f"  GRPO reward, {steps} steps", first["total"], last["total"])]
    for reward in REWARDS:
        if reward.name in first:
            lines.append(_line(f"    {reward.label}", first[reward.name], last[reward.name]))
    return lines


def _eval_lines(before: EvalReport, after: EvalReport) -> list[str]:
    """The scores of the trained model beside those before training, of its blind twin and of the words."""
    lines = [_line(f"held-out houses, {after.rows} rows", "before", "after", "blind", "words")]
    for measure, label in (("accuracy", "accuracy (choices)"), ("mra", "MRA (numbers)")):
        if measure in after.totals:
            first, last = before.totals[measure], after.totals[measure]
            blind, words = last.value("blind"), last.value("words")
            lines.append(_line(f"  {label}", first.value("score"), last.value("score"), blind, words))
    first, last = before.overall, after.overall
    for name, label in (("format", "format"), ("map_iou", "map IoU")):
        lines.append(_line(f"  {label}", first.value(name), last.value(name)))
    errors = (last.value(f"{which}center_error_m") for which in ("", "blind_", "words_"))
    lines.append(_line("  centre error, m", first.value("center_error_m"), *errors))
    return lines


def _line(label: str, *cells: str | float | None) -> str:
    return f"{label:<32}{''.join(f'{_cell(cell):>9}' for cell in cells)}"


def _cell(value: str | float | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.3f}"
