"""The table of rewards. A recipe chooses from it by name, with weights: `grpo.rewards: {accuracy: 0.9}`."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import Parameter, signature

from simgen.errors import InputError
from simgen.trainers.rewards.answer import accuracy_reward, format_reward, length_reward
from simgen.trainers.rewards.consistency import consistency_reward
from simgen.trainers.rewards.layout import map_gated_reward, map_reward

Weights = Mapping[str, float]
"""Weights of rewards by name."""

DEFAULT_WEIGHTS: Weights = {"accuracy": 0.45, "map": 0.45, "format": 0.1}
"""The mix of `docs/training.md` that keeps the map. Rewards for the answer alone let it go."""
DEFAULT_WEIGHTS_WITHOUT_MAP: Weights = {"accuracy": 0.9, "format": 0.1}
"""The default for the target `none`."""


@dataclass(frozen=True, slots=True)
class Reward:
    """One term of the total reward."""

    name: str
    """Its name in recipes and in report.json."""
    label: str
    """Its line in the printed table."""
    function: Callable[..., list[float]]
    """From completions and columns to one score from 0 to 1 for each completion. TRL names it in its log."""
    needs_map: bool = False
    """Whether it is 0 for every response without a map, so that target `none` cannot use it."""

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the data set that it needs: the parameters of its function."""
        parameters = signature(self.function).parameters.values()
        named = {parameter.name for parameter in parameters if parameter.kind != Parameter.VAR_KEYWORD}
        return frozenset(named - {"completions"})

    @property
    def log_key(self) -> str:
        """Its mean's key in TRL's log."""
        return f"rewards/{self.function.__name__}/mean"


REWARDS = (
    Reward("accuracy", "accuracy (MRA or match)", accuracy_reward),
    Reward("format", "format", format_reward),
    Reward("map", "map", map_reward, needs_map=True),
    Reward("map_gated", "map, of right answers", map_gated_reward, needs_map=True),
    Reward("consistency", "consistency", consistency_reward, needs_map=True),
    Reward("length", "length", length_reward),
)
"""All rewards, in the order of the printed table."""


def choose_rewards(weights: Weights | None, target: str = "metric") -> list[tuple[Reward, float]]:
    """The rewards with a weight above 0, with their shares of the total, in the table's order.

    None chooses the default weights, which are others if the target has no map.
    The weights are divided by their sum. So the total is from 0 to 1, and runs with different mixes can be
    compared. Raises InputError for an unknown name, a weight that is no number of at least 0, weights that
    are all 0, and a reward that `target` leaves no map for.
    """
    if weights is None:
        weights = DEFAULT_WEIGHTS_WITHOUT_MAP if target == "none" else DEFAULT_WEIGHTS
    for name, weight in weights.items():
        _check(name, weight, target)
    total = sum(weights.values())
    if not total > 0.0:
        raise InputError("grpo.rewards: all weights are 0; give at least one reward a weight above 0")
    shares = {name: weight / total for name, weight in weights.items()}
    return [(reward, shares[reward.name]) for reward in REWARDS if shares.get(reward.name, 0.0) > 0.0]


def _check(name: str, weight: float, target: str) -> None:
    known = {reward.name: reward for reward in REWARDS}
    if name not in known:
        near = get_close_matches(name, known, n=1, cutoff=0.0)[0]
        raise InputError(
            f"grpo.rewards: '{name}' is not known; did you mean '{near}'? Known are {', '.join(known)}"
        )
    if not (math.isfinite(weight) and weight >= 0.0):
        raise InputError(f"grpo.rewards: the weight of '{name}' is {weight}; give a number of at least 0")
    if weight > 0.0 and known[name].needs_map and target == "none":
        raise InputError(
            f"grpo.rewards: '{name}' needs a map, and data.target is 'none'; set its weight to 0, or choose "
            "another target"
        )
