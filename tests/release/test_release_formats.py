"""Formats for other trainers inside a release: the files of an export, with the release's own frames."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.errors import InputError
from simgen.release.checksums import find_changed_files
from simgen.release.export import export
from simgen.release.publish import prepare, write_release
from simgen.store.folder import Dataset
from tests.release.kitchens import make_dataset

FILES = {
    "llava": ["train.jsonl", "val.jsonl"],
    "llama-factory": ["dataset_info.json", "train.jsonl", "val.jsonl"],
    "ms-swift": ["reward.py", "train.jsonl", "val.jsonl"],
    "verl": ["reward.py", "train.parquet", "val.parquet"],
    "easyr1": ["reward.py", "train.parquet", "val.parquet"],
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_dataset(tmp_path_factory.mktemp("formats") / "data", "kitchens")


@pytest.fixture(scope="module")
def release(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    plan = prepare([dataset], tmp_path_factory.mktemp("release") / "out", formats=list(FILES))
    return write_release(plan).path


@pytest.mark.parametrize("name", FILES)
def test_a_release_holds_the_files_of_an_export(
    name: str, dataset: Dataset, release: Path, tmp_path: Path
) -> None:
    folder = release / "formats" / name
    exported = export([dataset], tmp_path / "out", name).path
    assert sorted(path.name for path in folder.iterdir()) == FILES[name]
    for file in FILES[name]:
        assert (folder / file).read_bytes() == (exported / file).read_bytes()


def test_the_paths_lead_from_the_release_to_its_only_frames(release: Path) -> None:
    lines = (release / "formats/ms-swift/train.jsonl").read_text().splitlines()
    named = [image for line in lines for image in json.loads(line)["images"]]
    named += [
        image["image"]
        for row in pq.read_table(release / "formats/verl/val.parquet")["images"].to_pylist()
        for image in row
    ]
    # Three training questions show three frames each, two questions of split val show one each.
    assert len(named) == 11
    assert all((release / image).is_file() for image in named)
    assert not list((release / "formats").rglob("*.jpg"))


def test_the_release_states_and_checks_its_formats(dataset: Dataset, release: Path, tmp_path: Path) -> None:
    assert json.loads((release / "release.json").read_text())["formats"] == list(FILES)
    assert find_changed_files(release) == []
    assert "formats/verl/reward.py" in (release / "checksums.sha256").read_text()

    plain = write_release(prepare([dataset], tmp_path / "plain")).path
    assert json.loads((plain / "release.json").read_text())["formats"] == []
    assert not (plain / "formats").exists()


def test_the_release_itself_loads_as_without_them(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    loaded = datasets.load_dataset(str(release), cache_dir=str(tmp_path))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 3, "val": 2}
    assert len(loaded["train"][2]["images"]) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [("coco", "coco: no such format"), ("nanovlm", "nanovlm: a release cannot hold this format")],
)
def test_other_formats_are_refused(name: str, message: str, dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{message}; the formats for --formats are llava, llama-factory"):
        prepare([dataset], tmp_path / "out", formats=["verl", name])


def test_the_command_line_passes_the_formats_on(dataset: Dataset, tmp_path: Path) -> None:
    arguments = ["--data", str(dataset.path.parent), "publish", "--to", str(tmp_path / "out")]
    done = CliRunner().invoke(main, [*arguments, "--formats", "verl,coco"])
    assert done.exit_code == 2
    assert "coco: no such format; the formats for --formats are" in done.output
    assert not (tmp_path / "out").exists()
