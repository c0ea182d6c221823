"""The command line. Every command imports what it needs when it runs, so that `--help` is instant."""

from pathlib import Path

import click

from simgen import __version__
from simgen.cli.assets import assets
from simgen.cli.audit import audit
from simgen.cli.bench import bench
from simgen.cli.data import qa, render, verify, view
from simgen.cli.houses import houses
from simgen.cli.machine import doctor, gallery
from simgen.cli.models import evaluate, publish, train
from simgen.cli.recipes import recipe
from simgen.cli.shared import Group
from simgen.cli.thor import thor


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="simgen")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="SIMGEN_DATA",
    default=Path("simgen-data"),
    show_default=True,
    help="Folder under which everything lives ($SIMGEN_DATA).",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def main(ctx: click.Context, data: Path, debug: bool) -> None:
    """Spatial reasoning data from simulated houses: render clips, ask questions, train on them."""
    ctx.obj = data


for command in (
    render,
    qa,
    verify,
    audit,
    train,
    evaluate,
    publish,
    view,
    recipe,
    houses,
    doctor,
    assets,
    thor,
    bench,
    gallery,
):
    main.add_command(command)
