"""TRL trains on an export, with no code between `load_dataset` and the trainer."""

from pathlib import Path
from typing import Any

import pytest
import torch

from simgen.release.export import export
from tests.release.kitchens import make_dataset
from tests.trainers.architectures import build_llava

pytestmark = [
    pytest.mark.slow,
    # TRL's own defaults.
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning"),
]


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    folder = export([make_dataset(tmp_path / "data", "kitchens")], tmp_path / "out", "trl").path / "qa"
    return datasets.load_dataset("imagefolder", data_dir=str(folder), cache_dir=str(tmp_path / "cache"))


def test_sft_takes_a_step(rows: Any, tmp_path: Path) -> None:
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    torch.manual_seed(0)
    model, processor = build_llava(rows["train"]["question"])
    before = {name: value.clone() for name, value in model.named_parameters()}
    options = SFTConfig(
        str(tmp_path / "run"), max_steps=1, per_device_train_batch_size=2, learning_rate=1e-2,
        use_cpu=True, report_to="none", save_strategy="no", disable_tqdm=True, bf16=False, warmup_steps=0,
        max_length=None,
    )  # fmt: skip
    trainer = SFTTrainer(model=model, args=options, train_dataset=rows["train"], processing_class=processor)
    assert trainer.train().training_loss > 0
    changed = [name for name, value in model.named_parameters() if not torch.equal(value, before[name])]
    assert any("vision" in name for name in changed)
    assert any("language_model" in name for name in changed)


def test_grpo_takes_a_step(rows: Any, tmp_path: Path) -> None:
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    seen = list[tuple[str, int]]()

    def reward(completions: list[Any], answer: list[str], images: list[Any], **_: Any) -> list[float | None]:
        seen.extend((said, len(frames)) for said, frames in zip(answer, images, strict=True))
        return [float(len(completion[0]["content"])) for completion in completions]

    torch.manual_seed(0)
    model, processor = build_llava(rows["train"]["question"])
    options = GRPOConfig(
        str(tmp_path / "run"), max_steps=1, per_device_train_batch_size=2, num_generations=2,
        max_completion_length=8, use_cpu=True, save_strategy="no", disable_tqdm=True, bf16=False,
        report_to="none",
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=model,
        args=options,
        train_dataset=rows["train"],
        processing_class=processor,
        reward_funcs=reward,
    )
    trainer.train()
    assert seen == [("1.2", 3), ("1.2", 3)]
