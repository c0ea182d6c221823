"""Low-rank adaptation (LoRA) through peft: the decoder is trained, everything that sees is not."""

import re
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model

from simgen.errors import InputError
from simgen.trainers.config import LoraSpec


def add_lora(model: Any, spec: LoraSpec, seed: int) -> PeftModel:
    """The model with LoRA on every linear layer of its decoder. All its own weights are frozen.

    Vision tower, projector and output layer get no LoRA. Raises InputError for a model without a decoder.
    """
    # Without a task type, adapter_config.json names the model's class, and AutoPeftModel can load it.
    lora = LoraConfig(r=spec.rank, lora_alpha=spec.alpha, target_modules=match_decoder_layers(model))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return get_peft_model(model, lora)


def match_decoder_layers(model: Any) -> str:
    """A regular expression that matches the names of the linear layers of the model's decoder, in full."""
    decoder = model.get_decoder()
    prefix = next((name for name, module in model.named_modules() if module is decoder), "")
    names = [name for name, module in decoder.named_modules() if isinstance(module, torch.nn.Linear)]
    if not prefix or not names:
        raise InputError(
            f"{type(model).__name__}: LoRA finds no decoder in this model; set model.lora to null "
            "to train all weights"
        )
    layers = "|".join(sorted({re.escape(name.rpartition(".")[2]) for name in names}))
    return rf"{re.escape(prefix)}\..*\.({layers})"
