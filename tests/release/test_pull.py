"""`simgen pull` and `simgen verify --release` on folders, whole, damaged and made to mislead."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from simgen.cli import main
from simgen.errors import InputError, SimgenError
from simgen.qa.ask import ask_again
from simgen.qa.drop import drop_questions
from simgen.qa.fairness.blind_questions import question_key
from simgen.release.checksums import CHECKSUMS, write_checksums
from simgen.release.publish import publish
from simgen.release.pull import pull
from simgen.release.verify import verify_release
from simgen.store.folder import DataFolder
from simgen.store.rows import read_ledger, read_rows
from tests.release.homes import make_homes

ROWS = "qa/train/metadata.parquet"
CLIP = "clips/homes/stills120-00004-00.h5"
OWN = """extends: camera_distance
id: how_near
version: 3
phrasings: ["How near is the {{ a }}?", "Say how near the {{ a }} is.", "{{ a }}: how near?"]
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A data set with a template of the user's and a dropped question."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "own.yaml").write_text(OWN.replace("{{ a }}", "{{ a }} in frame {{ frame }}"))
    dataset = make_homes(folder / "data", ("camera_distance", "object_count", str(folder / "own.yaml")))
    first = read_rows(dataset.questions_path)[0]
    drop_questions(dataset, "flagged", {question_key(first): "odd"}, "simgen qa --drop flags.jsonl")
    return DataFolder(folder / "data")


@pytest.fixture(scope="module")
def release(original: DataFolder) -> Path:
    return publish([original.dataset("homes")], original.path.parent / "release").path


@pytest.fixture
def copy(release: Path, tmp_path: Path) -> Path:
    """A copy of the release that a test may change."""
    return Path(shutil.copytree(release, tmp_path / "copy"))


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


