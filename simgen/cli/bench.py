"""Commands that measure speed."""

from pathlib import Path

import click

from simgen.cli.shared import data_folder, data_option, json_option, print_summary, workers_option


@click.group(short_help="Measure simgen's speed on this machine.")
def bench() -> None:
    """Measure simgen's speed on this machine, and compare it with other software."""


@bench.command("engine", short_help="Measure the engine, beside other renderers.")
@click.option(
    "--peers/--no-peers", default=True, show_default=True, help="Also measure MuJoCo, pyrender and VTK."
)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Number of rounds.")
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Save each renderer's pictures in this folder.",
)
@json_option
@data_option
@click.pass_context
def bench_engine(ctx: click.Context, peers: bool, rounds: int, pictures: Path | None, as_json: bool) -> None:
    """Measure frames per second, the time of a step and of a new house, and memory, on one fixed house.

    The first run samples the house, which takes half a minute. Three rounds with the other renderers take
    about four minutes on 2 cores.
    """
    from simgen.bench.engine import bench_engine as run
    from simgen.bench.table import engine_table

    results = run(data_folder(ctx), rounds, peers, pictures)
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(engine_table(results))


@bench.command("houses", short_help="Measure the sampling of houses, beside upstream.")
@click.option(
    "--count", type=click.IntRange(min=1), default=50, show_default=True, help="Number of seeds, from 0."
)
@click.option(
    "--upstream",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Number of these seeds that upstream's procthor samples too.",
)
@json_option
def bench_houses(count: int, upstream: int, as_json: bool) -> None:
    """Measure the time to sample a house, and check that upstream's procthor gives the same house.

    The houses use ProcTHOR-10K's room specs. It runs on one core, each house in a fresh process. The defaults
    take a few minutes, most of them for upstream. The exit code is 1 if a house differs.
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


@bench.command("trajectories", short_help="Measure what each kind of trajectory shows.")
@click.option("--houses", type=click.IntRange(min=1), default=20, show_default=True, help="Number of houses.")
@json_option
@data_option
@click.pass_context
def bench_trajectories(ctx: click.Context, houses: int, as_json: bool) -> None:
    """Measure what each kind of trajectory shows, and test with rays whether it passes through objects.

    The first run samples the houses. Twenty houses take ten to twenty minutes on one core.
    """
    from simgen.bench.trajectories import bench_trajectories as run
    from simgen.bench.trajectories import trajectories_table

    results = run(data_folder(ctx), houses)
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(trajectories_table(results))


@bench.command("qa", short_help="Measure how fast questions are made and verified.")
@click.option("--dataset", metavar="NAME", help="Use only this data set's clips.")
@click.option(
    "--clips", type=click.IntRange(min=1), default=20, show_default=True, help="Maximum number of clips."
)
@json_option
@data_option
@click.pass_context
def bench_qa(ctx: click.Context, dataset: str | None, clips: int, as_json: bool) -> None:
    """Measure questions proposed, made and verified per second, and the growth with the number of objects.

    It runs on one core, on clips spread evenly over the data folder, and takes about a minute. Reading the
    clips is not timed.
    """
    from simgen.bench.questions import bench_questions, questions_table

    results = bench_questions(data_folder(ctx), dataset, clips)
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(questions_table(results))


@bench.command("loader", short_help="Measure how fast frames are read, beside MP4 and JPEG.")
@click.option("--dataset", metavar="NAME", help="Use only this data set's clips.")
@click.option(
    "--clips", type=click.IntRange(min=1), default=8, show_default=True, help="Maximum number of clips."
)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="Number of rounds.")
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="Worker processes of the data loader in the last part.",
)
@click.option(
    "--image-px",
    type=click.IntRange(min=1),
    help="Scale each frame to this longer side, as training does. [default: the stored size]",
)
@json_option
@data_option
@click.pass_context
def bench_loader(
    ctx: click.Context,
    dataset: str | None,
    clips: int,
    rounds: int,
    workers: int,
    image_px: int | None,
    as_json: bool,
) -> None:
    """Measure the frames a second that training reads from clips, MP4 files and folders of JPEGs.

    The MP4 files and JPEGs are made of the same clips, in a temporary folder. It takes about a minute.
    """
    from simgen.trainers.extra import require_packages

    require_packages("simgen bench loader", ("av", "torch"))
    from simgen.bench.loader import bench_loader as run
    from simgen.bench.loader import loader_table

    results = run(data_folder(ctx), dataset, clips, rounds, workers, image_px)
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(loader_table(results))


@bench.command("release", short_help="Measure size, time and memory of a release.")
@click.option("--dataset", metavar="NAME", help="Use this data set.  [default: the first with questions]")
@click.option(
    "--rows",
    "row_counts",
    type=click.IntRange(min=1),
    multiple=True,
    default=(1000, 20_000),
    show_default=True,
    help="Number of rows of a release; give it once for each release.",
)
@workers_option
@json_option
@data_option
@click.pass_context
def bench_release(
    ctx: click.Context, dataset: str | None, row_counts: tuple[int, ...], workers: int, as_json: bool
) -> None:
    """Measure a release as it is written and as `datasets` loads it: bytes a row, seconds and peak memory.

    The rows are those of a data set, repeated where there are too few. They are not verified.
    """
    from simgen.bench.release import bench_release as run
    from simgen.bench.release import release_table

    results = run(data_folder(ctx), dataset, row_counts, workers)
    if as_json:
        print_summary(results, as_json)
    else:
        click.echo(release_table(results))
