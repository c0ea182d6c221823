"""Files of houses: equal bytes for equal houses, pieces that stay after a killed run, files by others."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import HouseError, InputError
from simgen.store.houses import (
    FoundHouse,
    find_houses,
    open_houses_file,
    read_houses,
    read_pieces,
    remove_pieces,
    write_houses,
    write_piece,
)


def house(index: int, split: str | None = "train") -> dict[str, Any]:
    note = {"house": index, **({"split": split} if split else {})}
    return {"rooms": [], "metadata": {"simgen": note}}


def found(path: Path) -> list[FoundHouse]:
    return [item for _, items in find_houses(path) for item in items]


def test_equal_houses_give_equal_bytes_in_any_order_and_under_any_name(tmp_path: Path) -> None:
    one, other = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"
    write_houses(one, [house(1), house(0)])
    write_houses(other, [house(0), house(1)])
    assert one.read_bytes() == other.read_bytes()
    assert read_houses(one) == [house(0), house(1)]


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "houses.jsonl.gz"
    with pytest.raises(TypeError), open_houses_file(path) as write:
        write({"metadata": object()})
    assert list(tmp_path.iterdir()) == []


def test_pieces_stay_until_they_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "houses.jsonl.gz"
    assert read_pieces(path) == []
    for index in (12, 3):
        write_piece(path, house(index))
    assert read_pieces(path) == [house(3), house(12)]
    remove_pieces(path)
    remove_pieces(path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_piece_is_named(tmp_path: Path) -> None:
    path = tmp_path / "houses.jsonl.gz"
    write_piece(path, house(0))
    piece = next(tmp_path.glob("*/*.json"))
    piece.write_text(piece.read_text()[:-3])
    with pytest.raises(HouseError, match=r"000000.json: not a complete house"):
        read_pieces(path)


def test_every_kind_of_file_is_read(tmp_path: Path) -> None:
    lines = "".join(json.dumps(house(i)) + "\n" for i in range(2))
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "c.json").write_text(json.dumps([house(0), house(1)]))
    (tmp_path / "d.json").write_text(json.dumps(house(0)))
    (tmp_path / "e.json.gz").write_bytes(gzip.compress(json.dumps([house(0)]).encode()))
    labels = {path.name: [item.label for item in found(path)] for path in tmp_path.iterdir()}
    assert labels == {
        "a.jsonl": ["a.jsonl:1", "a.jsonl:2"],
        "b.jsonl.gz": ["b.jsonl.gz:1", "b.jsonl.gz:2"],
        "c.json": ["c.json[0]", "c.json[1]"],
        "d.json": ["d.json"],
        "e.json.gz": ["e.json.gz[0]"],
    }
    assert [item.data for item in found(tmp_path / "b.jsonl.gz")] == [house(0), house(1)]


def test_a_folder_has_one_file_per_split(tmp_path: Path) -> None:
    write_houses(tmp_path / "val.jsonl.gz", [house(0, None)])
    (tmp_path / "train.jsonl").write_text(json.dumps(house(5, "test")) + "\n")
    splits = [(split, [item.split for item in items]) for split, items in find_houses(tmp_path)]
    assert splits == [("train", ["train"]), ("val", ["val"])]  # the file's name decides
    write_houses(tmp_path / "train.jsonl.gz", [house(0)])
    with pytest.raises(InputError, match=r"both train.jsonl.gz and train.jsonl"):
        find_houses(tmp_path)


def test_a_house_may_state_its_split(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([house(0, "val"), house(1, None), 7, house(2, "else")]))
    assert [item.split for item in found(tmp_path / "a.json")] == ["val", None, None, None]


def test_unreadable_files_are_refused_with_the_reason(tmp_path: Path) -> None:
    whole = tmp_path / "a.jsonl.gz"
    write_houses(whole, [house(i) for i in range(50)])
    (tmp_path / "cut.jsonl.gz").write_bytes(whole.read_bytes()[:-20])
    (tmp_path / "lines.jsonl").write_text(json.dumps(house(0)) + "\n{\n")
    (tmp_path / "pointer.jsonl").write_text("version https://git-lfs.github.com/spec/v1\n")
    (tmp_path / "plain.json.gz").write_text("{}")
    (tmp_path / "houses.txt").write_text("{}")
    (tmp_path / "empty").mkdir()
    reasons = {
        "cut.jsonl.gz": "cannot be read to its end",
        "lines.jsonl": "lines.jsonl:2: not JSON",
        "pointer.jsonl": "git lfs pull",
        "plain.json.gz": "cannot be read",
        "houses.txt": "not a file of houses by its ending",
        "empty": "no houses in this folder",
        "nothing.json": "there is no such file",
    }
    for name, text in reasons.items():
        with pytest.raises(InputError) as caught:
            found(tmp_path / name)
        assert text in str(caught.value), name
        assert "\n" not in str(caught.value)
    with pytest.raises(HouseError, match="not a complete file of houses"):
        read_houses(tmp_path / "cut.jsonl.gz")
