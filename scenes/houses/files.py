"""Files of houses: checks them, lists their content, and imports their valid houses."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from simgen.errors import HouseError, InputError
from simgen.parallel.pool import run_jobs
from simgen.scenes.houses.pick import check_house_job, hash_content
from simgen.scenes.houses.schema import upgrade_house
from simgen.scenes.jobs import PRELOAD
from simgen.store.folder import ensure_writable
from simgen.store.houses import FoundHouse, House, find_houses, open_houses_file
from simgen.types import Split

BATCH = 64
"""Houses in memory at a time. All 12,000 of ProcTHOR-10K would take gigabytes."""


@dataclass(frozen=True, slots=True)
class CheckedHouse:
    """One house of a file in the current schema, and its faults."""

    label: str
    """File and position of the house."""
    split: Split | None
    house: House | None
    """None when it could not be upgraded to the current schema."""
    faults: tuple[str, ...]
    """Texts of the form `rule: what is wrong`; empty for a valid house."""


@dataclass(frozen=True, slots=True)
class HouseListing:
    """What `simgen houses ls` shows of a house."""

    label: str
    split: Split | None
    rooms: tuple[str, ...]
    """Room types."""
    objects: int
    """Number of objects, with those that stand on others."""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """Which houses of a file were imported."""

    houses: int
    refused: dict[str, int]
    """Number of refused houses by rule."""
    failed: tuple[str, ...]
    """Every refused house with its reason."""
    path: str


def check_houses(path: Path, workers: int) -> Iterator[CheckedHouse]:
    """Checks every house of a file or folder, in its order, each in a process of its own.

    The second copy of a house is reported as a duplicate. Raises InputError when a file cannot
    be read.
    """
    seen: dict[str, str] = {}
    with tqdm(desc="houses", unit="house") as bar:
        for _, found in find_houses(path):
            while batch := list(islice(found, BATCH)):
                yield from _check_batch([_upgrade(item, seen) for item in batch], workers, bar)


def import_houses(path: Path, to: Path, workers: int) -> ImportSummary:
    """Writes the valid houses of a file or folder, in the current schema, to the file `to`.

    Raises InputError when `to` exists, and when a file cannot be read.
    """
    if to.exists():
        raise InputError(f"{to}: there is a file here already; give another --out, or delete it")
    ensure_writable(to.parent)
    failed: list[str] = []
    rules: Counter[str] = Counter()
    count = 0
    with open_houses_file(to) as write:
        for item in check_houses(path, workers):
            if item.house is None or item.faults:
                failed.append(f"{item.label}: {'; '.join(item.faults)}")
                rules[_rule(item.faults[0])] += 1
                continue
            write(_own(item.house, count, item.split))
            count += 1
    return ImportSummary(count, dict(rules.most_common()), tuple(failed), str(to))


def count_by_rule(checked: Sequence[CheckedHouse]) -> dict[str, int]:
    """Number of houses that break each rule, the most frequent rule first."""
    rules = Counter(rule for item in checked for rule in {_rule(fault) for fault in item.faults})
    return dict(rules.most_common())


def list_houses(path: Path) -> list[HouseListing]:
    """Room types and number of objects of each house in a file or folder.

    Raises InputError when a file cannot be read, or an entry is no house.
    """
    return [_list_house(item) for _, found in find_houses(path) for item in found]


def _list_house(item: FoundHouse) -> HouseListing:
    try:
        rooms = tuple(str(room["roomType"]) for room in item.data["rooms"])
        return HouseListing(item.label, item.split, rooms, _object_count(item.data["objects"]))
    except (AttributeError, LookupError, TypeError) as error:
        raise InputError(
            f"{item.label}: not ProcTHOR's house JSON ({type(error).__name__} {error}); simgen houses check "
            "says more"
        ) from None


def _object_count(items: Sequence[Any]) -> int:
    return sum(1 + _object_count(item.get("children") or ()) for item in items)


def _upgrade(item: FoundHouse, seen: dict[str, str]) -> CheckedHouse:
    try:
        house = upgrade_house(item.data)
    except HouseError as error:
        return CheckedHouse(item.label, item.split, None, (f"malformed: {error}",))
    first = seen.setdefault(hash_content(house), item.label)
    faults = () if first == item.label else (f"duplicate: the same house as {first}",)
    return CheckedHouse(item.label, item.split, house, faults)


def _check_batch(batch: Sequence[CheckedHouse], workers: int, bar: Any) -> list[CheckedHouse]:
    """The batch with the faults that the rules find in each house."""
    whole = [item for item in batch if item.house is not None and not item.faults]
    faults: dict[str, tuple[str, ...]] = {}
    bar.update(len(batch) - len(whole))
    jobs = [(item.house, None) for item in whole]
    for outcome in run_jobs(check_house_job, jobs, workers, bar.update, preload=PRELOAD):
        crash = (f"malformed: {outcome.error}",) if outcome.error else ()
        faults[whole[outcome.index].label] = crash or tuple(map(str, outcome.result))
    return [
        CheckedHouse(item.label, item.split, item.house, faults.get(item.label, item.faults))
        for item in batch
    ]


def _own(house: House, index: int, split: Split | None) -> House:
    """The house with its index, its content hash and, if known, its split in the metadata."""
    note: dict[str, Any] = {"house": index, "content_sha256": hash_content(house)}
    house["metadata"]["simgen"] = {**note, "split": split} if split else note
    return house


def _rule(fault: str) -> str:
    return fault.partition(": ")[0]
