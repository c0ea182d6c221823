"""Frames read by worker processes of PyTorch's DataLoader, for `simgen bench loader`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from simgen.trainers.frames import Pixels

BATCH = 2
"""Keys that a worker gets at once: a small batch of training."""


class FrameLoader:
    """Worker processes that read the frames of each key with one function. They stay alive between calls."""

    def __init__(self, read: Callable[[Any], Sequence[Pixels]], workers: int) -> None:
        self._keys: list[Any] = []
        self._loader = DataLoader(
            _Frames(read),
            batch_size=BATCH,
            sampler=self._keys,
            num_workers=workers,
            persistent_workers=workers > 0,
            collate_fn=list,
        )

    def read(self, keys: Sequence[Any]) -> Iterator[torch.Tensor]:
        """The (frames, height, width, 3) pixels of each key, in order."""
        self._keys[:] = keys
        for batch in self._loader:
            yield from batch


class _Frames(Dataset[torch.Tensor]):
    def __init__(self, read: Callable[[Any], Sequence[Pixels]]) -> None:
        self.read = read

    def __getitem__(self, index: Any) -> torch.Tensor:
        return torch.stack([torch.tensor(pixels) for pixels in self.read(index)])
