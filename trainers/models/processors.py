"""Loads the processors of vision-language models: images and text alone, without torchvision."""

import re
from typing import Any

from jinja2 import TemplateError
from PIL import Image
from transformers import AutoConfig, ProcessorMixin
from transformers.models.auto.auto_mappings import PROCESSOR_MAPPING_NAMES
from transformers.models.auto.processing_auto import processor_class_from_name

from simgen.errors import InputError, MissingSystemError
from simgen.trainers.models.image_only import make_image_only
from simgen.trainers.targets import render_prompt

PACKAGE_NAMED = (
    re.compile(r"requires the (\S+) library"),
    re.compile(r"pip install `?([\w-]+)"),
    re.compile(r"requires `(\w+)` to be installed"),
    re.compile(r"Missing optional dependencies: ([\w-]+)"),
    re.compile(r"No module named '(\w+)"),
)
"""How transformers and Python name a package that is not installed."""


def load_processor(name: str) -> ProcessorMixin:
    """The processor of a model, by Hub id or local folder, for images and text.

    Raises InputError when there is none or its chat template shows no images, MissingSystemError when it
    needs a package that is not installed.
    """
    try:
        processor = make_image_only(_find_class(name)).from_pretrained(name)
    except (ImportError, ValueError) as error:
        package = find_missing_package(error)
        if package is None:
            raise
        raise MissingSystemError(
            f"{name}: its processor needs {package}; install it with: pip install {package}"
        ) from error
    except (AttributeError, KeyError, TypeError) as error:  # transformers reads a file that lacks something
        raise InputError(
            f"{name}: its processor files are not complete ({first_line(error)}); fetch the model again"
        ) from error
    _complete_template(name, processor)
    _check_template(name, processor)
    return processor


def describe_image_processor(processor: Any) -> str:
    """The class that turns a frame into pixels for the model, such as `SmolVLMImageProcessorPil`."""
    return type(processor.image_processor).__name__


def find_missing_package(error: Exception) -> str | None:
    """The package that an error of transformers asks for."""
    found = [match[1].lower() for pattern in PACKAGE_NAMED if (match := pattern.search(str(error)))]
    return found[0] if found else None


def first_line(error: Exception) -> str:
    """The first line of an error's text that says something."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _find_class(name: str) -> type[ProcessorMixin]:
    """The processor class that the files of a model name, else the one of its architecture."""
    settings, _ = ProcessorMixin.get_processor_dict(name)
    class_name = settings.get("processor_class")
    if class_name is None:
        architecture = AutoConfig.from_pretrained(name).model_type
        class_name = PROCESSOR_MAPPING_NAMES.get(architecture)
    found = None if class_name is None else processor_class_from_name(class_name)
    # AutoProcessor would return a bare tokenizer here, and training would go on without the frames.
    if found is None or "image_processor" not in found.get_attributes():
        raise InputError(f"{name}: no image processor in it; give a vision-language model")
    return found


def _check_template(name: str, processor: Any) -> None:
    """Raises InputError when the chat template leaves images out, or marks them as another processor does."""
    try:
        text = render_prompt(processor, "text", 1)
        bare = processor.tokenizer(text)["input_ids"]
        shown = processor(text=[text], images=[[Image.new("RGB", (112, 84))]])["input_ids"][0]
    except (TypeError, ValueError, TemplateError):
        shown = bare = []
    # A mark becomes several tokens. A template for text alone drops the image, or writes it as text.
    if len(shown) <= len(bare):
        raise InputError(
            f"{name}: its chat template does not show images to its processor; give a vision-language model "
            "that is tuned for instructions, or put one's chat_template.jinja into the folder"
        )


def _complete_template(name: str, processor: Any) -> None:
    """Gives the processor a chat template that writes all special tokens, such as the start of the text.

    TRL tokenizes the template's text for SFT without special tokens, and for GRPO with them.
    """
    template = processor.chat_template or processor.tokenizer.chat_template
    if not template:
        raise InputError(
            f"{name}: it has no chat template; give a model that is tuned for instructions, or put a "
            "chat_template.jinja into the folder"
        )
    processor.chat_template = template["default"] if isinstance(template, dict) else template
    start, start_id = processor.tokenizer.bos_token, processor.tokenizer.bos_token_id
    if start is None or processor.tokenizer("a")["input_ids"][0] != start_id:
        return
    if not render_prompt(processor, "", 0).startswith(start):
        processor.chat_template = "{{ bos_token }}" + processor.chat_template
