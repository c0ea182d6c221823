"""Tokenizer of the tiny model, processors without video, frames, token budgets, and scores."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from transformers import ProcessorMixin

from simgen.errors import InputError, MissingSystemError
from simgen.store.folder import DataFolder
from simgen.trainers.budget import check_budget, count_tokens
from simgen.trainers.config import LoraSpec, load_config
from simgen.trainers.models.loading import VisionModel, add_lora, load_model, save_model
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


@pytest.mark.skipif(find_spec("torchvision") is not None, reason="torchvision is installed")
def test_a_processor_that_needs_torchvision_says_so_in_one_line(tiny: VisionModel, tmp_path: Path) -> None:
    tiny.tokenizer.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "smolvlm"}')
    (tmp_path / "processor_config.json").write_text('{"processor_class": "SmolVLMProcessor"}')
    (tmp_path / "preprocessor_config.json").write_text('{"image_processor_type": "SmolVLMImageProcessor"}')
    with pytest.raises(MissingSystemError, match="pip install torchvision") as caught:
        load_model(str(tmp_path))
    assert str(caught.value).startswith(f"{tmp_path}: ")
    assert "\n" not in str(caught.value)


# peft 0.21 reads a property that transformers 5.23 deprecates.
@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_lora_trains_the_decoder_alone(tmp_path: Path, tiny: VisionModel) -> None:
    save_model(tiny, tmp_path / "model")
    model = add_lora(load_model(str(tmp_path / "model")).model, LoraSpec(), seed=0)
    trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    # Three layers of seven linear maps, each with an A and a B.
    assert len(trained) == 3 * 7 * 2
    assert all("lora_" in name and "visual" not in name for name in trained)


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
    counts = list(count_tokens(rows, folder, tiny, CONFIG.data))
    assert [sample.row for sample in counts] == rows
    longest = counts[1]
    assert longest.total == longest.prompt + 2 * longest.frame + longest.target
    most = max(counts[0].total, counts[2].total)
    with pytest.raises(InputError) as caught:
        check_budget(rows, folder, tiny, load_config("tiny", {"data.max_tokens": most}))
    message = str(caught.value)
    assert message.startswith(f"demo/q1: this sample takes {longest.total} tokens (prompt {longest.prompt}, ")
    assert f"frames 2 x {longest.frame} = {2 * longest.frame}, target {longest.target})" in message
    assert f"1 row is too long, and would fit with --set data.max_tokens={longest.total}" in message
    assert "frames_per_sample" not in message
    # With one frame less it would fit too.
    with pytest.raises(InputError, match=r"or --set data\.frames_per_sample=1"):
        check_budget(rows[:1], folder, tiny, load_config("tiny", {"data.max_tokens": counts[0].total - 1}))
