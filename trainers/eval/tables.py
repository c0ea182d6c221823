"""The report of an evaluation as tables: aligned text for a terminal, or Markdown."""

from collections.abc import Sequence

from simgen.tables import Table
from simgen.trainers.eval.bootstrap import Estimate
from simgen.trainers.eval.scores import EvalReport, GroupScores
from simgen.trainers.eval.seeds import RANGE

UNKNOWN = "-"
TOTALS: dict[str, str] = {"mra": "all numbers", "accuracy": "all choices", "mixed": "all"}
"""How tables name the totals of a report."""
NOTES = (
    "score: mean relative accuracy (MRA) of numbers, accuracy of choices and orders, 0 to 1",
    "blind: the same model and prompts, shown the frames of another house",
    "words: the best guess from the words alone, constant: the best single answer; both learned from the "
    "training rows",
    "own map: the score of the answer that follows from the map that the model drew",
    "error: mean distance between true and drawn centres of objects, in metres; words: the median box of "
    "each type",
    "[ ]: 95 % interval, from a bootstrap over houses",
)
"""What the columns mean."""
ONE_HOUSE = "With one held-out house there is neither a blind twin nor an interval: render more houses."


def describe_report(report: EvalReport) -> str:
    """One line: the numbers of questions and houses, by split."""
    parts = [
        f"{split}: {_count(found['rows'], 'question')}, {_count(found['houses'], 'house')}"
        for split, found in report.splits.items()
    ]
    whole = f"{_count(report.rows, 'question')} about {_count(report.houses, 'house')}"
    return f"{whole} ({'; '.join(parts)})"


def list_notes(report: EvalReport) -> tuple[str, ...]:
    """What the columns mean, and why some may be empty."""
    return (*NOTES, ONE_HOUSE) if report.houses == 1 else NOTES


def format_report(report: EvalReport) -> str:
    """The report as aligned text, without a newline at its end."""
    tables = "\n\n".join(table.as_text() for table in make_tables(report).values())
    return "\n".join([describe_report(report), "", tables, "", *list_notes(report)])


def format_average(names: Sequence[str], report: EvalReport) -> str:
    """The mean over runs of these names as aligned text, without a newline at its end."""
    tables = "\n\n".join(table.as_text() for table in make_tables(report, RANGE).values())
    head = f"mean over {len(names)} runs ({', '.join(names)}): {describe_report(report)}"
    return "\n".join([head, "", tables, "", *NOTES[:-1], "[ ]: the lowest and the highest run"])


def make_tables(report: EvalReport, ends: str = "95 %") -> dict[str, Table]:
    """The tables of a report by title; those by number of frames only if there are several numbers.

    `ends` says in the heads of columns what the two ends of a value are.
    """
    groups = list_groups(report)
    counts = {count for found in report.frames.values() for count in found}
    tables = {"Answers": _answer_table(groups, ends), "Maps": _map_table(groups, ends)}
    if not any(scores.means["map_recall"] for _, scores in groups):
        del tables["Maps"]
    return {**tables, "Frames": _frame_table(report, ends)} if len(counts) > 1 else tables


def list_groups(report: EvalReport) -> list[tuple[str, GroupScores]]:
    """The scores of all templates, then the totals that hold more than one of them, each with its label."""
    shown = list_shown_totals([scores.measure for scores in report.templates.values()])
    return [*report.templates.items(), *((TOTALS[name], report.totals[name]) for name in shown)]


def list_shown_totals(measures: Sequence[str]) -> list[str]:
    """The totals worth a line beside templates with these measures: those of several templates."""
    several = [measure for measure in ("accuracy", "mra") if measures.count(measure) > 1]
    return [*several, "mixed"] if len(set(measures)) > 1 else several


def format_value(value: float | None, decimals: int = 3, signed: bool = False) -> str:
    """A number, or `-` for None."""
    return UNKNOWN if value is None else f"{value:{'+' if signed else ''}.{decimals}f}"


def format_estimate(found: Estimate | None, decimals: int = 3, signed: bool = False) -> str:
    """A value and its interval, such as `0.515 [0.470, 0.560]`, or `-` for None."""
    if found is None:
        return UNKNOWN
    value = format_value(found.value, decimals, signed)
    if found.low is None:
        return value
    low, high = (format_value(end, decimals, signed) for end in (found.low, found.high))
    return f"{value} [{low}, {high}]"


def _answer_table(groups: Sequence[tuple[str, GroupScores]], ends: str) -> Table:
    head = (
        "answers",
        "n",
        f"score [{ends}]",
        "blind",
        "words",
        "constant",
        "own map",
        "score - blind",
        "score - words",
    )
    rows = [
        (
            name,
            f"{scores.n:,}",
            format_estimate(scores.means["score"]),
            *(format_value(scores.value(key)) for key in ("blind", "words", "constant", "own_map")),
            *(
                format_estimate(scores.differences[key], signed=True)
                for key in ("score_minus_blind", "score_minus_words")
            ),
        )
        for name, scores in groups
    ]
    return Table(head, tuple(rows))


def _map_table(groups: Sequence[tuple[str, GroupScores]], ends: str) -> Table:
    head = (
        "maps",
        "format",
        "recall",
        "IoU",
        f"error m [{ends}]",
        "blind",
        "words",
        "error - blind",
        "error - words",
    )
    rows = [
        (
            name,
            *(format_value(scores.value(key)) for key in ("format", "map_recall", "map_iou")),
            format_estimate(scores.means["center_error_m"], 2),
            *(format_value(scores.value(key), 2) for key in ("blind_center_error_m", "words_center_error_m")),
            *(
                format_estimate(scores.differences[key], 2, signed=True)
                for key in ("center_error_minus_blind_m", "center_error_minus_words_m")
            ),
        )
        for name, scores in groups
    ]
    return Table(head, tuple(rows))


def _frame_table(report: EvalReport, ends: str) -> Table:
    head = ("by number of frames", "frames", "n", f"score [{ends}]", "blind", "words", f"error m [{ends}]")
    rows = [
        (
            name,
            str(count),
            f"{scores.n:,}",
            format_estimate(scores.means["score"]),
            *(format_value(scores.value(key)) for key in ("blind", "words")),
            format_estimate(scores.means["center_error_m"], 2),
        )
        for name, found in report.frames.items()
        for count, scores in sorted(found.items())
    ]
    return Table(head, tuple(rows))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
