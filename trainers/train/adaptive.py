"""The adaptive plan: prompts follow the model's own success, block by block. Pure numpy and scipy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import rankdata

from simgen.errors import InputError
from simgen.trainers.train.plan import Floats, Indices, PlanSize

PRIOR_RANGE = 3.0
"""The easiest row starts at difficulty -3 and the hardest at 3: a success of .95 and of .05 is expected."""
ABILITY_RATE = 0.2
"""How far one prompt moves the model's ability, for an error of 1 in its success. All prompts add up."""
DIFFICULTY_RATE = 1.0
"""How far one prompt moves its own difficulty. It is seen far less often than the ability is updated."""
NO_SPREAD = 1e-6
"""A group of answers whose rewards differ by less has no gradient. Rewards are float32."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is believed about the model and the rows.

    The model answers row i with the success `expit(ability - difficulty[i])`, as in the Rasch model.
    """

    ability: float
    difficulty: Floats
    """(rows,) in logits."""
    flat: Indices
    """(rows,) how many times in a row the answers to this prompt earned all the same."""
    back_at: Indices
    """(rows,) the block from which a prompt may be drawn."""

    @property
    def success(self) -> Floats:
        """(rows,) the success that is expected of each row, 0 to 1."""
        return expit(self.ability - self.difficulty)


def make_prior(difficulty: Floats) -> Estimate:
    """The estimate before any answer: success falls with the rank of the row's planned difficulty."""
    count = len(difficulty)
    ranks = (rankdata(difficulty) - 0.5) / count
    zeros = np.zeros(count, np.int64)
    return Estimate(0.0, PRIOR_RANGE * (2 * ranks - 1), zeros, zeros)


def update_estimate(
    estimate: Estimate, rows: Indices, success: Floats, spread: Floats, block: int, put_off: int
) -> Estimate:
    """The estimate after the answers to some prompts, all (n,), before `block` is planned.

    Success moves the ability up and the row's difficulty down by the difference from what was expected (the
    Elo rating, Pelánek 2016). A prompt whose answers earned all the same is left out of the next `put_off`
    blocks; twice as long when that happens twice in a row, and so on.
    """
    ability, difficulty = estimate.ability, estimate.difficulty.copy()
    flat, back_at = estimate.flat.copy(), estimate.back_at.copy()
    for row, reached, differs in zip(rows, success, spread > NO_SPREAD, strict=True):
        surprise = reached - expit(ability - difficulty[row])
        ability += ABILITY_RATE * surprise
        difficulty[row] -= DIFFICULTY_RATE * surprise
        flat[row] = 0 if differs else flat[row] + 1
        back_at[row] = block + put_off * flat[row]
    return Estimate(float(ability), difficulty, flat, back_at)


def draw_block(estimate: Estimate, block: int, count: int, rng: np.random.Generator) -> Indices:
    """`count` prompts that are not put off, drawn with weights p (1 - p) of their expected success p.

    That is the variance of the reward, and highest at p = 0.5. No prompt comes again before all others came.
    When every prompt is put off, all are drawn from.
    """
    free = np.flatnonzero(estimate.back_at <= block)
    rows = free if len(free) else np.arange(len(estimate.difficulty))
    success = estimate.success[rows]
    weights = np.log(success * (1 - success))
    # The largest of log weight plus Gumbel noise come in the order of weighted draws without replacement.
    rounds = [
        rows[np.argsort(-(weights + rng.gumbel(size=len(rows))))] for _ in range(-(-count // len(rows)))
    ]
    return np.concatenate(rounds)[:count]


class AdaptivePlan:
    """A plan whose next block follows from the rewards that earlier blocks earned.

    Block b is planned from the rewards of the blocks up to b - 2, because the data loader reads batches of
    block b before block b - 1 is over. So the plan depends on the seed and the rewards alone: not on how far
    the loader reads ahead, nor on the number of its workers or of the processes.
    """

    def __init__(
        self, difficulty: Floats, size: PlanSize, block_steps: int, put_off: int, seed: np.random.SeedSequence
    ) -> None:
        """`block_steps` batches are planned at once; for `put_off` see `update_estimate`."""
        self.size = size
        self.estimate = make_prior(difficulty)
        self._block_steps, self._put_off, self._seed = block_steps, put_off, seed
        self._blocks: list[NDArray[np.int64]] = []  # each (block_steps, per_batch)
        self._observed: list[tuple[Floats, Floats]] = []
        self._used = 0  # observations that the estimate holds

    def rows(self, batch: int) -> Indices:
        """(per_batch,) indices of the rows of a batch; plans its block when it is asked for first.

        Raises InputError when the rewards that the block is planned from are not known yet.
        """
        block, offset = divmod(batch, self._block_steps)
        while len(self._blocks) <= block:
            self._plan_block(len(self._blocks))
        return self._blocks[block][offset]

    def stage(self, batch: int) -> int:
        """The block of a batch, from 0."""
        return batch // self._block_steps

    def observe(self, batch: int, success: Floats, spread: Floats) -> None:
        """Takes in what the answers to a batch earned. Batches come in order."""
        assert batch == len(self._observed), f"batch {batch} follows batch {len(self._observed) - 1}"
        self._observed.append((success, spread))

    def _plan_block(self, block: int) -> None:
        needed = max(0, (block - 1) * self._block_steps)
        if len(self._observed) < needed:
            raise InputError(
                f"curriculum.block_steps is {self._block_steps}: the data loader reads further ahead than a "
                "block; give more steps a block, or fewer workers (dataloader_num_workers)"
            )
        for batch in range(self._used, needed):
            rows, (success, spread) = self.rows(batch), self._observed[batch]
            self.estimate = update_estimate(self.estimate, rows, success, spread, block, self._put_off)
        self._used = needed
        rng = np.random.default_rng(
            np.random.SeedSequence(self._seed.entropy, spawn_key=(*self._seed.spawn_key, block))
        )
        count = self._block_steps * self.size.per_batch
        drawn = draw_block(self.estimate, block, count, rng)
        self._blocks.append(drawn.reshape(self._block_steps, self.size.per_batch))
