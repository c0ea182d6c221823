"""An interrupted and resumed phase ends with the weights and the log of an uninterrupted one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import TrainerCallback

from simgen.store.folder import DataFolder
from simgen.trainers.config import LoraSpec
from simgen.trainers.models.loading import VisionModel, load_model
from simgen.trainers.models.lora import add_lora
from simgen.trainers.train.checkpoints import COMPLETE_MARKER, find_last_checkpoint
from simgen.trainers.train.phase import LogEntries
from tests.trainers.phases import ROWS, StopAfter, make_config, read_order, run_phase, save_tiny
from tests.trainers.questions import make_folder

pytestmark = pytest.mark.slow

CONFIG = make_config()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return make_folder(tmp_path_factory.mktemp("resume"), clips=2, frames=1)


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny") / "model"
    save_tiny(path)
    return path


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


# peft 0.21 reads a property that transformers 5.23 deprecates.
@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
@pytest.mark.parametrize("phase", ["sft", "grpo"])
@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
def test_interrupt_and_resume_equals_a_straight_run(
    phase: str, lora: bool, folder: DataFolder, tiny_folder: Path, tmp_path: Path
) -> None:
    def fresh() -> VisionModel:
        loaded = load_model(str(tiny_folder))
        return (
            VisionModel(add_lora(loaded.model, LoraSpec(rank=4), CONFIG.seed), loaded.processor)
            if lora
            else loaded
        )

    straight, resumed = fresh(), fresh()
    start = weights(straight.model)

    def run(loaded: VisionModel, name: str, callbacks: Sequence[TrainerCallback] = ()) -> LogEntries:
        return run_phase(phase, loaded, ROWS, folder, CONFIG, tmp_path / name, callbacks)

    straight_log = run(straight, "straight")
    with pytest.raises(KeyboardInterrupt):
        run(fresh(), "cut", [StopAfter(3)])
    assert find_last_checkpoint(tmp_path / "cut") == tmp_path / "cut" / "checkpoint-2"
    resumed_log = run(resumed, "cut")

    assert [entry["loss"] for entry in resumed_log] == pytest.approx(
        [entry["loss"] for entry in straight_log]
    )
    expected, found = weights(straight.model), weights(resumed.model)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, msg=name)
    changed = {name for name, value in expected.items() if not torch.equal(value, start[name])}
    assert changed
    order = read_order(tmp_path / "straight")
    assert read_order(tmp_path / "cut") == order
    assert [line.seen for line in order] == [line.planned for line in order]
    assert len({line.stage for line in order}) > 1
    if lora:
        assert all("lora_" in name and "visual" not in name for name in changed)


def test_prompts_of_different_lengths_share_a_step(
    folder: DataFolder, tiny_folder: Path, tmp_path: Path
) -> None:
    # Seven digits are seven tokens: padding on the wrong side would cut through the other row's picture.
    rows = [ROWS[0], replace(ROWS[0], prompt=ROWS[0].prompt + "0000000")]
    config = make_config({"grpo.prompts_per_step": 2, "grpo.steps": 1})
    loaded = load_model(str(tiny_folder))
    assert loaded.tokenizer.padding_side == "left"
    assert len(run_phase("grpo", loaded, rows, folder, config, tmp_path)) == 1


def test_an_interrupted_checkpoint_is_removed_and_not_resumed(tmp_path: Path) -> None:
    for name in ("checkpoint-2", "checkpoint-10", "checkpoint-12"):
        (tmp_path / name).mkdir()
    for name in ("checkpoint-2", "checkpoint-10"):
        (tmp_path / name / COMPLETE_MARKER).touch()
    assert find_last_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
    assert not (tmp_path / "checkpoint-12").exists()