def files_in(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


class TestPull:
    def test_the_data_set_is_the_one_that_was_published(
        self, original: DataFolder, release: Path, data: DataFolder
    ) -> None:
        report = pull(str(release), data)

        assert (report.failed, report.failures) == (0, ())
        assert report.checked == len(read_rows(original.dataset("homes").questions_path)) > 5
        pulled, published = files_in(data.path), files_in(original.path)
        # The data set has the recipe that its clips hold, and the folder nothing else.
        assert pulled.pop("homes/recipe.json") == (release / "recipe/homes.json").read_bytes()
        del published["homes/recipe.json"]
        assert pulled == published

    def test_asking_again_gives_the_same_rows(
        self, original: DataFolder, release: Path, data: DataFolder
    ) -> None:
        pull(str(release), data)
        data.dataset("homes").questions_path.unlink()
        ask_again(data, None)

        for name in ("questions_path", "record_path"):
            expected = getattr(original.dataset("homes"), name).read_bytes()
            assert getattr(data.dataset("homes"), name).read_bytes() == expected
        ledgers = (read_ledger(folder.dataset("homes").ledger_path) for folder in (original, data))
        assert next(ledgers) == next(ledgers)

    def test_publishing_it_again_gives_every_file_again(
        self, release: Path, data: DataFolder, tmp_path: Path
    ) -> None:
        pull(str(release), data)
        publish([data.dataset("homes")], tmp_path / "again")

        assert files_in(tmp_path / "again") == files_in(release)

    @pytest.mark.slow
    def test_several_data_sets(self, tmp_path: Path, data: DataFolder) -> None:
        homes = make_homes(tmp_path / "first")
        flats = make_homes(tmp_path / "first", ("object_count",), name="flats")
        publish([flats, homes], tmp_path / "release")

        report = pull(str(tmp_path / "release"), data)

        assert (report.datasets, report.failed) == (("flats", "homes"), 0)
        for dataset in (flats, homes):
            mine = data.dataset(dataset.name)
            assert mine.questions_path.read_bytes() == dataset.questions_path.read_bytes()
            assert read_ledger(mine.ledger_path) == read_ledger(dataset.ledger_path)

    @pytest.mark.slow
    def test_a_pull_that_was_killed_between_two_data_sets(self, tmp_path: Path, data: DataFolder) -> None:
        names = ("flats", "homes")
        publish([make_homes(tmp_path / "first", ("object_count",), name=n) for n in names], tmp_path / "out")
        pull(str(tmp_path / "out"), data)
        whole = files_in(data.path)
        shutil.rmtree(data.path / "homes")

        assert pull(str(tmp_path / "out"), data).failed == 0
        assert files_in(data.path) == whole

        shutil.rmtree(data.path / "homes")
        (data.path / "flats/questions.parquet").write_bytes(b"mine")
        with pytest.raises(InputError, match="data/flats: exists already; give another folder"):
            pull(str(tmp_path / "out"), data)
        assert not (data.path / "homes").exists()

    @pytest.mark.slow
    def test_the_command(self, release: Path, data: DataFolder) -> None:
        done = run("pull", release, "--data", data.path, "-j", 1)
        assert done.exit_code == 0, done.output
        assert "clips: 2\n" in done.stdout
        assert "failed: 0\n" in done.stdout


class TestVerifyInPlace:
    def test_a_whole_release(self, release: Path) -> None:
        summary = verify_release(release)
        assert (summary.failed, summary.failures) == (0, ())
        assert summary.own_templates == ("how_near",)
        assert summary.files == len(files_in(release)) - 1

    def test_a_wrong_answer(self, copy: Path) -> None:
        change_rows(copy, lambda rows: rows[0].update(answer="9.99"))
        summary = verify_release(copy)
        assert summary.failed == 1
        assert any("9.99" in line for line in summary.failures)

    def test_a_missing_picture(self, copy: Path) -> None:
        change_rows(copy, lambda rows: rows[0].update(file_names=["frames/000/none.jpg", "../../README.md"]))
        summary = verify_release(copy)
        assert [line.split(": ")[1:] for line in summary.failures] == [
            ["frames", "the release has no qa/train/frames/000/none.jpg"]
        ]

    def test_a_changed_file(self, copy: Path) -> None:
        (copy / "README.md").write_text("another")
        done = run("verify", "--release", copy, "-j", 1)
        assert done.exit_code == 1
        assert f"simgen: {copy / 'README.md'}: missing, or not as it was published\n" in done.stderr

    def test_a_changed_clip_with_its_checksum(self, copy: Path) -> None:
        with h5py.File(copy / CLIP, "r+") as file:
            file["visibility/pixels"][0, 0] = 77  # pyright: ignore[reportIndexIssue]
        write_checksums(copy)
        summary = verify_release(copy)
        assert [line.partition(": ")[2] for line in summary.failures] == [
            "the content does not match its hash; render the clip again"
        ]
        assert summary.failed > 1

    def test_the_data_folder_is_not_needed(self, release: Path) -> None:
        done = run("verify", "--release", release, "--dataset", "homes")
        assert done.exit_code == 2
        assert "leave out --dataset" in done.stderr


def change_rows(folder: Path, change: Callable[[list[dict[str, object]]], object]) -> None:
    """Changes the rows of a release, and its checksums with them."""
    table = pq.read_table(folder / ROWS)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), folder / ROWS)
    write_checksums(folder)


def list_also(folder: Path, name: str) -> None:
    """Adds a name to the list of checksums."""
    with (folder / CHECKSUMS).open("a") as file:
        file.write(f"{'0' * 64}  {name}\n")


def link(folder: Path) -> None:
    """Puts a link to the same content in the place of a file."""
    (folder / CLIP).rename(folder.parent / "outside.h5")
    (folder / CLIP).symlink_to(folder.parent / "outside.h5")


def link_folder(folder: Path) -> None:
    (folder / "clips").rename(folder.parent / "outside")
    (folder / "clips").symlink_to(folder.parent / "outside")


