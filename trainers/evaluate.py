"""Scores of a model on held-out rows: it answers greedily, and simgen.scoring judges."""

from collections.abc import Sequence

import torch
from tqdm import tqdm

from simgen.scoring import format_score, parse_map, score_answer, score_map, split_response
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.loading import VisionModel
from simgen.trainers.results import EvalScores
from simgen.trainers.samples import prompt_text, sample_images
from simgen.trainers.settings import TrainSettings

MATCHED_KINDS = ("choice", "order")
"""Answers that are right or wrong; all others are numbers and get an MRA."""


def evaluate(
    loaded: VisionModel, rows: Sequence[Row], folder: DataFolder, settings: TrainSettings
) -> EvalScores:
    """Scores of the model's greedy answers to the rows. The settings must be resolved."""
    return score_texts(rows, answer_rows(loaded, rows, folder, settings))


def answer_rows(
    loaded: VisionModel, rows: Sequence[Row], folder: DataFolder, settings: TrainSettings
) -> list[str]:
    """The text that the model answers to each row, cut at `max_completion_tokens`."""
    was_training = loaded.model.training
    loaded.model.eval()
    size = settings.eval_batch_size
    texts: list[str] = []
    for start in tqdm(range(0, len(rows), size), desc="eval", leave=False):
        texts += _answer_batch(loaded, rows[start : start + size], folder, settings)
    loaded.model.train(was_training)
    return texts


def score_texts(rows: Sequence[Row], texts: Sequence[str]) -> EvalScores:
    """Scores of answered texts, one a row."""
    pairs = list(zip(rows, texts, strict=True))
    answers = [(row.kind in MATCHED_KINDS, _answer_score(row, text)) for row, text in pairs]
    return EvalScores(
        rows=len(rows),
        accuracy=_mean([score for matched, score in answers if matched]),
        mra=_mean([score for matched, score in answers if not matched]),
        format=_mean([format_score(text) for text in texts]) or 0.0,
        map_iou=_mean([_map_iou(row, text) for row, text in pairs]) or 0.0,
    )


def held_out(rows: Sequence[Row], most: int) -> list[Row]:
    """At most `most` rows that are not for training, matched answers and numbers in turn while both last.

    Within each, evenly spread over the rows in their given order.
    """
    candidates = [row for row in rows if row.split != "train"]
    matched = [row for row in candidates if row.kind in MATCHED_KINDS]
    numbers = [row for row in candidates if row.kind not in MATCHED_KINDS]
    matched_share = min(len(matched), max(most // 2, most - len(numbers)))
    return _spread(matched, matched_share) + _spread(numbers, min(len(numbers), most - matched_share))


def _answer_batch(
    loaded: VisionModel, rows: Sequence[Row], folder: DataFolder, settings: TrainSettings
) -> list[str]:
    images = [list(sample_images(row, folder, settings)) for row in rows]
    prompts = [
        prompt_text(loaded.processor, row.prompt, len(pictures))
        for row, pictures in zip(rows, images, strict=True)
    ]
    inputs = loaded.processor(
        text=prompts, images=images, padding=True, padding_side="left", return_tensors="pt"
    ).to(loaded.model.device)
    with torch.inference_mode():
        generated = loaded.model.generate(
            **inputs,
            do_sample=False,
            max_new_tokens=settings.max_completion_tokens,
            pad_token_id=loaded.tokenizer.pad_token_id,
        )
    answered = generated[:, inputs["input_ids"].shape[1] :]
    return loaded.tokenizer.batch_decode(answered, skip_special_tokens=True)


def _answer_score(row: Row, text: str) -> float:
    return score_answer(split_response(text).answer, row.answer, row.kind, row.options)


def _map_iou(row: Row, text: str) -> float:
    predicted = split_response(text).map
    parsed = None if predicted is None else parse_map(predicted)
    return 0.0 if parsed is None else score_map(parsed, parse_map(row.map) or ()).mean_iou


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _spread(rows: Sequence[Row], count: int) -> list[Row]:
    return [rows[index * len(rows) // count] for index in range(count)]
