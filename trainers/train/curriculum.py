"""The curricula: each plans the order in which training sees its rows from their difficulty. Pure numpy.

Enter a new one in `CURRICULA`: the recipes and the pages follow the table.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simgen.trainers.config import CurriculumKind, CurriculumSpec
from simgen.trainers.train.adaptive import AdaptivePlan
from simgen.trainers.train.plan import FixedPlan, Floats, Indices, Plan, PlanSize

Planner = Callable[[Floats, PlanSize, CurriculumSpec, np.random.SeedSequence], Plan]
"""From the difficulty of each row, the size, the settings and the seed to a plan."""


@dataclass(frozen=True, slots=True)
class Curriculum:
    """One entry of `CURRICULA`."""

    plan: Planner
    meaning: str
    without_rewards: CurriculumKind | None = None
    """For a curriculum that learns from rewards: the name of the one that SFT uses in its place."""


def plan_easy_to_hard(
    difficulty: Floats, size: PlanSize, settings: CurriculumSpec, seed: np.random.SeedSequence
) -> Plan:
    """Stages of rising difficulty, each a quantile of the rows.

    A stage draws from its own quantile, every row about equally often, and the share `replay` of its samples
    from the quantiles before it. There are never more stages than rows or batches.
    """
    quantiles = _quantiles(difficulty, min(settings.stages, size.batches))
    counts = _even_split(size.batches, len(quantiles))
    rng = np.random.default_rng(seed)
    samples = [
        _stage_samples(quantiles[: index + 1], count * size.per_batch, settings.replay, rng)
        for index, count in enumerate(counts)
    ]
    stages = np.repeat(np.arange(len(quantiles)), counts)
    return FixedPlan(np.concatenate(samples).reshape(size.batches, size.per_batch), stages)


def plan_hard_to_easy(
    difficulty: Floats, size: PlanSize, settings: CurriculumSpec, seed: np.random.SeedSequence
) -> Plan:
    """The stages of `easy_to_hard` for the reversed ranking: the hardest quantile first."""
    return plan_easy_to_hard(-difficulty, size, settings, seed)


def plan_shuffled(
    difficulty: Floats, size: PlanSize, settings: CurriculumSpec, seed: np.random.SeedSequence
) -> Plan:
    """One stage of `easy_to_hard`: all rows in random order, and none comes again before all came."""
    return plan_easy_to_hard(difficulty, size, settings.replace(stages=1), seed)


def plan_competence(
    difficulty: Floats, size: PlanSize, settings: CurriculumSpec, seed: np.random.SeedSequence
) -> Plan:
    """Each batch is drawn uniformly from the easiest share of the rows; the share grows by `competence`.

    Square-root pacing of Platanios et al. 2019, "Competence-based Curriculum Learning for Neural Machine
    Translation". A batch is drawn from at least as many rows as it has samples, as far as there are rows.
    """
    ranked, rng = _rank(difficulty), np.random.default_rng(seed)
    share = competence(np.arange(size.batches), settings.all_rows_at * size.batches, settings.first_share)
    least = min(size.per_batch, len(ranked))
    open_rows = np.clip(np.ceil(share * len(ranked)).astype(np.int64), least, len(ranked))
    repeats = size.per_batch > len(ranked)
    samples = np.stack([ranked[rng.choice(count, size.per_batch, replace=repeats)] for count in open_rows])
    return FixedPlan(samples, np.zeros(size.batches, np.int64))


def competence(step: Indices, full_at: float, first_share: float) -> Floats:
    """The share of the rows that is drawn from at each step: min(1, sqrt(t (1 - c0²) / T + c0²)).

    c0 is `first_share`, the share at step 0; T is `full_at`, the step at which it reaches 1 (Platanios et
    al. 2019).
    """
    return np.minimum(1.0, np.sqrt(step * (1 - first_share**2) / full_at + first_share**2))


def plan_adaptive(
    difficulty: Floats, size: PlanSize, settings: CurriculumSpec, seed: np.random.SeedSequence
) -> Plan:
    """Blocks that follow the model's success: see `AdaptivePlan`."""
    return AdaptivePlan(difficulty, size, settings.block_steps, settings.put_off_blocks, seed)


CURRICULA: dict[CurriculumKind, Curriculum] = {
    "easy_to_hard": Curriculum(
        plan_easy_to_hard,
        "stages of rising difficulty; each stage repeats some samples of the earlier ones (`replay`)",
    ),
    "competence": Curriculum(
        plan_competence,
        "no stages: each step draws from the easiest share of the rows, which grows as the square root of "
        "the step",
    ),
    "shuffled": Curriculum(plan_shuffled, "all rows in random order"),
    "hard_to_easy": Curriculum(plan_hard_to_easy, "the stages of `easy_to_hard`, the hardest rows first"),
    "adaptive": Curriculum(
        plan_adaptive,
        "GRPO: prompts that the model answers right about half of the time; SFT has no rewards and runs "
        "`easy_to_hard`",
        without_rewards="easy_to_hard",
    ),
}
"""The curricula by the name that a recipe gives (`curriculum.kind`)."""


def make_plan(
    kind: CurriculumKind,
    difficulty: Floats,
    size: PlanSize,
    settings: CurriculumSpec,
    seed: np.random.SeedSequence,
    rewards: bool,
) -> Plan:
    """The plan of the named curriculum. `rewards` says whether the phase will tell the plan of rewards."""
    curriculum = CURRICULA[kind]
    if curriculum.without_rewards is not None and not rewards:
        curriculum = CURRICULA[curriculum.without_rewards]
    return curriculum.plan(np.asarray(difficulty, dtype=np.float64), size, settings, seed)


def _rank(difficulty: Floats) -> Indices:
    """Row indices from easy to hard."""
    return np.argsort(difficulty, kind="stable")


def _quantiles(difficulty: Floats, count: int) -> list[Indices]:
    # By rank and not by value: equal difficulties would otherwise leave stages empty.
    return np.array_split(_rank(difficulty), min(count, len(difficulty)))


def _even_split(total: int, parts: int) -> list[int]:
    return [total // parts + (index < total % parts) for index in range(parts)]


def _stage_samples(quantiles: list[Indices], count: int, replay: float, rng: np.random.Generator) -> Indices:
    earlier, own = quantiles[:-1], quantiles[-1]
    replayed = round(replay * count) if earlier else 0
    parts = [_draw(own, count - replayed, rng)]
    if replayed:
        parts.append(_draw(np.concatenate(earlier), replayed, rng))
    return rng.permutation(np.concatenate(parts))


def _draw(rows: Indices, count: int, rng: np.random.Generator) -> Indices:
    """`count` random rows. No row is drawn a second time before every row was drawn once, and so on."""
    rounds = -(-count // len(rows))
    if rounds == 0:
        return rows[:0]
    return np.concatenate([rng.permutation(rows) for _ in range(rounds)])[:count]
