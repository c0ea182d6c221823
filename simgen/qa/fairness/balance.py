"""Chooses which candidate questions are asked, so that their words do not predict their answers.

The choice is made for a whole data set, one template at a time. Each candidate adds signed amounts to many
imbalances (see `imbalances`), and the chosen questions must keep all of them near zero. The search is a
coordinate descent over clips: in each sweep every clip's questions are chosen anew while those of all other
clips stay fixed. Within a clip the choice is greedy: the candidate of the lowest cost comes next.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.qa.fairness.candidates import Candidate
from simgen.qa.fairness.imbalances import EffectTable, Indices, make_effect_table
from simgen.qa.fairness.near_duplicates import find_duplicate_keys
from simgen.qa.refusal import Refusal
from simgen.types import Array

SWEEPS = 4
"""How often each clip's questions are chosen anew; more sweeps change little."""
TOLERANCE = 0.5
"""The increase in imbalance that a question may cause, as a share of the sum of its squared amounts."""
NOISE = 0.5
"""Imbalances within this many standard deviations of a random draw cost nothing. In an exactly balanced
data set the counts in all other houses would reveal the answers in one house: what is rarer there must be
right here."""
LUCK = 1.5
"""Limits of numeric questions are raised to this many standard deviations of a random draw. Eight cuts
that all had to be balanced within one question would leave almost no questions."""
REUSE_COST = 0.3
"""The cost of asking about an object once more, in the unit of the imbalance."""


def balance(pool: Sequence[Candidate], count_per_clip: int, seed: int = 0) -> list[Refusal | None]:
    """For each candidate of one template None when it is asked, or the reason why it is not.

    At most `count_per_clip` candidates of a clip are asked. Kinds of refusal: `near duplicate` of one
    that is asked; `balanced out` when it would make its answer guessable; `not needed` when the clip has
    enough. The same pool in the same order always gives the same choice.
    """
    if not pool:
        return []
    selection = _Selection.empty(pool, count_per_clip)
    clips = [np.array(found) for found in _by_clip(pool).values()]
    rng = np.random.default_rng(seed)
    for _ in range(SWEEPS):
        for index in rng.permutation(len(clips)):
            selection.choose_anew(clips[index])
    reasons: list[Refusal | None] = [None] * len(pool)
    for clip in clips:
        for index, reason in zip(clip, selection.reasons(clip), strict=True):
            reasons[index] = reason
    return reasons


@dataclass(slots=True, eq=False)
class _Selection:
    """The candidates that are asked so far, and the imbalances that they add up to."""

    pool: Sequence[Candidate]
    count_per_clip: int
    effects: EffectTable
    duplicates: Indices
    """(N, 2) keys that near duplicates share."""
    objects: list[tuple[str, ...]]
    """The objects that each candidate names or offers."""
    imbalance: Array
    """(K,) the sum of the amounts of the asked candidates, by key."""
    variance: Array
    """(K,) the sum of their squares: the variance of the imbalance if right answers were drawn at random."""
    asked: NDArray[np.bool_]
    """(N,) whether each candidate is asked."""

    @classmethod
    def empty(cls, pool: Sequence[Candidate], count_per_clip: int) -> "_Selection":
        """A selection of no candidate."""
        effects = make_effect_table(pool)
        count = int(effects.keys.max()) + 1
        return cls(
            pool=pool,
            count_per_clip=count_per_clip,
            effects=effects,
            duplicates=find_duplicate_keys(pool),
            objects=[candidate.ask.objects + candidate.ask.options for candidate in pool],
            imbalance=np.zeros(count),
            variance=np.zeros(count),
            asked=np.zeros(len(pool), dtype=bool),
        )

    def choose_anew(self, clip: Indices) -> None:
        """Chooses one clip's questions, given those of all others; always the cheapest candidate next."""
        for index in clip[self.asked[clip]]:
            self._add(index, -1.0)
        self.asked[clip] = False
        available = np.ones(len(clip), dtype=bool)
        used: Counter[str] = Counter()
        for _ in range(self.count_per_clip):
            costs = np.where(self._exceeds_limit(clip), np.inf, self._costs(clip))
            reuse = np.array([sum(used[name] for name in self.objects[index]) for index in clip])
            total = np.where(available, np.maximum(costs, 0.0) + REUSE_COST * reuse, np.inf)
            best = int(total.argmin())
            if not available[best] or costs[best] > self._highest_cost(clip[best]):
                return
            self._add(clip[best], 1.0)
            self.asked[clip[best]] = True
            used.update(self.objects[clip[best]])
            available &= ~(self.duplicates[clip] == self.duplicates[clip[best]]).any(axis=1)

    def reasons(self, clip: Indices) -> Iterator[Refusal | None]:
        """Why each candidate of a clip is not asked; None when it is."""
        asked, costs, exceeds = clip[self.asked[clip]], self._costs(clip), self._exceeds_limit(clip)
        for index, cost, beyond in zip(clip, costs, exceeds, strict=True):
            twin = asked[(self.duplicates[asked] == self.duplicates[index]).any(axis=1)]
            if self.asked[index]:
                yield None
            elif len(twin):
                about = self.objects[twin[0]] or [f"frame {frame}" for frame in self.pool[twin[0]].ask.frames]
                yield Refusal("near duplicate", f"of the question about {', '.join(about) or 'the same'}")
            elif beyond:
                yield Refusal("balanced out", "other answers to the very same words are too few")
            elif cost > self._highest_cost(index):
                yield Refusal("balanced out", f"{cost:.1f} more answers like this than others to such words")
            else:
                yield Refusal("not needed", f"{len(asked)} others of this clip are asked")

    def _costs(self, indices: Indices) -> Array:
        """(I,) by how much each candidate would raise the imbalance; negative when it lowers it."""
        imbalance = self.imbalance[self.effects.keys[indices]]
        beyond = np.maximum(np.abs(imbalance) - NOISE * self._deviation(indices), 0.0)
        return (np.sign(imbalance) * beyond * self.effects.amounts[indices]).sum(axis=1)

    def _exceeds_limit(self, indices: Indices) -> NDArray[np.bool_]:
        """(I,) whether each candidate would take an imbalance beyond its limit, or farther beyond it."""
        amounts, limits = self.effects.amounts[indices], self.effects.limits[indices]
        before = self.imbalance[self.effects.keys[indices]]
        after = np.abs(before + amounts)
        if not self.pool[0].options:
            limits = np.maximum(limits, LUCK * self._deviation(indices, amounts))
        return np.any((after > limits) & (after > np.abs(before)), axis=1)

    def _deviation(self, indices: Indices, added: Array | float = 0.0) -> Array:
        """(I, M) the standard deviation of each imbalance in a random draw, with `added` amounts."""
        return np.sqrt(np.maximum(self.variance[self.effects.keys[indices]] + np.square(added), 0.0))

    def _highest_cost(self, index: int) -> float:
        return TOLERANCE * float((self.effects.amounts[index] ** 2).sum())

    def _add(self, index: int, sign: float) -> None:
        keys, amounts = self.effects.keys[index], self.effects.amounts[index]
        np.add.at(self.imbalance, keys, sign * amounts)
        np.add.at(self.variance, keys, sign * amounts**2)


def _by_clip(pool: Sequence[Candidate]) -> dict[str, list[int]]:
    """The indices of each clip's candidates."""
    clips: dict[str, list[int]] = defaultdict(list)
    for index, candidate in enumerate(pool):
        clips[candidate.clip].append(index)
    return clips
