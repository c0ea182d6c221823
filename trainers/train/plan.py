"""The plan of a phase: which rows each batch takes, and in which stage. Pure numpy.

A batch is what is drawn from the rows at once: the samples of one step of SFT, or the prompts of one
generation of GRPO (by default one step).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlanSize:
    """How much a phase draws."""

    batches: int
    per_batch: int
    """Samples in a batch, over all processes and accumulated steps."""


class Plan(Protocol):
    """What a curriculum makes. The batches are asked for in order, and each may be asked for again."""

    @property
    def size(self) -> PlanSize:
        """The number of batches and of the samples in each."""
        ...

    def rows(self, batch: int) -> Indices:
        """(per_batch,) indices of the rows of a batch, in the order in which the processes get them."""
        ...

    def stage(self, batch: int) -> int:
        """The stage that a batch belongs to, from 0."""
        ...

    def observe(self, batch: int, success: Floats, spread: Floats) -> None:
        """Takes in what the answers to a batch earned, both (per_batch,). Only GRPO calls it.

        `success` is the mean reward of a prompt's answers, 0 to 1; `spread` is the highest minus the lowest.
        """
        ...


@dataclass(frozen=True, slots=True)
class FixedPlan:
    """A plan that is known before the phase starts."""

    samples: Indices
    """(batches, per_batch) indices of rows; repeats allowed."""
    stages: Indices
    """(batches,) the stage of each batch, from 0."""

    @property
    def size(self) -> PlanSize:
        """The number of batches and of the samples in each."""
        return PlanSize(*self.samples.shape)

    def rows(self, batch: int) -> Indices:
        """(per_batch,) indices of the rows of a batch."""
        return self.samples[batch]

    def stage(self, batch: int) -> int:
        """The stage of a batch, from 0."""
        return int(self.stages[batch])

    def observe(self, batch: int, success: Floats, spread: Floats) -> None:
        """Does nothing: the plan is fixed."""
