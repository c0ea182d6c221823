"""Reads recipes: bundled ones by name, others from a YAML file."""

from importlib import resources
from importlib.resources.abc import Traversable

from simgen.errors import RecipeError
from simgen.pages import find_page, list_pages, load_page, validate
from simgen.recipe.engine import DEFAULT_KIND
from simgen.recipe.model import Recipe

DEFAULT_KINDS = {"trajectory": "walkthrough", "engine": DEFAULT_KIND}
"""The `kind` of a section that names none, as in `recipe.trajectory` and `recipe.engine`."""


def list_recipes() -> list[str]:
    """Names of the bundled recipes."""
    return list_pages(_bundled())


def load_recipe(name_or_path: str) -> Recipe:
    """A recipe: a bundled one by name, or one from a YAML file.

    Raises RecipeError: the nearest name for an unknown one, or all mistakes with their lines.
    """
    return validate(load_page(name_or_path, _bundled(), "recipe", RecipeError, DEFAULT_KINDS), Recipe)


def read_recipe_text(name_or_path: str) -> str:
    """The YAML of a recipe as it was written."""
    return find_page(name_or_path, _bundled(), "recipe", RecipeError)[1]


def _bundled() -> Traversable:
    return resources.files("simgen.recipes")
