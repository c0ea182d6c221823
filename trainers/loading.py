"""Models with their processors: the tiny one, any from the Hub or a folder, and what training saved."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForImageTextToText

from simgen.errors import InputError
from simgen.trainers.processors import load_processor
from simgen.trainers.settings import TrainSettings
from simgen.trainers.tiny import build_tiny

VISION_TOWER = r".*\b(visual|vision_tower|vision_model)\b.*"
"""Modules that LoRA leaves alone, by the names that Qwen and LLaVA give their vision tower."""
ADAPTER_CONFIG = "adapter_config.json"


@dataclass(frozen=True, slots=True, eq=False)
class VisionModel:
    """A vision-language model and the processor that feeds it."""

    model: Any
    """A PreTrainedModel or a PeftModel around one."""
    processor: Any
    """A ProcessorMixin; its methods are wider than their annotations."""

    def __post_init__(self) -> None:
        # GRPOTrainer pads prompts on the left but their vision token types on the tokenizer's own side: with
        # the right one, pictures of the shorter prompts are misplaced, or the step fails.
        self.tokenizer.padding_side = "left"

    @property
    def tokenizer(self) -> Any:
        return self.processor.tokenizer

    def parameter_counts(self) -> tuple[int, int]:
        """All parameters and those that training changes."""
        sizes = [(p.numel(), p.requires_grad) for p in self.model.parameters()]
        return sum(size for size, _ in sizes), sum(size for size, trained in sizes if trained)


def load_for_training(settings: TrainSettings, texts: Iterable[str]) -> VisionModel:
    """The model that the settings name: tiny from scratch on `texts`, any other with a fresh LoRA.

    Raises InputError when it cannot be loaded.
    """
    if settings.is_tiny:
        assert settings.max_tokens is not None
        model, processor = build_tiny(texts, settings.max_tokens, settings.seed)
        # transformers' annotation of to() loses its first argument.
        return VisionModel(model.to(_device()), processor)  # pyright: ignore[reportArgumentType]
    loaded = load_model(settings.model)
    if isinstance(loaded.model, PeftModel):
        return loaded
    return VisionModel(with_lora(loaded.model, settings), loaded.processor)


def load_model(name: str) -> VisionModel:
    """A model by Hub id or folder, what `save_model` left included; its adapter stays trainable.

    Raises InputError when it cannot be loaded.
    """
    try:
        return _load(name)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"{name}: cannot load this model ({reason}); check the name, fetch it once with network access, "
            "or use --model tiny"
        ) from None


def save_model(loaded: VisionModel, folder: Path) -> None:
    """Writes a folder that has its name only when it is whole; LoRA saves the adapter alone."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    loaded.model.save_pretrained(part)
    loaded.processor.save_pretrained(part)
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)


def with_lora(model: Any, settings: TrainSettings) -> PeftModel:
    """The model with LoRA on every linear layer of its decoder; all else is frozen."""
    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        target_modules="all-linear",
        exclude_modules=VISION_TOWER,
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        return get_peft_model(model, config)


def _load(name: str) -> VisionModel:
    adapter = Path(name) / ADAPTER_CONFIG
    if not adapter.is_file():
        return VisionModel(_pretrained(name), load_processor(name))
    base = json.loads(adapter.read_text(encoding="utf-8"))["base_model_name_or_path"]
    model = PeftModel.from_pretrained(_pretrained(base), name, is_trainable=True)
    return VisionModel(model, load_processor(base))


def _pretrained(name: str) -> Any:
    # "auto" is the dtype it was saved in: bfloat16 for the models on the Hub, which a CPU is slow at.
    dtype = "auto" if torch.cuda.is_available() else torch.float32
    return AutoModelForImageTextToText.from_pretrained(name, dtype=dtype, device_map=_device())


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"
