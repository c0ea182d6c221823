"""The section `houses` of a recipe: where the houses come from, how many per split, and with which rooms."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from simgen.errors import RecipeError
from simgen.recipe.scene_names import check_scene, scene_room_type, scene_splits
from simgen.recipe.section import RoomType, Section
from simgen.types import Split

HouseSource = Literal["procthor", "file", "procthor-10k", "scenes"]
OWN_FIELDS: dict[str, tuple[str, Any]] = {
    "specs": ("procthor", None),
    "path": ("file", None),
    "revision": ("procthor-10k", "main"),
    "scenes": ("scenes", ()),
}
"""Fields that only one source uses: that source, and the default."""


class RoomFilter(Section):
    """Selects houses by their rooms."""

    require: tuple[RoomType, ...] = ()
    """Room types that the house must have. List a type twice to require two such rooms."""
    min_rooms: Annotated[int, Field(ge=1, le=32)] = 1
    """Smallest number of rooms."""
    max_rooms: Annotated[int, Field(ge=1, le=32)] = 12
    """Largest number of rooms."""

    @model_validator(mode="after")
    def _some_number(self) -> "RoomFilter":
        if self.min_rooms > self.max_rooms:
            raise ValueError(f"min_rooms is {self.min_rooms} and max_rooms {self.max_rooms}; raise max_rooms")
        return self

    def allows(self, room_types: Sequence[str]) -> bool:
        """Whether a house with rooms of these types is selected."""
        there = Counter(room_types)
        enough = all(there[kind] >= count for kind, count in Counter(self.require).items())
        return enough and self.min_rooms <= len(room_types) <= self.max_rooms

    def in_words(self) -> str:
        """The condition in words, for messages."""
        rooms = f"{self.min_rooms} to {self.max_rooms} rooms"
        return f"{', '.join(self.require)} in {rooms}" if self.require else rooms


class Houses(Section):
    """The source of the houses, and how many per split."""

    source: HouseSource = "procthor"
    """`procthor` samples houses. `file` reads ProcTHOR's house JSON. `procthor-10k` downloads ProcTHOR-10K
    with the package `prior`. `scenes` takes iTHOR's and RoboTHOR's scenes and needs `engine: ai2thor`."""
    train: Annotated[int, Field(ge=0)] = 6
    """Number of training houses, furnished with procthor's training assets."""
    val: Annotated[int, Field(ge=0)] = 2
    """Number of validation houses, furnished with assets that no training house has."""
    test: Annotated[int, Field(ge=0)] = 0
    """Number of test houses, furnished with a third set of assets."""
    rooms: RoomFilter = RoomFilter()
    """Which rooms a house must have."""
    specs: Annotated[str, Field(min_length=1)] | None = None
    """For source procthor: room specs, a bundled name or a YAML file. By default ProcTHOR-10K's."""
    path: Annotated[str, Field(min_length=1)] | None = None
    """For source file, required: a file of houses, or a folder with a file for each split."""
    revision: Annotated[str, Field(min_length=1)] = "main"
    """For source procthor-10k: commit, tag or branch of ProcTHOR-10K's repository."""
    scenes: tuple[str, ...] = ()
    """For source scenes, required: names such as FloorPlan1. Their splits are AI2-THOR's; `train`, `val` and
    `test` are not used."""

    @model_validator(mode="after")
    def _some(self) -> "Houses":
        if self.source != "scenes" and self.train + self.val + self.test == 0:
            raise ValueError("train, val and test are all 0; give at least one house")
        return self

    @model_validator(mode="after")
    def _fields_of_the_source(self) -> "Houses":
        for name, (source, nothing) in OWN_FIELDS.items():
            given = getattr(self, name) != nothing
            if given and self.source != source:
                raise ValueError(f"{name} is for source: {source}, and this is source: {self.source}")
            if not given and self.source == source and name in ("path", "scenes"):
                raise ValueError(f"source: {source} needs {name}")
        return self

    @model_validator(mode="after")
    def _scenes_are_known(self) -> "Houses":
        for name in self.scenes:
            try:
                check_scene(name)
            except RecipeError as error:
                raise ValueError(str(error)) from None
            self._check_rooms_of(name)
        if len(set(self.scenes)) < len(self.scenes):
            raise ValueError("a scene is given twice, and its clips would be the same; leave out one")
        return self

    def _check_rooms_of(self, scene: str) -> None:
        kind = scene_room_type(scene)
        if kind is None and self.rooms.require:
            raise ValueError(
                f"{scene} is an apartment of RoboTHOR, whose rooms have no types; leave out rooms.require"
            )
        if kind is not None and not self.rooms.allows([kind]):
            raise ValueError(f"{scene} is one {kind}, and rooms asks for {self.rooms.in_words()}")

    @property
    def count(self) -> int:
        return len(self.scenes) if self.source == "scenes" else self.train + self.val + self.test

    def split(self, house: int) -> Split:
        """The split of the house with this index. Training houses come first, then val, then test."""
        if self.source == "scenes":
            return scene_splits()[self.scenes[house]]
        if house < self.train:
            return "train"
        return "val" if house < self.train + self.val else "test"

    def indexes(self, split: Split) -> range:
        """The indexes of a split's houses. Not for scenes, whose splits may come in any order."""
        first = {"train": 0, "val": self.train, "test": self.train + self.val}[split]
        return range(first, first + {"train": self.train, "val": self.val, "test": self.test}[split])
