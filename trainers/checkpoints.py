"""Checkpoints that are whole, and a resume that really loads them."""

import shutil
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

WHOLE = "whole"
"""An empty file that is written last: a checkpoint without it was interrupted."""
CHECKPOINT_PREFIX = "checkpoint-"


class WholeCheckpoints:
    """A mixin for TRL's trainers, to stand before them in the list of bases."""

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)  # pyright: ignore[reportAttributeAccessIssue]  # the trainer's
        trainer: Any = self
        folder = Path(trainer.args.output_dir) / f"{CHECKPOINT_PREFIX}{trainer.state.global_step}"
        (folder / WHOLE).touch()

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        trainer: Any = self
        if not isinstance(trainer.model, PreTrainedModel):
            super()._load_from_checkpoint(  # pyright: ignore[reportAttributeAccessIssue]  # the trainer's
                resume_from_checkpoint, model
            )  # upstream is right for LoRA
            return
        # Upstream loads with strict=False, and checkpoints of Qwen2.5-VL carry legacy key names: nothing
        # would load, without a word. from_pretrained knows the names; strict=True proves that all are there.
        loaded = type(trainer.model).from_pretrained(resume_from_checkpoint, dtype=trainer.model.dtype)
        trainer.model.load_state_dict(loaded.state_dict(), strict=True)

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Writes none: a checkpoint is not published."""


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint of a phase; interrupted ones are removed, as rotation would count them."""
    found = list(folder.glob(f"{CHECKPOINT_PREFIX}*"))
    for path in found:
        if not (path / WHOLE).exists():
            shutil.rmtree(path)
    whole = [path for path in found if path.exists()]
    return max(whole, key=lambda path: int(path.name.removeprefix(CHECKPOINT_PREFIX)), default=None)


def remove_checkpoints(folder: Path) -> None:
    """Removes all checkpoints of a phase that is done."""
    for path in folder.glob(f"{CHECKPOINT_PREFIX}*"):
        shutil.rmtree(path)
