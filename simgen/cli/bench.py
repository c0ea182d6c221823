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
    from simgen.bench.engine import bench_engine as run
    from simgen.bench.table import engine_table

    results = run(data_folder(ctx), rounds, peers, pictures)
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(engine_table(results))


@bench.command("houses")
@click.option(
    "--count", type=click.IntRange(min=1), default=50, show_default=True, help="Seeds to sample, from 0."
)
@click.option(
    "--upstream",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many of them upstream's procthor samples too.",
)
@json_option
def bench_houses(count: int, upstream: int, as_json: bool) -> None:
    """Seconds to sample a house of ProcTHOR-10K's room specs, and whether it is the one that upstream gives.

    On one core, each house in a fresh process. The defaults take a few minutes, most of them
    upstream's. Exit code 1 if a house differs.
    """
    from simgen.bench.houses import bench_houses as run
    from simgen.bench.houses import houses_table

    results = run(count, min(upstream, count))
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(houses_table(results))
    if results["equal"] < results["compared"]:
        raise SystemExit(1)


@bench.command("trajectories")
@click.option(
    "--houses", type=click.IntRange(min=1), default=20, show_default=True, help="Houses to walk in."
)
@json_option
@data_option
@click.pass_context
def bench_trajectories(ctx: click.Context, houses: int, as_json: bool) -> None:
    """What each kind of trajectory shows, and whether rays find anything in its way.

    The first run samples the houses; twenty take ten to twenty minutes on one core.
    """
    from simgen.bench.trajectories import bench_trajectories as run
    from simgen.bench.trajectories import trajectories_table

    results = run(data_folder(ctx), houses)
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(trajectories_table(results))


@bench.command("qa")
@click.option("--dataset", metavar="NAME", help="Only this recipe's clips.")
@click.option(
    "--clips", type=click.IntRange(min=1), default=20, show_default=True, help="Clips at most, spread evenly."
)
@json_option
@data_option
@click.pass_context
def bench_qa(ctx: click.Context, dataset: str | None, clips: int, as_json: bool) -> None:
    """Questions proposed, made and verified a second on one core, and how that grows with the objects.

    On clips of the data folder, read into memory first; takes about a minute.
    """
    from simgen.bench.questions import bench_questions, questions_table

    results = bench_questions(data_folder(ctx), dataset, clips)
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(questions_table(results))
