"""The small model: its tokenizer, its tower, packed samples, dense labels, and that a saved folder loads."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)

from simgen.geometry.frames import map_frame, project
from simgen.scoring import parse_map
from simgen.store.clips import read_clip, read_images
from simgen.store.folder import DataFolder
from simgen.trainers.config import load_config
from simgen.trainers.dense_labels import read_dense_frames
from simgen.trainers.models.loading import VisionModel, save_model
from simgen.trainers.models.small import build_small
from simgen.trainers.models.word_tokenizer import list_numbers, make_word_tokenizer
from simgen.trainers.samples import load_sample_frames
from simgen.trainers.train.number_loss import make_number_loss
from simgen.trainers.train.packing import (
    PackingCollator,
    build_packed_dataset,
    draw_places,
    group_rows,
    place_question,
)
from simgen.trainers.train.pipeline import list_tokenizer_texts
from simgen.trainers.train.warm_up import DenseModel, mirror_places
from tests.trainers.questions import make_folder, make_rows

TARGET = (
    '<map>[{"object_name": "fridge", "bbox": [-1.0, 2.0, 1.5, 2.8]}]</map>'
    "<think>0.4, 2.9</think><answer>2.9</answer>"
)
ROWS = make_rows(12, clips=2, frames=1)
CONFIG = load_config("small", {"data.max_tokens": 1024, "data.map": "all", "sft.locate": 0})


@pytest.fixture(scope="module")
def small() -> VisionModel:
    texts = [text for row in ROWS for text in (row.prompt, row.target)]
    return VisionModel(*build_small(texts, 1024, seed=0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return make_folder(tmp_path_factory.mktemp("data"), clips=2, frames=3)


def test_a_number_of_a_decimetre_is_one_token_and_decoding_gives_the_text() -> None:
    tokenizer = make_word_tokenizer([TARGET])
    ids = tokenizer(TARGET)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == TARGET
    # <map> [ and three of glue and name, four numbers and three commas, ]} ] </map>; think; answer.
    assert len(ids) == 2 + 3 + 7 + 1 + 2 + (3 + 2) + 3
    assert tokenizer.convert_ids_to_tokens(ids)[5:8] == ["-1.0", ", ", "2.0"]


@pytest.mark.parametrize("text", ["-19.9", "24.9", "0.0", "-0.1", "25.0", "135.27", "-20.0", "7", "0.05"])
def test_every_number_survives(text: str) -> None:
    tokenizer = make_word_tokenizer([TARGET, "-"])
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert (len(ids) == 1) == (text in list_numbers() or text == "7")


def test_near_numbers_begin_with_similar_embeddings(small: VisionModel) -> None:
    weights = small.model.get_input_embeddings().weight
    two, near, far = (weights[small.tokenizer.convert_tokens_to_ids(t)] for t in ("2.0", "2.1", "9.0"))
    cosine = torch.nn.functional.cosine_similarity
    assert cosine(two, near, dim=0) > 0.9 > cosine(two, far, dim=0)


def test_the_tower_begins_with_identity_blocks_and_its_own_positions(small: VisionModel) -> None:
    tower = small.model.model.vision_tower
    found = {name: module for name, module in tower.named_modules() if "second_norm" in name}
    norms = [module.weight.abs().max().item() for module in found.values()]
    assert norms == [0.0] * sum(tower.config.blocks)
    assert tower.position.std() > 0.3
    assert tower.config.grid == (6, 8)


def test_a_saved_folder_loads_by_the_auto_classes(small: VisionModel, tmp_path: Path) -> None:
    save_model(small, tmp_path / "model")
    processor = AutoProcessor.from_pretrained(tmp_path / "model")
    assert isinstance(processor, LlavaProcessor)
    again = AutoModelForImageTextToText.from_pretrained(tmp_path / "model")
    for name, value in small.model.state_dict().items():
        assert again.state_dict()[name].equal(value), name
    assert processor.tokenizer(ROWS[0].target)["input_ids"] == small.tokenizer(ROWS[0].target)["input_ids"]


def test_learned_positions_are_kept_when_a_folder_is_loaded(small: VisionModel, tmp_path: Path) -> None:
    # A LLaVA of transformers' own class around the tower, as folders of earlier versions hold it.
    parts = small.model.config
    config = LlavaConfig(
        vision_config=parts.vision_config,
        text_config=parts.text_config,
        tie_word_embeddings=parts.tie_word_embeddings,
    )
    model = LlavaForConditionalGeneration(config)
    tower: Any = model.model.vision_tower
    with torch.no_grad():
        tower.position += 1.0
    model.save_pretrained(tmp_path / "model")
    again: Any = LlavaForConditionalGeneration.from_pretrained(tmp_path / "model")
    assert again.model.vision_tower.position.equal(tower.position)


def test_a_packed_sample_gives_each_target_the_logits_that_it_has_alone(
    small: VisionModel, folder: DataFolder
) -> None:
    rows = [row for row in ROWS if row.clip == "clip0"][:3]
    [group] = group_rows(rows, 4)
    sample: Any = build_packed_dataset([group], np.array([0]), folder, CONFIG)[0]
    packed = PackingCollator(small)([sample])
    small.model.eval()
    with torch.no_grad():
        together = small.model(**{k: v for k, v in packed.items() if k != "labels"}).logits[0]
    for row in rows:
        alone = PackingCollator(small)([_single(row, folder)])
        with torch.no_grad():
            logits = small.model(**{k: v for k, v in alone.items() if k != "labels"}).logits[0]
        wanted = alone["labels"][0][alone["labels"][0] != -100]
        start = _find(packed["labels"][0], wanted)
        own = int((alone["labels"][0] != -100).nonzero()[0])
        torch.testing.assert_close(
            together[start : start + len(wanted)], logits[own : own + len(wanted)], atol=1e-5, rtol=1e-4
        )


def _single(row: Any, folder: DataFolder) -> dict[str, Any]:
    sample: Any = build_packed_dataset([(row,)], np.array([0]), folder, CONFIG)[0]
    return sample


def _find(labels: torch.Tensor, wanted: torch.Tensor) -> int:
    for start in range(len(labels) - len(wanted) + 1):
        if labels[start : start + len(wanted)].equal(wanted):
            return start
    raise AssertionError("the target is not in the packed sample")


def test_the_collator_builds_what_the_processor_builds(small: VisionModel, folder: DataFolder) -> None:
    row = ROWS[0]
    batch = PackingCollator(small)([_single(row, folder)])
    turns = [
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": row.prompt}]},
        {"role": "assistant", "content": row.target},
    ]
    text = small.processor.apply_chat_template(turns, tokenize=False)
    images = list(load_sample_frames(row, folder, CONFIG))
    expected = small.processor(text=[text], images=[images], return_tensors="pt")
    assert batch["input_ids"].equal(expected["input_ids"])
    torch.testing.assert_close(batch["pixel_values"], expected["pixel_values"])


def test_rows_of_equal_frames_are_grouped_up_to_the_limit() -> None:
    rows = [replace(ROWS[0], id=str(i), clip=f"clip{i % 2}", frames=(i // 4,)) for i in range(8)]
    groups = group_rows(rows, 2)
    assert [[row.id for row in group] for group in groups] == [["0", "2"], ["1", "3"], ["4", "6"], ["5", "7"]]
    assert [len(group) for group in group_rows(rows[:1] * 5, 2)] == [2, 2, 1]


def test_dense_labels_are_where_the_camera_sees_them(folder: DataFolder) -> None:
    path = folder.dataset("demo").clip_path("clip0")
    frames = read_dense_frames([path], (128, 96))
    clip = read_clip(path)
    assert frames.pictures.shape == (clip.frame_count, 96, 128, 3)
    assert frames.types.shape == (clip.frame_count, 24, 32)
    depth = read_images(path, "depth_mm")
    width, height = clip.size_px
    # A spot's map point, put back into the world at its own height, is seen at the spot's own pixel.
    frame, row, column = 1, 12, 20
    y, x = int((row + 0.5) * height / 24), int((column + 0.5) * width / 32)
    assert depth[frame, y, x] > 0
    pose = clip.world_from_camera[frame]
    x_world, z_world = map_frame(pose).to_world(frames.places[frame, row, column, :2].astype(float)[None])[0]
    metres = depth[frame, y, x] / 1000
    ray = pose[:3, :3] @ [0, (clip.intrinsics[1, 2] - y - 0.5) / clip.intrinsics[1, 1] * metres, metres]
    # float16 keeps a centimetre at ten metres; a pixel is a few centimetres wide there.
    u, v, seen = project(np.array([[x_world, pose[1, 3] + ray[1], z_world]]), pose, clip.intrinsics)[0]
    assert (u, v) == pytest.approx((x + 0.5, y + 0.5), abs=1.0)
    assert seen == pytest.approx(metres, abs=0.05)


def test_the_box_of_a_spot_is_that_of_its_object(folder: DataFolder) -> None:
    path = folder.dataset("demo").clip_path("clip0")
    frames, clip = read_dense_frames([path], (128, 96)), read_clip(path)
    known = np.argwhere(np.isfinite(frames.places[..., 2]))
    assert len(known) > 0
    frame, row, column = known[0]
    x_min, y_min, x_max, y_max = frames.places[frame, row, column, 2:].astype(float)
    assert x_min < x_max
    assert y_min < y_max
    assert clip.objects


def test_two_mirrors_are_none_and_one_swaps_the_sides() -> None:
    places = np.arange(2 * 3 * 6, dtype=np.float32).reshape(2, 3, 6)
    assert np.array_equal(mirror_places(mirror_places(places)), places)
    box = np.array([[[1.0, 2.0, 0.5, 1.5, 1.5, 2.5]]], dtype=np.float32)
    assert mirror_places(box).tolist() == [[[-1.0, 2.0, -1.5, 1.5, -0.5, 2.5]]]


def test_the_dense_loss_of_known_outputs(folder: DataFolder, small: VisionModel) -> None:
    frames = read_dense_frames([folder.dataset("demo").clip_path("clip0")], (128, 96))
    model = DenseModel(small, frames)
    cut = model._by_token(torch.arange(24 * 32).reshape(1, 24, 32))
    # Token 1 is the second of the first row: columns 4 to 7 of the first four rows of spots.
    assert cut[0, 1].tolist() == [32 * r + c for r in range(4) for c in range(4, 8)]


def test_the_number_loss_of_two_known_answers(small: VisionModel) -> None:
    tokenizer = small.tokenizer
    loss = make_number_loss(tokenizer, spread_m=0.1)
    word, two, near = (tokenizer.convert_tokens_to_ids(token) for token in ("fridge", "2.0", "2.1"))
    labels = torch.tensor([[-100, word]])
    even = torch.zeros(1, 2, len(tokenizer))
    # Equal logits: every token has the same share, whatever the right answer is.
    assert loss(even, labels).item() == pytest.approx(np.log(len(tokenizer)), rel=1e-5)
    assert loss(even, torch.tensor([[-100, two]])).item() == pytest.approx(np.log(len(tokenizer)), rel=1e-5)
    sure_of_near = even.clone()
    sure_of_near[0, 0, near] = 30.0
    # The bell curve of one step gives weights 1, exp(-1/2), exp(-2), ...: the next number has 0.2420.
    assert loss(sure_of_near, torch.tensor([[-100, two]])).item() == pytest.approx(
        30 * (1 - 0.2420), rel=1e-3
    )
    assert loss(sure_of_near, labels).item() == pytest.approx(30.0, rel=1e-5)


def draw(names: list[str], count: int, seed: int) -> list[tuple[str, str]]:
    entries = [{"object_name": name, "bbox": [0.0, 1.0, 0.5, 1.5]} for name in names]
    return draw_places(replace(ROWS[0], map=json.dumps(entries)), count, np.random.default_rng(seed))


def test_questions_about_places_name_objects_whose_names_are_unique() -> None:
    [(prompt, target)] = draw(["fridge", "chair1", "camera"], 3, seed=0)
    assert prompt == "where is:fridge"
    assert target == '<map>[{"object_name": "fridge", "bbox": [0.0, 1.0, 0.5, 1.5]}]</map>'


@pytest.mark.parametrize("seed", range(20))
def test_no_place_is_asked_twice(seed: int) -> None:
    names = ["fridge", "sofa", "bed", "desk", "sink"]
    turns = draw(names, 3, seed)
    asked = [prompt.removeprefix("where is:").split(",") for prompt, _ in turns]
    told = [re.findall(r'"object_name": "(\w+)"', target) for _, target in turns]
    assert told == asked
    flat = [name for part in asked for name in part]
    assert len(set(flat)) == len(flat) <= len(names)
    assert 1 <= min(map(len, asked)) <= max(map(len, asked)) <= 3


def test_the_tokenizer_knows_every_question_about_places() -> None:
    tokenizer = make_word_tokenizer(list(list_tokenizer_texts(ROWS, CONFIG)))
    names = [entry.name for row in ROWS for entry in parse_map(row.map) or () if entry.name.isalpha()]
    assert names
    for name in names:
        ids = tokenizer(place_question([name, name]))["input_ids"]
        assert tokenizer.unk_token_id not in ids
        assert ids.count(tokenizer.convert_tokens_to_ids(name)) == 2
