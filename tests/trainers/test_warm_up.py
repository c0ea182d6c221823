"""The warm-up of the small model: its loss falls, it trains the tower alone, and a resume is exact."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerCallback

from simgen.store.folder import DataFolder
from simgen.trainers.config import load_config
from simgen.trainers.dense_labels import DenseFrames, read_dense_frames
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.models.small import build_small
from simgen.trainers.quiet import silence_transformers
from simgen.trainers.train.options import build_warm_up_options
from simgen.trainers.train.phase import LogEntries
from simgen.trainers.train.warm_up import run_warm_up
from tests.trainers.questions import make_folder, make_rows

pytestmark = pytest.mark.slow

ROWS = make_rows(8, clips=2, frames=1)
CONFIG = load_config(
    "small", {"warm_up.steps": 24, "warm_up.batch_size": 4, "save_steps": 8, "sft.trl": {"bf16": False}}
)


class StopAfter(TrainerCallback):
    """Interrupts like Ctrl-C once a step is over."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self.step:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> DenseFrames:
    folder: DataFolder = make_folder(tmp_path_factory.mktemp("data"), clips=2, frames=3)
    return read_dense_frames(
        [folder.dataset("demo").clip_path(f"clip{index}") for index in range(2)], (128, 96)
    )


def fresh() -> VisionModel:
    return VisionModel(*build_small([text for row in ROWS for text in (row.prompt, row.target)], 512, seed=0))


def run(
    loaded: VisionModel, frames: DenseFrames, out: Path, callbacks: Sequence[TrainerCallback] = ()
) -> LogEntries:
    with silence_transformers():
        return run_warm_up(loaded, frames, build_warm_up_options(CONFIG, out), callbacks)


def test_interrupt_and_resume_equals_a_straight_run(frames: DenseFrames, tmp_path: Path) -> None:
    straight, resumed, start = fresh(), fresh(), fresh().model.state_dict()
    straight_log = run(straight, frames, tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        run(fresh(), frames, tmp_path / "cut", [StopAfter(11)])
    resumed_log = run(resumed, frames, tmp_path / "cut")
    losses = [entry["loss"] for entry in straight_log]
    assert [entry["loss"] for entry in resumed_log] == pytest.approx(
        [entry["loss"] for entry in straight_log]
    )
    assert sum(losses[-8:]) < sum(losses[:8])
    found = resumed.model.state_dict()
    for name, value in straight.model.state_dict().items():
        torch.testing.assert_close(found[name], value, msg=name)
    moved = [name for name, value in found.items() if not value.equal(start[name])]
    # The decoder's embeddings of words and numbers are trained, its layers are left for SFT.
    parts = {name.split(".")[1] for name in moved if name != "lm_head.weight"}
    assert parts == {"vision_tower", "multi_modal_projector", "language_model"}
    kept = [name for name in found if ".layers." in name and "language_model" in name]
    assert all(found[name].equal(start[name]) for name in kept)


def test_the_frames_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, clips=2, frames=2)
    paths = [folder.dataset("demo").clip_path(f"clip{index}") for index in range(2)]
    one, two = (read_dense_frames(paths, (128, 96), workers) for workers in (1, 2))
    assert one.names == two.names
    assert (one.types == two.types).all()
    assert one.places.tobytes() == two.places.tobytes()
