"""`simgen houses`: samples, imports, checks and lists houses."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simgen.cli.shared import (
    data_folder,
    data_option,
    json_option,
    print_summary,
    recipe_option,
    report_failures,
    workers_option,
)

if TYPE_CHECKING:
    from simgen.types import Split

houses_path = click.Path(path_type=Path)
out_option = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.jsonl.gz",
    help="File to write. [default: houses.jsonl.gz in the data folder]",
)


@click.group(short_help="Sample, import, check and list houses.")
def houses() -> None:
    """Sample houses without rendering them; import, check and list files of houses."""


@houses.command("sample", short_help="Sample the houses of a recipe, or a number of them.")
@recipe_option(required=False, help_text="The recipe whose houses to sample; or give --count.")
@click.option("--count", "-n", type=click.IntRange(min=1), help="Sample this many houses without a recipe.")
@click.option("--rooms", metavar="TYPE,…", default="", help="Room types that each house must have.")
@click.option("--min-rooms", type=click.IntRange(1, 32), default=1, show_default=True, help="Fewest rooms.")
@click.option("--max-rooms", type=click.IntRange(1, 32), default=12, show_default=True, help="Most rooms.")
@click.option("--specs", metavar="NAME|FILE", help="Page of room specs. [default: ProcTHOR-10K's]")
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    default="train",
    show_default=True,
    help="Split that the houses belong to.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="First seed.")
@out_option
@workers_option
@json_option
@data_option
@click.pass_context
def houses_sample(
    ctx: click.Context,
    recipe: str | None,
    count: int | None,
    rooms: str,
    min_rooms: int,
    max_rooms: int,
    specs: str | None,
    split: "Split",
    seed: int,
    out: Path | None,
    workers: int,
    as_json: bool,
) -> None:
    """Sample the houses of a recipe, or --count houses, into houses.jsonl.gz (ProcTHOR-10K's format).

    After an interruption the same command resumes.
    """
    from simgen.recipe import load_recipe
    from simgen.scenes.houses.obtain import obtain_houses, require_own_file
    from simgen.scenes.houses.sample import make_sampling_recipe
    from simgen.scenes.render import with_pack

    if (recipe is None) == (count is None):
        raise click.UsageError("give either --recipe or --count")
    if recipe is not None:
        _refuse_with_recipe(ctx)
        loaded, assets = with_pack(load_recipe(recipe), data_folder(ctx))
        path = data_folder(ctx).dataset(loaded.name).houses_path
    else:
        names = [name.strip() for name in rooms.split(",") if name.strip()]
        loaded, assets = (
            make_sampling_recipe(count or 0, split, seed, names, (min_rooms, max_rooms), specs),
            None,
        )
        path = out or data_folder(ctx).path / "houses.jsonl.gz"
        require_own_file(loaded, path)
    summary = obtain_houses(loaded, path, workers, assets)
    shown = {
        "houses": len(summary.houses),
        "made": summary.made,
        "failed": list(summary.failed),
        "seeds_tried": summary.seeds_tried,
        "rejected": summary.rejected,
        "seconds": summary.seconds,
        "path": str(path),
    }
    print_summary(shown, as_json)
    report_failures(ctx, summary.failed, as_json)


@houses.command("import", short_help="Copy the valid houses of a file or folder.")
@click.argument("source", type=houses_path, metavar="PATH")
@out_option
@workers_option
@json_option
@data_option
@click.pass_context
def houses_import(ctx: click.Context, source: Path, out: Path | None, workers: int, as_json: bool) -> None:
    """Write the valid houses of a file or folder in the current schema; report the others with the reason.

    Reads .jsonl.gz, .jsonl, .json.gz and .json, and folders with train, val and test files of these.
    """
    from simgen.scenes.houses.files import import_houses

    summary = import_houses(source, out or data_folder(ctx).path / "houses.jsonl.gz", workers)
    print_summary(dataclasses.asdict(summary), as_json)
    report_failures(ctx, summary.failed, as_json)


@houses.command("check", short_help="Check each house of a file or folder.")
@click.argument("source", type=houses_path, metavar="PATH")
@workers_option
@json_option
@click.pass_context
def houses_check(ctx: click.Context, source: Path, workers: int, as_json: bool) -> None:
    """Check each house of a file or folder; exit code 1 if any house has a fault."""
    from simgen.scenes.houses.files import check_houses, count_by_rule

    checked = list(check_houses(source, workers))
    faulty = {item.label: list(item.faults) for item in checked if item.faults}
    summary = {"houses": len(checked), "valid": len(checked) - len(faulty), "by_rule": count_by_rule(checked)}
    print_summary({**summary, "faults": faulty} if as_json else summary, as_json)
    report_failures(ctx, [f"{label}: {'; '.join(faults)}" for label, faults in faulty.items()], as_json)


@houses.command("ls", short_help="List the houses of a file or folder.")
@click.argument("source", type=houses_path, metavar="PATH")
@json_option
def houses_ls(source: Path, as_json: bool) -> None:
    """List the houses of a file or folder: split, number of objects, room types."""
    from simgen.scenes.houses.files import list_houses

    listed = list_houses(source)
    if as_json:
        print_summary({item.label: dataclasses.asdict(item) for item in listed}, True)
        return
    width = max((len(item.label) for item in listed), default=0)
    for item in listed:
        rooms = ", ".join(item.rooms)
        click.echo(f"{item.label:{width}}  {item.split or '-':5}  {item.objects:4} objects  {rooms}")


def _refuse_with_recipe(ctx: click.Context) -> None:
    """Raises UsageError for options that cannot be combined with a recipe."""
    for name in ("rooms", "min_rooms", "max_rooms", "specs", "split", "seed", "out"):
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} goes with --count; a recipe has it in its houses")
