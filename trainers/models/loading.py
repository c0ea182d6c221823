"""Loads and saves models with their processors: the tiny model, and any from the Hub or a folder."""

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
from simgen.trainers.config import LoraSpec, TrainConfig
from simgen.trainers.models.built import BUILDERS
from simgen.trainers.models.processors import load_processor
from simgen.trainers.processes import find_local_rank

VISION_TOWER = r".*\b(visual|vision_tower|vision_model)\b.*"
"""Matches the modules of a vision tower, as Qwen and LLaVA name it. LoRA leaves them alone."""
ADAPTER_CONFIG = "adapter_config.json"


@dataclass(frozen=True, slots=True, eq=False)
class VisionModel:
    """A vision-language model and its processor."""

    model: Any
    """A PreTrainedModel, or a PeftModel around one."""
    processor: Any
    """A ProcessorMixin; its methods accept more than their annotations say."""

    def __post_init__(self) -> None:
        # GRPOTrainer pads prompts on the left but their vision token types on the tokenizer's own side. With
        # the right side the frames of shorter prompts are misplaced, or the step fails.
        self.tokenizer.padding_side = "left"

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of the processor."""
        return self.processor.tokenizer

    def count_parameters(self) -> tuple[int, int]:
        """The number of all parameters, and of those that training changes."""
        sizes = [(p.numel(), p.requires_grad) for p in self.model.parameters()]
        return sum(size for size, _ in sizes), sum(size for size, trained in sizes if trained)


def load_for_training(config: TrainConfig, texts: Iterable[str]) -> VisionModel:
    """The model that the config names: one of BUILDERS is built for `texts`, any other gets a new LoRA.

    Raises InputError when it cannot be loaded.
    """
    if config.model.is_built:
        model, processor = BUILDERS[config.model.name](texts, config)
        return VisionModel(model.to(_device()), processor)
    loaded = load_model(config.model.name)
    if isinstance(loaded.model, PeftModel) or config.model.lora is None:
        return loaded
    return VisionModel(add_lora(loaded.model, config.model.lora, config.seed), loaded.processor)


def load_model(name: str) -> VisionModel:
    """A model by Hub id or folder, also from a folder that `save_model` wrote; an adapter stays trainable.

    Raises InputError when it cannot be loaded, MissingSystemError when a package is missing.
    """
    try:
        return _load(name)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"{name}: cannot load this model ({reason}); check the name, fetch it once with network access, "
            "or use --model tiny"
        ) from None


def save_model(loaded: VisionModel, folder: Path, weights: dict[str, Any] | None = None) -> None:
    """Writes the model (LoRA: its adapter) and its processor. The folder gets its name last.

    `weights` are those of a model that is spread over several processes.
    """
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    loaded.model.save_pretrained(part, state_dict=weights)
    loaded.processor.save_pretrained(part)
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)


def add_lora(model: Any, spec: LoraSpec, seed: int) -> PeftModel:
    """The model with LoRA on every linear layer of its decoder. All its own weights are frozen."""
    lora = LoraConfig(
        r=spec.rank,
        lora_alpha=spec.alpha,
        target_modules="all-linear",
        exclude_modules=VISION_TOWER,
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return get_peft_model(model, lora)


def _load(name: str) -> VisionModel:
    adapter = Path(name) / ADAPTER_CONFIG
    if not adapter.is_file():
        # The processor first: it fails in a second where the weights take minutes.
        processor = load_processor(name)
        return VisionModel(_load_weights(name), processor)
    base = json.loads(adapter.read_text(encoding="utf-8"))["base_model_name_or_path"]
    model = PeftModel.from_pretrained(_load_weights(base), name, is_trainable=True)
    return VisionModel(model, load_processor(base))


def _load_weights(name: str) -> Any:
    # "auto" is the dtype of the saved weights: bfloat16 for the Hub's models, which is slow on a CPU.
    dtype = "auto" if torch.cuda.is_available() else torch.float32
    return AutoModelForImageTextToText.from_pretrained(name, dtype=dtype, device_map=_device())


def _device() -> str:
    return f"cuda:{find_local_rank()}" if torch.cuda.is_available() else "cpu"
