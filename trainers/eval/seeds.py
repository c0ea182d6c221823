"""The mean over several runs, such as three seeds of one config, with the lowest and the highest of them."""

from collections.abc import Mapping, Sequence

from simgen.errors import InputError
from simgen.trainers.eval.bootstrap import Estimate
from simgen.trainers.eval.scores import EvalReport, GroupScores

RANGE = "lowest, highest"
"""What the two ends beside a mean over runs are, in the heads of tables."""


def average_reports(reports: Mapping[str, EvalReport]) -> EvalReport:
    """The means over runs, by their names; the ends of each value are those of the lowest and highest run.

    Raises InputError for a single run, and for runs whose numbers of rows or houses differ for a template and
    a number of frames. Whether the rows are the same ones is not known from reports.
    """
    first, *others = reports.values()
    if not others:
        raise InputError("a mean over runs needs at least two different runs; give --seeds once for each")
    for name, report in reports.items():
        if _list_sizes(report) != _list_sizes(first):
            raise InputError(
                f"{name} answered other questions than {next(iter(reports))}: {report.rows:,} about "
                f"{report.houses:,} houses, and {first.rows:,} about {first.houses:,}, or with other frames; "
                "ask both with the same --rows"
            )
    whole = list(reports.values())
    return EvalReport(
        rows=first.rows,
        houses=first.houses,
        splits=first.splits,
        templates={name: _average([each.templates[name] for each in whole]) for name in first.templates},
        frames={
            name: {count: _average([each.frames[name][count] for each in whole]) for count in found}
            for name, found in first.frames.items()
        },
        totals={name: _average([each.totals[name] for each in whole]) for name in first.totals},
    )


def _list_sizes(report: EvalReport) -> list[tuple[str, int, int, int]]:
    """Template, frames, rows and houses of each cell of a report."""
    return [
        (name, count, found.n, found.houses)
        for name, cells in sorted(report.frames.items())
        for count, found in sorted(cells.items())
    ]


def _average(groups: Sequence[GroupScores]) -> GroupScores:
    first = groups[0]
    return GroupScores(
        n=first.n,
        houses=first.houses,
        measure=first.measure,
        means={name: _spread([group.means[name] for group in groups]) for name in first.means},
        differences={
            name: _spread([group.differences[name] for group in groups]) for name in first.differences
        },
    )


def _spread(found: Sequence[Estimate | None]) -> Estimate | None:
    """The mean of the values with the lowest and the highest; None if one of them is not known."""
    values = [estimate.value for estimate in found if estimate is not None]
    if len(values) < len(found):
        return None
    return Estimate(sum(values) / len(values), min(values), max(values))
