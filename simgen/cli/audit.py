"""`simgen audit`: whether a data set can be answered without looking."""

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
@click.option("--dataset", metavar="NAME", help="Only this recipe's questions. [default: all together]")
@click.option(
    "--learn-from", metavar="NAME", help="Guess after learning from this recipe's questions, of other houses."
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Parts of the houses; --learn-from needs none.",
)
@click.option(
    "--target",
    type=click.FloatRange(min=0.0),
    default=3.0,
    show_default=True,
    metavar="POINTS",
    help="How far above chance guessing may be.",
)
@click.option("--prune", is_flag=True, help="Drop the most guessable questions until the target is met.")
@click.option(
    "--card", type=click.Path(dir_okay=False, path_type=Path), help="Write a release card's section here."
)
@click.option("--geometry", is_flag=True, help="Compare with axis-aligned boxes instead.")
@click.option(
    "--templates", "-t", multiple=True, metavar="FILE", help="With --geometry: templates of your own."
)
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
    """Guess the answers from the questions alone, and compare with chance.

    Exit code 1 when guessing is surely more than the target above chance for a template.
    """
    if geometry and (prune or card is not None or learn_from is not None):
        raise click.UsageError("--geometry goes with none of --prune, --card and --learn-from")
    if geometry:
        _geometry(ctx, dataset, templates, as_json)
        return
    if templates:
        raise click.UsageError("--templates goes with --geometry; guessers need no templates")
    from simgen.qa.audit import audit as run
    from simgen.qa.audit import audit_table, card_section
    from simgen.store.files import write_text

    summary = run(data_folder(ctx), dataset, folds, target, prune, workers, learn_from)
    if card is not None:
        write_text(card, card_section(summary, folds))
    if as_json:
        print_summary(summary.as_dict(), as_json)
    else:
        click.echo(audit_table(summary.templates))
        print_summary({"pruned": summary.pruned or None, "seconds": summary.seconds}, as_json)
    report_failures(ctx, summary.failures, as_json)


def _geometry(ctx: click.Context, dataset: str | None, templates: Sequence[str], as_json: bool) -> None:
    from simgen.qa.audit import audit_geometry, geometry_table
    from simgen.qa.templates.loading import list_template_ids

    names = [*list_template_ids(), *split_names(templates)]
    summary = audit_geometry(data_folder(ctx), dataset, names)
    if as_json:
        print_summary(dataclasses.asdict(summary), as_json)
    else:
        click.echo(geometry_table(summary))
