"""The models that are built from a config instead of loaded: one entry each."""

from collections.abc import Callable, Iterable
from typing import Any

from transformers import ProcessorMixin

from simgen.trainers.config import TrainConfig
from simgen.trainers.models.small import build_small
from simgen.trainers.models.tiny import build_tiny

Build = Callable[[Iterable[str], TrainConfig], tuple[Any, ProcessorMixin]]
"""Builds a model with random weights, and its processor, whose tokenizer is made for the given texts."""


def _build_tiny(texts: Iterable[str], config: TrainConfig) -> tuple[Any, ProcessorMixin]:
    return build_tiny(texts, config.data.max_tokens, config.seed)


def _build_small(texts: Iterable[str], config: TrainConfig) -> tuple[Any, ProcessorMixin]:
    return build_small(texts, config.data.max_tokens, config.seed)


BUILDERS: dict[str, Build] = {"tiny": _build_tiny, "small": _build_small}
"""By the name that a training config gives as its model."""
