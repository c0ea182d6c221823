"""The curriculum: the order in which training sees its rows, easy ones first, in stages. Pure numpy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the curriculum, as indices of rows."""

    own: Indices
    """The rows of its quantile of difficulty."""
    samples: Indices
    """(steps * per_step) rows in the order that training sees them; repeats allowed."""
    steps: int


def plan_stages(
    difficulty: ArrayLike, stages: int, steps: int, per_step: int, replay: float, rng: np.random.Generator
) -> list[Stage]:
    """Stages from easy to hard with `steps` steps in all, each step of `per_step` samples from one stage.

    A stage draws from its own quantile of difficulty, every row about equally often, and the share
    `replay` of its samples from the quantiles before it. One stage is a plain shuffle. There are never
    more stages than rows or steps.
    """
    own_rows = _quantiles(np.asarray(difficulty, dtype=np.float64), min(stages, steps))
    step_counts = _even_split(steps, len(own_rows))
    return [
        _stage(own_rows[: index + 1], count, per_step, replay, rng) for index, count in enumerate(step_counts)
    ]


def join_samples(stages: list[Stage]) -> Indices:
    """(steps * per_step) row indices: the samples of all stages, one stage after the other."""
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
    parts = [_draw(own, count - replayed, rng)]
    if replayed:
        parts.append(_draw(np.concatenate(earlier), replayed, rng))
    return Stage(own=own, samples=rng.permutation(np.concatenate(parts)), steps=steps)


def _draw(rows: Indices, count: int, rng: np.random.Generator) -> Indices:
    """`count` random rows. No row is drawn a second time before every row was drawn once, and so on."""
    rounds = -(-count // len(rows))
    if rounds == 0:
        return rows[:0]
    return np.concatenate([rng.permutation(rows) for _ in range(rounds)])[:count]
