"""Which of all the questions that could be asked are asked, so that the words do not give the answer away.

The choice is made over a whole data set, one template at a time. Every candidate adds signed amounts to many
imbalances: a choice to "fridge wins", "fridge beats sink", "fridge wins beside a sofa" and "letter B"; a
number to "smaller than 1.2 m" of the template and of the things it names. In a balanced set each of them
stays near zero, so no count of any of them tells more than chance.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from simgen.qa.fairness.blind_questions import number_in
from simgen.qa.fairness.language_prior import predict_answers
from simgen.qa.skills.facts import Ask
from simgen.types import Array

VALUE_BIN = 1.25
"""Numbers within this ratio count as the same: more than half of the MRA thresholds cannot tell them."""
CUTS = 8
"""Quantiles at which the answers of a template are compared with those about the same things."""
SWEEPS = 4
"""How often every clip chooses again, knowing the choices of the others; more changes little."""
TOLERANCE = 0.5
"""The imbalance that a question may add, with half its own weight for being asked at all."""
NOISE = 0.5
"""Imbalances within so many standard deviations of an even draw count as none. Were a set balanced to the
last question, its other houses would tell the answers in one house: what they have less of."""
REPEATED = 3.0
"""Where the words of a template's questions recur so often in the mean, the same words must have every answer
as often as the others: is a bowl above a bed? Where they hardly recur, nothing can be learned from them."""
LUCK = 1.5
"""Numbers that are asked of the very same words may lie below a cut more or less often by so many standard
deviations of an even draw: eight cuts that must all be even would leave next to nothing."""
LEVELS = 5
"""Parts of a template's numbers, by what the words make likely: in each small answers are as frequent."""
SPREAD = 0.3
"""What it costs to ask about an object once more, in the unit of the imbalance."""

Indices = NDArray[np.int64]
Effect = tuple[tuple[object, ...], float]
"""Which imbalance a candidate adds to, and by how much."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that could be asked: as much of it as balancing needs."""

    clip: str
    house: str
    ask: Ask
    answer: float | int | tuple[int, ...]
    """The number, the index of the right option, or the right order of the options."""
    words: tuple[str, ...]
    """What the question names in its words, in order: types of a, b, …, of rooms, labels of numbers."""
    options: tuple[str, ...] = ()
    """The options as people read them, in the order of `ask.options`; empty for numbers."""


def balance(pool: Sequence[Candidate], count_per_clip: int, seed: int = 0) -> list[str | None]:
    """For each candidate of one template None where it is to be asked, otherwise the reason why not.

    At most `count_per_clip` are asked of a clip. Reasons: `near duplicate: …` of one that is asked; `balanced
    out: …` where it would make its answer guessable; `not needed: …` where the clip has enough. The same
    pool in the same order gives the same choice.
    """
    if not pool:
        return []
    choice = _Choice.of(pool, count_per_clip)
    clips = [np.array(found) for found in _by_clip(pool).values()]
    rng = np.random.default_rng(seed)
    for _ in range(SWEEPS):
        for index in rng.permutation(len(clips)):
            choice.choose_again(clips[index])
    reasons: list[str | None] = [None] * len(pool)
    for clip in clips:
        for index, reason in zip(clip, choice.reasons(clip), strict=True):
            reasons[index] = reason
    return reasons


def value_label(value: float) -> str:
    """A number as one of the words of a question: like numbers have one label."""
    return f"#{math.floor(math.log(max(abs(value), 0.01), VALUE_BIN) + 0.5)}"


def frame_words(numbers: Sequence[int]) -> tuple[str, ...]:
    """What the frames that a question names say of the answer: which is the later, by how much, and when."""
    ways = [("on" if b > a else "back", value_label(abs(b - a))) for a, b in combinations(numbers, 2)]
    sides = tuple(side for side, _ in ways) if len(ways) == 1 else ()
    gaps = tuple(f"{label} frames {side}" for side, label in ways)
    return (*sides, *gaps, *(f"frame {number}" for number in numbers))


