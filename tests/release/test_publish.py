import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from simgen.errors import ClipError, InputError, MissingDataError
from simgen.release.checksums import CHECKSUMS, find_changed_files
from simgen.release.publish import PublishReport, publish
from simgen.store.clips import check_content, read_images
from simgen.store.folder import Dataset
from simgen.store.row_set import hash_row_ids, mark_rows
from simgen.store.rows import Row, read_rows, write_rows
from tests.release.kitchens import make_dataset, row
from tests.synthetic import HEIGHT, RECIPE_JSON, WIDTH, write_synthetic_clip

PICTURES = [
    "qa/train/frames/000/flats-0/00000.jpg",
    "qa/train/frames/000/flats-0/00001.jpg",
    "qa/train/frames/000/flats-0/00002.jpg",
    "qa/train/frames/000/flats-0/00005.jpg",
    "qa/train/frames/000/kitchens-0/00000.jpg",
    "qa/train/frames/000/kitchens-0/00001.jpg",
    "qa/train/frames/000/kitchens-0/00002.jpg",
    "qa/train/frames/000/kitchens-0/00005.jpg",
    "qa/train/metadata.parquet",
    "qa/val/frames/000/flats-1/00000.jpg",
    "qa/val/frames/000/flats-1/00001.jpg",
    "qa/val/frames/000/kitchens-1/00000.jpg",
    "qa/val/frames/000/kitchens-1/00001.jpg",
    "qa/val/metadata.parquet",
]
"""The questions of `release`: frames 0, 1, 2, 5 of the training clips, and 0, 1 of the others."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PublishReport]:
    """A release of two data sets, which the tests only read."""
    folder = tmp_path_factory.mktemp("release")
    datasets = [make_dataset(folder / "data", name) for name in ("kitchens", "flats")]
    return folder / "out", publish(datasets, folder / "out")


class TestFolder:
    def test_it_has_these_files(self, release: tuple[Path, PublishReport]) -> None:
        folder, report = release
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

        assert [file for file in files if not file.startswith("eval/")] == [
            "CITATION.cff",
            "README.md",
            "checksums.sha256",
            *(f"clips/{name}/{name}-{index}.h5" for name in ("flats", "kitchens") for index in (0, 1)),
            "croissant.json",
            *PICTURES,
            "recipe/flats.json",
            "recipe/kitchens.json",
            "release.json",
        ]
        assert (report.files, report.bytes) == (
            len(files),
            sum((folder / name).stat().st_size for name in files),
        )

    def test_the_report_counts(self, release: tuple[Path, PublishReport]) -> None:
        folder, report = release

        assert (report.questions, report.clips, report.frames) == (10, 4, 24)
        assert report.splits == {"train": 6, "val": 4}
        assert json.loads(json.dumps(report.as_dict()))["path"] == str(folder)

    def test_the_clips_are_whole_and_the_recipe_is_theirs(self, release: tuple[Path, PublishReport]) -> None:
        folder, _ = release
        for path in folder.glob("clips/*/*.h5"):
            check_content(path)

        assert json.loads((folder / "recipe/flats.json").read_text()) == json.loads(RECIPE_JSON)

    def test_sha256sum_checks_it(self, release: tuple[Path, PublishReport]) -> None:
        folder, report = release
        checked = subprocess.run(
            ["sha256sum", "-c", "checksums.sha256"], cwd=folder, capture_output=True, text=True, check=True
        )

        assert checked.stdout.count(": OK") == report.files - 1
        assert find_changed_files(folder) == []

    def test_a_changed_or_missing_file_is_noticed(
        self, release: tuple[Path, PublishReport], tmp_path: Path
    ) -> None:
        copy = shutil.copytree(release[0], tmp_path / "copy")
        (copy / "recipe/flats.json").write_text("{}")
        (copy / "clips/flats/flats-0.h5").unlink()

        assert find_changed_files(copy) == ["clips/flats/flats-0.h5", "recipe/flats.json"]

    def test_equal_data_give_equal_files(self, dataset: Dataset, tmp_path: Path) -> None:
        sums = [_published(dataset, tmp_path / name) for name in ("a", "b")]

        assert sums[0] == sums[1]

    def test_the_number_of_workers_changes_nothing(self, dataset: Dataset, tmp_path: Path) -> None:
        one, two = (publish([dataset], tmp_path / str(n), workers=n) for n in (1, 2))

        assert (one.path / CHECKSUMS).read_text() == (two.path / CHECKSUMS).read_text()
        assert dataclasses.replace(one, path=two.path) == two


class TestLoading:
    def test_datasets_shows_the_pictures(
        self, release: tuple[Path, PublishReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        datasets = pytest.importorskip("datasets")
        monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
        loaded = datasets.load_dataset(str(release[0]), cache_dir=str(tmp_path / "cache"))

        assert {split: len(rows) for split, rows in loaded.items()} == {"train": 6, "val": 4}
        first = loaded["train"][1]
        assert [type(image).__name__ for image in first["images"]] == ["JpegImageFile"] * 3
        assert [image.size for image in first["images"]] == [(WIDTH, HEIGHT)] * 3
        assert (first["frames"], first["options"], first["margin"]) == ([0, 1, 5], [], 0.04)

    def test_the_pictures_are_the_clips_frames(self, release: tuple[Path, PublishReport]) -> None:
        record = pq.read_table(release[0] / "qa/val/metadata.parquet").to_pylist()[1]
        assert record["file_names"] == ["frames/000/kitchens-1/00001.jpg"]

        clip = release[0] / "clips/kitchens/kitchens-1.h5"
        frame = Image.fromarray(read_images(clip, "rgb", (1,))[0])
        picture = Image.open(release[0] / "qa/val" / record["file_names"][0])
        # The synthetic frames are noise, which JPEG keeps badly; their means over blocks it keeps.
        blocks = [np.asarray(image.reduce(16)).astype(float) for image in (frame, picture.convert("RGB"))]
        assert np.abs(blocks[0] - blocks[1]).max() < 12

    def test_the_columns_are_those_of_the_row_and_its_texts(
        self, release: tuple[Path, PublishReport]
    ) -> None:
        table = pq.read_table(release[0] / "qa/train/metadata.parquet")
        kept = [f.name for f in dataclasses.fields(Row) if f.name not in ("prompt", "target")]

        assert table.column_names == [
            "file_names",
            "prompt",
            "completion",
            "answer_text",
            "house",
            "video",
            *kept,
        ]
        source = read_rows(release[0].parent / "data/kitchens/questions.parquet")
        asked = [json.loads(json.dumps(dataclasses.asdict(item))) for item in source if item.split == "train"]
        assert table.select(kept).to_pylist()[:3] == [{name: item[name] for name in kept} for item in asked]
        first = table.to_pylist()[0]
        assert first["prompt"] == [{"role": "user", "content": "How far?"}]
        assert first["completion"] == [{"role": "assistant", "content": asked[0]["target"]}]
        assert first["answer_text"] == "1.2 m"


def warned_of_houses(report: PublishReport) -> list[str]:
    """The warnings but those of questions whose making is not recorded, as it is for all questions here."""
    return [warning for warning in report.warnings if "is not recorded" not in warning]


class TestHouses:
    """Clip k of `make_dataset` shows house k; clip 0 is in train, clip 1 in val."""

    def test_the_card_counts_them(self, release: tuple[Path, PublishReport]) -> None:
        card = (release[0] / "README.md").read_text()

        # Both data sets show the same two houses, with the same metadata.
        assert "Split leakage: none (2 houses)." in card
        assert "more than once" not in card
        assert warned_of_houses(release[1]) == []
        assert json.loads((release[0] / "release.json").read_text())["houses"] == 2

    def test_a_house_in_two_splits_is_refused(self, dataset: Dataset, tmp_path: Path) -> None:
        other = make_dataset(tmp_path / "data", "flats")
        write_synthetic_clip(other.clip_path("flats-1"), split="val", seed=2, layout=0)

        with pytest.raises(
            InputError,
            match=r"kitchens/kitchens-0 \(train\) and flats/flats-1 \(val\) show the same house: equal rooms",
        ):
            publish([dataset, other], tmp_path / "out")
        assert not (tmp_path / "out").exists()
        assert warned_of_houses(publish([dataset], tmp_path / "out")) == []

    def test_a_house_under_other_metadata_is_named(self, dataset: Dataset, tmp_path: Path) -> None:
        copy = make_dataset(tmp_path / "data", "flats")
        write_synthetic_clip(copy.clip_path("flats-0"), seed=2, layout=0)
        report = publish([dataset, copy], tmp_path / "out")

        text = "1 of the houses in train occur more than once, under different metadata"
        assert [warning.partition(";")[0] for warning in warned_of_houses(report)] == [text]
        card = (tmp_path / "out" / "README.md").read_text()
        assert "Split leakage: none (2 houses). No two splits have a house in common" in card
        assert text in card

    def test_a_question_in_another_split_than_its_clip(self, dataset: Dataset, tmp_path: Path) -> None:
        rows = read_rows(dataset.questions_path)
        write_rows(dataset.questions_path, [dataclasses.replace(row, split="train") for row in rows])

        with pytest.raises(InputError, match=r"split val, but question kitchens-1-0 in train; ask again"):
            publish([dataset], tmp_path / "out")


class TestAudit:
    def test_a_section_about_these_questions(self, dataset: Dataset, tmp_path: Path) -> None:
        ids = [f"kitchens-0-{number}" for number in (2, 0, 1)] + ["kitchens-1-0", "kitchens-1-1"]
        section = mark_rows("## Guessing\n\nNobody can.", hash_row_ids(ids))
        card = publish([dataset], tmp_path / "out", section).path / "README.md"

        assert "## Guessing\n\nNobody can." in card.read_text()

    @pytest.mark.parametrize("ids", [None, ["kitchens-0-0"], []])
    def test_a_section_about_others(self, dataset: Dataset, tmp_path: Path, ids: list[str] | None) -> None:
        section = "## Guessing" if ids is None else mark_rows("## Guessing", hash_row_ids(ids))

        with pytest.raises(
            InputError, match=r"other questions than those of the release; .*audit --dataset kitchens --card"
        ):
            publish([dataset], tmp_path / "out", section)
        assert not (tmp_path / "out").exists()


class TestRefusals:
    def test_no_questions(self, dataset: Dataset, tmp_path: Path) -> None:
        dataset.questions_path.unlink()

        with pytest.raises(
            MissingDataError, match="kitchens: no questions here yet; make some with: simgen qa"
        ):
            publish([dataset], tmp_path / "out")

    @pytest.mark.parametrize("empty", [True, False])
    def test_nothing_at_all(self, dataset: Dataset, tmp_path: Path, empty: bool) -> None:
        write_rows(dataset.questions_path, [])

        with pytest.raises(MissingDataError, match="no questions to publish"):
            publish([] if empty else [dataset], tmp_path / "out")

    def test_a_missing_clip(self, dataset: Dataset, tmp_path: Path) -> None:
        dataset.clip_path("kitchens-1").unlink()

        with pytest.raises(
            MissingDataError, match=r"kitchens-1\.h5: missing, but question kitchens-1-0 needs it"
        ):
            publish([dataset], tmp_path / "out")

    def test_a_missing_frame(self, dataset: Dataset, tmp_path: Path) -> None:
        write_rows(dataset.questions_path, [row("kitchens", "kitchens-0", "train", 0, (6,))])

        with pytest.raises(MissingDataError, match="needs frames that the clip lacks"):
            publish([dataset], tmp_path / "out")

    @pytest.mark.parametrize("workers", [1, 2])
    def test_a_tampered_clip(self, dataset: Dataset, tmp_path: Path, workers: int) -> None:
        h5py = pytest.importorskip("h5py")
        with h5py.File(dataset.clip_path("kitchens-0"), "r+") as file:
            file["objects/aabb"][0] += 1

        with pytest.raises(ClipError, match="does not match its hash"):
            publish([dataset], tmp_path / "out", workers=workers)
        assert not (tmp_path / "out").exists()

    def test_the_same_name_twice(self, dataset: Dataset, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="kitchens: given 2 times"):
            publish([dataset, dataset], tmp_path / "out")


def _published(dataset: Dataset, to: Path) -> str:
    return (publish([dataset], to).path / "checksums.sha256").read_text()
