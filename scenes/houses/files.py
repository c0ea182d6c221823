"""Files of houses: what is wrong with them, what is in them, and how they are taken over."""

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
from simgen.store.folder import ensure_writable
from simgen.store.houses import FoundHouse, House, find_houses, open_houses_file
from simgen.types import Split

BATCH = 64
"""Houses in memory at a time: ProcTHOR-10K's 12,000 would take gigabytes."""


@dataclass(frozen=True, slots=True)
class CheckedHouse:
    """One house of a file, upgraded, and what is wrong with it."""

    label: str
    """Where it stands."""
    split: Split | None
    house: House | None
    """None when it could not be brought to the present schema."""
    faults: tuple[str, ...]
    """`rule: what is wrong`, empty when it is valid."""


@dataclass(frozen=True, slots=True)
class HouseListing:
    """What a house holds."""

    label: str
    split: Split | None
    rooms: tuple[str, ...]
    """Their types."""
    objects: int
    """With what stands on others."""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of the houses of a file."""

    houses: int
    refused: dict[str, int]
    """Counted by rule."""
    failed: tuple[str, ...]
    """Every refused house with its reason."""
    path: str


def check_houses(path: Path, workers: int) -> Iterator[CheckedHouse]:
    """Every house of a file or folder, in its order, each checked in a process of its own.

    A house that is there for a second time is said to be a duplicate. Raises InputError when a file cannot
    be read.
    """
    seen: dict[str, str] = {}
    with tqdm(desc="houses", unit="house") as bar:
        for _, found in find_houses(path):
            while batch := list(islice(found, BATCH)):
                yield from _check_batch([_upgrade(item, seen) for item in batch], workers, bar)


def import_houses(path: Path, to: Path, workers: int) -> ImportSummary:
    """Writes the valid houses of a file or folder, in the present schema, to a file of ours.

    Raises InputError when `to` is there already, and when a file cannot be read.
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
    """How many houses break each rule, the commonest first."""
    rules = Counter(rule for item in checked for rule in {_rule(fault) for fault in item.faults})
    return dict(rules.most_common())


def list_houses(path: Path) -> list[HouseListing]:
    """What is in each house of a file or folder.

    Raises InputError when a file cannot be read or a house is none.
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
    """The same, with the faults that the rules find in each."""
    whole = [item for item in batch if item.house is not None and not item.faults]
    faults: dict[str, tuple[str, ...]] = {}
    bar.update(len(batch) - len(whole))
    for outcome in run_jobs(check_house_job, [(item.house, None) for item in whole], workers, bar.update):
        crash = (f"malformed: {outcome.error}",) if outcome.error else ()
        faults[whole[outcome.index].label] = crash or tuple(map(str, outcome.result))
    return [
        CheckedHouse(item.label, item.split, item.house, faults.get(item.label, item.faults))
        for item in batch
    ]


def _own(house: House, index: int, split: Split | None) -> House:
    """The house with its index, and its split where that is known."""
    note: dict[str, Any] = {"house": index, "content_sha256": hash_content(house)}
    house["metadata"]["simgen"] = {**note, "split": split} if split else note
    return house


def _rule(fault: str) -> str:
    return fault.partition(": ")[0]