@dataclass(slots=True, eq=False)
class _Choice:
    """The candidates asked so far, and the imbalance that they add up to."""

    pool: Sequence[Candidate]
    count_per_clip: int
    keys: Indices
    """(N, M) which imbalances each candidate adds to; unused places are 0 with an amount of 0."""
    amounts: Array
    """(N, M) by how much."""
    limits: Array
    """(N, M) how far from zero these may come; infinite for most, for which only the sum of all counts."""
    twins: Indices
    """(N, 2) numbers that near duplicates share."""
    objects: list[tuple[str, ...]]
    imbalance: Array
    """The sum of the amounts of those asked, by key."""
    variance: Array
    """The sum of their squares: of what an even draw's imbalance would have."""
    asked: NDArray[np.bool_]

    @classmethod
    def of(cls, pool: Sequence[Candidate], count_per_clip: int) -> "_Choice":
        effects = _effects(pool)
        keys, amounts = _tables(effects)
        return cls(
            pool=pool,
            count_per_clip=count_per_clip,
            keys=keys,
            amounts=amounts,
            limits=_limits(pool, effects, amounts.shape),
            twins=_twins(pool),
            objects=[candidate.ask.objects + candidate.ask.options for candidate in pool],
            imbalance=np.zeros(int(keys.max()) + 1),
            variance=np.zeros(int(keys.max()) + 1),
            asked=np.zeros(len(pool), dtype=bool),
        )

    def choose_again(self, clip: Indices) -> None:
        """Chooses one clip's questions, given those of all others: each time the cheapest."""
        for index in clip[self.asked[clip]]:
            self._add(index, -1.0)
        self.asked[clip] = False
        open_ = np.ones(len(clip), dtype=bool)
        used: Counter[str] = Counter()
        for _ in range(self.count_per_clip):
            costs = np.where(self._too_far(clip), np.inf, self._costs(clip))
            spread = np.array([sum(used[name] for name in self.objects[index]) for index in clip])
            total = np.where(open_, np.maximum(costs, 0.0) + SPREAD * spread, np.inf)
            best = int(total.argmin())
            if not open_[best] or costs[best] > self._bound(clip[best]):
                return
            self._add(clip[best], 1.0)
            self.asked[clip[best]] = True
            used.update(self.objects[clip[best]])
            open_ &= ~(self.twins[clip] == self.twins[clip[best]]).any(axis=1)

    def reasons(self, clip: Indices) -> Iterator[str | None]:
        """Why each of a clip's candidates is not asked; None where it is."""
        asked, costs, too_far = clip[self.asked[clip]], self._costs(clip), self._too_far(clip)
        for index, cost, beyond in zip(clip, costs, too_far, strict=True):
            twin = asked[(self.twins[asked] == self.twins[index]).any(axis=1)]
            if self.asked[index]:
                yield None
            elif len(twin):
                about = self.objects[twin[0]] or [f"frame {frame}" for frame in self.pool[twin[0]].ask.frames]
                yield f"near duplicate: of the question about {', '.join(about) or 'the same'}"
            elif beyond:
                yield "balanced out: other answers to the very same words are too few"
            elif cost > self._bound(index):
                yield f"balanced out: {cost:.1f} more answers like this than others to such words"
            else:
                yield f"not needed: {len(asked)} others of this clip are asked"

    def _costs(self, indices: Indices) -> Array:
        """(len(indices),) by how much each would raise the imbalance; negative where it lowers it."""
        imbalance = self.imbalance[self.keys[indices]]
        beyond = np.maximum(np.abs(imbalance) - NOISE * self._deviation(indices), 0.0)
        return (np.sign(imbalance) * beyond * self.amounts[indices]).sum(axis=1)

    def _too_far(self, indices: Indices) -> NDArray[np.bool_]:
        """(len(indices),) whether each would take an imbalance with a limit farther beyond it."""
        before = self.imbalance[self.keys[indices]]
        after = np.abs(before + self.amounts[indices])
        limits = self.limits[indices]
        if not self.pool[0].options:
            limits = np.maximum(limits, LUCK * self._deviation(indices, self.amounts[indices]))
        return np.any((after > limits) & (after > np.abs(before)), axis=1)

    def _deviation(self, indices: Indices, more: Array | float = 0.0) -> Array:
        """(len(indices), M) the standard deviation of an even draw, with these `more` amounts."""
        return np.sqrt(np.maximum(self.variance[self.keys[indices]] + np.square(more), 0.0))

    def _bound(self, index: int) -> float:
        return TOLERANCE * float((self.amounts[index] ** 2).sum())

    def _add(self, index: int, sign: float) -> None:
        np.add.at(self.imbalance, self.keys[index], sign * self.amounts[index])
        np.add.at(self.variance, self.keys[index], sign * self.amounts[index] ** 2)


