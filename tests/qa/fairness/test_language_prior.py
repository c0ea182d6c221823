"""Predictions of answers from words, trained on other houses."""

import numpy as np
import pytest

from simgen.qa.fairness.language_prior import predict_answers

KINDS = ("fridge", "sofa", "bed", "toaster", "lamp", "desk")


def test_a_prediction_comes_from_other_houses() -> None:
    words = [(kind,) for _ in range(30) for kind in KINDS[:2]]
    answers = [0.0, 1.0] * 29 + [5.0, -5.0]  # the last house is unlike the others
    houses = [f"house{number // 2}" for number in range(60)]
    found = predict_answers(words, answers, houses)
    assert found[-2:] == pytest.approx([0.0, 1.0], abs=0.3)


def test_words_add_up() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.permutation([(a, b) for a in range(6) for b in range(6)]).tolist() * 3
    answers = [a - 2.0 * b + float(rng.normal(0.0, 0.1)) for a, b in pairs]
    found = predict_answers(
        [(KINDS[a], KINDS[b]) for a, b in pairs], answers, [f"{n // 4}" for n in range(108)]
    )
    assert np.corrcoef(found, answers)[0, 1] > 0.95
    assert found.tolist() == [round(value, 6) for value in found.tolist()]


def test_unknown_words_predict_the_mean() -> None:
    words = [(f"thing{number}",) for number in range(40)]
    found = predict_answers(words, [0.0, 10.0] * 20, [f"house{number}" for number in range(40)])
    # Of the other 32 houses at least 12 have each answer.
    assert min(found) >= 10.0 * 12 / 32
    assert max(found) <= 10.0 * 20 / 32


def test_one_house_predicts_its_mean() -> None:
    assert predict_answers([("bed",), ("lamp",)], [1.0, 3.0], ["only", "only"]).tolist() == [2.0, 2.0]
