import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from simgen.errors import ClipError, InputError, MissingDataError
from simgen.release.checksums import CHECKSUMS, find_changed_files
from simgen.release.folder import is_release
from simgen.release.publish import PublishReport, prepare, publish, write_release
from simgen.store.clips import check_content, read_images
from simgen.store.folder import DataFolder, Dataset
from simgen.store.row_set import hash_row_ids, mark_rows
from simgen.store.rows import Row, read_rows, write_rows
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


def row(dataset: str, clip: str, split: str, number: int, frames: tuple[int, ...]) -> Row:
    """A question row; only the fields that a release reads have sensible values."""
    return Row(
        id=f"{clip}-{number}",
        question_id=f"{clip}-{number}",
        dataset=dataset,
        clip=clip,
        split=split,  # pyright: ignore[reportArgumentType]
        frames=frames,
        answerable=(8, 12, 16),
        template="min_distance" if number % 2 else "object_count",
        template_version=1,
        phrasing=0,
        group="distance" if number % 2 else "count",
        skill="gap",
        args='{"a": "1|0"}',
        kind="metres",
        question="How far is the fridge | sofa?",
        options=(),
        answer="1.2",
        unit="m",
        map="[]",
        think="1.2",
        prompt="How far?",
        target="<map>[]</map><think>1.2</think><answer>1.2</answer>",
        margin=0.04,
        difficulty=0.3,
        features="{}",
        views="clip",
        wording="full",
        asked=(),
    )


def make_dataset(folder: Path, name: str) -> Dataset:
    """Two clips of different splits with three and two questions."""
    dataset = DataFolder(folder).dataset(name)
    for index, split in enumerate(("train", "val")):
        write_synthetic_clip(dataset.clip_path(f"{name}-{index}"), split=split, seed=index)
    first = [row(name, f"{name}-0", "train", number, (0, number, 5)) for number in range(3)]
    second = [row(name, f"{name}-1", "val", number, (number,)) for number in range(2)]
    write_rows(dataset.questions_path, [first[0], second[0], first[1], second[1], first[2]])
    return dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "data", "kitchens")


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


