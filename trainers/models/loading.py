"""Loads and saves vision-language models with their processors: built ones, from the Hub, from a folder."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig, PeftModel
from transformers import AutoModelForImageTextToText

from simgen.errors import InputError, MissingSystemError
from simgen.trainers.config import ModelSpec, TrainConfig
from simgen.trainers.models.built import BUILDERS
from simgen.trainers.models.lora import add_lora
from simgen.trainers.models.processors import find_missing_package, first_line, load_processor
from simgen.trainers.processes import find_local_rank

ADAPTER_CONFIG = "adapter_config.json"
PROCESSOR_CONFIG = "processor_config.json"
DEFAULT_SPEC = ModelSpec()


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
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of the processor."""
        return self.processor.tokenizer

    def count_parameters(self) -> tuple[int, int]:
        """The number of all parameters, and of those that training changes."""
        sizes = [(p.numel(), p.requires_grad) for p in self.model.parameters()]
        return sum(size for size, _ in sizes), sum(size for size, trained in sizes if trained)


def load_for_training(config: TrainConfig, texts: Iterable[str]) -> VisionModel:
    """The model that the config names: one of BUILDERS is built for `texts`, any other is loaded.

    A loaded model gets a new LoRA where the config asks for one; an adapter is trained further. Raises
    InputError when it cannot be loaded.
    """
    spec = config.model
    if spec.is_built:
        model, processor = BUILDERS[spec.name](texts, config)
        if spec.attention is not None:
            model.set_attn_implementation(spec.attention)
        return VisionModel(model.to(_device(), _dtype_of_built(spec)), processor)
    loaded = load_model(spec.name, spec)
    if isinstance(loaded.model, PeftModel) or spec.lora is None:
        return loaded
    return VisionModel(add_lora(loaded.model, spec.lora, config.seed), loaded.processor)


def load_model(name: str, spec: ModelSpec = DEFAULT_SPEC) -> VisionModel:
    """A model by Hub id or folder, also from a folder that `save_model` wrote; an adapter stays trainable.

    Attention and dtype are those of `spec`. Raises InputError when it cannot be loaded, MissingSystemError
    when a package is missing.
    """
    try:
        if (Path(name) / ADAPTER_CONFIG).is_file():
            return _load_adapter(name, spec)
        # The processor first: it fails in a second where the weights take minutes.
        processor = load_processor(name)
        return VisionModel(_load_weights(name, spec), processor)
    except (ImportError, OSError, ValueError) as error:
        package = find_missing_package(error)
        if package is not None:
            raise MissingSystemError(f"{name}: it needs {package}; pip install {package}") from error
        raise InputError(
            f"{name}: cannot load this model ({first_line(error)}); {_cure(name, error)}"
        ) from error


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


def _load_adapter(name: str, spec: ModelSpec) -> VisionModel:
    """A LoRA adapter in a folder, with its base model. The processor is the adapter's own if it has one."""
    config = PeftConfig.from_pretrained(name)
    base = _absolute(str(config.base_model_name_or_path))
    config.base_model_name_or_path = base
    processor = load_processor(name if (Path(name) / PROCESSOR_CONFIG).is_file() else base)
    model = PeftModel.from_pretrained(_load_weights(base, spec), name, is_trainable=True, config=config)
    return VisionModel(model, processor)


def _load_weights(name: str, spec: ModelSpec) -> Any:
    loaded: Any = AutoModelForImageTextToText.from_pretrained(
        _absolute(name),
        dtype=_choose_dtype(spec),
        device_map=_device(),
        attn_implementation=spec.attention,
        output_loading_info=True,
    )
    model, found = loaded
    # transformers fills in random numbers for them and only warns.
    if found["missing_keys"]:
        missing = sorted(found["missing_keys"])
        raise InputError(
            f"{name}: {len(missing)} weights are not in its files, such as {missing[0]}; "
            "the files are not complete, or are those of another architecture"
        )
    return model


def _absolute(name: str) -> str:
    # An adapter stores this name of its base model, and is loaded from other working folders later.
    return str(Path(name).resolve()) if Path(name).is_dir() else name


def _choose_dtype(spec: ModelSpec) -> Any:
    # "auto" is the dtype of the saved weights: bfloat16 for the Hub's models, which is slow on a CPU.
    if spec.dtype == "auto":
        return "auto" if torch.cuda.is_available() else torch.float32
    return getattr(torch, spec.dtype)


def _dtype_of_built(spec: ModelSpec) -> torch.dtype:
    return torch.float32 if spec.dtype == "auto" else getattr(torch, spec.dtype)


def _cure(name: str, error: Exception) -> str:
    if "FlashAttention" in str(error):
        return "install flash-attn on a machine with a GPU, or set model.attention to sdpa"
    if Path(name).exists():
        return "the folder must hold config.json, the weights and the files of the processor"
    return f"check the name, or fetch it once with network access: hf download {name}"


def _device() -> str:
    return f"cuda:{find_local_rank()}" if torch.cuda.is_available() else "cpu"
