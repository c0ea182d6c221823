"""Exports: what each format writes, and that the programs' own loaders and scores agree with the rows."""

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest

from simgen.errors import InputError
from simgen.release.export import ExportReport, export
from simgen.release.folder import EXPORT
from simgen.release.formats import FORMATS
from simgen.release.formats.sample import CLIPS_PER_FOLDER, Texts, picture_path
from simgen.store.folder import Dataset
from simgen.store.rows import read_rows, write_rows
from tests.release.kitchens import make_dataset

TARGET = "<map>[]</map><think>1.2</think><answer>1.2</answer>"
CHOICE = {"kind": "choice", "options": ("sofa", "bed"), "answer": "B", "unit": ""}
ORDER = {"kind": "order", "options": ("sofa", "bed", "desk"), "answer": "C, A, B", "unit": ""}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Five rows: two numbers, a choice and an order in split train, two numbers in split val."""
    made = make_dataset(tmp_path_factory.mktemp("export") / "data", "kitchens")
    rows = read_rows(made.questions_path)
    train = [row for row in rows if row.split == "train"]
    other = [replace(train[1], **CHOICE), replace(train[2], **ORDER)]
    write_rows(made.questions_path, [train[0], *other, *(row for row in rows if row.split == "val")])
    return made


@pytest.fixture(scope="module")
def exports(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, ExportReport]:
    folder = tmp_path_factory.mktemp("exports")
    return {name: export([dataset], folder / name, name) for name in FORMATS}


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def load_reward(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("exported_reward", folder / "reward.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_counts_its_rows_and_has_each_frame_once(
    name: str, exports: Mapping[str, ExportReport]
) -> None:
    report = exports[name]
    # Frames 0, 1, 2, 5 of the training clip and 0, 1 of the other one.
    assert (report.splits, report.pictures) == ({"train": 3, "val": 2}, 6)
    assert len(list(report.path.glob("qa/*/frames/*/*/*.jpg"))) == 6
    assert EXPORT.is_kind_of(report.path)


@pytest.mark.parametrize("name", ["llava", "llama-factory", "ms-swift"])
def test_conversations_have_a_tag_for_each_picture_that_is_there(
    name: str, exports: Mapping[str, ExportReport]
) -> None:
    folder = exports[name].path
    lines = read_lines(folder / "train.jsonl")
    assert len(lines) == 3
    for line, frames in zip(lines, [[0, 0, 5], [0, 1, 5], [0, 2, 5]], strict=True):
        images = line["image"] if name == "llava" else line["images"]
        turns = line.get("conversations") or line["messages"]
        said = [turn.get("value") or turn["content"] for turn in turns]
        assert images == [f"qa/train/frames/000/kitchens-0/{frame:05d}.jpg" for frame in frames]
        assert said == ["<image>" * len(frames) + "\nHow far?", TARGET]
        assert all((folder / image).is_file() for image in images)


def test_ms_swift_has_what_a_reward_needs(exports: Mapping[str, ExportReport]) -> None:
    number, choice, order = read_lines(exports["ms-swift"].path / "train.jsonl")
    assert (number["solution"], number["kind"], number["options"]) == ("1.2", "metres", "[]")
    assert (choice["solution"], choice["options"]) == ("B", '["sofa", "bed"]')
    assert order["solution"] == "C, A, B"


@pytest.mark.slow
def test_options_can_be_read_after_many_rows_without_any(
    exports: Mapping[str, ExportReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    number, choice, _ = (exports["ms-swift"].path / "train.jsonl").read_text().splitlines()
    # `datasets` derives the columns from the first 10 MB.
    many = 11_000_000 // len(number)
    (tmp_path / "train.jsonl").write_text("\n".join([number] * many + [choice]))
    rows = datasets.load_dataset(
        "json", data_files=str(tmp_path / "train.jsonl"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert (len(rows), rows[many]["options"]) == (many + 1, '["sofa", "bed"]')


def test_llama_factory_lists_its_files(exports: Mapping[str, ExportReport]) -> None:
    folder = exports["llama-factory"].path
    info = json.loads((folder / "dataset_info.json").read_text())
    assert {name: entry["file_name"] for name, entry in info.items()} == {
        "simgen_train": "train.jsonl",
        "simgen_val": "val.jsonl",
    }


def test_the_answer_in_words(exports: Mapping[str, ExportReport]) -> None:
    table = pq.read_table(exports["trl"].path / "qa/train/metadata.parquet")
    assert table["answer_text"].to_pylist() == ["1.2 m", "bed", "desk, sofa, bed"]


@pytest.mark.parametrize(
    ("index", "answer", "score"),
    # 0.9 of the answer's score and 0.1 of the format's. 1.3 for 1.2 m is 8.3 % off: 9 of the 10 thresholds.
    [(0, "1.2", 1.0), (0, "1.3 m", 0.91), (0, "far", 0.1), (1, "B", 1.0), (1, "bed", 1.0), (1, "A", 0.1),
     (2, "C, A, B", 1.0), (2, "A, B, C", 0.1)],
)  # fmt: skip
def test_the_reward_functions_score_as_simgen_does(
    index: int, answer: str, score: float, exports: Mapping[str, ExportReport]
) -> None:
    said = f"<map>[]</map><think>so</think><answer>{answer}</answer>"
    verl = pq.read_table(exports["verl"].path / "train.parquet").to_pylist()[index]
    easyr1 = pq.read_table(exports["easyr1"].path / "train.parquet").to_pylist()[index]
    truth = verl["reward_model"]["ground_truth"]

    reward = load_reward(exports["verl"].path)
    assert reward.compute_score(verl["data_source"], said, truth, verl["extra_info"]) == pytest.approx(score)
    [scores] = load_reward(exports["easyr1"].path).compute_scores(
        [{"response": said, "response_length": 9, "ground_truth": easyr1["answer"]}]
    )
    assert scores["overall"] == pytest.approx(score)


def test_nanovlm_has_the_columns_of_the_cauldron(
    exports: Mapping[str, ExportReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    folder = exports["nanovlm"].path / "qa"
    rows = datasets.load_dataset("imagefolder", data_dir=str(folder), cache_dir=str(tmp_path))["train"]
    assert rows.column_names == ["images", "texts"]
    assert rows[2]["texts"] == [{"user": "How far?", "assistant": TARGET}]
    assert len(rows[2]["images"]) == 3


def test_the_map_can_be_left_out(dataset: Dataset, tmp_path: Path) -> None:
    short = [replace(row, wording="short") for row in read_rows(dataset.questions_path)]
    made = make_dataset(tmp_path / "data", "kitchens")
    write_rows(made.questions_path, short)
    folder = export([made], tmp_path / "out", "ms-swift", Texts(target="none")).path
    assert read_lines(folder / "train.jsonl")[0]["messages"][1]["content"] == "<answer>1.2</answer>"


def test_an_earlier_export_is_replaced_and_nothing_else(dataset: Dataset, tmp_path: Path) -> None:
    export([dataset], tmp_path / "out", "llava")
    export([dataset], tmp_path / "out", "verl")
    assert not (tmp_path / "out" / "train.jsonl").exists()

    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match="not empty and not a simgen export"):
        export([dataset], tmp_path / "thesis", "llava")


def test_an_unknown_format(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="coco: no such format; the formats are trl, llava"):
        export([dataset], tmp_path / "out", "coco")


def test_the_number_of_workers_changes_nothing(dataset: Dataset, tmp_path: Path) -> None:
    one, two = (export([dataset], tmp_path / str(n), "trl", workers=n) for n in (1, 2))
    files = [sorted(p.relative_to(r.path) for p in r.path.rglob("*") if p.is_file()) for r in (one, two)]
    assert files[0] == files[1]
    assert all((one.path / name).read_bytes() == (two.path / name).read_bytes() for name in files[0])


def test_a_folder_of_clips_stays_small() -> None:
    last, first = picture_path(CLIPS_PER_FOLDER - 1, "a-999", 7), picture_path(CLIPS_PER_FOLDER, "a-1000", 7)
    assert (last, first) == ("frames/000/a-999/00007.jpg", "frames/001/a-1000/00007.jpg")


def test_the_command_line_names_every_format() -> None:
    from simgen.cli.export import FORMATS as NAMES

    assert list(NAMES) == list(FORMATS)
