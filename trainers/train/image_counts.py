"""A fix for GRPO of models that must know how many images each prompt has, such as LLaVA-OneVision."""

import inspect
from typing import Any

import torch
from peft import PeftModel

COUNTS = "batch_num_images"


class ImageCountsMixin:
    """Passes the images of each prompt on to the model. It must stand before GRPOTrainer among the bases.

    LLaVA-OneVision cuts the image of a prompt into tiles only if it is the only one, so its forward takes
    `batch_num_images`. TRL 1.16 gives it to `generate` but not to the forward passes of the loss.
    """

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        *args: Any,
        batch_size: int | None = None,
        num_images: list[int] | None = None,
        **kwargs: Any,
    ) -> Any:
        trainer: Any = super()
        kwargs.pop(COUNTS, None)
        arguments = {"batch_size": batch_size, "num_images": num_images, **kwargs}
        if num_images is None or not _takes_counts(self.model):  # pyright: ignore[reportAttributeAccessIssue]
            return trainer._get_per_token_logps_and_entropies(model, input_ids, *args, **arguments)
        # TRL calls the model once for each slice of `batch_size` samples, in order.
        size = batch_size or len(input_ids)
        counts = iter([num_images[start : start + size] for start in range(0, len(input_ids), size)])

        def add_counts(_: Any, given: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            return given, {**named, COUNTS: torch.tensor(next(counts))}

        with model.register_forward_pre_hook(add_counts, with_kwargs=True):
            return trainer._get_per_token_logps_and_entropies(model, input_ids, *args, **arguments)


def _takes_counts(model: Any) -> bool:
    base = model.get_base_model() if isinstance(model, PeftModel) else model
    # TRL replaces the method of the object; the one of the class still has its arguments.
    return COUNTS in inspect.signature(type(base).forward).parameters
