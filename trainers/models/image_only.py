"""Processors that read images and text, and no videos. They need no torchvision.

The video processors of transformers need torchvision, and a processor with a video processor does not load
without it. simgen shows frames as images, so it loads the other parts alone.

`save_pretrained` copies this file beside such a processor, as transformers does with custom code. So this
file imports nothing of simgen, and without simgen and torchvision the saved folder loads by
`AutoProcessor.from_pretrained(folder, trust_remote_code=True)`.
"""

import copy
from functools import cache
from typing import Any

import transformers
from transformers import ProcessorMixin

# transformers 5.17 exports an AutoImageProcessor that always asks for torchvision; this one does not.
from transformers.models.auto.image_processing_auto import AutoImageProcessor
from transformers.utils.hub import PushToHubMixin
from transformers.video_processing_utils import BaseVideoProcessor

VIDEO_PROCESSOR = "video_processor"


class VideoSettings(PushToHubMixin):
    """The settings of a video processor. They are saved with the processor, and read no video."""

    _auto_class = None
    model_input_names: tuple[str, ...] = ()
    # SmolVLM's processor reads both before it renders a chat template.
    num_frames = fps = None

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    def to_dict(self) -> dict[str, Any]:
        """The settings, as the model's folder has them."""
        return copy.deepcopy(self.settings)


@cache
def make_image_only(base: type[ProcessorMixin]) -> type[ProcessorMixin]:
    """A subclass of a processor class that takes VideoSettings as its video processor, if it has one.

    Its image processor is the pillow one where the model has one, also where torchvision is installed: so
    a model sees the same pixels on all machines.
    """
    others = _without_vision(base)

    class ImageOnly(base):
        def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
            if isinstance(argument, VideoSettings):
                return VideoSettings
            return super().check_argument_for_proper_class(argument_name, argument)

        @classmethod
        def _get_arguments_from_pretrained(
            cls,
            pretrained_model_name_or_path: str,
            processor_dict: dict[str, Any] | None = None,
            **options: Any,
        ) -> list[Any]:
            name = pretrained_model_name_or_path
            rest = iter(others._get_arguments_from_pretrained(name, processor_dict, **options))
            loaders = {"image_processor": _load_image_processor, VIDEO_PROCESSOR: _load_video_settings}
            return [
                loaders[part](name, options) if part in loaders else next(rest)
                for part in cls.get_attributes()
            ]

    # The name is saved with the processor: with torchvision, the folder loads as the model's own class.
    ImageOnly.__name__ = ImageOnly.__qualname__ = base.__name__
    ImageOnly.__module__ = __name__
    if VIDEO_PROCESSOR in base.get_attributes():
        ImageOnly.register_for_auto_class()
    return ImageOnly


def __getattr__(name: str) -> type[ProcessorMixin]:
    # transformers looks up the saved class by its name in this module.
    base = getattr(transformers, name, None)
    if isinstance(base, type) and issubclass(base, ProcessorMixin):
        return make_image_only(base)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _without_vision(base: type[ProcessorMixin]) -> type[ProcessorMixin]:
    """A subclass that loads the tokenizer and other parts alone."""
    parts = [part for part in base.get_attributes() if part not in ("image_processor", VIDEO_PROCESSOR)]
    # It keeps the name, because transformers treats some classes by their names.
    return type(base.__name__, (base,), {"get_attributes": classmethod(lambda _: parts)})


def _load_image_processor(name: str, options: dict[str, Any]) -> Any:
    return AutoImageProcessor.from_pretrained(name, backend="pil", **options)


def _load_video_settings(name: str, options: dict[str, Any]) -> VideoSettings:
    try:
        settings, _ = BaseVideoProcessor.get_video_processor_dict(name, **options)
    except OSError:  # the folder has none: the defaults of the model's own class then hold
        settings = {}
    return VideoSettings(settings)
