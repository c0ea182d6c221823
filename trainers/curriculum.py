"""The order in which training sees its rows: easy ones first, in stages. Pure numpy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: which rows are its own and which samples it feeds."""

    own: Indices
    """Rows of its quantile of difficulty."""
    samples: Indices
    """(steps * per_step) row indices in the order they are fed; repeats allowed."""
    steps: int


def plan_stages(
    difficulty: ArrayLike, stages: int, steps: int, per_step: int, replay: float, rng: np.random.Generator
) -> list[Stage]:
    """Stages from easy to hard whose steps add up to `steps`, each cut to whole steps of `per_step` samples.

    A stage draws from its own quantile of difficulty, every row about equally often, and the share
    `replay` of its samples from the quantiles before it. No step mixes two stages. With one stage this
    is a plain shuffle. There are never more stages than rows or steps.
    """
    own_rows = _quantiles(np.asarray(difficulty, dtype=np.float64), min(stages, steps))
    step_counts = _even_split(steps, len(own_rows))
    return [
        _stage(own_rows[: index + 1], count, per_step, replay, rng) for index, count in enumerate(step_counts)
    ]


def fed_order(stages: list[Stage]) -> Indices:
    """(steps * per_step) row indices of all stages, one after the other."""
    return np.concatenate([stage.samples for stage in stages])


def _quantiles(difficulty: NDArray[np.float64], stages: int) -> list[Indices]:
    # By rank and not by value: equal difficulties would otherwise leave stages empty.
    ranked = np.argsort(difficulty, kind="stable")
    return np.array_split(ranked, min(stages, len(ranked)))


def _even_split(total: int, parts: int) -> list[int]:
    return [total // parts + (index < total % parts) for index in range(parts)]


def _stage(
    quantiles: list[Indices], steps: int, per_step: int, replay: float, rng: np.random.Generator
) -> Stage:
    earlier, own = quantiles[:-1], quantiles[-1]
    count = steps * per_step
    replayed = round(replay * count) if earlier else 0
    parts = [_cycled(own, count - replayed, rng)]
    if replayed:
        parts.append(_cycled(np.concatenate(earlier), replayed, rng))
    return Stage(own=own, samples=rng.permutation(np.concatenate(parts)), steps=steps)


def _cycled(rows: Indices, count: int, rng: np.random.Generator) -> Indices:
    """`count` draws in which no row comes a second time before every row has come once."""
    rounds = -(-count // len(rows))
    if rounds == 0:
        return rows[:0]
    return np.concatenate([rng.permutation(rows) for _ in range(rounds)])[:count]
