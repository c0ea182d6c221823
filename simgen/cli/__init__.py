"""The command line. A command imports what it needs when it runs, so that `--help` is fast."""

from pathlib import Path

import click

from simgen import __version__
from simgen.cli.assets import assets
from simgen.cli.audit import audit
from simgen.cli.bench import bench
from simgen.cli.data import qa, render, verify, view
from simgen.cli.export import export
from simgen.cli.houses import houses
from simgen.cli.machine import doctor, gallery
from simgen.cli.publish import publish, upload
from simgen.cli.pull import pull
from simgen.cli.recipes import recipe
from simgen.cli.shared import Group
from simgen.cli.thor import thor
from simgen.cli.train import evaluate, train


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="simgen")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="SIMGEN_DATA",
    default=Path("simgen-data"),
    show_default=True,
    help="Folder of all data: houses, clips, questions and runs. Also set by $SIMGEN_DATA.",
)
@click.option("--debug", is_flag=True, help="On an error, show the traceback too.")
@click.pass_context
def main(ctx: click.Context, data: Path, debug: bool) -> None:
    """Make spatial reasoning data from simulated houses, and train vision-language models on it.

    A project runs `render`, `qa`, `verify`, `train` and `publish`, in this order.
    """
    ctx.obj = data


for command in (
    recipe,
    render,
    view,
    qa,
    verify,
    audit,
    train,
    evaluate,
    export,
    publish,
    upload,
    pull,
    houses,
    assets,
    thor,
    doctor,
    bench,
    gallery,
):
    main.add_command(command)
