"""Recipes: a recipe is a YAML page that describes houses, engine, trajectory, camera and questions.

A recipe is bundled under a name, or is a YAML file of the user. `extends: NAME` takes everything from
another recipe and changes what is given.
"""

from simgen.recipe.camera import CameraSpec, Handheld
from simgen.recipe.engine import EmbeddedSpec, EngineSpec, UnitySpec
from simgen.recipe.houses import Houses, RoomFilter
from simgen.recipe.loading import list_recipes, load_recipe, read_recipe_text
from simgen.recipe.model import QuestionSpec, Recipe, VisibilitySpec
from simgen.recipe.section import RoomType
from simgen.recipe.trajectory import (
    Coverage,
    Keyframes,
    LookAround,
    ObjectOrbit,
    RandomWalk,
    RoomToRoom,
    Trajectory,
    Walkthrough,
)

__all__ = [
    "CameraSpec",
    "Coverage",
    "EmbeddedSpec",
    "EngineSpec",
    "Handheld",
    "Houses",
    "Keyframes",
    "LookAround",
    "ObjectOrbit",
    "QuestionSpec",
    "RandomWalk",
    "Recipe",
    "RoomFilter",
    "RoomToRoom",
    "RoomType",
    "Trajectory",
    "UnitySpec",
    "VisibilitySpec",
    "Walkthrough",
    "list_recipes",
    "load_recipe",
    "read_recipe_text",
]
