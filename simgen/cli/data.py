"""Commands that make and look at data: recipes, houses, clips and questions."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simgen.cli.shared import (
    QUALITIES,
    data_folder,
    data_option,
    json_option,
    print_summary,
    recipe_option,
    report_failures,
    split_names,
    workers_option,
)
from simgen.errors import InputError

if TYPE_CHECKING:
    from simgen.types import Quality


@click.command()
@recipe_option(required=True, help_text="A bundled recipe's name, or a YAML file.")
@workers_option
@click.option("--replace", is_flag=True, help="Remove clips of another version of the recipe.")
@click.option("--assets", metavar="NAME|FOLDER", help="Draw with this asset pack instead of the recipe's.")
@click.option("--quality", type=click.Choice(QUALITIES), help="Draw like this instead of the recipe's.")
@json_option
@data_option
@click.pass_context
def render(
    ctx: click.Context,
    recipe: str,
    workers: int,
    replace: bool,
    assets: str | None,
    quality: "Quality | None",
    as_json: bool,
) -> None:
    """Sample a recipe's houses and render its clips; what is there already is kept."""
    from simgen.recipe import load_recipe
    from simgen.runner.render import render as run

    loaded = load_recipe(recipe)
    if assets is not None:
        loaded = loaded.with_assets(assets)
    if quality is not None:
        loaded = loaded.with_quality(quality)
    summary = run(loaded, data_folder(ctx), workers, replace)
    print_summary(dataclasses.asdict(summary), as_json)
    report_failures(ctx, summary.failed, as_json)


@click.command()
@click.option(
    "--templates", "-t", multiple=True, metavar="GROUP|ID|FILE", help="Which questions. [default: all]"
)
@click.option("--dataset", metavar="NAME", help="Only this recipe's clips.")
@json_option
@data_option
@click.pass_context
def qa(ctx: click.Context, templates: Sequence[str], dataset: str | None, as_json: bool) -> None:
    """Make questions, with answers computed from the geometry, for every clip."""
    from simgen.qa.templates import bundled_template_ids
    from simgen.runner.questions import ask

    names = split_names(templates) or bundled_template_ids()
    print_summary(dataclasses.asdict(ask(data_folder(ctx), dataset, names)), as_json)


@click.command()
@click.option(
    "--templates", "-t", multiple=True, metavar="FILE", help="Templates of your own that rows came from."
)
@click.option("--dataset", metavar="NAME", help="Only this recipe's questions.")
@json_option
@data_option
@click.pass_context
def verify(ctx: click.Context, templates: Sequence[str], dataset: str | None, as_json: bool) -> None:
    """Recompute every answer from its clip, and again from the row's own map."""
    from simgen.qa.templates import bundled_template_ids
    from simgen.runner.questions import verify as run

    summary = run(data_folder(ctx), dataset, [*bundled_template_ids(), *split_names(templates)])
    print_summary(dataclasses.asdict(summary), as_json)
    report_failures(ctx, summary.failures, as_json)


@click.command()
@click.argument("clip", required=False)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="PNG to write. [default: CLIP.png]"
)
@click.option("--frames", type=click.IntRange(min=1), default=4, show_default=True, help="Frames to show.")
@data_option
@click.pass_context
def view(ctx: click.Context, clip: str | None, out: Path | None, frames: int) -> None:
    """Draw a clip as one picture: frames, depth, ids, and the map with all boundaries."""
    from simgen.report.contact_sheet import contact_sheet
    from simgen.report.png import save_png
    from simgen.runner.view import find_clip

    path = find_clip(data_folder(ctx), clip)
    target = out or Path(f"{path.stem}.png")
    if target.suffix.lower() != ".png":
        raise InputError(f"{target}: only PNG is written; give a name that ends in .png")
    save_png(contact_sheet(path, frames), target)
    click.echo(str(target))


@click.group()
def recipe() -> None:
    """List, show and check recipes."""


@recipe.command("ls")
@json_option
def recipe_ls(as_json: bool) -> None:
    """List the bundled recipes."""
    from simgen.recipe import load_recipe, recipe_names

    found = {name: load_recipe(name).description for name in recipe_names()}
    if as_json:
        print_summary(found, True)
        return
    width = max(map(len, found))
    for name, description in found.items():
        click.echo(f"{name:{width}}  {description}")


@recipe.command("show")
@click.argument("name")
@click.option("--resolved", is_flag=True, help="With all defaults and what it extends, as JSON.")
def recipe_show(name: str, resolved: bool) -> None:
    """Print a recipe."""
    from simgen.recipe import load_recipe, recipe_text

    loaded = load_recipe(name)
    click.echo(
        json.dumps(json.loads(loaded.to_json()), indent=2) if resolved else recipe_text(name), nl=resolved
    )


@recipe.command("check")
@click.argument("name")
def recipe_check(name: str) -> None:
    """Say what is wrong with a recipe, with line numbers."""
    from simgen.recipe import load_recipe

    loaded = load_recipe(name)
    click.echo(
        f"{name}: {loaded.houses.count} houses, {loaded.trajectory.frames} frames a clip: nothing wrong"
    )


@click.group()
def houses() -> None:
    """Sample houses without rendering them."""


@houses.command("sample")
@recipe_option(required=True, help_text="The recipe whose houses to sample.")
@workers_option
@json_option
@data_option
@click.pass_context
def houses_sample(ctx: click.Context, recipe: str, workers: int, as_json: bool) -> None:
    """Sample a recipe's houses into houses.jsonl.gz, ProcTHOR-10K's format."""
    from simgen.recipe import load_recipe
    from simgen.runner.houses import sample_houses
    from simgen.runner.render import with_pack

    loaded, assets = with_pack(load_recipe(recipe), data_folder(ctx))
    dataset = data_folder(ctx).dataset(loaded.name)
    found, failed = sample_houses(loaded, dataset, workers, assets)
    print_summary({"houses": len(found), "failed": failed, "path": str(dataset.houses_path)}, as_json)
    report_failures(ctx, failed, as_json)
