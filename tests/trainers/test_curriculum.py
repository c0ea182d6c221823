"""The curriculum: the rows of each stage, their number, and that a seed fixes the order."""

import itertools
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simgen.trainers.train.curriculum import join_samples, plan_stages

plans = st.fixed_dictionaries(
    {
        "difficulty": st.lists(st.floats(0, 1), min_size=1, max_size=40),
        "stages": st.integers(1, 5),
        "steps": st.integers(1, 30),
        "per_step": st.integers(1, 6),
        "replay": st.floats(0, 0.9),
    }
)


@given(plan=plans, seed=st.integers(0, 99))
def test_stages_are_whole_steps_of_their_quantile_and_earlier_ones(plan: dict[str, Any], seed: int) -> None:
    stages = plan_stages(**plan, rng=np.random.default_rng(seed))
    assert len(stages) == min(plan["stages"], plan["steps"], len(plan["difficulty"]))
    assert sum(stage.steps for stage in stages) == plan["steps"]
    earlier: set[int] = set()
    for index, stage in enumerate(stages):
        own = set(stage.own.tolist())
        fed = stage.samples.tolist()
        assert len(fed) == stage.steps * plan["per_step"]
        assert set(fed) <= own | earlier
        replayed = sum(row in earlier for row in fed)
        assert replayed == (round(plan["replay"] * len(fed)) if index else 0)
        earlier |= own
    assert earlier == set(range(len(plan["difficulty"])))


@given(plan=plans)
def test_a_later_stage_is_never_easier(plan: dict[str, Any]) -> None:
    stages = plan_stages(**plan, rng=np.random.default_rng(0))
    difficulty = np.array(plan["difficulty"])
    for easier, harder in itertools.pairwise(stages):
        assert difficulty[easier.own].max() <= difficulty[harder.own].min()


@given(plan=plans)
def test_rows_of_a_quantile_come_about_equally_often(plan: dict[str, Any]) -> None:
    for stage in plan_stages(**plan, rng=np.random.default_rng(0)):
        counts = [int((stage.samples == row).sum()) for row in stage.own]
        assert max(counts) - min(counts) <= 1


@given(plan=plans, seed=st.integers(0, 99))
def test_a_seed_fixes_the_order(plan: dict[str, Any], seed: int) -> None:
    first, second = (join_samples(plan_stages(**plan, rng=np.random.default_rng(seed))) for _ in range(2))
    assert first.tolist() == second.tolist()


def test_one_stage_is_a_shuffle() -> None:
    (stage,) = plan_stages([0.5, 0.1, 0.9, 0.3], 1, 2, 2, 0.25, np.random.default_rng(0))
    assert sorted(stage.samples.tolist()) == [0, 1, 2, 3]
