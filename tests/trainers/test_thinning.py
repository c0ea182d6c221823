"""Rows with too many frames: asked again as `simgen qa` would, or left out with a reason. Real clips."""

from dataclasses import replace
from pathlib import Path
from shutil import copy

import pytest

from simgen.errors import MissingDataError
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.question.verify import verify_rows
from simgen.qa.templates.loading import load_templates
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.thinning import ASKED, FOREIGN, UNANSWERABLE, UNKNOWN, require_both_splits, thin_rows
from tests.qa.real_clips import FOLDER
from tests.qa.scenes import asked_of

TEMPLATES = ["absolute_distance", "camera_distance", "object_count"]
CLIP = sorted(FOLDER.glob("*.h5"))[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    folder = DataFolder(tmp_path_factory.mktemp("thinning"))
    target = folder.dataset("kitchens").clip_path(CLIP.stem)
    target.parent.mkdir(parents=True)
    copy(CLIP, target)
    return folder


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Questions of a walk, each with every number of frames at which it can be answered."""
    return asked_of(read_clip(CLIP), load_templates(TEMPLATES), QuestionSettings((4, 8, 12, 16), 2))[0]


def test_a_row_becomes_the_row_that_asks_with_fewer_frames(rows: list[Row], folder: DataFolder) -> None:
    long = [row for row in rows if len(row.frames) == 16]
    expected = {row.question_id: row for row in rows if len(row.frames) == 8}
    found = thin_rows(long, folder, 10)
    assert {row.question_id: row for row in found.rows} == expected
    assert [row.question_id for row in found.rows] == [
        r.question_id for r in long if r.question_id in expected
    ]
    assert found.thinned == len(expected) > 5
    assert found.left_out == {UNANSWERABLE: len(long) - len(expected)}
    assert len(long) > len(expected)
    assert not verify_rows(read_clip(CLIP), found.rows)


def test_short_rows_are_kept_as_they_are_and_not_asked_twice(rows: list[Row], folder: DataFolder) -> None:
    found = thin_rows(rows, folder, 8)
    short = [row for row in rows if len(row.frames) <= 8]
    # Every question that can be asked with 8 frames is there already.
    assert list(found.rows) == short
    answerable = sum(8 in row.answerable for row in rows if len(row.frames) > 8)
    assert found.thinned == 0
    assert found.left_out == {
        ASKED: answerable,
        UNANSWERABLE: len(rows) - len(short) - answerable,
    }
    assert thin_rows(short, folder, 8).rows == tuple(short)


def test_rows_that_cannot_be_asked_again_are_counted_by_reason(rows: list[Row], folder: DataFolder) -> None:
    row = next(row for row in rows if len(row.frames) == 16 and 8 in row.answerable)
    odd = [
        replace(row, answerable=()),
        replace(row, answerable=(12, 16)),
        replace(row, template="mine"),
        replace(row, template_version=row.template_version + 1),
        replace(row, answer="0.01"),
    ]
    found = thin_rows(odd, folder, 8)
    assert found.left_out == {UNKNOWN: 1, UNANSWERABLE: 2, FOREIGN: 2}
    assert found.rows == ()


def test_when_nothing_is_left_the_error_names_the_reasons(rows: list[Row], folder: DataFolder) -> None:
    row = replace(next(row for row in rows if len(row.frames) == 16), answerable=(), split="train")
    with pytest.raises(
        MissingDataError,
        match=f"no training question.*of those with more, 1 {UNKNOWN}; .*simgen qa --frames 8",
    ):
        require_both_splits(thin_rows([row], folder, 8), 8)


def test_the_clip_is_needed_only_for_rows_with_too_many_frames(rows: list[Row], tmp_path: Path) -> None:
    assert thin_rows(rows, DataFolder(tmp_path), 16).rows == tuple(rows)
