"""LLaVA with a convolutional vision tower, registered with transformers: the architecture of the small model.

transformers has no convolutional tower that LLaVA's model class takes: its ResNet, ConvNeXt and MobileNet
return maps (B, C, H, W), and LLaVA needs tokens (B, N, C). So tower and model have model types of their own.

`save_pretrained` copies this file beside the weights, as transformers does with custom code. So this file
imports nothing of simgen, and without simgen the saved folder loads by
`AutoModelForImageTextToText.from_pretrained(folder, trust_remote_code=True)`.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForImageTextToText,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers import initialization as init
from transformers.modeling_outputs import BaseModelOutputWithPooling

STEM_STRIDE = 4
"""Pixels a step of the first layer. Normalisation on a finer grid would cost as much as all other layers."""
GROUPS = 8
"""Groups of each group normalisation."""
POSITION_SCALE = 0.7
"""The positions must be as loud as the features: with 0.02 the tower did not learn where a token is."""


class ConvTowerConfig(PreTrainedConfig):
    """The sizes of a `ConvTower`."""

    model_type = "simgen_conv_tower"

    def __init__(
        self,
        widths: Sequence[int] = (32, 64, 128),
        blocks: Sequence[int] = (1, 2, 2),
        image_size: Sequence[int] = (96, 128),
        **options: Any,
    ) -> None:
        """`widths` and `blocks`: channels and residual blocks of each level; `image_size`: height, width."""
        self.widths, self.blocks, self.image_size = list(widths), list(blocks), list(image_size)
        self.hidden_size = self.widths[-1]
        super().__init__(**options)

    @property
    def stride(self) -> int:
        """Pixels between two tokens."""
        return STEM_STRIDE * 2 ** (len(self.widths) - 1)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of tokens."""
        height, width = self.image_size
        return math.ceil(height / self.stride), math.ceil(width / self.stride)


class ConvTower(PreTrainedModel):
    """Residual convolutions: a picture (B, 3, H, W) becomes tokens (B, rows * columns, hidden_size)."""

    config_class = ConvTowerConfig
    main_input_name = "pixel_values"

    def __init__(self, config: ConvTowerConfig) -> None:
        super().__init__(config)
        layers: list[nn.Module] = []
        channels = 3
        for width, blocks in zip(config.widths, config.blocks, strict=True):
            layers += [_first_layer(channels, width), nn.GroupNorm(GROUPS, width), nn.ReLU()]
            layers += [_Block(width) for _ in range(blocks)]
            channels = width
        self.layers = nn.Sequential(*layers)
        rows, columns = config.grid
        self.position = nn.Parameter(torch.empty(1, rows * columns, channels))
        self.post_init()

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5))  # PyTorch's own default
        elif isinstance(module, nn.GroupNorm):
            # Each block begins as the identity.
            nn.init.constant_(module.weight, 0.0 if isinstance(module, _LastNorm) else 1.0)
            nn.init.zeros_(module.bias)
        elif module is self:
            init.copy_(self.position, _wave_positions(self.config.grid, self.config.hidden_size))

    def forward(self, pixel_values: torch.Tensor, **_: Any) -> BaseModelOutputWithPooling:
        """Tokens in rows from top to bottom, each from left to right."""
        features = self.layers(pixel_values.contiguous(memory_format=torch.channels_last))
        tokens = features.flatten(2).transpose(1, 2) + self.position
        return BaseModelOutputWithPooling(last_hidden_state=tokens, hidden_states=(tokens,))


class ConvLlavaConfig(LlavaConfig):
    """The config of a `ConvLlava`: LLaVA's own, whose `vision_config` is a `ConvTowerConfig`."""

    model_type = "simgen_conv_llava"


class ConvLlava(LlavaForConditionalGeneration):
    """LLaVA as transformers has it, with a `ConvTower`.

    It is a class of its own because transformers runs the code that the top level of config.json names, and
    looks for none in `vision_config`.
    """

    config_class = ConvLlavaConfig


class _LastNorm(nn.GroupNorm):
    """The last normalisation of a block."""


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.first_norm = _conv(width), nn.GroupNorm(GROUPS, width)
        self.second, self.second_norm = _conv(width), _LastNorm(GROUPS, width)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        inner = torch.relu(self.first_norm(self.first(features)))
        return torch.relu(features + self.second_norm(self.second(inner)))


def _conv(width: int) -> nn.Conv2d:
    return nn.Conv2d(width, width, 3, padding=1, bias=False)


def _first_layer(channels: int, width: int) -> nn.Conv2d:
    if channels == 3:
        return nn.Conv2d(channels, width, 7, stride=STEM_STRIDE, padding=3, bias=False)
    return nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False)


def _wave_positions(grid: tuple[int, int], channels: int) -> torch.Tensor:
    """(1, rows * columns, channels) sines and cosines of the column and the row, of several wavelengths."""
    rows, columns = grid
    y, x = torch.meshgrid(torch.arange(rows) / rows, torch.arange(columns) / columns, indexing="ij")
    frequencies = math.pi * 2.0 ** torch.linspace(-1, 2, channels // 4)
    angles = [place.reshape(-1, 1) * frequencies for place in (x, y)]
    waves = [wave(angle) for angle in angles for wave in (torch.sin, torch.cos)]
    return POSITION_SCALE * torch.cat(waves, dim=1)[None]


AutoConfig.register(ConvTowerConfig.model_type, ConvTowerConfig, exist_ok=True)
AutoModel.register(ConvTowerConfig, ConvTower, exist_ok=True)
AutoConfig.register(ConvLlavaConfig.model_type, ConvLlavaConfig, exist_ok=True)
AutoModelForImageTextToText.register(ConvLlavaConfig, ConvLlava, exist_ok=True)
# save_pretrained then copies this file and names it in config.json.
ConvLlavaConfig.register_for_auto_class()
ConvLlava.register_for_auto_class("AutoModelForImageTextToText")
