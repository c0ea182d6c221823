"""A model's greedy answers."""

from collections.abc import Sequence

import torch

from simgen.store.folder import DataFolder
from simgen.trainers.config import TrainConfig
from simgen.trainers.eval.prompts import Prompt
from simgen.trainers.eval.row_prompts import make_row_prompts
from simgen.trainers.eval.stored_answers import Ask, Asked
from simgen.trainers.models.loading import VisionModel
from simgen.trainers.processes import map_evenly
from simgen.trainers.targets import render_prompt


def ask_on_all_processes(loaded: VisionModel, folder: DataFolder, config: TrainConfig) -> Ask:
    """The model's answers. Each process of the run answers a part of what is asked, and gets all answers."""
    return lambda asked: map_evenly(lambda part: answer_asked(loaded, part, folder, config), asked)


def answer_asked(
    loaded: VisionModel, asked: Sequence[Asked], folder: DataFolder, config: TrainConfig
) -> list[str]:
    """The model's text for each row, cut at `max_completion_tokens`. The config must give it."""
    prompts = make_row_prompts(asked, folder, config)
    return answer_prompts(loaded, prompts, config.eval.batch_size, config.data.max_completion_tokens)


def answer_prompts(
    loaded: VisionModel, prompts: Sequence[Prompt], at_once: int, most_tokens: int | None
) -> list[str]:
    """The model's text for each prompt, cut at `most_tokens`; `at_once` are answered together."""
    was_training = loaded.model.training
    loaded.model.eval()
    texts: list[str] = []
    for start in range(0, len(prompts), at_once):
        texts += _answer_batch(loaded, prompts[start : start + at_once], most_tokens)
    loaded.model.train(was_training)
    return texts


def _answer_batch(loaded: VisionModel, prompts: Sequence[Prompt], most_tokens: int | None) -> list[str]:
    images = [list(prompt.load_frames()) for prompt in prompts]
    texts = [
        render_prompt(loaded.processor, prompt.text, len(frames))
        for prompt, frames in zip(prompts, images, strict=True)
    ]
    inputs = loaded.processor(
        text=texts,
        images=images,
        padding=True,
        padding_side="left",
        add_special_tokens=False,  # the chat template wrote them
        return_tensors="pt",
    ).to(loaded.model.device)
    with torch.inference_mode():
        generated = loaded.model.generate(
            **inputs,
            do_sample=False,
            repetition_penalty=1.0,  # some models bring another one, and a map repeats its words and digits
            max_new_tokens=most_tokens,
            pad_token_id=loaded.tokenizer.pad_token_id,
        )
    answered = generated[:, inputs["input_ids"].shape[1] :]
    return loaded.tokenizer.batch_decode(answered, skip_special_tokens=True)
