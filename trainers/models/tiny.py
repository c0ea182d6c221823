"""The tiny model: a Qwen2.5-VL of about 1.1 million parameters, built from a config without a network."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    ProcessorMixin,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from simgen.trainers.models.image_only import VideoSettings, make_image_only

VOCABULARY = 1024
TOKENIZER_TEXTS = 6000
"""Texts that the tokenizer is trained on. More only take longer."""
LONGEST_TOKEN = 24
"""In bytes. Without a limit a whole prompt becomes one token, and the model cannot learn from its words."""
TAGS = ("<map>", "</map>", "<think>", "</think>", "<answer>", "</answer>")
SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
# Qwen's own template without tools and videos. The generation block marks the assistant's text.
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['role'] == 'assistant' %}{% generation %}"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endgeneration %}"
    "{% else %}"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build_tiny(
    texts: Iterable[str], max_tokens: int, seed: int
) -> tuple[Qwen2_5_VLForConditionalGeneration, ProcessorMixin]:
    """A model with random weights and its processor, whose tokenizer was trained on `texts`."""
    tokenizer = train_tokenizer(islice(texts, TOKENIZER_TEXTS))
    processor = make_image_only(Qwen2_5_VLProcessor)(
        image_processor=Qwen2VLImageProcessorPil(),
        tokenizer=tokenizer,
        video_processor=VideoSettings({"video_processor_type": "Qwen2VLVideoProcessor"}),
        chat_template=CHAT_TEMPLATE,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Qwen2_5_VLForConditionalGeneration(_config(tokenizer, max_tokens))
    return model, processor


def train_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE trained on `texts`. Each digit is a token, and so is each tag of the answer.

    The tags are ordinary tokens: decoding would drop special ones.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            # Without GPT-2's regex JSON punctuation merges with the keys: an object takes 17 tokens, not 30.
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(_without_tags(texts), _bpe_trainer())
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False,
        extra_special_tokens=list(SPECIAL_TOKENS[3:]),
    )


def _bpe_trainer() -> trainers.BpeTrainer:
    return trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        max_token_length=LONGEST_TOKEN,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )


def _without_tags(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for tag in TAGS:
            text = text.replace(tag, "\0")
        yield from (part for part in text.split("\0") if part)


def _config(tokenizer: PreTrainedTokenizerFast, max_tokens: int) -> Qwen2_5_VLConfig:
    token: Any = tokenizer.convert_tokens_to_ids  # returns an int for one token; its types do not say so
    ids: dict[str, Any] = {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }
    return Qwen2_5_VLConfig(
        text_config={**_TEXT, **ids, "vocab_size": len(tokenizer), "max_position_embeddings": 2 * max_tokens},
        vision_config=_VISION,
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        **ids,
    )


_TEXT = {
    # Two wide heads instead of four narrow ones: attention takes a third of a step on a CPU.
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    # The three sections (time, height, width) add up to half of a head's 64 numbers.
    "rope_parameters": {"rope_type": "default", "mrope_section": [8, 12, 12], "rope_theta": 10000.0},
}
_VISION = {
    "depth": 2,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_heads": 4,
    "out_hidden_size": 128,
    "fullatt_block_indexes": [1],
}
