"""Release, pull, verify, publish again: every file of the second release is that of the first."""

from pathlib import Path

import pytest

import simgen
from simgen.api import pull
from tests.release.homes import make_homes


def files_in(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.slow
def test_every_file_is_the_same(tmp_path: Path) -> None:
    make_homes(tmp_path / "data", ("object_count", "camera_distance"))
    simgen.publish(tmp_path / "first", tmp_path / "data")
    report = pull(tmp_path / "first", tmp_path / "pulled")
    simgen.publish(tmp_path / "second", tmp_path / "pulled")

    assert (report.failed, report.failures) == (0, ())
    assert report.checked == len(simgen.load_rows(data=tmp_path / "data")) > 3
    first, second = files_in(tmp_path / "first"), files_in(tmp_path / "second")
    assert {"index.html", "questions.json", "ledger.parquet", "templates/homes/object_count.yaml"} <= set(
        first
    )
    assert [name for name in first.keys() | second.keys() if first.get(name) != second.get(name)] == []
