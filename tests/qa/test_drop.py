"""`simgen qa --drop`: questions leave the data set with all their rows, and nothing else does."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.cli import main
from simgen.store.folder import DataFolder
from simgen.store.rows import read_ledger, write_rows
from tests.report.viewer.scene import rows_of, write_kitchens


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    """Six questions, of which the first is asked with two numbers of frames."""
    data = write_kitchens(tmp_path / "data")
    first, *others = rows_of(data)
    again = replace(first, id=f"{first.question_id}-01", frames=(0,))
    write_rows(data.dataset("kitchens").questions_path, [first, again, *others])
    return data


def drop(data: DataFolder, lines: str) -> int | None:
    """Runs the command; returns its exit code if it is not 0."""
    Path("flags.jsonl").write_text(lines, encoding="utf-8")
    return main(["--data", str(data.path), "qa", "--drop", "flags.jsonl"], standalone_mode=False)


def test_all_rows_of_a_question_go_and_the_ledger_says_why(
    data: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    first, again, *others = rows_of(data)
    # The id of one row names its question.
    drop(data, json.dumps({"question": again.id, "dataset": "kitchens", "note": "cut off"}) + "\n\n")
    assert rows_of(data) == others
    (entry, *more) = read_ledger(data.dataset("kitchens").ledger_path)
    assert more == []
    assert (entry.template, entry.args, entry.reason, entry.detail) == (
        *(first.template, first.args),
        *("flagged", "cut off"),
    )
    assert capsys.readouterr().out == "questions: 1\nrows: 2\n"


def test_flags_of_another_data_set_and_unknown_ids_drop_nothing(
    data: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows_of(data)
    flags = [{"question": before[0].question_id, "dataset": "bedrooms"}, {"question": "none-such"}]
    drop(data, "\n".join(map(json.dumps, flags)))
    assert rows_of(data) == before
    printed = capsys.readouterr()
    assert printed.out == "questions: 0\nrows: 0\n"
    assert "simgen: no data set has the question none-such" in printed.err


@pytest.mark.parametrize("line", ["not JSON", '{"note": "no question"}', '{"question": 3}'])
def test_a_wrong_line_is_named_and_nothing_is_dropped(
    data: DataFolder, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows_of(data)
    assert drop(data, json.dumps({"question": before[0].id}) + f"\n{line}\n") == 2
    assert "flags.jsonl:2: " in capsys.readouterr().err
    assert rows_of(data) == before
