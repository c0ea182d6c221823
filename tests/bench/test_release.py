"""`simgen bench release` in a tiny form: the rows are spread over the clips, and the figures add up."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgen.bench.release import _repeat_rows, bench_release
from simgen.cli import main
from simgen.errors import MissingDataError
from simgen.store.folder import DataFolder
from tests.release.kitchens import make_dataset


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder whose only data set has 2 clips and 4 questions."""
    make_dataset(tmp_path, "kitchens")
    return DataFolder(tmp_path)


def test_rows_are_spread_over_the_clips_under_new_ids(folder: DataFolder) -> None:
    rows = list(_repeat_rows(folder.dataset("kitchens"), 9))

    assert [row.clip for row in rows] == ["kitchens-0"] * 4 + ["kitchens-1"] * 5
    assert len({row.id for row in rows}) == 9


@pytest.mark.slow  # four processes that import pyarrow or datasets
def test_the_figures_of_a_release(folder: DataFolder) -> None:
    arguments = ["bench", "release", "--data", str(folder.path), "--rows", "5", "--rows", "50", "--json"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    found = json.loads(result.stdout)

    assert (found["dataset"], found["clips"], found["own_rows"]) == ("kitchens", 2, 5)
    few, many = found["by_rows"]
    assert (few["rows"], many["rows"]) == (5, 50)
    # The frames are written once, so they weigh less on each of many rows.
    assert few["question_bytes_per_row"] > 2 * many["question_bytes_per_row"] > 0
    assert many["bytes_per_row"] > many["question_bytes_per_row"]
    assert all(measured["cache_bytes_per_row"] > 0 for measured in (few, many))
    assert all(value > 0 for measured in (few, many) for value in measured.values())


def test_without_questions(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no clips here"):
        bench_release(DataFolder(tmp_path))
