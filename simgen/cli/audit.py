"""`simgen audit`: measures how well the questions can be answered without the frames."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import click

from simgen.cli.shared import (
    data_folder,
    data_option,
    json_option,
    print_summary,
    report_failures,
    split_names,
    workers_option,
)


@click.command()
@click.option("--dataset", metavar="NAME", help="Audit only this recipe's questions. [default: all together]")
@click.option("--learn-from", metavar="NAME", help="Train the guessers on this recipe's questions instead.")
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Folds of the houses for cross-validation; unused with --learn-from.",
)
@click.option(
    "--target",
    type=click.FloatRange(min=0.0),
    default=3.0,
    show_default=True,
    metavar="POINTS",
    help="By how much guessing may exceed chance.",
)
@click.option("--prune", is_flag=True, help="Drop the most guessable questions until the target is met.")
@click.option(
    "--card",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a release card's section to this file.",
)
@click.option("--geometry", is_flag=True, help="Count the answers that axis-aligned boxes change instead.")
@click.option("--templates", "-t", multiple=True, metavar="FILE", help="With --geometry: your own templates.")
@workers_option
@json_option
@data_option
@click.pass_context
def audit(
    ctx: click.Context,
    dataset: str | None,
    learn_from: str | None,
    folds: int,
    target: float,
    prune: bool,
    card: Path | None,
    geometry: bool,
    templates: Sequence[str],
    workers: int,
    as_json: bool,
) -> None:
    """Measure how well the answers can be guessed without the frames.

    The exit code is 1 when a template can be guessed better than chance by more than the target.
    """
    if geometry and (prune or card is not None or learn_from is not None):
        raise click.UsageError("--geometry cannot be combined with --prune, --card or --learn-from")
    if geometry:
        _geometry(ctx, dataset, templates, as_json)
        return
    if templates:
        raise click.UsageError("--templates is only used with --geometry; leave it out")
    from simgen.qa.audit import audit as run
    from simgen.report.audit import card_section, format_audit
    from simgen.store.files import write_text

    summary = run(data_folder(ctx), dataset, folds, target, prune, workers, learn_from)
    if card is not None:
        write_text(card, card_section(summary, folds))
    if as_json:
        print_summary(summary.as_dict(), as_json)
    else:
        click.echo(format_audit(summary))
        print_summary({"pruned": summary.pruned or None, "seconds": summary.seconds}, as_json)
    report_failures(ctx, summary.failures, as_json)


def _geometry(ctx: click.Context, dataset: str | None, templates: Sequence[str], as_json: bool) -> None:
    from simgen.qa.audit_geometry import audit_geometry
    from simgen.qa.templates.loading import list_template_ids
    from simgen.report.audit import geometry_table

    names = [*list_template_ids(), *split_names(templates)]
    summary = audit_geometry(data_folder(ctx), dataset, names)
    if as_json:
        print_summary(dataclasses.asdict(summary), as_json)
    else:
        click.echo(geometry_table(summary).as_text())
