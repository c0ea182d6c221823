"""The device that a model runs on."""

import torch


def use_threads(count: int | None) -> None:
    """Sets PyTorch's CPU threads in this process. None leaves the number to PyTorch."""
    if count is not None:
        torch.set_num_threads(count)


def describe_device() -> str:
    """Name and memory of each GPU, or a remark that there is none."""
    if not torch.cuda.is_available():
        return "the CPU (no CUDA device is visible)"
    found = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return ", ".join(f"{gpu.name} with {gpu.total_memory / 2**30:.0f} GiB" for gpu in found)
