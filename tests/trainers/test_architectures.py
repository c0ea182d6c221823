"""Every architecture that people train: fine-tuned, reinforced, asked and saved, without torchvision."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.budget import TokenCounter, count_tokens
from simgen.trainers.config import LoraSpec, ModelSpec
from simgen.trainers.eval.answers import answer_asked
from simgen.trainers.eval.stored_answers import show_own
from simgen.trainers.models.loading import VisionModel, load_for_training, load_model, save_model
from simgen.trainers.models.lora import add_lora
from simgen.trainers.samples import build_dataset
from tests.trainers.architectures import ARCHITECTURES, build_architecture
from tests.trainers.phases import make_config, run_phase
from tests.trainers.questions import make_folder, make_rows

CONFIG = make_config(
    {"data.image_px": 112, "sft.steps": 1, "grpo.steps": 1, "grpo.prompts_per_step": 2, "eval.batch_size": 2}
)
ROWS = make_rows(4, clips=2, frames=2)
# One frame and a short prompt beside two frames and a longer one: batches need padding.
PAIR = [replace(ROWS[0], frames=(0,)), replace(ROWS[1], prompt=ROWS[1].prompt + " 0123456789")]
TEXTS = [text for row in ROWS for text in (row.prompt, row.target)]
# peft 0.21 reads a property that transformers 5.23 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
VIDEO_ARCHITECTURES = ("llava_onevision", "smolvlm", "internvl", "qwen2_vl", "qwen2_5_vl", "qwen3_vl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return make_folder(tmp_path_factory.mktemp("data"), clips=2, frames=2)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model of an architecture."""
    if request.param == "smolvlm":
        pytest.importorskip("num2words", reason="SmolVLM's processor needs it")
    return build_architecture(request.param, TEXTS, tmp_path_factory.mktemp("models") / request.param)


@pytest.fixture
def loaded(path: Path) -> VisionModel:
    return load_model(str(path))


def collate(loaded: VisionModel, rows: list[Row], folder: DataFolder) -> dict[str, torch.Tensor]:
    """A batch of SFT, as TRL makes it."""
    collator = DataCollatorForVisionLanguageModeling(loaded.processor, completion_only_loss=True)
    data = build_dataset(rows, np.arange(len(rows)), folder, CONFIG)
    return collator([data[index] for index in range(len(rows))])


def test_the_loss_is_taken_over_the_target_alone(loaded: VisionModel, folder: DataFolder) -> None:
    batch = collate(loaded, PAIR, folder)
    for row, ids, labels in zip(PAIR, batch["input_ids"], batch["labels"], strict=True):
        assert loaded.tokenizer.decode(ids[labels != -100]) == row.target + "<|im_end|>\n"


def test_a_batch_gives_the_logits_of_single_samples(loaded: VisionModel, folder: DataFolder) -> None:
    loaded.model.eval()
    with torch.no_grad():
        batch = collate(loaded, PAIR, folder)
        together = loaded.model(**batch).logits
        for index, row in enumerate(PAIR):
            alone = loaded.model(**collate(loaded, [row], folder)).logits[0]
            mask = batch["attention_mask"][index].bool()
            torch.testing.assert_close(together[index][mask], alone, atol=1e-5, rtol=1e-4)


def test_answers_do_not_depend_on_the_batch(loaded: VisionModel, folder: DataFolder) -> None:
    asked = [show_own(row) for row in PAIR]
    together = answer_asked(loaded, asked, folder, CONFIG)
    assert together == [answer_asked(loaded, [one], folder, CONFIG)[0] for one in asked]


def test_the_budget_counts_the_tokens_of_a_sample(loaded: VisionModel, folder: DataFolder) -> None:
    for sample in count_tokens(PAIR, folder, TokenCounter(loaded.processor), CONFIG.data):
        batch = collate(loaded, [sample.row], folder)
        assert sample.total == batch["input_ids"].shape[1]
        assert sample.target == (batch["labels"] != -100).sum()


def test_lora_trains_the_decoder_alone(loaded: VisionModel) -> None:
    model = add_lora(loaded.model, LoraSpec(rank=2), seed=0)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    # Two layers of seven linear maps, each with an A and a B.
    assert len(trained) == 2 * 7 * 2
    assert all("lora_" in name for name in trained)
    assert not any(
        part in name for name in trained for part in ("visual", "vision", "projector", "connector")
    )


def test_a_trained_folder_keeps_class_and_video_settings(
    path: Path, loaded: VisionModel, tmp_path: Path
) -> None:
    save_model(loaded, tmp_path / "model")
    first, saved = (
        json.loads((folder / "processor_config.json").read_text()) for folder in (path, tmp_path / "model")
    )
    assert saved == first
    assert saved["processor_class"] == type(loaded.processor).__name__
    if path.name in VIDEO_ARCHITECTURES:
        assert saved["video_processor"]["video_processor_type"].endswith("VideoProcessor")


@pytest.mark.slow
def test_sft_and_grpo_train_the_adapter(path: Path, folder: DataFolder, tmp_path: Path) -> None:
    # Weights in bfloat16, as the Hub's. The tests of resume train in float32.
    config = CONFIG.replace(model=ModelSpec(name=str(path), dtype="bfloat16", lora=LoraSpec(rank=2)))
    tuned = load_for_training(config, [])
    for phase in ("sft", "grpo"):
        before = copy_weights(tuned.model)
        log = run_phase(phase, tuned, PAIR, folder, config, tmp_path / phase)
        assert np.isfinite([entry["loss"] for entry in log]).all()
        after = copy_weights(tuned.model)
        changed = {name for name, value in after.items() if not value.equal(before[name])}
        assert changed
        assert all("lora_" in name for name in changed)
    save_model(tuned, tmp_path / "adapter")
    again = copy_weights(load_model(str(tmp_path / "adapter"), config.model).model)
    torch.testing.assert_close(again, after, atol=0, rtol=0)


def copy_weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
