"""Renders the first clip of a recipe, to look at before the whole recipe is rendered."""

from pathlib import Path

from simgen.errors import IncompleteError
from simgen.recipe import Houses, Recipe
from simgen.scenes.render import render, with_pack
from simgen.store.folder import DataFolder

NO_HOUSES = {"train": 0, "val": 0, "test": 0}


def preview_clip(recipe: Recipe, folder: DataFolder) -> Path:
    """Renders the first clip of the recipe's first house, unless it exists, and returns its file.

    Raises IncompleteError, with the reason, when the clip cannot be rendered.
    """
    _, assets = with_pack(recipe, folder)
    first = recipe.replace(houses=_first_house(recipe.houses), clips_per_house=1)
    if assets is not None:
        first = first.with_assets(str(assets))
    previews = DataFolder(folder.previews_path)
    summary = render(first, previews, replace=True)
    if summary.failed:
        raise IncompleteError("; ".join(summary.failed))
    return previews.dataset(recipe.name).clip_paths()[0]


def _first_house(houses: Houses) -> Houses:
    if houses.source == "scenes":
        return houses.replace(scenes=houses.scenes[:1])
    return houses.replace(**{**NO_HOUSES, houses.split(0): 1})
