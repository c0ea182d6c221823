"""Commands that measure."""

from pathlib import Path

import click

from simgen.cli.shared import data_folder, data_option, json_option, print_summary


@click.group()
def bench() -> None:
    """Measure how fast simgen is on this machine, beside its peers."""


@bench.command("engine")
@click.option(
    "--peers/--no-peers", default=True, show_default=True, help="Measure MuJoCo, pyrender, VTK too."
)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Turns that each gets."
)
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what each renderer shows.",
)
@json_option
@data_option
@click.pass_context
def bench_engine(ctx: click.Context, peers: bool, rounds: int, pictures: Path | None, as_json: bool) -> None:
    """Frames per second on one fixed house, a client's step, a new house, and memory.

    The first run samples the house, which takes half a minute; three rounds with the peers take about four
    minutes on 2 cores.
    """
    from simgen.runner.bench.engine import bench_engine as run
    from simgen.runner.bench.table import engine_table

    results = run(data_folder(ctx), rounds, peers, pictures)
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(engine_table(results))
