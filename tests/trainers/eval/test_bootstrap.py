"""Intervals of means over houses, against hand-worked cases and against scipy."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from simgen.trainers.eval.bootstrap import Estimate, estimate_differences, estimate_means

NAN = float("nan")


def test_two_houses_give_their_own_means_as_the_ends() -> None:
    # A quarter of the draws holds only house a (mean 0.25), a quarter only b (mean 1), the rest both.
    values = np.array([0.0, 0.5, 1.0])
    [found] = estimate_means([values], ["a", "a", "b"])
    assert found == Estimate(0.5, 0.25, 1.0)


def test_one_house_has_no_interval() -> None:
    assert estimate_means([np.array([0.0, 1.0])], ["a", "a"]) == [Estimate(0.5, None, None)]


def test_what_is_unknown_is_left_out_and_nothing_known_is_none() -> None:
    first, second = np.array([1.0, NAN, 3.0]), np.full(3, NAN)
    known, unknown = estimate_means([first, second], ["a", "b", "c"])
    # Draws of b alone have no mean; of the others some hold only a, some only c.
    assert known == Estimate(2.0, 1.0, 3.0)
    assert unknown is None


def test_ends_agree_with_scipy() -> None:
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 9, 40)
    houses = [f"h{number}" for number, size in enumerate(sizes) for _ in range(size)]
    values = np.repeat(rng.normal(size=40), sizes) + 0.3 * rng.normal(size=sizes.sum())
    sums = np.array([values[np.array(houses) == f"h{number}"].sum() for number in range(40)])

    def mean(drawn: np.ndarray, axis: int) -> np.ndarray:
        return sums[drawn].sum(axis=axis) / sizes[drawn].sum(axis=axis)

    [found] = estimate_means([values], houses, draws=20_000)
    peer = bootstrap((np.arange(40),), mean, n_resamples=20_000, method="percentile", rng=7)
    assert found is not None
    assert found.value == pytest.approx(values.mean())
    ends = peer.confidence_interval
    # Two sets of 20,000 draws: their ends differ by about 0.003.
    assert (found.low, found.high) == (
        pytest.approx(ends.low, abs=0.012),
        pytest.approx(ends.high, abs=0.012),
    )


def test_repeating_every_question_of_a_house_narrows_nothing() -> None:
    values, houses = np.array([0.1, 0.4, 0.9, 0.3]), ["a", "a", "b", "c"]
    once = estimate_means([values], houses)
    [found], [expected] = estimate_means([np.tile(values, 5)], houses * 5), once
    assert found is not None
    assert expected is not None
    assert (found.value, found.low, found.high) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )


def test_a_difference_is_paired() -> None:
    # The houses differ by far more than the two scores do, which differ by 0.1 in every row.
    second = np.array([0.0, 0.2, 0.5, 0.9])
    [found] = estimate_differences([(second + 0.1, second)], ["a", "b", "c", "d"])
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_the_seed_fixes_the_ends() -> None:
    values, houses = np.arange(20.0), [f"h{index % 7}" for index in range(20)]
    assert estimate_means([values], houses, seed=3) == estimate_means([values], houses, seed=3)
    assert estimate_means([values], houses, seed=3) != estimate_means([values], houses, seed=4)
