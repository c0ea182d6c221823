"""What a training would run on."""

import torch


def training_device() -> str:
    """Name and memory of the GPUs, or that there is none."""
    if not torch.cuda.is_available():
        return "the CPU (no CUDA device is visible)"
    found = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return ", ".join(f"{gpu.name} with {gpu.total_memory / 2**30:.0f} GiB" for gpu in found)
