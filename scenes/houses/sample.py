"""Source `procthor`: samples the houses that are not stored yet, each in a process of its own."""

import difflib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError
from tqdm import tqdm

from simgen.errors import InputError
from simgen.parallel.pool import JobChannel, run_jobs
from simgen.recipe import Houses, Recipe, RoomType
from simgen.scenes.houses.source_result import SourceResult, compute_cache_key, read_cache_key
from simgen.scenes.jobs import PRELOAD
from simgen.store.houses import House, write_piece
from simgen.types import Split

if TYPE_CHECKING:
    from simgen.scenes.houses.procthor import RejectedSeed, SamplingResult

ROOM_TYPES: tuple[RoomType, ...] = get_args(RoomType)


def sample_houses(
    recipe: Recipe, path: Path, there: Sequence[House], workers: int, assets: Path | None
) -> SourceResult:
    """Samples the recipe's missing houses. Each is stored beside `path` as soon as it is made.

    Raises InputError for a mistake in the page of room specs.
    """
    wanted = compute_house_keys(recipe)
    kept = {wanted[read_cache_key(house)]: house for house in there if read_cache_key(house) in wanted}
    missing = [(key, index) for key, index in wanted.items() if index not in kept]
    arguments = [(_with_whole_path(recipe), index, key, assets) for key, index in missing]
    made: dict[int, House] = {}
    failures: dict[int, str] = {}
    lost: list[str] = []
    with tqdm(total=recipe.houses.count, initial=len(kept), desc="houses", unit="house") as bar:
        for outcome in run_jobs(_sample, arguments, workers, _ignore, preload=PRELOAD):
            index, sampled = missing[outcome.index][1], outcome.result
            if sampled is None:
                failures[index] = outcome.error
            elif sampled.house is None:
                failures[index] = _all_failed(sampled.rejected)
                lost += [item.kind for item in sampled.rejected]
            else:
                made[index] = sampled.house
                write_piece(path, sampled.house)
            bar.update()
    failed = tuple(f"house {index}: {failures[index]}" for index in sorted(failures))
    return SourceResult(kept, made, failed, tuple(lost))


def make_sampling_recipe(
    count: int,
    split: Split,
    seed: int,
    rooms: Sequence[str],
    room_counts: tuple[int, int],
    specs: str | None,
) -> Recipe:
    """A recipe that samples `count` houses of one split. Raises InputError for a wrong filter or page."""
    for name in rooms:
        if name not in ROOM_TYPES:
            near = difflib.get_close_matches(name, ROOM_TYPES, n=1, cutoff=0.0)[0]
            raise InputError(f"--rooms: there is no room type {name!r:.40}; did you mean {near}?")
    numbers = {"train": 0, "val": 0, "test": 0, split: count}
    wanted = {"require": rooms, "min_rooms": room_counts[0], "max_rooms": room_counts[1]}
    try:
        houses = Houses.model_validate({**numbers, "rooms": wanted, "specs": specs})
        return Recipe(name="houses", seed=seed, houses=houses)
    except ValidationError as error:
        raise InputError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def compute_house_keys(recipe: Recipe) -> dict[str, int]:
    """The index of every house that the recipe samples, by its cache key."""
    from simgen.scenes.houses.specs import load_specs

    houses = recipe.houses
    page = load_specs(houses.specs).model_dump(mode="json") if houses.specs else None
    rooms = houses.rooms.model_dump(mode="json")
    indexes = range(houses.count)
    return {
        compute_cache_key(recipe, recipe.seed, rooms, page, index, houses.split(index)): index
        for index in indexes
    }


def _with_whole_path(recipe: Recipe) -> Recipe:
    # Workers start in the folder in which this process started, and it may have changed its folder since.
    specs = recipe.houses.specs
    if specs is None or not specs.endswith((".yaml", ".yml")):
        return recipe
    return recipe.replace(houses=recipe.houses.replace(specs=str(Path(specs).absolute())))


def _sample(
    recipe: Recipe, house: int, key: str, assets: Path | None, channel: JobChannel
) -> "SamplingResult":
    from simgen.scenes.houses.procthor import try_seeds

    sampled = try_seeds(recipe, house, assets)
    if sampled.house is not None:
        sampled.house["metadata"]["simgen"]["key"] = key
    channel.step()
    return sampled


def _all_failed(rejected: Sequence["RejectedSeed"]) -> str:
    reasons = Counter(item.kind for item in rejected).most_common()
    counted = ", ".join(f"{count} × {kind}" for kind, count in reasons)
    return f"no valid house after {len(rejected)} seeds ({counted}); the last: {rejected[-1].text}"


def _ignore() -> Any:
    """Ignores progress reports: sampling a house has no steps."""
