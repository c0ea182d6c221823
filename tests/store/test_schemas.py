"""Schemas that grow: files of every earlier version are read, and a new field changes no old hash.

`fixtures/` holds files that earlier versions of simgen wrote; see its README.md. They are never written anew.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from simgen.errors import ClipError
from simgen.qa.question.verify import verify_rows
from simgen.release.publish import publish
from simgen.store import clip_fields, clips, rows
from simgen.store.clips import check_content, read_clip, read_dataset, read_images
from simgen.store.fields import About, Field, fields_at, parse_version, version_of
from simgen.store.folder import DataFolder, Dataset
from simgen.store.row_fields import Rejection, Row
from tests.synthetic import HEIGHT, OBJECTS, WIDTH, write_synthetic_clip

FIXTURES = DataFolder(Path(__file__).parent / "fixtures")
OLD, NEW = FIXTURES.dataset("schema_1_0"), FIXTURES.dataset("schema_1_1")
HASHES = {
    "schema_1_0": "a7cfbadf230aa49f3cb4bc22cf2d93457470c7fd33cd7abbf17060215572f509",
    "schema_1_1": "a7cfbadf230aa49f3cb4bc22cf2d93457470c7fd33cd7abbf17060215572f509",
}
"""Content hashes as the versions of simgen that wrote the clips printed them."""
NORMALS = Field(
    name="frames/normals",
    type="float32",
    shape="T,H,W,3",
    description="surface normal in the camera frame",
    since=(1, 2),
    default=0.0,
    hashed=True,
)
MATERIAL = Field(
    name="objects/material",
    type="text",
    shape="N",
    description="main material",
    since=(1, 2),
    default="unknown",
    hashed=True,
)


@dataclass(frozen=True, slots=True)
class RowWithNote(Row):
    """The rows of a later minor version."""

    note: Annotated[str, About("a remark", since=(2, 1), default="none")]


def only_clip(dataset: Dataset) -> Path:
    (path,) = dataset.clip_paths()
    return path


class TestFrozenClips:
    @pytest.mark.parametrize("dataset", [OLD, NEW], ids=lambda d: d.name)
    def test_they_are_read_completely(self, dataset: Dataset) -> None:
        path = only_clip(dataset)
        clip = read_clip(path)

        assert (clip.frame_count, clip.size_px) == (4, (WIDTH, HEIGHT))
        assert [item.type for item in clip.objects] == [kind for _, kind, *_ in OBJECTS]
        assert clip.info.attributions == "[]"
        assert read_images(path, "rgb").shape == (4, HEIGHT, WIDTH, 3)
        for field in clip_fields.DATASETS:
            value = read_dataset(path, field.name)
            assert np.ndim(value) == (len(field.shape.split(",")) if field.shape else 0), field.name
            assert field.type == "text" or value.dtype == field.type, field.name

    @pytest.mark.parametrize("dataset", [OLD, NEW], ids=lambda d: d.name)
    def test_their_hashes_hold(self, dataset: Dataset) -> None:
        check_content(only_clip(dataset))
        assert read_clip(only_clip(dataset)).content_sha256 == HASHES[dataset.name]

    def test_they_are_of_the_versions_that_they_stand_for(self) -> None:
        schemas = []
        for dataset in (OLD, NEW):
            with h5py.File(only_clip(dataset)) as file:
                schemas.append((file.attrs["schema"], "attributions" in file.attrs))
        assert schemas == [("1.0", False), ("1.1", True)]

    def test_each_version_needs_its_own_fields(self, tmp_path: Path) -> None:
        path = tmp_path / "clip.h5"
        path.write_bytes(only_clip(NEW).read_bytes())
        with h5py.File(path, "r+") as file:
            del file.attrs["attributions"]

        with pytest.raises(ClipError, match="attribute attributions missing"):
            read_clip(path)


class TestFrozenRows:
    def test_rows_of_schema_1_get_the_defaults(self) -> None:
        found = rows.read_rows(OLD.questions_path)

        assert pq.read_schema(OLD.questions_path).metadata[b"simgen_rows_schema"] == b"1"
        assert len(found) == 18
        assert all(row.question_id == row.id and row.answerable == () for row in found)
        assert rows.read_clip_ids(OLD.questions_path) == [only_clip(OLD).stem]
        assert rows.read_rows(OLD.questions_path, only_clip(OLD).stem) == found

    def test_rows_of_schema_2_are_read(self) -> None:
        found = rows.read_rows(NEW.questions_path)

        assert pq.read_schema(NEW.questions_path).metadata[b"simgen_rows_schema"] == b"2"
        assert len(found) == 88
        assert all(row.question_id != row.id and row.answerable for row in found)
        assert {(row.views, row.wording, row.asked) for row in found} == {("clip", "full", ())}

    def test_a_ledger_without_details_is_read(self) -> None:
        first = Rejection(
            "kitchens",
            "kitchens-0",
            "min_distance",
            "gap",
            '{"a": "1|0"}',
            "too ambiguous",
            detail="",
            view="kitchens-0",
        )
        assert rows.read_ledger(FIXTURES.path / "ledger_1_0.parquet")[0] == first

    @pytest.mark.parametrize("dataset", [OLD, NEW], ids=lambda d: d.name)
    def test_a_ledger_with_details_but_no_version_is_read(self, dataset: Dataset) -> None:
        assert any(rejection.detail for rejection in rows.read_ledger(dataset.ledger_path))

    def test_rows_of_schema_2_are_verified(self) -> None:
        """Those whose template has had no new version since."""
        found = rows.read_rows(NEW.questions_path)
        failures = verify_rows(
            read_clip(only_clip(NEW)), found, columns=rows.list_columns(NEW.questions_path)
        )

        outdated = {failure.row_id for failure in failures if failure.check == "template"}
        assert {failure.row_id for failure in failures} == outdated
        assert len(outdated) < len(found)

    def test_answers_of_schema_1_are_recomputed(self) -> None:
        """Ids, phrasings and features are made otherwise since; answers, maps and margins are not."""
        found = rows.read_rows(OLD.questions_path)
        columns = rows.list_columns(OLD.questions_path)
        failures = verify_rows(read_clip(only_clip(OLD)), found, columns=columns)
        assert not any(failure.detail.startswith(("question_id", "answerable")) for failure in failures)

        # `camera_distance` takes other arguments since.
        unlike = {failure.row_id for failure in failures if failure.check in ("args", "template")}
        assert {failure.check for failure in failures if failure.row_id not in unlike} <= {"id", "text"}
        assert len({row.id for row in found} - unlike) == 10


class TestANewClipField:
    @pytest.fixture(autouse=True)
    def _two_more_fields(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.before = clip_fields.DATASETS
        # Not at the end of the table: the order of the hash may not depend on it.
        monkeypatch.setattr(clip_fields, "DATASETS", (MATERIAL, *self.before[:3], NORMALS, *self.before[3:]))
        values = clips._values

        def more_values(house: Any, frames: clips.Frames, objects: Any, *parts: Any) -> dict[str, Any]:
            return values(house, frames, objects, *parts) | {
                "frames/normals": np.full(frames.rgb.shape, 0.5, dtype=np.float32),
                "objects/material": ["oak"] * len(objects),
            }

        monkeypatch.setattr(clips, "_values", more_values)

    @pytest.mark.parametrize("dataset", [OLD, NEW], ids=lambda d: d.name)
    def test_older_files_are_read_and_their_hashes_hold(self, dataset: Dataset) -> None:
        path = only_clip(dataset)

        check_content(path)
        assert read_clip(path).content_sha256 == HASHES[dataset.name]
        np.testing.assert_array_equal(
            read_dataset(path, "frames/normals"), np.zeros((4, HEIGHT, WIDTH, 3), dtype=np.float32)
        )
        assert read_dataset(path, "objects/material").tolist() == [b"unknown"] * len(OBJECTS)

    def test_new_files_have_it(self, tmp_path: Path) -> None:
        path = write_synthetic_clip(tmp_path / "new.h5")

        check_content(path)
        assert (read_dataset(path, "frames/normals") == 0.5).all()
        assert read_dataset(path, "objects/material").tolist() == [b"oak"] * len(OBJECTS)
        with h5py.File(path) as file:
            normals: Any = file["frames/normals"]
            assert file.attrs["schema"] == "1.2"
            assert normals.chunks == (1, HEIGHT, WIDTH, 3)
            assert normals.attrs["description"] == "(T,H,W,3) surface normal in the camera frame"
            assert normals.attrs["since"] == "1.2"

    def test_a_file_of_the_new_version_needs_it_and_its_hash_covers_it(self, tmp_path: Path) -> None:
        path = write_synthetic_clip(tmp_path / "new.h5")
        with h5py.File(path, "r+") as file:
            normals: Any = file["frames/normals"]
            normals[0, 0, 0, 0] = 0.25
        with pytest.raises(ClipError, match="does not match its hash"):
            check_content(path)

        with h5py.File(path, "r+") as file:
            del file["frames/normals"]
        with pytest.raises(ClipError, match="frames/normals missing"):
            read_clip(path)

    def test_an_older_reader_reads_new_files_and_checks_their_content(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write_synthetic_clip(tmp_path / "new.h5")
        monkeypatch.setattr(clip_fields, "DATASETS", self.before)

        assert read_clip(path).frame_count == 6
        check_content(path)
        with h5py.File(path, "r+") as file:
            normals: Any = file["frames/normals"]
            normals[0, 0, 0, 0] = 0.25
        with pytest.raises(ClipError, match="does not match its hash"):
            check_content(path)


class TestANewColumn:
    @pytest.fixture(autouse=True)
    def _one_more_column(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rows, "ROWS", rows.record_table(RowWithNote, "simgen_rows_schema"))

    @pytest.mark.parametrize("dataset", [OLD, NEW], ids=lambda d: d.name)
    def test_older_files_give_the_default(self, dataset: Dataset) -> None:
        found: list[Any] = rows.read_rows(dataset.questions_path)

        assert {row.note for row in found} == {"none"}

    def test_new_files_have_it_and_so_has_the_release(self, tmp_path: Path) -> None:
        dataset = DataFolder(tmp_path).dataset("schema_1_1")
        dataset.clip_path("x").parent.mkdir(parents=True)
        dataset.clip_path(only_clip(NEW).stem).write_bytes(only_clip(NEW).read_bytes())
        old: list[Any] = rows.read_rows(NEW.questions_path)[:3]
        new = [_with_note(row, f"remark {index}") for index, row in enumerate(old)]
        rows.write_rows(dataset.questions_path, new)

        assert rows.read_rows(dataset.questions_path) == new
        assert pq.read_schema(dataset.questions_path).metadata[b"simgen_rows_schema"] == b"2.1"
        folder = publish([dataset], tmp_path / "release").path
        table = pq.read_table(folder / "qa" / "train" / "metadata.parquet")
        assert table["note"].to_pylist() == ["remark 0", "remark 1", "remark 2"]
        assert "| `note` | text |  | a remark |" in (folder / "README.md").read_text()

    def test_an_older_reader_ignores_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path, old = tmp_path / "questions.parquet", rows.read_rows(NEW.questions_path)
        rows.write_rows(path, old)
        monkeypatch.setattr(rows, "ROWS", rows.record_table(Row, "simgen_rows_schema"))

        assert rows.read_rows(path) == rows.read_rows(NEW.questions_path)


class TestTables:
    def test_the_versions_are_those_of_the_newest_fields(self) -> None:
        assert clip_fields.clip_version() == (1, 1)
        assert (rows.ROWS.version, rows.LEDGER.version) == ((2, 1), (1, 2))

    @pytest.mark.parametrize(
        "table", [clip_fields.ATTRIBUTES, clip_fields.DATASETS, rows.ROWS.fields, rows.LEDGER.fields]
    )
    def test_every_later_field_has_a_default_and_no_name_comes_twice(self, table: tuple[Field, ...]) -> None:
        assert len({field.name for field in table}) == len(table)
        assert all(field.default is not None for field in table if field.since > (1, 0))
        assert version_of(fields_at(table, (1, 0))) == (1, 0)

    def test_no_attribute_that_was_added_later_is_hashed(self) -> None:
        """A reader that does not know it could not check the file."""
        assert [f.name for f in clip_fields.ATTRIBUTES if f.hashed and f.since > (1, 0)] == []

    @pytest.mark.parametrize(
        ("text", "version"), [("1.10", (1, 10)), ("2", (2, 0)), ("", None), ("1.x", None), ("-1.0", None)]
    )
    def test_versions_are_parsed(self, text: str, version: tuple[int, int] | None) -> None:
        assert parse_version(text) == version

    def test_the_hash_is_that_of_the_first_version_then_of_later_fields_by_version_and_name(self) -> None:
        names = clip_fields.hashed_datasets((1, 9), {"b": (1, 2), "z": (1, 1), "a": (1, 2)})

        assert names == (*(field.name for field in clip_fields.DATASETS), "z", "a", "b")


def _with_note(row: RowWithNote, note: str) -> RowWithNote:
    values: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(row)}
    values["note"] = note
    return RowWithNote(**values)
