"""Sources `file` and `procthor-10k`: takes the first valid houses for each split and skips duplicates."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from tqdm import tqdm

from simgen.errors import HouseError
from simgen.parallel.pool import JobChannel, run_jobs
from simgen.recipe import Houses, Recipe
from simgen.scenes.houses.schema import upgrade_house
from simgen.scenes.houses.source_result import SourceResult, compute_cache_key, read_cache_key
from simgen.scenes.jobs import PRELOAD
from simgen.store.houses import FoundHouse, House, house_sha256
from simgen.types import Split

SPLITS: tuple[Split, ...] = get_args(Split)
NAMED = 5
"""Rejected houses that a message lists at most: nobody reads longer lists."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A house of the source that is assigned to a split and not yet checked."""

    label: str
    split: Split
    house: House
    key: str


@dataclass(slots=True)
class _Picking:
    """The state while the houses of a source are read in order."""

    recipe: Recipe
    kept_keys: frozenset[str]
    picked: dict[Split, list[_Candidate]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    seen: dict[str, str] = field(default_factory=dict)
    """The label of each house read so far, by the hash of its content."""
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    """Label, rule and text of each rejected house."""

    def lacking(self, split: Split, planned: Counter[Split]) -> bool:
        """Whether the split needs more houses than those picked and those in the batch (`planned`)."""
        return len(self.picked[split]) + planned[split] < len(self.recipe.houses.indexes(split))

    def refuse(self, label: str, rule: str, text: str) -> None:
        """Records a rejected house."""
        self.refused.append((label, rule, text))


def pick_houses(recipe: Recipe, there: Sequence[House], workers: int, assets: Path | None) -> SourceResult:
    """Picks the recipe's houses from the source; houses that are not in `there` are checked.

    A house without a split goes to the first split that still needs one. Raises InputError when the source
    cannot be read.
    """
    from simgen.scenes.houses.sources import read_source_houses

    picking = _Picking(recipe, frozenset(read_cache_key(house) for house in there))
    with tqdm(total=recipe.houses.count, desc="houses", unit="house") as bar:
        for split, found in read_source_houses(recipe.houses):
            while batch := _next_batch(picking, split, found):
                _check(picking, batch, workers, assets, bar)
    return _make_result(picking)


def hash_content(house: House) -> str:
    """Hash of a house without its metadata, so that copies of a house in two files have the same hash."""
    return house_sha256({name: value for name, value in house.items() if name != "metadata"})


def check_house_job(house: House, assets: Path | None, channel: JobChannel) -> list[Any]:
    """The faults of a house, as a job for a worker process."""
    from simgen.engine.packs import load_pack
    from simgen.scenes.houses.rules import find_faults

    faults = find_faults(house, load_pack(assets) if assets else None)
    channel.step()
    return faults


def _next_batch(picking: _Picking, file_split: Split | None, found: Iterator[FoundHouse]) -> list[_Candidate]:
    """The next houses of a file, in its order: as many as the splits still need."""
    planned: Counter[Split] = Counter()
    batch: list[_Candidate] = []
    splits = SPLITS if file_split is None else (file_split,)
    while any(picking.lacking(split, planned) for split in splits) and (item := next(found, None)):
        split = item.split or _first_lacking(picking, planned)
        candidate = _candidate(picking, item, split) if picking.lacking(split, planned) else None
        if candidate is not None:
            planned[split] += 1
            batch.append(candidate)
    return batch


def _first_lacking(picking: _Picking, planned: Counter[Split]) -> Split:
    return next(split for split in SPLITS if picking.lacking(split, planned))


def _candidate(picking: _Picking, item: FoundHouse, split: Split) -> _Candidate | None:
    try:
        house = upgrade_house(item.data)
    except HouseError as error:
        picking.refuse(item.label, "malformed", str(error))
        return None
    house["metadata"].pop("simgen", None)
    content = hash_content(house)
    if content in picking.seen:
        picking.refuse(item.label, "duplicate", f"the same house as {picking.seen[content]}")
        return None
    picking.seen[content] = item.label
    types = [room.get("roomType", "") for room in house["rooms"]]
    if not picking.recipe.houses.rooms.allows(types):
        picking.refuse(item.label, "other rooms", f"not {picking.recipe.houses.rooms.in_words()}")
        return None
    return _Candidate(item.label, split, house, compute_cache_key(picking.recipe, house_sha256(house), split))


def _check(
    picking: _Picking, batch: Sequence[_Candidate], workers: int, assets: Path | None, bar: Any
) -> None:
    new = [item for item in batch if item.key not in picking.kept_keys]
    problems: dict[str, str] = {}
    jobs = [(item.house, assets) for item in new]
    for outcome in run_jobs(check_house_job, jobs, workers, bar.update, preload=PRELOAD):
        if outcome.error:
            problems[new[outcome.index].label] = f"malformed: {outcome.error}"
        elif outcome.result:
            problems[new[outcome.index].label] = "; ".join(map(str, outcome.result))
    for item in batch:
        if item.label in problems:
            rule, _, text = problems[item.label].partition(": ")
            picking.refuse(item.label, rule, text)
        else:
            picking.picked[item.split].append(item)


def _make_result(picking: _Picking) -> SourceResult:
    houses, kept, made = picking.recipe.houses, {}, {}
    for split in SPLITS:
        for index, item in zip(houses.indexes(split), picking.picked[split], strict=False):
            note = {
                "house": index,
                "split": split,
                "content_sha256": hash_content(item.house),
                "key": item.key,
            }
            item.house["metadata"]["simgen"] = note
            (kept if item.key in picking.kept_keys else made)[index] = item.house
    failed = tuple(_shortage(houses, split, picking) for split in SPLITS if picking.lacking(split, Counter()))
    return SourceResult(kept, made, failed, tuple(rule for _, rule, _ in picking.refused))


def _shortage(houses: Houses, split: Split, picking: _Picking) -> str:
    where, has, wants = houses.path or houses.source, len(picking.picked[split]), len(houses.indexes(split))
    named = [f"{label}: {rule}: {text}" for label, rule, text in picking.refused[:NAMED]]
    if len(picking.refused) > NAMED:
        named.append(f"and {len(picking.refused) - NAMED} more")
    left_out = f" (left out: {'; '.join(named)})" if named else ""
    return (
        f"{where}: {has} valid {split} houses of the {wants} asked for; lower houses.{split}, or add "
        f"houses{left_out}"
    )
