"""The small model: a LLaVA of about 1.7 million parameters that learns to see on a CPU.

A convolutional tower makes 48 tokens of a frame of 128 x 96 pixels. A small Llama decoder reads them in front
of the question, and writes the map, the thought and the answer.
"""

from collections.abc import Iterable
from typing import Any

import torch
from transformers import (
    LlamaConfig,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    ProcessorMixin,
)
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from simgen.trainers.models.conv_tower import ConvLlava, ConvLlavaConfig, ConvTowerConfig
from simgen.trainers.models.word_tokenizer import embed_numbers, make_word_tokenizer

HIDDEN = 128
LAYERS = 4
HEADS = 4
INTERMEDIATE = 352
WEIGHT_STD = 0.02
"""The standard deviation of the decoder's first weights: Llama's own."""
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}{% generation %}"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endif %}"
    "<eos>{% endgeneration %}"
    "{% else %}{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}{{ '\\n' }}{% endif %}{% endfor %}"
)
"""The frames, the question and a line break; then the answer and the end."""


def build_small(texts: Iterable[str], max_tokens: int, seed: int) -> tuple[ConvLlava, ProcessorMixin]:
    """A model with random weights and its processor, whose tokenizer knows the words of `texts`."""
    tokenizer, tower = make_word_tokenizer(texts), ConvTowerConfig()
    height, width = tower.image_size
    processor = LlavaProcessor(
        image_processor=SiglipImageProcessorPil(size={"height": height, "width": width}),
        tokenizer=tokenizer,
        patch_size=tower.stride,
        vision_feature_select_strategy="full",
        image_token="<image>",
        chat_template=CHAT_TEMPLATE,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = ConvLlava(_config(tokenizer, tower, max_tokens))
    _start_numbers(model, tokenizer, seed)
    return model, processor


def _config(tokenizer: PreTrainedTokenizerFast, tower: ConvTowerConfig, max_tokens: int) -> ConvLlavaConfig:
    token: Any = tokenizer.convert_tokens_to_ids  # returns an int for one token; its types do not say so
    ids: dict[str, Any] = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id}
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        intermediate_size=INTERMEDIATE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=max_tokens,
        initializer_range=WEIGHT_STD,
        tie_word_embeddings=True,
        bos_token_id=None,
        **ids,
    )
    return ConvLlavaConfig(
        vision_config=tower,
        text_config=text,
        image_token_index=token("<image>"),
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        tie_word_embeddings=True,
        **ids,
    )


@torch.no_grad()
def _start_numbers(model: ConvLlava, tokenizer: PreTrainedTokenizerFast, seed: int) -> None:
    weights: Any = model.get_input_embeddings().weight
    ids, waves = embed_numbers(tokenizer, weights.shape[1], WEIGHT_STD, seed)
    weights[torch.tensor(ids)] = waves
