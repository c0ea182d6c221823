"""A recipe's houses: sampled where the data set has none yet."""

import hashlib
import json
import sys
from pathlib import Path

from tqdm import tqdm

from simgen.errors import HouseError
from simgen.recipe import Recipe
from simgen.runner.jobs import Report, run_jobs
from simgen.store.folder import Dataset, make_writable
from simgen.store.houses import House, house_index, read_houses, write_houses


def sample_houses(
    recipe: Recipe, dataset: Dataset, workers: int, assets: Path | None = None
) -> tuple[list[House], list[str]]:
    """A recipe's houses, sampled where the data set has none yet, and what failed.

    `assets` is the folder of the asset pack that `with_pack` wrote into the recipe.
    """
    make_writable(dataset.path)
    kept = {house_index(house): house for house in _kept_houses(recipe, dataset)}
    missing = [index for index in range(recipe.houses.count) if index not in kept]
    failures: list[str] = []
    with tqdm(total=recipe.houses.count, initial=len(kept), desc="houses", unit="house") as bar:
        for outcome in run_jobs(_sample, [(recipe, index, assets) for index in missing], workers, _ignore):
            if outcome.error:
                failures.append(f"house {missing[outcome.index]}: {outcome.error}")
            else:
                kept[missing[outcome.index]] = outcome.result
                write_houses(dataset.houses_path, kept.values())
            bar.update()
    return [kept[index] for index in sorted(kept)], sorted(failures)


def _sample(recipe: Recipe, house: int, assets: Path | None, report: Report) -> House:
    from simgen.scenes.houses import sample_house

    data = sample_house(recipe, house, assets)
    data["metadata"]["simgen"]["key"] = _house_key(recipe, house)
    report()
    return data


def _house_key(recipe: Recipe, house: int) -> str:
    """Hash of all that decides the house with this index, so that a changed recipe samples anew."""
    houses = recipe.houses
    content = [recipe.seed, houses.source, houses.rooms.model_dump(mode="json"), house, houses.split(house)]
    if recipe.assets is not None:
        content.append(recipe.assets)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _kept_houses(recipe: Recipe, dataset: Dataset) -> list[House]:
    if not dataset.houses_path.exists():
        return []
    try:
        houses = read_houses(dataset.houses_path)
    except HouseError as error:
        _tell(f"{error}; sampling all houses again")
        return []
    wanted = {index: _house_key(recipe, index) for index in range(recipe.houses.count)}
    return [h for h in houses if h["metadata"]["simgen"].get("key") == wanted.get(house_index(h), "")]


def _tell(message: str) -> None:
    tqdm.write(message, file=sys.stderr)


def _ignore() -> None:
    """A house has no steps to report."""
