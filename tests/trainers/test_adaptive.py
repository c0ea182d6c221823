"""The adaptive plan: what it draws, what it puts off, and that it follows from seed and rewards alone."""

import numpy as np
import pytest
from scipy.special import expit

from simgen.errors import InputError
from simgen.trainers.train.adaptive import AdaptivePlan, Estimate, draw_block, make_prior, update_estimate
from simgen.trainers.train.plan import PlanSize

ZEROS = np.zeros(2, np.int64)


def make(
    rows: int = 12, batches: int = 30, per_batch: int = 2, block: int = 2, put_off: int = 2
) -> AdaptivePlan:
    size = PlanSize(batches, per_batch)
    return AdaptivePlan(np.linspace(0, 1, rows), size, block, put_off, np.random.SeedSequence(3))


def test_the_prior_falls_with_the_rank_and_ties_are_equal() -> None:
    prior = make_prior(np.array([7.0, 1.0, 7.0, 90.0]))
    # Mid-ranks over four rows: 0.125 for the easiest, 0.5 for the two equal ones, 0.875; 3 (2 r - 1).
    assert prior.difficulty == pytest.approx([0.0, -2.25, 0.0, 2.25])
    assert prior.success == pytest.approx(expit([0.0, 2.25, 0.0, -2.25]))


def test_an_update_moves_ability_and_difficulty_by_the_surprise() -> None:
    start = Estimate(0.0, np.zeros(2), ZEROS, ZEROS)
    after = update_estimate(start, np.array([1]), np.array([1.0]), np.array([0.5]), block=4, put_off=2)
    # Success 1.0 where 0.5 was expected: ability + 0.2 * 0.5, the row's difficulty - 1.0 * 0.5.
    assert after.ability == pytest.approx(0.1)
    assert after.difficulty == pytest.approx([0.0, -0.5])
    assert after.back_at.tolist() == [0, 4]
    assert start.difficulty.tolist() == [0.0, 0.0]


def test_a_prompt_without_a_gradient_is_put_off_and_longer_the_second_time() -> None:
    estimate = Estimate(0.0, np.zeros(2), ZEROS, ZEROS)
    for block, flat, back_at in ((2, 1, 4), (5, 2, 9)):
        estimate = update_estimate(estimate, np.array([0]), np.zeros(1), np.zeros(1), block, put_off=2)
        assert (estimate.flat[0], estimate.back_at[0]) == (flat, back_at)
    estimate = update_estimate(estimate, np.array([0]), np.array([0.5]), np.ones(1), 9, put_off=2)
    assert (estimate.flat[0], estimate.back_at[0]) == (0, 9)


def test_a_block_leaves_out_what_is_put_off_unless_nothing_else_is_left() -> None:
    rng = np.random.default_rng(0)
    some = Estimate(0.0, np.zeros(3), np.zeros(3, np.int64), np.array([0, 9, 0]))
    assert sorted(draw_block(some, 5, 4, rng).tolist()) == [0, 0, 2, 2]
    none = Estimate(0.0, np.zeros(3), np.zeros(3, np.int64), np.array([9, 9, 9]))
    assert sorted(draw_block(none, 5, 3, rng).tolist()) == [0, 1, 2]


def test_prompts_near_even_odds_are_drawn_as_often_as_their_variance_says() -> None:
    # p = 0.5 and p = 0.1: weights 0.25 and 0.09, so the first is drawn first in 0.25 / 0.34 of the blocks.
    difficulty = np.array([0.0, -np.log(0.1 / 0.9)])
    estimate = Estimate(0.0, difficulty, ZEROS, ZEROS)
    first = [draw_block(estimate, 0, 1, np.random.default_rng(seed))[0] for seed in range(4000)]
    assert np.mean(np.array(first) == 0) == pytest.approx(0.25 / 0.34, abs=0.02)


def feed(plan: AdaptivePlan, ahead: int, right: set[int]) -> list[list[int]]:
    """The rows of all batches, as a loader asks for them that reads `ahead` batches before they are answered.

    Prompts in `right` are answered half right; all others always wrong.
    """
    asked: list[list[int]] = []
    for batch in range(plan.size.batches):
        while len(asked) < min(batch + 1 + ahead, plan.size.batches):
            asked.append(plan.rows(len(asked)).tolist())
        mixed = np.isin(asked[batch], list(right)).astype(float)
        plan.observe(batch, 0.5 * mixed, mixed)
    return asked


def test_the_plan_does_not_depend_on_how_far_the_loader_reads_ahead() -> None:
    assert feed(make(), 0, {1, 2}) == feed(make(), 1, {1, 2}) == feed(make(), 2, {1, 2})


def test_a_loader_that_reads_ahead_of_the_rewards_is_refused() -> None:
    with pytest.raises(InputError, match="block_steps"):
        feed(make(), 4, {1})


def test_known_rewards_give_the_same_plan_again() -> None:
    # As after a resume: the rewards of the first 9 batches are known before any batch is asked for.
    straight, resumed = make(), make()
    asked = feed(straight, 1, {1, 2})
    for batch in range(9):
        mixed = np.isin(asked[batch], [1, 2]).astype(float)
        resumed.observe(batch, 0.5 * mixed, mixed)
    assert [resumed.rows(batch).tolist() for batch in range(9)] == asked[:9]


def test_training_moves_to_the_prompts_that_can_be_learnt_from() -> None:
    # Rows 6 to 11 can be half answered, rows 0 to 5 never, although they were planned as the easier ones.
    asked = np.array(feed(make(batches=60), 1, set(range(6, 12))))
    assert np.isin(asked[:4], range(6, 12)).mean() < 0.8
    assert np.isin(asked[-20:], range(6, 12)).mean() > 0.8


def test_a_block_is_a_stage() -> None:
    assert [make().stage(batch) for batch in range(5)] == [0, 0, 1, 1, 2]
