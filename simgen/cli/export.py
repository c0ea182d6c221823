"""The command `export`."""

from pathlib import Path

import click

from simgen.cli.shared import data_option, data_path, json_option, print_summary, workers_option

FORMATS = ("trl", "llava", "llama-factory", "ms-swift", "verl", "easyr1", "nanovlm")
"""The names in `simgen.release.formats.FORMATS`, which cannot be imported here without pyarrow."""


@click.command()
@click.option(
    "--format", "name", type=click.Choice(FORMATS), required=True, help="The program that reads it."
)
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write."
)
@click.option("--dataset", metavar="NAME", help="Export the clips and questions of this recipe only.")
@click.option(
    "--target",
    type=click.Choice(("metric", "grid", "none")),
    default="metric",
    show_default=True,
    help="What the model writes before the answer: boxes in metres, cells of a grid, or nothing.",
)
@click.option(
    "--map",
    "entries",
    type=click.Choice(("all", "asked", "near")),
    default="all",
    show_default=True,
    help="Objects of the map: all, those of the question, or those and what is near them.",
)
@workers_option
@json_option
@data_option
@click.pass_context
def export(
    ctx: click.Context,
    name: str,
    to: Path,
    dataset: str | None,
    target: str,
    entries: str,
    workers: int,
    as_json: bool,
) -> None:
    """Write questions and frames for another trainer.

    Each frame is written once, as JPEG. An earlier export in the folder is replaced. The paths in the files
    are relative to the folder.
    """
    from simgen.api import export as run

    report = run(
        to, name, data_path(ctx), dataset=dataset, target=target, map_entries=entries, workers=workers
    )
    print_summary(report.as_dict(), as_json)
