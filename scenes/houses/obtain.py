"""Obtains the houses of a recipe from their source: stored ones are reused, missing ones are made."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from simgen.errors import HouseError, InputError
from simgen.recipe import Recipe
from simgen.scenes.houses.pick import pick_houses
from simgen.scenes.houses.sample import compute_house_keys, sample_houses
from simgen.scenes.houses.source_result import SourceResult, read_cache_key
from simgen.store.folder import Dataset, ensure_writable
from simgen.store.houses import House, read_houses, read_pieces, remove_pieces, write_houses


@dataclass(frozen=True, slots=True)
class HousesSummary:
    """The houses of a recipe, and how they were obtained."""

    houses: tuple[House, ...]
    """In the order of their index."""
    made: int
    """How many were made in this run; the others were stored before."""
    failed: tuple[str, ...]
    """One text for each house that could not be obtained: which one, and why."""
    seeds_tried: int | None
    """Seeds tried for all houses, in this run and before; None for other sources than procthor."""
    rejected: dict[str, int]
    """Number of rejected seeds, or houses of a file, by reason; the most frequent reason first."""
    seconds: float


def obtain_dataset_houses(
    recipe: Recipe, dataset: Dataset, workers: int, assets: Path | None = None
) -> tuple[list[House], list[str]]:
    """The houses of a recipe's data set, and one text for each that could not be obtained.

    Houses that the data set does not have yet are made. `assets` is the folder of the asset pack that
    `with_pack` wrote into the recipe. Raises InputError for a mistake in the recipe's source.
    """
    summary = obtain_houses(recipe, dataset.houses_path, workers, assets)
    return list(summary.houses), list(summary.failed)


def obtain_houses(recipe: Recipe, path: Path, workers: int, assets: Path | None = None) -> HousesSummary:
    """Writes a recipe's houses to the file at `path`; those that the file does not have yet are made.

    An interrupted run resumes where it stopped. The file is the same for any number of workers. Raises
    InputError for a mistake in the recipe's source.
    """
    started = time.monotonic()
    ensure_writable(path.parent)
    there = _houses_there(path)
    obtained = _obtain(recipe, path, there, workers, assets)
    houses = dict(sorted((obtained.kept | obtained.made).items()))
    write_houses(path, houses.values())
    remove_pieces(path)
    reasons = _reasons(houses.values(), obtained.lost)
    is_sampled = recipe.houses.source == "procthor"
    return HousesSummary(
        houses=tuple(houses.values()),
        made=len(obtained.made),
        failed=obtained.failed,
        seeds_tried=len(houses) + reasons.total() if is_sampled else None,
        rejected=dict(reasons.most_common()),
        seconds=round(time.monotonic() - started, 2),
    )


def require_own_file(recipe: Recipe, path: Path) -> None:
    """Raises InputError if the file has houses that the recipe does not sample: writing would delete them."""
    if not path.exists():
        return
    wanted = compute_house_keys(recipe)
    try:
        others = [house for house in read_houses(path) if read_cache_key(house) not in wanted]
    except (HouseError, LookupError, TypeError, AttributeError):
        raise InputError(f"{path}: simgen did not write this file; give another --out") from None
    if others:
        raise InputError(
            f"{path}: {len(others)} of its houses are of another seed, count or filter; give another --out, "
            "or delete the file"
        )


def _houses_there(path: Path) -> list[House]:
    """All houses that the file and an unfinished run hold, of any recipe."""
    try:
        return [*(read_houses(path) if path.exists() else []), *read_pieces(path)]
    except HouseError as error:
        tqdm.write(f"{error}; making all houses again", file=sys.stderr)
        return []


def _obtain(
    recipe: Recipe, path: Path, there: Sequence[House], workers: int, assets: Path | None
) -> SourceResult:
    if recipe.houses.source == "procthor":
        return sample_houses(recipe, path, there, workers, assets)
    if recipe.houses.source == "scenes":
        return _make_scene_houses(recipe)
    return pick_houses(recipe, there, workers, assets)


def _make_scene_houses(recipe: Recipe) -> SourceResult:
    """AI2-THOR's own scenes. They need no sampling, and only Unity can check them."""
    from simgen.scenes.houses.sources import make_scene_house

    made = {index: make_scene_house(name) for index, name in enumerate(recipe.houses.scenes)}
    for index, house in made.items():
        house["metadata"]["simgen"] = {"house": index, "split": recipe.houses.split(index)}
    return SourceResult({}, made, (), ())


def _reasons(houses: Iterable[House], lost: Iterable[str]) -> Counter[str]:
    records = [record for house in houses for record in house["metadata"]["simgen"].get("rejected", ())]
    return Counter(record["reason"] for record in records) + Counter(lost)
