"""Checkpoints of a phase: complete ones are told from interrupted ones, and a resume loads every weight."""

import shutil
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

COMPLETE_MARKER = "whole"
"""The name of an empty file that is written last. A checkpoint without it was interrupted."""
CHECKPOINT_PREFIX = "checkpoint-"


class CheckpointMixin:
    """Saves and loads checkpoints for TRL's trainers. It must be the first base class."""

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)  # pyright: ignore[reportAttributeAccessIssue]  # the trainer's
        trainer: Any = self
        folder = Path(trainer.args.output_dir) / f"{CHECKPOINT_PREFIX}{trainer.state.global_step}"
        # Each process writes its own random state, and its part of a model that is spread over them.
        trainer.accelerator.wait_for_everyone()
        if trainer.is_world_process_zero():
            (folder / COMPLETE_MARKER).touch()

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        trainer: Any = self
        spread = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
        if spread or not isinstance(trainer.model, PreTrainedModel):
            super()._load_from_checkpoint(  # pyright: ignore[reportAttributeAccessIssue]  # the trainer's
                resume_from_checkpoint, model
            )  # upstream is right for these
            return
        # Upstream loads with strict=False, and checkpoints of Qwen2.5-VL have legacy key names: no weight
        # would load, and no error would be raised. from_pretrained knows the names; strict=True proves that
        # every weight is there.
        loaded = type(trainer.model).from_pretrained(resume_from_checkpoint, dtype=trainer.model.dtype)
        trainer.model.load_state_dict(loaded.state_dict(), strict=True)

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Writes no model card: a checkpoint is not published."""


def find_last_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint of a phase. Removes interrupted ones, which the rotation would count."""
    found = list(folder.glob(f"{CHECKPOINT_PREFIX}*"))
    for path in found:
        if not (path / COMPLETE_MARKER).exists():
            shutil.rmtree(path)
    complete = [path for path in found if path.exists()]
    return max(complete, key=lambda path: int(path.name.removeprefix(CHECKPOINT_PREFIX)), default=None)


def remove_checkpoints(folder: Path) -> None:
    """Removes all checkpoints of a phase that is done."""
    for path in folder.glob(f"{CHECKPOINT_PREFIX}*"):
        shutil.rmtree(path)
