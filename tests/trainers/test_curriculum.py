"""The curricula: the rows of each batch and stage, their number, and that a seed fixes the order."""

import itertools
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.trainers.config import CurriculumKind, CurriculumSpec
from simgen.trainers.train.curriculum import CURRICULA, competence, make_plan
from simgen.trainers.train.plan import Indices, Plan, PlanSize

cases = st.fixed_dictionaries(
    {
        "difficulty": st.lists(st.floats(0, 1), min_size=1, max_size=40).map(np.array),
        "size": st.builds(PlanSize, st.integers(1, 30), st.integers(1, 6)),
        "settings": st.builds(CurriculumSpec, stages=st.integers(1, 5), replay=st.floats(0, 0.9)),
    }
)


def plan(kind: CurriculumKind, case: dict[str, Any], seed: int = 0) -> Plan:
    return make_plan(kind, **case, seed=np.random.SeedSequence(seed), rewards=True)


def test_the_config_names_every_curriculum() -> None:
    assert set(CURRICULA) == set(get_args(CurriculumKind))


def samples(made: Plan) -> Indices:
    """(batches, per_batch) rows, of answers that all have the same mean reward."""
    rows: list[Indices] = []
    for batch in range(made.size.batches):
        rows.append(made.rows(batch))
        made.observe(batch, np.full(len(rows[-1]), 0.5), np.ones(len(rows[-1])))
    return np.stack(rows)


def stage_samples(made: Plan) -> list[Indices]:
    """The samples of each stage, flat."""
    drawn = samples(made)
    stages = np.array([made.stage(batch) for batch in range(made.size.batches)])
    assert (np.diff(stages) >= 0).all()
    return [drawn[stages == stage].ravel() for stage in range(stages.max() + 1)]


@pytest.mark.parametrize("kind", CURRICULA)
@given(case=cases, seed=st.integers(0, 99))
def test_every_curriculum_fills_its_batches_and_follows_the_seed(
    kind: CurriculumKind, case: dict[str, Any], seed: int
) -> None:
    first, second = (samples(plan(kind, case, seed)) for _ in range(2))
    assert first.shape == (case["size"].batches, case["size"].per_batch)
    assert set(first.ravel()) <= set(range(len(case["difficulty"])))
    assert first.tolist() == second.tolist()


@given(case=cases)
def test_stages_draw_their_quantile_evenly_and_replay_the_earlier_ones(case: dict[str, Any]) -> None:
    stages = stage_samples(plan("easy_to_hard", case))
    rows, settings = len(case["difficulty"]), case["settings"]
    assert len(stages) == min(settings.stages, case["size"].batches, rows)
    own = np.array_split(np.argsort(case["difficulty"], kind="stable"), len(stages))
    for index, drawn in enumerate(stages):
        earlier = np.concatenate(own[:index]) if index else np.array([], np.int64)
        assert set(drawn) <= set(own[index]) | set(earlier)
        assert np.isin(drawn, earlier).sum() == (round(settings.replay * len(drawn)) if index else 0)
        counts = [int((drawn == row).sum()) for row in own[index]]
        assert max(counts) - min(counts) <= 1


@given(case=cases)
def test_a_later_stage_is_harder_or_easier(case: dict[str, Any]) -> None:
    case["settings"] = CurriculumSpec(stages=case["settings"].stages, replay=0.0)
    difficulty = case["difficulty"]
    rising = [difficulty[drawn] for drawn in stage_samples(plan("easy_to_hard", case))]
    falling = [difficulty[drawn] for drawn in stage_samples(plan("hard_to_easy", case))]
    assert all(a.max() <= b.min() for a, b in itertools.pairwise(rising))
    assert all(a.min() >= b.max() for a, b in itertools.pairwise(falling))


def test_shuffled_uses_every_row_once_before_any_twice() -> None:
    case = {
        "difficulty": np.array([0.5, 0.1, 0.9, 0.3]),
        "size": PlanSize(4, 2),
        "settings": CurriculumSpec(),
    }
    (drawn,) = stage_samples(plan("shuffled", case))
    assert sorted(drawn[:4]) == sorted(drawn[4:]) == [0, 1, 2, 3]


def test_competence_is_the_papers_formula() -> None:
    # c0 = 0.1, T = 100: at t = 0 c0 itself; at t = 24 sqrt(0.24 * 0.99 + 0.01) = sqrt(0.2476); 1 from T on.
    shares = competence(np.array([0, 24, 100, 150]), 100, 0.1)
    assert shares == pytest.approx([0.1, 0.4975942, 1.0, 1.0])


@given(case=cases)
def test_competence_draws_from_the_easiest_share(case: dict[str, Any]) -> None:
    size, rows = case["size"], len(case["difficulty"])
    ranks = np.argsort(np.argsort(case["difficulty"], kind="stable"))
    drawn = ranks[samples(plan("competence", case))]
    for step in range(size.batches):
        share = min(1.0, (step / (0.8 * size.batches) * (1 - 0.01**2) + 0.01**2) ** 0.5)
        # A batch larger than the share is drawn from as many rows as it has samples.
        assert drawn[step].max() <= max(np.ceil(share * rows), size.per_batch) - 1
        assert rows < size.per_batch or len(set(drawn[step])) == size.per_batch
