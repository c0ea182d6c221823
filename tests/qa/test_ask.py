import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.errors import MissingDataError
from simgen.qa.ask import AskOptions, ask
from simgen.qa.verify import verify
from simgen.store.folder import DataFolder, Dataset
from simgen.store.rows import read_ledger, read_rows
from tests.qa.real_clips import FOLDER

RECIPE = {"name": "homes", "visibility": {"min_visible_px": 48}, "questions": {"frames": [4, 16]}}
TEMPLATES = ["absolute_distance", "relative_distance", "camera_distance", "vertical_direction"]


@pytest.fixture
def homes(tmp_path: Path) -> Dataset:
    dataset = DataFolder(tmp_path).dataset("homes")
    dataset.clip_path("x").parent.mkdir(parents=True)
    for path in FOLDER.glob("*.h5"):
        (dataset.path / "clips" / path.name).symlink_to(path)
    dataset.recipe_path.write_text(json.dumps(RECIPE))
    return dataset


@pytest.mark.slow
def test_rows_and_ledger_do_not_depend_on_the_number_of_workers(homes: Dataset, tmp_path: Path) -> None:
    written = []
    for workers in (1, 2):
        ask(DataFolder(tmp_path), None, TEMPLATES, AskOptions(workers=workers))
        written.append((homes.questions_path.read_bytes(), homes.ledger_path.read_bytes()))
    assert written[0] == written[1]


def test_every_candidate_is_a_question_or_in_the_ledger(homes: Dataset, tmp_path: Path) -> None:
    summary = ask(DataFolder(tmp_path), None, TEMPLATES, AskOptions(per_template=3))
    rows, ledger = read_rows(homes.questions_path), read_ledger(homes.ledger_path)
    assert summary.rows == len(rows)
    assert summary.questions == len({row.question_id for row in rows})
    assert sum(summary.rejected.values()) == len(ledger)
    asked = {(row.clip, row.template, row.args) for row in rows}
    dropped = {(item.clip, item.template, item.args) for item in ledger}
    assert not asked & dropped
    assert {"not needed", "ambiguous name"} <= {item.reason for item in ledger}
    for template in TEMPLATES:
        for clip in {row.clip for row in rows}:
            mine = {row.question_id for row in rows if (row.clip, row.template) == (clip, template)}
            assert len(mine) <= 3


@pytest.mark.slow
def test_all_rows_hold_and_show_the_numbers_of_frames_of_the_recipe(homes: Dataset, tmp_path: Path) -> None:
    ask(DataFolder(tmp_path), None, TEMPLATES)
    assert {len(row.frames) for row in read_rows(homes.questions_path)} == {4, 16}
    assert verify(DataFolder(tmp_path), None, TEMPLATES).failed == 0


def test_the_command_line_says_otherwise(homes: Dataset, tmp_path: Path) -> None:
    args = ["--data", str(tmp_path), "qa", "-t", "absolute_distance", "--frames", "8,1", "-j", "1", "--json"]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
    assert {len(row.frames) for row in read_rows(homes.questions_path)} == {1, 8}
    wrong = CliRunner().invoke(main, [*args[:3], "--frames", "1,x"])
    assert wrong.exit_code == 2
    assert "'1,x' is not a list of numbers; give numbers such as 1,4,8" in wrong.output


def test_without_balance_the_first_questions_of_each_clip_are_asked(homes: Dataset, tmp_path: Path) -> None:
    summary = ask(DataFolder(tmp_path), None, TEMPLATES, AskOptions(balance=False))
    assert "balanced out" not in summary.rejected
    assert summary.rejected["not needed"] > 0


def test_a_data_set_without_its_recipe_says_so(homes: Dataset, tmp_path: Path) -> None:
    homes.recipe_path.unlink()
    with pytest.raises(MissingDataError, match="mend it with: simgen render -r homes"):
        ask(DataFolder(tmp_path), None, TEMPLATES)
