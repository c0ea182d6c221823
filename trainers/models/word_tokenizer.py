"""The word-level tokenizer of the small model: one token for each word, tag and number of 0.1 m.

A map of one object takes 14 tokens here and about 50 with a byte-level BPE. A number is one token, so that
the model reads and writes a coordinate in one step.
"""

import math
import re
from collections.abc import Iterable
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

TAGS = ("<map>", "</map>", "<think>", "</think>", "<answer>", "</answer>")
SPECIAL_TOKENS = ("<pad>", "<eos>", "<unk>", "<image>")
LOWEST, HIGHEST = -19.9, 24.9
"""The smallest and the largest number that is one token. Others are split into digits and such a number."""
NUMBER = r"-?1?\d\.\d|2[0-4]\.\d"
"""A number with one decimal from LOWEST to HIGHEST."""
PIECES = (
    r'\{"object_name": "|", "bbox": \[|\], "|\]\}|'  # the glue of a map
    + NUMBER
    + r"| ?[A-Za-z]+[0-9]*|, | ?[^\sA-Za-z0-9]|\s|\d"
)
"""What is one token: glue, numbers, words with their leading space, punctuation, white space, digits."""
SHORTEST_WAVE_M, LONGEST_WAVE_M = 1.0, 40.0
"""Wavelengths of the numbers' first embeddings, metres: from a fine one to one beyond the whole range."""


def make_word_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer that knows every word of `texts` and every number; any other word is `<unk>`."""
    pattern = re.compile(PIECES)
    words = {piece for text in texts for part in _split_tags(text) for piece in pattern.findall(part)}
    numbers = list_numbers()
    rest = sorted(words - set(numbers) | set("0123456789"))
    vocabulary = {token: index for index, token in enumerate([*SPECIAL_TOKENS, *numbers, *rest])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(PIECES), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    # Ordinary tokens: decoding would drop special ones.
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
        extra_special_tokens={"image_token": "<image>"},
    )


def list_numbers() -> list[str]:
    """All numbers that are one token, ascending."""
    low, high = round(10 * LOWEST), round(10 * HIGHEST)
    return [f"{value / 10:.1f}" for value in range(low, high + 1)]


def embed_numbers(
    tokenizer: PreTrainedTokenizerFast, channels: int, scale: float, seed: int
) -> tuple[list[int], torch.Tensor]:
    """The ids of the number tokens, and first embeddings (N, channels) that vary smoothly with the number.

    Sines and cosines of random wavelengths with standard deviation `scale`. So numbers that are near each
    other begin with similar embeddings.
    """
    numbers = list_numbers()
    generator = torch.Generator().manual_seed(seed)
    spread = math.log(LONGEST_WAVE_M / SHORTEST_WAVE_M)
    wavelengths = SHORTEST_WAVE_M * torch.exp(spread * torch.rand(channels // 2, generator=generator))
    phases = 2 * math.pi * torch.rand(channels // 2, generator=generator)
    angles = 2 * math.pi * torch.tensor([float(number) for number in numbers])[:, None] / wavelengths + phases
    waves = scale * math.sqrt(2) * torch.cat([angles.cos(), angles.sin()], dim=1)
    ids: Any = tokenizer.convert_tokens_to_ids(numbers)  # its types allow for one token
    return ids, waves


def _split_tags(text: str) -> list[str]:
    return re.split("|".join(map(re.escape, TAGS)), text)
