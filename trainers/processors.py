"""Processors without a video half: every video processor needs torchvision, and simgen feeds frames."""

from typing import Any

from transformers import AutoConfig, AutoProcessor, ProcessorMixin
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.processing_qwen2_vl import Qwen2VLProcessor
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor

from simgen.errors import InputError


class _DropVideo(ProcessorMixin):
    """Stands behind a processor in the method order and swallows the video processor it passes up."""

    def __init__(
        self,
        image_processor: Any,
        tokenizer: Any,
        video_processor: None = None,
        chat_template: str | None = None,
    ) -> None:
        assert video_processor is None
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)


def image_only(base: type[ProcessorMixin]) -> type[ProcessorMixin]:
    """A Qwen processor class for pictures and text alone."""

    class ImageOnly(base, _DropVideo):  # pyright: ignore[reportGeneralTypeIssues]  # base is one step below
        # transformers reads the sub-processors off this signature.
        def __init__(self, image_processor: Any, tokenizer: Any, chat_template: str | None = None) -> None:
            super().__init__(image_processor, tokenizer, None, chat_template=chat_template)

    # The name gets saved with the processor, and a trained folder must load without simgen too.
    ImageOnly.__name__ = base.__name__
    return ImageOnly


QWEN_PROCESSORS = {
    "qwen2_vl": image_only(Qwen2VLProcessor),
    "qwen2_5_vl": image_only(Qwen2_5_VLProcessor),
    "qwen3_vl": image_only(Qwen3VLProcessor),
}
"""By the model type in a folder's config."""


def load_processor(name: str) -> ProcessorMixin:
    """The processor of a Hub id or local folder.

    Raises InputError when there is none: AutoProcessor hands back a bare tokenizer for a class it does
    not know, and training would go on blind.
    """
    model_type = AutoConfig.from_pretrained(name).model_type
    processor = QWEN_PROCESSORS.get(model_type, AutoProcessor).from_pretrained(name)
    if not isinstance(processor, ProcessorMixin):
        raise InputError(f"{name}: no image processor in it; give a vision-language model or --model tiny")
    return processor
