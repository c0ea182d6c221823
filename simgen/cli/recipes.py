"""`simgen recipe`: lists, shows, checks and previews recipes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simgen.cli.shared import data_folder, data_option, json_option, print_summary

if TYPE_CHECKING:
    from simgen.recipe import Recipe


@click.group()
def recipe() -> None:
    """List, show, check and preview recipes."""


@recipe.command("ls", short_help="List the bundled recipes.")
@json_option
def recipe_ls(as_json: bool) -> None:
    """List the bundled recipes: trajectory, frames per clip x clips, description."""
    from simgen.recipe import list_recipes, load_recipe

    found = {name: _summary(load_recipe(name)) for name in list_recipes()}
    if as_json:
        print_summary(found, True)
        return
    names, kinds = (max(map(len, column)) for column in (found, (f["trajectory"] for f in found.values())))
    for name, facts in found.items():
        size = f"{facts['frames']:4} x {facts['clips']:2}"
        click.echo(f"{name:{names}}  {facts['trajectory']:{kinds}}  {size}  {facts['description']}")


@recipe.command("show")
@click.argument("name")
@click.option("--resolved", is_flag=True, help="As JSON, with all defaults and inherited values.")
def recipe_show(name: str, resolved: bool) -> None:
    """Print a recipe."""
    from simgen.recipe import load_recipe, read_recipe_text

    loaded = load_recipe(name)
    click.echo(
        json.dumps(json.loads(loaded.to_json()), indent=2) if resolved else read_recipe_text(name),
        nl=resolved,
    )


@recipe.command("check")
@click.argument("name")
def recipe_check(name: str) -> None:
    """Check a recipe; report every mistake with its line number."""
    from simgen.recipe import load_recipe

    facts = _summary(load_recipe(name))
    houses, clips, frames = (facts[key] for key in ("houses", "clips", "frames"))
    click.echo(f"{name}: houses: {houses}, clips: {clips}, frames per clip: {frames}; no mistakes")


@recipe.command("preview", short_help="Draw a recipe's first clip.")
@click.argument("name")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="PNG to write. [default: NAME.png]"
)
@data_option
@click.pass_context
def recipe_preview(ctx: click.Context, name: str, out: Path | None) -> None:
    """Render a recipe's first clip; draw its path and four of its frames as one picture."""
    from simgen.recipe import load_recipe
    from simgen.report.png import png_path, save_png
    from simgen.report.preview import preview_picture
    from simgen.scenes.preview import preview_clip

    loaded = load_recipe(name)
    target = png_path(out or Path(f"{loaded.name}.png"))
    save_png(preview_picture(preview_clip(loaded, data_folder(ctx))), target)
    click.echo(str(target))


def _summary(loaded: "Recipe") -> dict[str, Any]:
    return {
        "description": loaded.description,
        "trajectory": loaded.trajectory.kind,
        "frames": loaded.trajectory.frames,
        "houses": loaded.houses.count,
        "clips": loaded.houses.count * loaded.clips_per_house,
    }
