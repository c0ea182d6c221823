"""What a training run reports: plain values and the table printed at its end."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EvalScores:
    """Scores of greedy answers to held-out rows, each 0 to 1; None where no row asks for it."""

    rows: int
    accuracy: float | None
    """Exact matches over the rows with choices or orders."""
    mra: float | None
    """Mean relative accuracy over the rows with numbers."""
    format: float
    map_iou: float
    """Mean over rows of the mean box IoU of the answered map; 0 where none could be read."""


@dataclass(frozen=True, slots=True)
class Rewards:
    """Mean rewards over some steps of GRPO, each 0 to 1."""

    total: float
    accuracy: float
    format: float


@dataclass(frozen=True, slots=True)
class TrainReport:
    """One run in numbers. First and last are means over the first and the last fifth of the steps."""

    model: str
    parameters: int
    trainable_parameters: int
    stages: int
    train_rows: int
    thinned_rows: int
    """Rows with more frames than `frames_per_sample`, which were thinned evenly."""
    max_completion_tokens: int
    sft_steps: int
    grpo_steps: int
    sft_loss_first: float
    sft_loss_last: float
    grpo_first: Rewards | None
    grpo_last: Rewards | None
    before: EvalScores
    after: EvalScores
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values, ready for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The run as an aligned text table, without a trailing newline."""
        lines = [_facts(self), _line(f"training, {self.stages} stages", "first", "last")]
        lines.append(_line(f"  SFT loss, {self.sft_steps} steps", self.sft_loss_first, self.sft_loss_last))
        if self.grpo_first is not None and self.grpo_last is not None:
            lines += _reward_lines(self.grpo_first, self.grpo_last, self.grpo_steps)
        lines += _eval_lines(self.before, self.after)
        return "\n".join(lines)


def report_from_dict(values: dict[str, Any]) -> TrainReport:
    """The report that `as_dict` was made from."""
    rewards: dict[str, Any] = {
        name: Rewards(**values[name]) if values[name] else None for name in ("grpo_first", "grpo_last")
    }
    scores: dict[str, Any] = {name: EvalScores(**values[name]) for name in ("before", "after")}
    return TrainReport(**{**values, **rewards, **scores})


def _facts(report: TrainReport) -> str:
    thinned = f", {report.thinned_rows} thinned to fewer frames" if report.thinned_rows else ""
    return (
        f"{report.model}: {report.trainable_parameters:,} of {report.parameters:,} parameters trained "
        f"on {report.train_rows} rows{thinned} in {report.seconds:.0f} s"
    )


def _reward_lines(first: Rewards, last: Rewards, steps: int) -> list[str]:
    return [
        _line(f"  GRPO reward, {steps} steps", first.total, last.total),
        _line("    accuracy (MRA or match)", first.accuracy, last.accuracy),
        _line("    format", first.format, last.format),
    ]


def _eval_lines(before: EvalScores, after: EvalScores) -> list[str]:
    return [
        _line(f"held-out houses, {after.rows} rows", "before", "after"),
        _line("  accuracy (choices)", before.accuracy, after.accuracy),
        _line("  MRA (numbers)", before.mra, after.mra),
        _line("  format", before.format, after.format),
        _line("  map IoU", before.map_iou, after.map_iou),
    ]


def _line(label: str, first: str | float | None, last: str | float | None) -> str:
    return f"{label:<32}{_cell(first):>9}{_cell(last):>9}"


def _cell(value: str | float | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.3f}"
