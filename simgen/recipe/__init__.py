"""Recipes: one YAML page that says which houses, which walk, which camera and which questions.

A recipe is found by name among the bundled ones, or by path. `extends: NAME` takes everything from
another recipe and changes what is given.
"""

from simgen.recipe.loading import load_recipe, recipe_names, recipe_text
from simgen.recipe.model import (
    CameraSpec,
    Houses,
    QuestionSpec,
    Recipe,
    RoomFilter,
    RoomType,
    Trajectory,
    VisibilitySpec,
)

__all__ = [
    "CameraSpec",
    "Houses",
    "QuestionSpec",
    "Recipe",
    "RoomFilter",
    "RoomType",
    "Trajectory",
    "VisibilitySpec",
    "load_recipe",
    "recipe_names",
    "recipe_text",
]
