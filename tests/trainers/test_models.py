"""Tokenizer of the tiny model, processors without video, frames, token budgets, and scores."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import ProcessorMixin

from simgen.errors import InputError
from simgen.store.folder import DataFolder
from simgen.trainers.budget import TokenCounter, check_budget, count_tokens
from simgen.trainers.config import ModelSpec, load_config
from simgen.trainers.models.loading import VisionModel, load_for_training, load_model, save_model
from simgen.trainers.models.tiny import TAGS, build_tiny
from simgen.trainers.samples import load_sample_frames
from tests.trainers.questions import make_folder, make_rows

CONFIG = load_config("tiny")
ROWS = make_rows(12, frames=2)


@pytest.fixture(scope="module")
def tiny() -> VisionModel:
    return VisionModel(*build_tiny([text for row in ROWS for text in (row.prompt, row.target)], 512, seed=0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return make_folder(tmp_path_factory.mktemp("data"), frames=2)


def test_decoding_keeps_tags_and_any_text(tiny: VisionModel) -> None:
    text = ROWS[0].target + " ünseen – 12.75"
    ids = tiny.tokenizer(text)["input_ids"]
    assert tiny.tokenizer.decode(ids, skip_special_tokens=True) == text
    assert all(len(tiny.tokenizer(tag)["input_ids"]) == 1 for tag in TAGS)


def test_digits_are_single_tokens(tiny: VisionModel) -> None:
    assert tiny.tokenizer.convert_ids_to_tokens(tiny.tokenizer("2048")["input_ids"]) == list("2048")


def test_a_saved_model_has_the_same_tokens_and_weights(tiny: VisionModel, tmp_path: Path) -> None:
    save_model(tiny, tmp_path / "model")
    again = load_model(str(tmp_path / "model"))
    assert isinstance(again.processor, ProcessorMixin)
    text = ROWS[0].prompt + ROWS[0].target
    assert again.tokenizer(text)["input_ids"] == tiny.tokenizer(text)["input_ids"]
    for name, value in tiny.model.state_dict().items():
        assert again.model.state_dict()[name].equal(value), name


def test_attention_and_dtype_are_those_of_the_config(tiny: VisionModel, tmp_path: Path) -> None:
    save_model(tiny, tmp_path / "model")
    loaded = load_model(str(tmp_path / "model"), ModelSpec(attention="eager", dtype="bfloat16"))
    assert loaded.model.config._attn_implementation == "eager"
    assert loaded.model.dtype == torch.bfloat16
    config = load_config("tiny", {"model.attention": "eager", "model.dtype": "bfloat16"})
    built = load_for_training(config, [ROWS[0].prompt])
    assert built.model.config._attn_implementation == "eager"
    assert built.model.dtype == torch.bfloat16


def test_frames_keep_their_shape_and_order(folder: DataFolder) -> None:
    images = load_sample_frames(ROWS[0], folder, CONFIG)
    assert [image.size for image in images] == [(112, 84)] * 2


def test_the_budget_counts_what_the_processor_makes(tiny: VisionModel, folder: DataFolder) -> None:
    row = ROWS[0]
    prompt = [{"role": "user", "content": [{"type": "image"}] * 2 + [{"type": "text", "text": row.prompt}]}]
    turns = [*prompt, {"role": "assistant", "content": row.target}]
    processor: Any = tiny.processor
    text = processor.apply_chat_template(turns, tokenize=False)
    images = list(load_sample_frames(row, folder, CONFIG))
    tokens = len(processor(text=[text], images=[images])["input_ids"][0])
    exact = load_config("tiny", {"data.max_tokens": tokens})
    check_budget([row], folder, tiny, exact)
    with pytest.raises(Exception, match=f"takes {tokens} tokens"):
        check_budget([row], folder, tiny, load_config("tiny", {"data.max_tokens": tokens - 1}))


def test_the_budget_names_the_longest_row_its_parts_and_the_cure(
    tiny: VisionModel, folder: DataFolder
) -> None:
    rows = [ROWS[0], replace(ROWS[1], target=ROWS[1].target + " and on" * 50), ROWS[2]]
    counts = list(count_tokens(rows, folder, TokenCounter(tiny.processor), CONFIG.data))
    assert [sample.row for sample in counts] == rows
    longest = counts[1]
    # A frame of 112 x 84 pixels: 4 x 3 tokens, a start and an end.
    assert longest.frames == 2 * 14
    assert longest.total == longest.prompt + longest.frames + longest.target
    most = max(counts[0].total, counts[2].total)
    with pytest.raises(InputError) as caught:
        check_budget(rows, folder, tiny, load_config("tiny", {"data.max_tokens": most}))
    message = str(caught.value)
    assert message.startswith(f"demo/q1: this sample takes {longest.total} tokens (prompt {longest.prompt}, ")
    assert f"2 frames {longest.frames}, target {longest.target})" in message
    assert f"1 row is too long, and would fit with --set data.max_tokens={longest.total}" in message
    assert "frames_per_sample" not in message
    # With one frame less it would fit too.
    with pytest.raises(InputError, match=r"or --set data\.frames_per_sample=1"):
        check_budget(rows[:1], folder, tiny, load_config("tiny", {"data.max_tokens": counts[0].total - 1}))
