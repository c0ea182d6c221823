"""Houses that simgen does not sample: from files, from ProcTHOR-10K, and AI2-THOR's own scenes."""

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from simgen.errors import HouseError, MissingSystemError
from simgen.recipe import Houses
from simgen.recipe.scene_names import scene_room_type
from simgen.scenes.houses.schema import SCHEMA
from simgen.store.houses import FoundHouse, House, find_houses
from simgen.types import Split

PROCTHOR_10K = "procthor-10k"
BY_HAND = "or get its train, val and test.jsonl.gz by hand and give source: file, path: FOLDER"


def read_source_houses(houses: Houses) -> list[tuple[Split | None, Iterator[FoundHouse]]]:
    """The houses of `source: file` or `procthor-10k`: for each file its split, if known, and an iterator.

    Raises InputError when there are none, and MissingSystemError without the package that downloads them.
    """
    if houses.source == PROCTHOR_10K:
        return _procthor_10k(houses.revision)
    assert houses.path is not None, "a recipe's validator asks for it"
    return find_houses(Path(houses.path))


def make_scene_house(name: str) -> House:
    """An iTHOR or RoboTHOR scene as a house. It holds only the name: Unity alone knows the rest."""
    room_type = scene_room_type(name)
    return {
        "scene": name,
        "rooms": [],
        "walls": [],
        "doors": [],
        "windows": [],
        "objects": [],
        "proceduralParameters": {},
        "metadata": {"schema": SCHEMA, **({"roomType": room_type} if room_type else {})},
    }


def _procthor_10k(revision: str) -> list[tuple[Split | None, Iterator[FoundHouse]]]:
    if importlib.util.find_spec("prior") is None:
        raise MissingSystemError(
            f"houses.source {PROCTHOR_10K} is downloaded by the package prior: pip install prior; {BY_HAND}"
        )
    prior: Any = importlib.import_module("prior")
    try:
        dataset = prior.load_dataset(PROCTHOR_10K, revision=revision)
    except Exception as error:  # prior runs git and talks to GitHub: it fails in as many ways as they do
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise HouseError(
            f"{PROCTHOR_10K} at revision {revision}: prior could not load it ({reason}); it needs the "
            f"network, git and git-lfs; {BY_HAND}"
        ) from error
    return [(split, _split_of(dataset, split)) for split in get_args(Split)]


def _split_of(dataset: Any, split: Split) -> Iterator[FoundHouse]:
    # prior parses a house on access and keeps it; access by index leaves the others unparsed.
    for index in range(len(dataset[split])):
        yield FoundHouse(f"{PROCTHOR_10K} {split}[{index}]", split, dataset[split][index])
