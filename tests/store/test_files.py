from pathlib import Path

import pytest

from simgen.store.files import whole_file, write_text


def test_the_name_appears_when_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.bin"
    with whole_file(path) as part:
        part.write_bytes(b"half")
        assert (part.name, path.exists()) == ("a.bin.part", False)

    assert path.read_bytes() == b"half"
    assert [item.name for item in path.parent.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_no_part(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(error):
        _fail_while_writing(path, error)

    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_a_left_over_part_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.txt.part").write_text("from a killed run, and longer")
    write_text(tmp_path / "a.txt", "é")

    assert (tmp_path / "a.txt").read_bytes() == "é".encode()
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_a_body_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "a.txt"):
        pass

    assert list(tmp_path.iterdir()) == []


def _fail_while_writing(path: Path, error: type[BaseException]) -> None:
    with whole_file(path) as part:
        part.write_text("new")
        raise error
