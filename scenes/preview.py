"""The first clip of a recipe, to see what it gives before all of it is rendered."""

from pathlib import Path

from simgen.errors import IncompleteError
from simgen.recipe import Houses, Recipe
from simgen.scenes.render import render, with_pack
from simgen.store.folder import DataFolder

PREVIEWS = "previews"
"""Folder in the data folder that holds them: no data set, so that no question is asked of them."""
NO_HOUSES = {"train": 0, "val": 0, "test": 0}


def preview_clip(recipe: Recipe, folder: DataFolder) -> Path:
    """Renders the recipe's first clip of its first house, unless it is there, and returns its file.

    Raises IncompleteError, with the reason, when it cannot be rendered.
    """
    _, assets = with_pack(recipe, folder)
    first = recipe.model_copy(
        update={
            "houses": _first_house(recipe.houses),
            "clips_per_house": 1,
            "assets": None if assets is None else str(assets),
        }
    )
    previews = DataFolder(folder.path / PREVIEWS)
    summary = render(first, previews, replace=True)
    if summary.failed:
        raise IncompleteError("; ".join(summary.failed))
    return previews.dataset(recipe.name).clip_paths()[0]


def _first_house(houses: Houses) -> Houses:
    if houses.source == "scenes":
        return houses.model_copy(update={"scenes": houses.scenes[:1]})
    return houses.model_copy(update={**NO_HOUSES, houses.split(0): 1})
