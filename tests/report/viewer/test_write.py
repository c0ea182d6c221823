"""The folder that `simgen view --html` writes: what is in it, and what it replaces."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import InputError
from simgen.report.viewer.write import write_viewer
from simgen.store.folder import DataFolder
from simgen.trainers.eval.stored_answers import Asked, answer_all
from tests.report.viewer.scene import ASKED, UNASKED, rows_of, write_kitchens


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return write_kitchens(tmp_path / "data")


def content(path: Path) -> Any:
    """What a script hands to the page: the last argument of its call."""
    text = path.read_text(encoding="utf-8")
    return json.loads(f"[{text[text.index('(') + 1 : text.rindex(')')]}]")[-1]


def texts(path: Path) -> Any:
    """The compressed part of a clip's script: plan, questions, maps and lines."""
    return json.loads(zlib.decompress(base64.b64decode(content(path)["texts"])))


def test_the_index_has_every_clip_and_question(data: DataFolder, tmp_path: Path) -> None:
    summary = write_viewer(data, tmp_path / "view")
    assert (summary.clips, summary.questions) == (2, 6)
    assert Path(summary.page).is_file()
    index = content(tmp_path / "view/viewer/data/index.js")
    assert [clip["id"] for clip in index["clips"]] == [ASKED, UNASKED]
    assert index["rows"]["clip"] == [0] * 6
    assert [index["templates"][number] for number in index["rows"]["template"]] == [
        *["absolute_distance"] * 3,
        *["center_distance"] * 3,
    ]
    assert index["rooms"] == ["kitchen"]
    script = tmp_path / f"view/viewer/data/clips/{ASKED}.js"
    assert [row["id"] for row in texts(script)["rows"]] == [f"{ASKED}{name}" for name in index["rows"]["id"]]
    assert len(content(script)["frames"]["pictures"]) == 6


def test_answers_of_a_run_are_right_within_fifteen_percent(data: DataFolder, tmp_path: Path) -> None:
    rows = rows_of(data)
    close = f"<map>[]</map><think>close</think><answer>{float(rows[0].answer) * 1.14:.4f}</answer>"
    far = f"<answer>{float(rows[1].answer) * 1.3:.4f}</answer>"
    asked = [Asked(row, row.clip, row.frames) for row in rows[:2]]
    answer_all(
        data.run_path("small") / "after/answers.jsonl", asked, lambda items: [close, far][: len(items)]
    )
    write_viewer(data, tmp_path / "view", runs=["small"])
    assert content(tmp_path / "view/viewer/data/index.js")["rows"]["right"][:3] == [[True], [False], [None]]
    shown = texts(tmp_path / f"view/viewer/data/clips/{ASKED}.js")["rows"][0]["answers"][0]
    assert (shown["text"], shown["think"]) == (close, "close")


def test_an_earlier_viewer_is_replaced_and_nothing_else(data: DataFolder, tmp_path: Path) -> None:
    to = tmp_path / "view"
    write_viewer(data, to)
    write_viewer(data, to, clip=UNASKED)
    assert [path.name for path in (to / "viewer/data/clips").iterdir()] == [f"{UNASKED}.js"]

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("keep me")
    with pytest.raises(InputError, match="holds other files"):
        write_viewer(data, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_clip_without_questions_is_shown(data: DataFolder, tmp_path: Path) -> None:
    data.dataset("kitchens").questions_path.unlink()
    assert write_viewer(data, tmp_path / "view").questions == 0
    index = content(tmp_path / "view/viewer/data/index.js")
    assert [clip["id"] for clip in index["clips"]] == [ASKED, UNASKED]
    assert index["rooms"] == ["kitchen"]
    assert texts(tmp_path / f"view/viewer/data/clips/{UNASKED}.js")["rows"] == []
