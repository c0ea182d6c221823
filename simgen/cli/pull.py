"""The command `pull`."""

import dataclasses

import click

from simgen.cli.shared import (
    data_option,
    data_path,
    json_option,
    print_summary,
    report_failures,
    workers_option,
)


@click.command(short_help="Make data sets from a release, and verify them.")
@click.argument("release", metavar="OWNER/NAME|DIR")
@click.option("--revision", help="Branch, tag or commit of the repository.  [default: main]")
@workers_option
@json_option
@data_option
@click.pass_context
def pull(ctx: click.Context, release: str, revision: str | None, workers: int, as_json: bool) -> None:
    """Make the data sets of a release in the data folder: clips, questions, templates and recipe.

    The release is a folder, or a repository on the Hugging Face Hub. Its checksums are compared, then every
    question is verified. After an interruption the same command continues.
    """
    from simgen.api import pull as run

    report = run(release, data_path(ctx), revision=revision, workers=workers)
    print_summary({**dataclasses.asdict(report), "datasets": list(report.datasets)}, as_json)
    if report.failed and not as_json:
        kept = (
            f"{report.failed} of {report.checked} questions fail; the data sets are kept in {data_path(ctx)}"
        )
        click.echo(f"simgen: {kept}", err=True)
    report_failures(ctx, report.failures, as_json)
