"""Tiny models of the architectures that people train, with random weights, built from a config."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import PreTrainedTokenizerFast

from simgen.trainers.models.image_only import VideoSettings, make_image_only
from simgen.trainers.models.tiny import train_tokenizer

# The annotations of transformers' classes do not know that keyword arguments can come from a dict.
tf: Any = transformers
Built = tuple[Any, Any]
"""A model and its processor."""
TEXT: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "max_position_embeddings": 4096,
}
VISION: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
QWEN_VISION: dict[str, Any] = {
    "depth": 2,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_heads": 2,
    "out_hidden_size": 64,
}
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""As most models have it: without a generation block, and contents are lists of parts."""


def build_architecture(name: str, texts: Sequence[str], folder: Path) -> Path:
    """A folder as the Hub has it, with a model of an architecture whose tokenizer is trained on `texts`."""
    torch.manual_seed(0)
    model, processor = ARCHITECTURES[name](texts)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _tokenizer(texts: Sequence[str], **special: str) -> PreTrainedTokenizerFast:
    """A tokenizer with further special tokens by their names, such as `image_token`."""
    base = train_tokenizer(texts)
    return PreTrainedTokenizerFast(
        tokenizer_object=base.backend_tokenizer,
        eos_token=base.eos_token,
        pad_token=base.pad_token,
        clean_up_tokenization_spaces=False,
        extra_special_tokens=special or None,
    )


def _ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
    }


def _token_id(tokenizer: Any, token: str) -> int:
    return tokenizer.convert_tokens_to_ids(token)


def _template(image: str) -> str:
    return CHAT_TEMPLATE.replace("IMAGE", image)


def build_llava(texts: Sequence[str]) -> Built:
    """LLaVA: a fixed number of tokens an image, 16 of 14 px patches in 56 px."""
    tokenizer = _tokenizer(texts, image_token="<image>")
    config = tf.LlavaConfig(
        vision_config=tf.CLIPVisionConfig(**VISION, image_size=56, patch_size=14, projection_dim=32),
        text_config=tf.LlamaConfig(**TEXT, **_ids(tokenizer)),
        image_token_index=_token_id(tokenizer, "<image>"),
    )
    side = {"height": 56, "width": 56}
    processor = tf.LlavaProcessor(
        image_processor=tf.CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size=side),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=_template("<image>\n"),
    )
    return tf.LlavaForConditionalGeneration(config), processor


def build_llava_onevision(texts: Sequence[str]) -> Built:
    """LLaVA-OneVision: a single image is cut into tiles, several images are not."""
    tokenizer = _tokenizer(texts, image_token="<image>", video_token="<video>")
    pinpoints = [[56, 56], [56, 112], [112, 56], [112, 112]]
    config = tf.LlavaOnevisionConfig(
        vision_config=tf.SiglipVisionConfig(**VISION, image_size=56, patch_size=14, vision_use_head=False),
        text_config=tf.Qwen2Config(**TEXT, **_ids(tokenizer)),
        image_token_id=_token_id(tokenizer, "<image>"),
        video_token_id=_token_id(tokenizer, "<video>"),
        image_grid_pinpoints=pinpoints,
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
    )
    size = {"height": 56, "width": 56}
    processor = make_image_only(tf.LlavaOnevisionProcessor)(
        image_processor=tf.LlavaOnevisionImageProcessorPil(size=size, image_grid_pinpoints=pinpoints),
        tokenizer=tokenizer,
        video_processor=VideoSettings({"video_processor_type": "LlavaOnevisionVideoProcessor", "size": size}),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=_template("<image>\n"),
    )
    return tf.LlavaOnevisionForConditionalGeneration(config), processor


def build_gemma3(texts: Sequence[str]) -> Built:
    """Gemma 3: token_type_ids mark the image tokens, which see each other in both directions."""
    tokenizer = _tokenizer(
        texts, image_token="<image_soft_token>", boi_token="<start_of_image>", eoi_token="<end_of_image>"
    )
    config = tf.Gemma3Config(
        text_config={**TEXT, **_ids(tokenizer), "sliding_window": 64},
        vision_config={**VISION, "image_size": 56, "patch_size": 14},
        mm_tokens_per_image=4,
        boi_token_index=_token_id(tokenizer, "<start_of_image>"),
        eoi_token_index=_token_id(tokenizer, "<end_of_image>"),
        image_token_index=_token_id(tokenizer, "<image_soft_token>"),
    )
    processor = tf.Gemma3Processor(
        image_processor=tf.Gemma3ImageProcessorPil(size={"height": 56, "width": 56}),
        tokenizer=tokenizer,
        image_seq_length=4,
        chat_template=_template("<start_of_image>"),
    )
    return tf.Gemma3ForConditionalGeneration(config), processor


