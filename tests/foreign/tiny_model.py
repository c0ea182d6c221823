"""A small Qwen2.5-VL with random weights, in a folder as the Hub has it: trainers load it by its path."""

from collections.abc import Sequence
from pathlib import Path

import transformers

from tests.trainers.architectures import build_qwen2_5_vl


def save_tiny_model(texts: Sequence[str], folder: Path) -> transformers.ProcessorMixin:
    """Writes the model and its processor into a folder, and returns the processor."""
    model, own = build_qwen2_5_vl(texts)
    processor = transformers.Qwen2_5_VLProcessor(
        image_processor=transformers.Qwen2VLImageProcessor(),
        tokenizer=own.tokenizer,
        video_processor=transformers.Qwen2VLVideoProcessor(),
        chat_template=own.chat_template,
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return processor
