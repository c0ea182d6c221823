import os
import subprocess
import sys
from pathlib import Path

import pytest

from simgen.store.files import remove_stale_parts, write_atomically, write_text


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.bin"
    with write_atomically(path) as part:
        part.write_bytes(b"half")
        assert (part.name, path.exists()) == (f"a.bin.{os.getpid()}.part", False)

    assert path.read_bytes() == b"half"
    assert [item.name for item in path.parent.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_keeps_the_old_file_and_leaves_no_partial_file(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(error):
        _fail_while_writing(path, error)

    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_partial_files_are_removed_when_their_process_no_longer_runs(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f"a.txt.{dead.pid}.part").write_text("from a killed run")
    (tmp_path / f"b.txt.{os.getpid()}.part").write_text("being written")
    remove_stale_parts(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == [f"b.txt.{os.getpid()}.part"]


def test_writing_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), write_atomically(tmp_path / "a.txt"):
        pass

    assert list(tmp_path.iterdir()) == []


def _fail_while_writing(path: Path, error: type[BaseException]) -> None:
    with write_atomically(path) as part:
        part.write_text("new")
        raise error
