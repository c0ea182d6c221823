"""Houses sampled by the real `procthor`.

`sample_house` seeds `random` and `numpy.random` globally, as procthor does, and procthor keeps what it
computed for the next house: it must run in a process of its own, one a house, started with
PYTHONHASHSEED=0 (procthor iterates over sets of strings).
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from simgen.errors import AssetError, HouseError
from simgen.recipe import Recipe
from simgen.scenes.controller import sampling_controller
from simgen.scenes.procthor_mends import mend
from simgen.types import Split

ATTEMPTS = 12
"""Seeds tried for a house before it is given up; about one in ten fails procthor's own checks."""


def sample_house(recipe: Recipe, house: int, assets: Path | None = None) -> dict[str, Any]:
    """The recipe's house with this index, as ProcTHOR's JSON.

    Tries one seed after the other until procthor yields a house that its own `validate` finds no fault
    with. Things are put onto the meshes of the asset pack in `assets`. Raises HouseError, with the last
    reason, when none does.
    """
    assert sys.flags.hash_randomization == 0, "start this process with PYTHONHASHSEED=0"
    reason = ""
    for attempt in range(ATTEMPTS):
        seed = _seed(recipe, house, attempt)
        data, reason = _try_seed(recipe, recipe.houses.split(house), seed, assets)
        if data is not None:
            data["metadata"]["simgen"] = {"house": house, "seed": seed, "split": recipe.houses.split(house)}
            return data
    raise HouseError(f"no valid house after {ATTEMPTS} seeds; the last one failed: {reason}")


def _seed(recipe: Recipe, house: int, attempt: int) -> int:
    """A 31-bit seed: procthor passes it to numpy's legacy generator."""
    sequence = np.random.SeedSequence(recipe.seed, spawn_key=(house, attempt))
    return int(sequence.generate_state(1)[0] >> 1)


def _try_seed(
    recipe: Recipe, split: Split, seed: int, assets: Path | None
) -> tuple[dict[str, Any] | None, str]:
    """A valid house, or None and why procthor has none for this seed."""
    from procthor.generation import HouseGenerator

    mend()
    controller = sampling_controller(assets)
    generator = HouseGenerator(
        split=split, seed=seed, room_spec_sampler=_room_specs(recipe), controller=controller
    )
    try:
        house, _ = generator.sample()
        warnings = house.validate(controller)
    except Exception as error:  # procthor raises bare Exception, IndexError and others for unlucky seeds
        _raise_fault_of_pack(error)
        return None, f"seed {seed}: {type(error).__name__}: {error}"
    if warnings:
        return None, f"seed {seed}: {'; '.join(map(str, warnings.values()))}"
    return json.loads(json.dumps(house.data, default=_plain)), ""


def _raise_fault_of_pack(error: BaseException) -> None:
    """Raises the AssetError that a controller's error came of, if it did: no other seed would mend it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AssetError):
            raise cause
        cause = cause.__cause__ or cause.__context__


def _room_specs(recipe: Recipe) -> Any:
    """procthor's own room specifications, less those that the recipe rules out."""
    from procthor.generation import PROCTHOR10K_ROOM_SPEC_SAMPLER
    from procthor.generation.room_specs import RoomSpecSampler

    wanted = recipe.houses.rooms
    fitting = [
        spec
        for spec in PROCTHOR10K_ROOM_SPEC_SAMPLER.room_specs
        if set(wanted.require) <= set(spec.room_type_map.values())
        and len(spec.room_type_map) <= wanted.max_rooms
    ]
    if not fitting:
        rooms = ", ".join(wanted.require)
        raise HouseError(
            f"procthor has no house with {rooms} in at most {wanted.max_rooms} rooms; raise max_rooms"
        )
    return RoomSpecSampler(room_specs=fitting)


def _plain(value: Any) -> Any:
    """numpy's numbers, as JSON knows them."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} in a house")