def _build_idefics_model(config_class: Any, model_class: Any, tokenizer: Any) -> Any:
    return model_class(
        config_class(
            text_config={"model_type": "llama", **TEXT, **_ids(tokenizer)},
            vision_config={**VISION, "image_size": 56, "patch_size": 14},
            scale_factor=2,
            image_token_id=_token_id(tokenizer, "<image>"),
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def _idefics_tokenizer(texts: Sequence[str]) -> Any:
    return _tokenizer(
        texts,
        image_token="<image>",
        fake_image_token="<fake_token_around_image>",
        global_image_token="<global-img>",
        end_of_utterance_token="<end_of_utterance>",
    )


IDEFICS_SIZES = {"size": {"longest_edge": 112}, "max_image_size": {"longest_edge": 56}}
"""A frame of 4:3 is cut into two by two tiles, and the whole frame is added."""


def build_idefics3(texts: Sequence[str]) -> Built:
    """Idefics3: an image becomes tiles, with marks between them."""
    tokenizer = _idefics_tokenizer(texts)
    processor = tf.Idefics3Processor(
        image_processor=tf.Idefics3ImageProcessorPil(**IDEFICS_SIZES),
        tokenizer=tokenizer,
        image_seq_len=4,
        chat_template=_template("<image>"),
    )
    model = _build_idefics_model(tf.Idefics3Config, tf.Idefics3ForConditionalGeneration, tokenizer)
    model.resize_token_embeddings(len(tokenizer))
    return model, processor


def build_smolvlm(texts: Sequence[str]) -> Built:
    """SmolVLM: Idefics3's tiles, and a processor that has a video processor."""
    tokenizer = _idefics_tokenizer(texts)
    processor = make_image_only(tf.SmolVLMProcessor)(
        image_processor=tf.SmolVLMImageProcessorPil(**IDEFICS_SIZES),
        tokenizer=tokenizer,
        video_processor=VideoSettings({"video_processor_type": "SmolVLMVideoProcessor"}),
        image_seq_len=4,
        chat_template=_template("<image>"),
    )
    return _build_idefics_model(tf.SmolVLMConfig, tf.SmolVLMForConditionalGeneration, tokenizer), processor


def build_internvl(texts: Sequence[str]) -> Built:
    """InternVL: a frame of 4:3 becomes three by two tiles of 56 px, and the whole frame is added."""
    tokenizer = _tokenizer(
        texts,
        start_image_token="<img>",
        end_image_token="</img>",
        context_image_token="<IMG_CONTEXT>",
        video_token="<video>",
    )
    side = {"height": 56, "width": 56}
    config = tf.InternVLConfig(
        text_config={"model_type": "qwen2", **TEXT, **_ids(tokenizer)},
        vision_config={**VISION, "image_size": [56, 56], "patch_size": [14, 14]},
        image_token_id=_token_id(tokenizer, "<IMG_CONTEXT>"),
        image_seq_length=4,
    )
    processor = make_image_only(tf.InternVLProcessor)(
        image_processor=tf.GotOcr2ImageProcessorPil(size=side, crop_to_patches=False, max_patches=6),
        tokenizer=tokenizer,
        video_processor=VideoSettings({"video_processor_type": "InternVLVideoProcessor", "size": side}),
        image_seq_length=4,
        chat_template=_template("<IMG_CONTEXT>\n"),
    )
    return tf.InternVLForConditionalGeneration(config), processor


def _build_qwen(
    texts: Sequence[str], kind: str, vision: dict[str, Any], image: dict[str, Any], video: str
) -> Built:
    tokenizer = train_tokenizer(texts)
    names = {"image": "<|image_pad|>", "video": "<|video_pad|>"}
    marks = {"vision_start": "<|vision_start|>", "vision_end": "<|vision_end|>"}
    sections = {"rope_type": "default", "mrope_section": [6, 5, 5], "rope_theta": 10000.0}
    config = getattr(tf, f"{kind}Config")(
        text_config={**TEXT, **_ids(tokenizer), "rope_parameters": sections},
        vision_config=vision,
        **{f"{key}_token_id": _token_id(tokenizer, token) for key, token in {**names, **marks}.items()},
    )
    processor = make_image_only(getattr(tf, f"{kind}Processor"))(
        image_processor=tf.Qwen2VLImageProcessorPil(**image),
        tokenizer=tokenizer,
        video_processor=VideoSettings({"video_processor_type": video}),
        chat_template=_template("<|vision_start|><|image_pad|><|vision_end|>"),
    )
    return getattr(tf, f"{kind}ForConditionalGeneration")(config), processor


def build_qwen2_vl(texts: Sequence[str]) -> Built:
    """Qwen2-VL: the number of tokens follows from the size of the image."""
    vision = {"depth": 2, "embed_dim": 32, "hidden_size": 64, "mlp_ratio": 2, "num_heads": 2}
    return _build_qwen(texts, "Qwen2VL", vision, {}, "Qwen2VLVideoProcessor")


def build_qwen2_5_vl(texts: Sequence[str]) -> Built:
    """Qwen2.5-VL, as the tiny model."""
    vision = {**QWEN_VISION, "fullatt_block_indexes": [1]}
    return _build_qwen(texts, "Qwen2_5_VL", vision, {}, "Qwen2VLVideoProcessor")


def build_qwen3_vl(texts: Sequence[str]) -> Built:
    """Qwen3-VL: patches of 16 px, and features of several layers of the tower."""
    vision = {**QWEN_VISION, "deepstack_visual_indexes": [0]}
    return _build_qwen(texts, "Qwen3VL", vision, {"patch_size": 16}, "Qwen3VLVideoProcessor")


ARCHITECTURES: dict[str, Callable[[Sequence[str]], Built]] = {
    "llava": build_llava,
    "llava_onevision": build_llava_onevision,
    "gemma3": build_gemma3,
    "idefics3": build_idefics3,
    "smolvlm": build_smolvlm,
    "internvl": build_internvl,
    "qwen2_vl": build_qwen2_vl,
    "qwen2_5_vl": build_qwen2_5_vl,
    "qwen3_vl": build_qwen3_vl,
}
