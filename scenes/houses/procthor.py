"""Samples houses with the `procthor` package.

Each house needs a process of its own, started with PYTHONHASHSEED=0: procthor seeds `random` and
`numpy.random` globally, caches values from one house to the next, and iterates over sets of strings.
"""

import json
import logging
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from simgen.engine.packs import load_pack
from simgen.errors import AssetError
from simgen.recipe import Recipe
from simgen.scenes.engines.embedded import make_sampling_controller
from simgen.scenes.houses.procthor_fixes import apply_fixes
from simgen.scenes.houses.procthor_speed import speed_up
from simgen.scenes.houses.rules import find_faults
from simgen.scenes.houses.schema import upgrade_house
from simgen.scenes.houses.specs import load_specs, make_room_spec_sampler
from simgen.types import Split

ATTEMPTS = 12
"""Seeds tried for one house before it fails. About one seed in six fails procthor's own checks."""
SEED_LIMIT_S = 300
"""A seed that takes longer is rejected: procthor can search endlessly for a door between rooms that do not
touch. A large house takes some 50 s on a slow machine."""


@dataclass(frozen=True, slots=True)
class RejectedSeed:
    """A seed that gave no valid house."""

    seed: int
    kind: str
    """Short text, equal for all seeds with the same failure."""
    text: str
    """The full reason."""


@dataclass(frozen=True, slots=True)
class SamplingResult:
    """The sampled house, and the seeds that failed before."""

    house: dict[str, Any] | None
    """None when no seed gave a valid house."""
    rejected: tuple[RejectedSeed, ...]
    """In the order of the attempts."""


class _SeedLimit(BaseException):
    """A seed took too long. Not a subclass of Exception, since procthor catches those."""


def try_seeds(recipe: Recipe, house: int, assets: Path | None = None) -> SamplingResult:
    """Tries seeds in order until procthor yields a house that breaks no rule.

    The house is in schema 1.0.0. Its `metadata.simgen` holds its index, seed and split, and the rejected
    seeds. Raises HouseError when no room spec fits the recipe, and InputError for a mistake in the spec page.
    """
    assert sys.flags.hash_randomization == 0, "start this process with PYTHONHASHSEED=0"
    logging.disable(logging.WARNING)  # procthor logs what `validate` returns too
    split = recipe.houses.split(house)
    rejected: list[RejectedSeed] = []
    for attempt in range(ATTEMPTS):
        seed = _seed(recipe, house, attempt)
        found = _try_seed(recipe, split, seed, assets)
        if not isinstance(found, RejectedSeed):
            seeds = [{"seed": item.seed, "reason": item.kind} for item in rejected]
            found["metadata"]["simgen"] = {"house": house, "seed": seed, "split": split, "rejected": seeds}
            return SamplingResult(found, tuple(rejected))
        rejected.append(found)
    return SamplingResult(None, tuple(rejected))


def _seed(recipe: Recipe, house: int, attempt: int) -> int:
    """A 31-bit seed: procthor passes it to numpy's legacy generator."""
    sequence = np.random.SeedSequence(recipe.seed, spawn_key=(house, attempt))
    return int(sequence.generate_state(1)[0] >> 1)


def _try_seed(recipe: Recipe, split: Split, seed: int, assets: Path | None) -> dict[str, Any] | RejectedSeed:
    """A valid house, or why this seed gives none."""
    from procthor.generation import HouseGenerator

    apply_fixes()
    speed_up()
    page = load_specs(recipe.houses.specs) if recipe.houses.specs else None
    controller = make_sampling_controller(assets)
    generator = HouseGenerator(
        split=split,
        seed=seed,
        room_spec_sampler=make_room_spec_sampler(page, recipe.houses.rooms),
        controller=controller,
    )
    try:
        with _time_limit(SEED_LIMIT_S):
            house, _ = generator.sample()
            warnings = house.validate(controller)
    except _SeedLimit:
        return RejectedSeed(seed, "time limit", f"it took longer than {SEED_LIMIT_S} s")
    except Exception as error:  # procthor raises bare Exception, IndexError and others for unlucky seeds
        _raise_fault_of_pack(error)
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        return RejectedSeed(seed, f"procthor: {_without_numbers(text)}", text)
    if warnings:
        texts = list(map(str, warnings.values()))
        return RejectedSeed(seed, f"procthor: {_without_numbers(texts[0])}", "; ".join(texts))
    return _check_rules(seed, json.loads(json.dumps(house.data, default=_plain)), assets)


def _check_rules(seed: int, data: dict[str, Any], assets: Path | None) -> dict[str, Any] | RejectedSeed:
    house = upgrade_house(data)
    faults = find_faults(house, load_pack(assets) if assets else None)
    return RejectedSeed(seed, faults[0].rule, "; ".join(map(str, faults))) if faults else house


def _without_numbers(text: str) -> str:
    """The text with numbers replaced by #, so that equal failures have equal texts; at most 80 characters."""
    return re.sub(r"0x[0-9a-f]+|[(\[]?-?\d[-\d.,\s()\]]*", "# ", text)[:80].strip()


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raises _SeedLimit when the block takes longer. No limit on Windows or outside the main thread."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _raise_seed_limit)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _raise_seed_limit(_number: int, _frame: FrameType | None) -> None:
    raise _SeedLimit


def _raise_fault_of_pack(error: BaseException) -> None:
    """Raises the AssetError that caused a controller's error, if one did: no other seed would help."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AssetError):
            raise cause
        cause = cause.__cause__ or cause.__context__


def _plain(value: Any) -> Any:
    """A numpy number as a Python number, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} in a house")
