"""A model's greedy answers."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from simgen.store.folder import DataFolder
from simgen.trainers.config import TrainConfig
from simgen.trainers.eval.stored_answers import Asked
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.samples import load_sample_frames
from simgen.trainers.targets import build_prompt, render_prompt


def answer_asked(
    loaded: VisionModel, asked: Sequence[Asked], folder: DataFolder, config: TrainConfig
) -> list[str]:
    """The model's text for each, cut at `max_completion_tokens`. The config must give it."""
    was_training = loaded.model.training
    loaded.model.eval()
    size = config.eval.batch_size
    texts: list[str] = []
    for start in range(0, len(asked), size):
        texts += _answer_batch(loaded, asked[start : start + size], folder, config)
    loaded.model.train(was_training)
    return texts


def _answer_batch(
    loaded: VisionModel, asked: Sequence[Asked], folder: DataFolder, config: TrainConfig
) -> list[str]:
    shown = [replace(item.row, clip=item.clip, frames=item.frames) for item in asked]
    images = [list(load_sample_frames(row, folder, config)) for row in shown]
    texts = [build_prompt(item.row, config.data.target, config.data.map) for item in asked]
    prompts = [
        render_prompt(loaded.processor, text, len(frames)) for text, frames in zip(texts, images, strict=True)
    ]
    inputs = loaded.processor(
        text=prompts, images=images, padding=True, padding_side="left", return_tensors="pt"
    ).to(loaded.model.device)
    with torch.inference_mode():
        generated = loaded.model.generate(
            **inputs,
            do_sample=False,
            max_new_tokens=config.data.max_completion_tokens,
            pad_token_id=loaded.tokenizer.pad_token_id,
        )
    answered = generated[:, inputs["input_ids"].shape[1] :]
    return loaded.tokenizer.batch_decode(answered, skip_special_tokens=True)
