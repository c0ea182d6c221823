"""Lets torchvision of PyPI be imported beside the CPU build of PyTorch.

PyPI's torchvision is built for CUDA. Beside PyTorch's CPU build its operators cannot be loaded, and its
import fails since it registers some of them. Nothing that opens or resizes pictures needs these operators.
"""

from importlib import metadata

import torch

OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
"""The operators that torchvision's import expects to exist."""
_library = torch.library.Library("torchvision", "FRAGMENT")
"""Operators are forgotten when their library is freed."""


def declare_missing_operators() -> None:
    """Declares the operators that torchvision's import expects, unless torchvision brings its own."""
    if torch.version.cuda is None and "+cpu" not in metadata.version("torchvision"):
        for operator in OPERATORS:
            _library.define(operator)