def _by_clip(pool: Sequence[Candidate]) -> dict[str, list[int]]:
    clips: dict[str, list[int]] = defaultdict(list)
    for index, candidate in enumerate(pool):
        clips[candidate.clip].append(index)
    return clips


def _effects(pool: Sequence[Candidate]) -> list[list[Effect]]:
    """What each candidate adds to."""
    if pool[0].options:
        return [list(_of_options(candidate)) for candidate in pool]
    logs = [math.log(max(abs(_value(candidate)), 0.01)) for candidate in pool]
    likely = predict_answers([c.words for c in pool], logs, [c.house for c in pool])
    effects, levels = _of_numbers(pool), _levels(likely)
    return [list(effects(candidate, level)) for candidate, level in zip(pool, levels, strict=True)]


def _levels(values: Array) -> list[int]:
    """Which of LEVELS parts of equal size each value is in."""
    cuts = np.quantile(values, np.linspace(0.0, 1.0, LEVELS + 1)[1:-1])
    return np.searchsorted(cuts, values).tolist()


def _tables(rows: Sequence[Sequence[Effect]]) -> tuple[Indices, Array]:
    """(N, M) keys and amounts of all candidates; key 0 stands for nothing."""
    numbers: dict[tuple[object, ...], int] = {}
    width = max(len(row) for row in rows)
    keys, amounts = np.zeros((len(rows), width), dtype=np.int64), np.zeros((len(rows), width))
    for index, row in enumerate(rows):
        for place, (key, amount) in enumerate(row):
            keys[index, place] = numbers.setdefault(key, len(numbers) + 1)
            amounts[index, place] = amount
    return keys, amounts


def _limits(pool: Sequence[Candidate], effects: Sequence[Sequence[Effect]], shape: tuple[int, ...]) -> Array:
    """(N, M) what `_Choice.limits` holds.

    Where the same words recur, their answers may differ in number by one question: the options, if all
    questions have the same, and of numbers about one thing each cut (by more luck allows, `LUCK`). Words
    whose right option is always the same are not asked.
    """
    limits = np.full(shape, np.inf)
    labels = {frozenset(candidate.options) for candidate in pool}
    if len(pool) < REPEATED * len({candidate.words for candidate in pool}) or len(labels) > 1:
        return limits
    right = defaultdict[tuple[str, ...], set[object]](set)
    for candidate in pool:
        right[candidate.words].add(_right(candidate))
    for index, candidate in enumerate(pool):
        words = candidate.words
        if not words or (not candidate.options and len(words) > 1):
            continue
        limit = 1.0
        if candidate.options:
            limit = 1.0 - 1.0 / len(candidate.options) + 1e-9 if len(right[words]) > 1 else 0.0
        for place, (key, _) in enumerate(effects[index]):
            if (key[0] == "text" and key[1:-1] == words) or (key[0] == "below" and key[2:] == words):
                limits[index, place] = limit
    return limits


def _right(candidate: Candidate) -> object:
    """The right option's text, the right order's texts, or the number."""
    if isinstance(candidate.answer, tuple):
        return tuple(candidate.options[place] for place in candidate.answer)
    return candidate.options[int(candidate.answer)] if candidate.options else candidate.answer


def _of_options(candidate: Candidate) -> Iterator[Effect]:
    """What a choice or an order adds to: which option it is, by place, by text, and by duel with another."""
    labels = [_label(text) for text in candidate.options]
    worth = _worth(candidate)
    contexts = [(), *enumerate(candidate.words), candidate.words]
    for place, (label, amount) in enumerate(zip(labels, worth, strict=True)):
        yield ("place", place), amount
        for context in contexts:
            yield ("text", *context, label), amount
    for one, other in combinations(range(len(labels)), 2):
        sign = np.sign(worth[one] - worth[other]) * (1.0 if labels[one] <= labels[other] else -1.0)
        pair = sorted((labels[one], labels[other]))
        if sign and labels[one] != labels[other]:
            yield ("duel", *pair), sign
            yield ("duel", *pair, *candidate.words[:1]), sign
    yield from _of_lists(candidate, worth)
    yield from _of_ranks(candidate, worth)