class TestCard:
    def test_the_header_is_what_the_hub_reads(self, release: tuple[Path, PublishReport]) -> None:
        _, header, body = (release[0] / "README.md").read_text().split("---\n", 2)
        facts = yaml.safe_load(header)

        assert facts["configs"] == [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": "qa/train/**"},
                    {"split": "val", "path": "qa/val/**"},
                ],
            }
        ]
        assert (facts["license"], facts["size_categories"]) == ("apache-2.0", ["n<1K"])
        assert body.lstrip().startswith("# simgen: kitchens, flats")

    def test_it_lists_every_column(self, release: tuple[Path, PublishReport]) -> None:
        section = (release[0] / "README.md").read_text().partition("## Columns")[2].partition("## ")[0]
        written = pq.read_schema(release[0] / "qa/train/metadata.parquet").names

        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == ["images", *written[1:]]
        assert written[0] == "file_names"

    def test_the_tables_count(self, release: tuple[Path, PublishReport]) -> None:
        card = (release[0] / "README.md").read_text()

        assert "| train | 6 | 2 | 12 |" in card
        assert "| val | 4 | 2 | 12 |" in card
        assert "| min_distance v1 | 4 |" in card
        assert "| object_count v1 | 6 |" in card
        assert "| Kitchen | 4 | 10 |" in card
        assert "sha256sum -c checksums.sha256" in card

    def test_the_licences_of_models_are_in_the_header(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        models = [
            {
                "licence": name,
                "pack": "p",
                "model": name,
                "title": "",
                "author": "",
                "source": "",
                "changes": "",
            }
            for name in ("CC-BY-3.0-US", "CC0-1.0", "Some-1.0", "CC-BY-3.0")
        ]
        monkeypatch.setattr("simgen.release.contents.Contents.attributions", models)
        header = publish([dataset], tmp_path / "out").path.joinpath("README.md").read_text().split("---\n")[1]

        assert yaml.safe_load(header)["license"] == ["apache-2.0", "cc-by-3.0", "cc0-1.0", "other"]

    def test_the_publisher_gives_another_licence(self, dataset: Dataset, tmp_path: Path) -> None:
        plan = prepare([dataset], tmp_path / "out", license="cc-by-4.0")
        card = write_release(plan).path.joinpath("README.md").read_text()

        assert yaml.safe_load(card.split("---\n")[1])["license"] == "cc-by-4.0"
        assert "| licence | cc-by-4.0 |" in card

    @pytest.mark.parametrize("license", ["CC BY 4.0", "", "x\ny: 1"])
    def test_a_malformed_licence(self, dataset: Dataset, tmp_path: Path, license: str) -> None:
        with pytest.raises(InputError, match="give an identifier of the Hub in lower case, such as cc-by-4"):
            prepare([dataset], tmp_path / "out", license=license)


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


class TestReplacing:
    def test_an_earlier_release_is_replaced(self, dataset: Dataset, tmp_path: Path) -> None:
        target = tmp_path / "out"
        publish([dataset], target)
        (target / "qa" / "stale.parquet").write_text("")
        publish([dataset], target)

        assert is_release(target)
        assert not (target / "qa" / "stale.parquet").exists()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]

    def test_a_release_of_the_first_format_is_replaced(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "out" / "data").mkdir(parents=True)
        (tmp_path / "out" / "release.json").write_text('{"format": "simgen-release/1"}')

        assert not (publish([dataset], tmp_path / "out").path / "data").exists()

    def test_an_empty_folder_is_accepted(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()

        assert is_release(publish([dataset], tmp_path / "out").path)

    @pytest.mark.parametrize("name", ["out", "out.part", "out.old"])
    def test_other_files_are_not_replaced(self, dataset: Dataset, tmp_path: Path, name: str) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.tex").write_text("x")

        with pytest.raises(
            InputError, match=rf"{name}: not empty and not a simgen release; give a new folder"
        ):
            publish([dataset], tmp_path / "out")
        assert (tmp_path / name / "thesis.tex").read_text() == "x"

    def test_a_link_stays_and_its_target_is_replaced(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "big_disk" / "deep").mkdir(parents=True)
        link = tmp_path / "release"
        link.symlink_to("big_disk/deep")
        for _ in range(3):
            report = publish([dataset], link)

            assert report.path == link
            assert link.is_symlink()
            assert is_release(tmp_path / "big_disk" / "deep")
            assert [path.name for path in (tmp_path / "big_disk").iterdir()] == ["deep"]

    def test_a_link_to_a_folder_that_is_not_there_yet(self, dataset: Dataset, tmp_path: Path) -> None:
        link = tmp_path / "release"
        link.symlink_to("big_disk")
        publish([dataset], link)

        assert is_release(tmp_path / "big_disk")

    def test_links_that_lead_to_each_other(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")

        with pytest.raises(InputError, match="cannot be followed"):
            publish([dataset], tmp_path / "a")

    @pytest.mark.parametrize("linked", [False, True])
    def test_a_folder_inside_a_data_set(self, dataset: Dataset, tmp_path: Path, linked: bool) -> None:
        to = dataset.path / "clips" / "release"
        if linked:
            (tmp_path / "link").symlink_to(to)

        with pytest.raises(InputError, match=r"inside the data set .*/kitchens; give a folder outside it"):
            publish([dataset], tmp_path / "link" if linked else to)
        assert not to.exists()

    def test_a_folder_inside_another_release(self, dataset: Dataset, tmp_path: Path) -> None:
        publish([dataset], tmp_path / "out")

        with pytest.raises(InputError, match=r"inside the release .*/out; give a folder outside it"):
            publish([dataset], tmp_path / "out" / "second")

    def test_a_run_that_was_killed_between_the_renames(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = _published(dataset, tmp_path / "out")
        (tmp_path / "out").rename(tmp_path / "out.old")
        monkeypatch.setattr("simgen.release.publish.write_checksums", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publish([dataset], tmp_path / "out")

        assert (tmp_path / "out" / CHECKSUMS).read_text() == before

    def test_a_file_in_the_way(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("x")

        with pytest.raises(InputError, match="this is a file; give a folder with --to"):
            publish([dataset], tmp_path / "out")

    def test_a_folder_that_cannot_be_made(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")

        with pytest.raises(InputError, match="cannot make this folder"):
            publish([dataset], tmp_path / "file" / "out")

    def test_a_failure_keeps_the_earlier_release(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = _published(dataset, tmp_path / "out")

        def fail(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("simgen.release.publish.write_checksums", fail)
        with pytest.raises(KeyboardInterrupt):
            publish([dataset], tmp_path / "out")

        assert (tmp_path / "out" / "checksums.sha256").read_text() == before
        assert not (tmp_path / "out.part").exists()

    def test_the_rest_of_a_killed_run_is_removed(self, dataset: Dataset, tmp_path: Path) -> None:
        shutil.move(publish([dataset], tmp_path / "out").path, tmp_path / "out.part")
        publish([dataset], tmp_path / "out")

        assert not (tmp_path / "out.part").exists()


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