def change_type(folder: Path) -> None:
    table = pq.read_table(folder / ROWS)
    index = table.schema.get_field_index("answer")
    numbers = pa.array(range(len(table)), pa.int64())
    pq.write_table(table.set_column(index, "answer", numbers), folder / ROWS)
    write_checksums(folder)


def inflate(folder: Path) -> None:
    """Makes a dataset of a clip as large as the file system of a large machine; nothing is stored of it."""
    with h5py.File(folder / CLIP, "r+") as file:
        del file["frames/depth_mm"]
        file.create_dataset("frames/depth_mm", (1 << 30, 360, 480), np.uint16, chunks=(1, 360, 480))
    write_checksums(folder)


def rename_recipe(folder: Path) -> None:
    (folder / "recipe/homes.json").rename(folder / "recipe/runs.json")
    write_checksums(folder)


def write(name: str, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_text(text)
        write_checksums(folder)

    return change


def extend_template(folder: Path) -> None:
    write("templates/homes/object_count.yaml", "extends: /etc/passwd.yaml\n")(folder)


def drop_a_row(folder: Path) -> None:
    change_rows(folder, lambda rows: rows.pop())


def unlist(folder: Path, start: str) -> None:
    """Removes names from the list of checksums; the files stay."""
    lines = (folder / CHECKSUMS).read_text().splitlines(keepends=True)
    (folder / CHECKSUMS).write_text(
        "".join(line for line in lines if not line.split("  ")[1].startswith(start))
    )


def damage(name: str) -> Callable[[Path], None]:
    """Writes over the first half of a file. Its end, which says where the columns are, stays."""

    def change(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        half = len(content) // 2
        content[4:half] = b"\xff" * (half - 4)
        (folder / name).write_bytes(content)
        write_checksums(folder)

    return change


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a changed file": (lambda f: (f / CLIP).write_bytes(b"x"), "missing, a link, or not as it was published"),
    "a missing file": (lambda f: (f / CLIP).unlink(), "missing, a link, or not as it was published"),
    "a link": (link, "missing, a link, or not as it was published"),
    "a linked folder": (link_folder, "missing, a link, or not as it was published"),
    "a name outside": (
        lambda f: list_also(f, "clips/homes/../../../x.h5"),
        "is not a checksum and the path of a file in the release",
    ),
    "an absolute name": (
        lambda f: list_also(f, "/etc/passwd"),
        "is not a checksum and the path of a file in the release",
    ),
    "another name": (lambda f: list_also(f, "clips/homes/a/b.h5"), "is not the name of a file of a release"),
    "a hidden name": (lambda f: list_also(f, "clips/homes/.h5"), "is not the name of a file of a release"),
    "a data set without a recipe": (
        lambda f: list_also(f, "clips/x/y.h5"),
        "list a recipe for each data set",
    ),
    "a reserved name": (rename_recipe, "must list a recipe for each data set"),
    "no list": (lambda f: (f / CHECKSUMS).unlink(), "not a list of checksums"),
    "a huge list": (lambda f: os.truncate(f / CHECKSUMS, 1 << 33), "that is no file of a release"),
    "rows of an unlisted clip": (
        lambda f: change_rows(f, lambda rows: rows[0].update(clip="../../../x")),
        "questions about the clip '../../../x' of 'homes', which the release does not list",
    ),
    "rows of another data set": (
        lambda f: change_rows(f, lambda rows: rows[0].update(dataset="runs")),
        "of 'runs', which the release does not list",
    ),
    "a value of another type": (
        change_type,
        "a row has a wrong value (answer: Input should be a valid string)",
    ),
    "a null": (
        lambda f: change_rows(f, lambda rows: rows[0].update(args=None)),
        "a row has a wrong value (args",
    ),
    "no Parquet": (write(ROWS, "PAR1"), "not a readable Parquet file"),
    "a row less than recorded": (drop_a_row, "questions.json is about other questions than those of homes"),
    "an unlisted record": (lambda f: unlist(f, "questions.json"), f"{CHECKSUMS} does not list it"),
    "an unlisted ledger": (lambda f: unlist(f, "ledger.parquet"), f"{CHECKSUMS} does not list it"),
    "an unlisted template": (lambda f: unlist(f, "templates/"), f"{CHECKSUMS} does not list it"),
    "damaged rows": (damage(ROWS), "not a readable Parquet file"),
    "a damaged ledger": (damage("ledger.parquet"), "not a readable Parquet file"),
    "no recipe": (write("recipe/homes.json", "{}"), "not a recipe of this simgen"),
    "a template that reads files": (extend_template, "unknown key extends"),
    "a damaged record": (write("questions.json", "[1]"), "questions.json: not a JSON object"),
    "a dataset of a clip that fills the memory": (inflate, "bytes, more than is stored"),
    "no release": (lambda f: (f / "release.json").write_text("{}"), "not a simgen release"),
}


class TestHostile:
    @pytest.mark.parametrize("case", HOSTILE)
    def test_it_is_refused_and_nothing_is_left(self, copy: Path, data: DataFolder, case: str) -> None:
        change, message = HOSTILE[case]
        change(copy)

        with pytest.raises(SimgenError) as caught:
            pull(str(copy), data)

        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
        assert not data.path.exists() or files_in(data.path) == {}

    @pytest.mark.parametrize("column", ["file_names", "frames"])
    def test_rows_without_frames_fail_the_verification_in_place(self, copy: Path, column: str) -> None:
        change_rows(copy, lambda rows: rows[0].update({column: None}))
        if column == "frames":
            with pytest.raises(InputError, match="a row has a wrong value"):
                verify_release(copy)
        else:
            assert re.search(r": frames: 0 pictures for \d+ frames$", verify_release(copy).failures[0])

    @pytest.mark.parametrize("case", ["a link", "a dataset of a clip that fills the memory"])
    def test_it_fails_the_verification_in_place(self, copy: Path, case: str) -> None:
        HOSTILE[case][0](copy)
        assert verify_release(copy).failures != ()

    def test_what_is_not_listed_is_not_read(self, copy: Path, data: DataFolder) -> None:
        (copy / "clips/homes/extra.h5").write_bytes(b"not listed")
        pull(str(copy), data)
        assert not data.dataset("homes").clip_path("extra").exists()


class TestRefusals:
    def test_a_data_set_that_exists(self, release: Path, data: DataFolder) -> None:
        make_homes(data.path)
        before = files_in(data.path)
        with pytest.raises(InputError, match="data/homes: exists already; give another folder with --data"):
            pull(str(release), data)
        assert files_in(data.path) == before

    def test_a_revision_of_a_folder(self, release: Path, data: DataFolder) -> None:
        with pytest.raises(InputError, match="which has no revisions; leave out --revision"):
            pull(str(release), data, revision="v1")

    def test_no_folder(self, data: DataFolder) -> None:
        with pytest.raises(
            InputError, match="nowhere: there is no such folder; give the folder of a release"
        ):
            pull("nowhere", data)

    def test_a_folder_that_cannot_be_made(self, release: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(InputError, match="cannot make this folder"):
            pull(str(release), DataFolder(tmp_path / "file" / "data"))


@pytest.mark.slow
def test_a_release_without_a_record(release: Path, data: DataFolder, tmp_path: Path) -> None:
    dataset = make_homes(tmp_path / "old")
    dataset.record_path.unlink()
    report = publish([dataset], tmp_path / "release")
    assert report.warnings == (
        "homes: how its questions were made is not recorded, so they cannot be asked again from the "
        "release; to record it, make them anew with: simgen qa --templates GROUP --dataset homes",
    )
    assert pull(str(report.path), data).failed == 0
    assert not data.dataset("homes").record_path.exists()
    assert json.loads((release / "questions.json").read_text())["homes"]["templates"][-1] == "how_near"