def _worth(candidate: Candidate) -> list[float]:
    """What each option is worth above the mean: 1 when right; in an order 1 (first) to 0 (last)."""
    count = len(candidate.options)
    if isinstance(candidate.answer, tuple):
        ranks = {index: rank for rank, index in enumerate(candidate.answer)}
        return [0.5 - ranks[index] / max(count - 1, 1) for index in range(count)]
    return [float(index == candidate.answer) - 1.0 / count for index in range(count)]


def _of_lists(candidate: Candidate, worth: list[float]) -> Iterator[Effect]:
    """Options that are lists, such as orders: what comes first in the right one, against the others."""
    for text, amount in zip(candidate.options, worth, strict=True):
        parts = text.split(", ")
        if len(parts) > 1:
            for place, part in enumerate(parts):
                yield ("part", place, part), amount
            for first, then in combinations(parts, 2):
                yield ("first", *sorted((first, then))), amount if first <= then else -amount


def _of_ranks(candidate: Candidate, worth: list[float]) -> Iterator[Effect]:
    """Options that are numbers, or of frames: whether the right one is the smallest, the next, …"""
    numbers = [number_in(text.removeprefix("frame ")) for text in candidate.options]
    known = [number for number in numbers if number is not None]
    if len(known) == len(numbers):
        for rank, (_, amount) in enumerate(sorted(zip(known, worth, strict=True))):
            yield ("rank", rank), amount


def _label(text: str) -> str:
    number = number_in(text)
    return text if number is None else value_label(number)


def _of_numbers(pool: Sequence[Candidate]) -> Callable[[Candidate, int], Iterator[Effect]]:
    """What a number adds to: whether it is below each of a few cuts, less the share that should be.

    That share is halfway between the pool's own and one that is even on a logarithmic scale.
    """
    answers = np.array([_value(candidate) for candidate in pool])
    cuts = np.unique(np.quantile(answers, np.linspace(0.0, 1.0, CUTS + 2)[1:-1]))
    low, high = np.log(np.maximum(np.quantile(answers, [0.02, 0.98]), 1e-2))
    even = np.clip((np.log(np.maximum(cuts, 1e-2)) - low) / max(high - low, 1e-9), 0.0, 1.0)
    shares = ((answers[:, None] <= cuts).mean(axis=0) + even) / 2.0

    def effects(candidate: Candidate, level: int) -> Iterator[Effect]:
        amounts = (_value(candidate) <= cuts) - shares
        words = candidate.words
        contexts = [(), ("level", level), *((word,) for word in sorted(set(words)))]
        contexts += [*enumerate(words), words] if len(words) > 1 else []
        for context in contexts:
            for cut, amount in enumerate(amounts.tolist()):
                yield ("below", cut, *context), amount

    return effects


def _value(candidate: Candidate) -> float:
    assert not isinstance(candidate.answer, tuple), "an order has options"
    return float(candidate.answer)


def _twins(pool: Sequence[Candidate]) -> Indices:
    """(N, 2) two numbers each: candidates of a clip that share either are near duplicates.

    The first is the same for the same things in other roles, the second for the same answer to nearly the
    same: about the same objects, types and rooms, whatever the other options or the frame.
    """
    numbers: dict[tuple[object, ...], int] = {}
    found = [_likenesses(candidate, index) for index, candidate in enumerate(pool)]
    return np.array([[numbers.setdefault(key, len(numbers)) for key in keys] for keys in found])


def _likenesses(candidate: Candidate, index: int) -> tuple[tuple[object, ...], tuple[object, ...]]:
    ask, clip = candidate.ask, candidate.clip
    things = (frozenset(ask.objects), frozenset(ask.types), frozenset(ask.rooms))
    same = (
        "same",
        clip,
        frozenset(ask.objects + ask.options),
        *things[1:],
        frozenset(ask.frames),
        ask.values,
    )
    if not any(things):
        return same, ("alone", index)
    if isinstance(candidate.answer, tuple):
        answer: object = tuple(ask.options[place] for place in candidate.answer)
    elif candidate.options:
        answer = ask.options[int(candidate.answer)]
    else:
        answer = value_label(_value(candidate))
    return same, ("alike", clip, *things, answer)
