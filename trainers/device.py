"""The device that training runs on."""

import torch


def describe_device() -> str:
    """Name and memory of each GPU, or a remark that there is none."""
    if not torch.cuda.is_available():
        return "the CPU (no CUDA device is visible)"
    found = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return ", ".join(f"{gpu.name} with {gpu.total_memory / 2**30:.0f} GiB" for gpu in found)
