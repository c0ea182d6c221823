"""Loads processors. Qwen's have no video processor here: it needs torchvision, and simgen feeds frames."""

import re
from typing import Any

from transformers import AutoConfig, AutoProcessor, ProcessorMixin
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.processing_qwen2_vl import Qwen2VLProcessor
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor

from simgen.errors import InputError, MissingSystemError


class _DropVideo(ProcessorMixin):
    """A base class behind a Qwen processor, which takes the video processor (None) that it passes up."""

    def __init__(
        self,
        image_processor: Any,
        tokenizer: Any,
        video_processor: None = None,
        chat_template: str | None = None,
    ) -> None:
        assert video_processor is None
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)


def make_image_only(base: type[ProcessorMixin]) -> type[ProcessorMixin]:
    """A subclass of a Qwen processor that takes images and text, and no videos."""

    class ImageOnly(base, _DropVideo):  # pyright: ignore[reportGeneralTypeIssues]  # base is one step below
        # transformers reads the names of the sub-processors from this signature.
        def __init__(self, image_processor: Any, tokenizer: Any, chat_template: str | None = None) -> None:
            super().__init__(image_processor, tokenizer, None, chat_template=chat_template)

    # The name is saved with the processor, and a trained folder must load without simgen too.
    ImageOnly.__name__ = base.__name__
    return ImageOnly


QWEN_PROCESSORS = {
    "qwen2_vl": make_image_only(Qwen2VLProcessor),
    "qwen2_5_vl": make_image_only(Qwen2_5_VLProcessor),
    "qwen3_vl": make_image_only(Qwen3VLProcessor),
}
"""Processor classes by the `model_type` in a model's config."""


def load_processor(name: str) -> ProcessorMixin:
    """The processor of a model, by Hub id or local folder.

    Raises InputError when there is none: AutoProcessor returns a bare tokenizer for a class that it does
    not know, and training would go on without the frames. Raises MissingSystemError when it needs a
    package that is not installed.
    """
    model_type = AutoConfig.from_pretrained(name).model_type
    try:
        processor = QWEN_PROCESSORS.get(model_type, AutoProcessor).from_pretrained(name)
    except ImportError as error:
        raise MissingSystemError(_missing_package(name, error)) from None
    if not isinstance(processor, ProcessorMixin):
        raise InputError(f"{name}: no image processor in it; give a vision-language model or --model tiny")
    return processor


def _missing_package(name: str, error: ImportError) -> str:
    found = re.search(r"requires the (\S+) library", str(error))  # transformers' words, several lines long
    if found is None:
        return f"{name}: its processor cannot be imported ({str(error).strip().splitlines()[0]})"
    package = found[1].lower()
    return f"{name}: its processor needs {package}; install it with: pip install {package}"
