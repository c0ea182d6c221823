"""Publishing to a disk that becomes full."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.release.folder import RELEASE
from simgen.release.publish import publish
from tests.release.kitchens import make_dataset

SIZE_KB = 700
FREE_KB = 10
"""Less than one clip."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is nearly full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    arguments = [mount or "mount", "-t", "tmpfs", "-o", f"size={SIZE_KB}k", "none", str(folder)]
    if mount is None or subprocess.run(arguments, capture_output=True).returncode:
        pytest.skip("this user must not mount a file system")
    (folder / "filler").write_bytes(bytes(1024 * (SIZE_KB - FREE_KB)))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_is_left_and_the_message_is_one_line(small_disk: Path, tmp_path: Path, workers: int) -> None:
    make_dataset(tmp_path / "data", "kitchens")
    # `export` needs no templates, and writes as `publish` does.
    arguments = [
        "export",
        "--format",
        "trl",
        "--to",
        str(small_disk / "out"),
        "--data",
        str(tmp_path / "data"),
    ]
    result = CliRunner().invoke(main, [*arguments, "--workers", str(workers)])

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].endswith(
        "the disk is full; free some space, then run the same command again"
    )
    assert "Traceback" not in result.stderr
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_the_earlier_release_stays(small_disk: Path, tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "data", "kitchens")
    marker = small_disk / "out" / RELEASE.marker
    marker.parent.mkdir()
    marker.write_text(json.dumps({"format": RELEASE.format}))

    with pytest.raises(OSError, match="No space left"):
        publish([dataset], small_disk / "out")
    assert {path.name for path in small_disk.iterdir()} == {"filler", "out"}
    assert [path.name for path in (small_disk / "out").iterdir()] == [RELEASE.marker]
