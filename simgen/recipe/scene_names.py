"""iTHOR's and RoboTHOR's scenes: their names, room types and splits, as AI2-THOR publishes them."""

import difflib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from simgen.errors import RecipeError
from simgen.recipe.section import RoomType
from simgen.types import Split

ITHOR_FIRST: Mapping[RoomType, int] = MappingProxyType(
    {"Kitchen": 1, "LivingRoom": 201, "Bedroom": 301, "Bathroom": 401}
)
"""Number of the first of the 30 scenes of each room type."""
ITHOR_SCENES = 30
ITHOR_TRAIN, ITHOR_VAL = 20, 5
"""Of the 30 scenes of a type the first 20 are for training, the next 5 for validation, the last 5 for
testing."""
ROBOTHOR_PLANS: Mapping[str, tuple[Split, int]] = MappingProxyType(
    {"Train": ("train", 12), "Val": ("val", 3)}
)
"""Split and number of floor plans, each with 5 furnishings."""
ROBOTHOR_FURNISHINGS = 5


@cache
def scene_splits() -> Mapping[str, Split]:
    """The split of every scene, by its name."""
    splits: dict[str, Split] = {}
    for first in ITHOR_FIRST.values():
        for place in range(ITHOR_SCENES):
            splits[f"FloorPlan{first + place}"] = _ithor_split(place)
    for stage, (split, plans) in ROBOTHOR_PLANS.items():
        for plan in range(1, plans + 1):
            for furnishing in range(1, ROBOTHOR_FURNISHINGS + 1):
                splits[f"FloorPlan_{stage}{plan}_{furnishing}"] = split
    return MappingProxyType(splits)


def scene_room_type(name: str) -> RoomType | None:
    """The type of the only room of an iTHOR scene; None for RoboTHOR's scenes, which are apartments."""
    number = name.removeprefix("FloorPlan")
    if not number.isdigit():
        return None
    return next(kind for kind, first in ITHOR_FIRST.items() if 0 <= int(number) - first < ITHOR_SCENES)


def check_scene(name: str) -> None:
    """Raises RecipeError with the nearest name when there is no such scene."""
    if name not in scene_splits():
        near = difflib.get_close_matches(name, scene_splits(), n=1, cutoff=0.0)[0]
        raise RecipeError(f"AI2-THOR has no scene {name!r:.60}; did you mean {near}?")


def _ithor_split(place: int) -> Split:
    if place < ITHOR_TRAIN:
        return "train"
    return "val" if place < ITHOR_TRAIN + ITHOR_VAL else "test"
