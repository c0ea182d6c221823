"""The small model learns eight clips by heart. All have one question: only the frame tells them apart."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from simgen.scoring import split_response
from simgen.trainers.config import load_config
from simgen.trainers.eval.answers import answer_asked
from simgen.trainers.eval.stored_answers import show_own
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.models.small import build_small
from tests.trainers.phases import run_phase
from tests.trainers.questions import make_folder, make_rows

pytestmark = pytest.mark.slow

CLIPS = 8
CONFIG = load_config(
    "small",
    {
        "sft.steps": 200, "sft.batch_size": CLIPS, "sft.learning_rate": 2e-3,
        "sft.trl": {"warmup_steps": 10, "bf16": False},
        # Single samples and plain cross-entropy: every step sees all eight targets and nothing else.
        "sft.pack": 1, "sft.locate": 0, "sft.number_spread_m": 0.0,
        "data.map": "all", "data.max_tokens": 1024, "data.max_completion_tokens": 200,
    },
)  # fmt: skip


def paint(clip: Path, seed: int) -> None:
    """Replaces the noise of a clip's frame by four by three patches of random colours."""
    with h5py.File(clip, "r+") as file:
        frames: Any = file["frames/rgb"]
        height, width = frames.shape[1:3]
        patches = np.random.default_rng(seed).integers(0, 255, (1, 3, 4, 3), dtype=np.uint8)
        frames[...] = patches.repeat(height // 3, axis=1).repeat(width // 4, axis=2)


def test_eight_clips_are_reproduced_exactly(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "data", clips=CLIPS, frames=1)
    for index in range(CLIPS):
        paint(folder.dataset("demo").clip_path(f"clip{index}"), index)
    made = make_rows(CLIPS, clips=CLIPS, frames=1, objects=2)
    rows = [replace(row, prompt="Draw a map.") for row in made]
    assert len({row.map for row in rows}) == CLIPS
    texts = [text for row in rows for text in (row.prompt, row.target)]
    loaded = VisionModel(*build_small(texts, CONFIG.data.max_tokens, seed=0))
    run_phase("sft", loaded, rows, folder, CONFIG, tmp_path / "sft")
    answers = answer_asked(loaded, [show_own(row) for row in rows], folder, CONFIG)
    assert [split_response(text).map for text in answers] == [row.map for row in rows]
