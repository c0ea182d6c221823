"""Confidence intervals of means, by a bootstrap over houses.

Questions about one house are not independent: they share its rooms and objects. So whole houses are drawn
with replacement, each with all of its rows (the cluster bootstrap: Davison and Hinkley 1997, section 3.8).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgen.types import Array

DRAWS = 1000
"""Resampled sets of houses: enough for the ends of a 95 % interval (Efron and Tibshirani 1993, ch. 13)."""
LEVEL = 0.95
"""The share of the resampled means that an interval holds."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, or the difference of two means, with its confidence interval."""

    value: float
    low: float | None
    """Lower end of the interval; None when there are fewer than two houses."""
    high: float | None


def estimate_means(
    columns: Sequence[Array], houses: Sequence[str], seed: int = 0, draws: int = DRAWS
) -> list[Estimate | None]:
    """The mean of each column (N,) over its known rows, with a percentile interval.

    `houses` (N,) names the house of each row. NaN is unknown; a column without a known row gives None.
    """
    means, drawn = _means(columns, houses, seed, draws)
    return [_estimate(mean, among) for mean, among in zip(means, drawn.T, strict=True)]


def estimate_differences(
    pairs: Sequence[tuple[Array, Array]], houses: Sequence[str], seed: int = 0, draws: int = DRAWS
) -> list[Estimate | None]:
    """The difference of the means of each pair of columns (N,), first less second, with an interval.

    The difference is paired: both means are taken over the same drawn houses. Otherwise as `estimate_means`.
    """
    means, drawn = _means([column for pair in pairs for column in pair], houses, seed, draws)
    apart, drawn_apart = means[0::2] - means[1::2], drawn[:, 0::2] - drawn[:, 1::2]
    return [_estimate(mean, among) for mean, among in zip(apart, drawn_apart.T, strict=True)]


def _means(columns: Sequence[Array], houses: Sequence[str], seed: int, draws: int) -> tuple[Array, Array]:
    """(M,) the means of M columns, and (B, M) their means in B resampled sets of houses; NaN if unknown."""
    values = np.column_stack(columns) if columns else np.zeros((len(houses), 0))
    names, house = np.unique(np.array(houses, dtype=str), return_inverse=True)
    known = ~np.isnan(values)
    totals, counts = np.zeros((len(names), values.shape[1])), np.zeros((len(names), values.shape[1]))
    np.add.at(totals, house, np.where(known, values, 0.0))
    np.add.at(counts, house, known)
    if len(names) < 2:
        return _divide(totals.sum(axis=0), counts.sum(axis=0)), np.full((1, values.shape[1]), np.nan)
    # (B, H) how often each house is drawn: a row of B draws of H houses with replacement.
    times = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
    return _divide(totals.sum(axis=0), counts.sum(axis=0)), _divide(times @ totals, times @ counts)


def _divide(totals: Array, counts: Array) -> Array:
    return np.divide(totals, counts, out=np.full_like(totals, np.nan), where=counts > 0)


def _estimate(value: float, drawn: Array) -> Estimate | None:
    if np.isnan(value):
        return None
    # A draw of houses without a known row has no mean.
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Estimate(float(value), None, None)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(value), float(low), float(high))
