"""The picture of a run's learning curves."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgen.trainers.train.curves import draw_curves, list_panels, smooth

LOGS = {
    "warm_up": [{"step": step, "loss": 9.0 - step} for step in (1, 2)],
    "sft": [
        {"step": 1, "loss": 3.0},
        {"step": 2, "loss": 2.0, "eval_score": 0.25, "eval_blind": 0.2},
        {"step": 3, "loss": 1.0, "eval_score": 0.5, "eval_blind": 0.2, "eval_center_error_m": 1.5},
    ],
    "grpo": [
        {"step": 1, "loss": 0.0, "reward": 0.3, "rewards/accuracy_reward/mean": 0.4},
        {"step": 2, "loss": 0.0, "reward": 0.5, "rewards/accuracy_reward/mean": 0.6, "eval_score": 0.75},
    ],
}


def test_a_panel_for_each_phase_and_two_for_the_held_out_scores() -> None:
    found = {
        panel.title: {curve.label: [*zip(curve.places, curve.values, strict=True)] for curve in panel.curves}
        for panel in list_panels(LOGS)
    }
    third = 1 / 3
    assert found == {
        "warm-up loss": {"loss": [(0.5, 8), (1, 7)]},
        "SFT loss": {"loss": [(third, 3), (2 * third, 2), (1, 1)]},
        "GRPO rewards": {"accuracy": [(0.5, 0.4), (1, 0.6)], "total": [(0.5, 0.3), (1, 0.5)]},
        # GRPO follows SFT, and is as wide.
        "held-out score": {
            "model": [(2 * third, 0.25), (1, 0.5), (2, 0.75)],
            "blind twin": [(2 * third, 0.2), (1, 0.2)],
        },
        "held-out centre error, m": {"model": [(1, 1.5)]},
    }


def test_phases_that_did_not_run_and_scores_that_are_not_there_have_no_panel() -> None:
    logs = {"warm_up": [], "sft": [{"step": 1, "loss": 3.0}], "grpo": []}
    assert [panel.title for panel in list_panels(logs)] == ["SFT loss"]
    assert [panel.title for panel in list_panels({"grpo": LOGS["grpo"][:1]})] == ["GRPO rewards"]


@pytest.mark.parametrize(("count", "window"), [(4, 1), (20, 4), (100, 15), (1500, 30)])
def test_the_values_around_each_step_are_averaged(count: int, window: int) -> None:
    spike = np.zeros(count)
    spike[count // 2] = window
    # The mean is 1 where the spike is among the values, and 0 elsewhere.
    assert np.count_nonzero(smooth(spike) > 0.5) == window
    assert smooth(spike).sum() == pytest.approx(window)


def test_the_picture_has_the_curves_in_their_colors(tmp_path: Path) -> None:
    draw_curves(LOGS, tmp_path / "curves.png", "Training run test")
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]
    pixels = np.array(Image.open(tmp_path / "curves.png").convert("RGB")).reshape(-1, 3)
    shown = {tuple(color) for color in np.unique(pixels, axis=0).tolist()}
    # The model, the blind twin, the reward for accuracy, and the total.
    assert {(0x00, 0x72, 0xB2), (0x99, 0x99, 0x99), (0x00, 0x9E, 0x73), (0, 0, 0)} <= shown
