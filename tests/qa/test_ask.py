import json
from collections import Counter
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


class TestEachFrameInShortWords:
    @pytest.fixture
    def views(self, homes: Dataset) -> Dataset:
        """One of the clips, each of whose frames is asked as a clip of its own."""
        for path in homes.clip_paths()[:-1]:
            path.unlink()
        questions = {"views": "each", "wording": "short", "per_template": 2}
        homes.recipe_path.write_text(json.dumps(RECIPE | {"questions": questions}))
        return homes

    def test_every_command_reads_its_rows(self, views: Dataset, tmp_path: Path) -> None:
        done = run(tmp_path, "qa", "-t", "camera_distance,turn_to_face,room_size", "-j", "1")
        assert "simgen: left out, because they have no short wording: room_size\n" in done

        rows, ledger = read_rows(views.questions_path), read_ledger(views.ledger_path)
        assert len({row.id for row in rows}) == len(rows) > 10
        assert {(row.views, row.wording, len(row.frames)) for row in rows} == {("each", "short", 1)}
        asked = Counter((row.clip, row.frames, row.template) for row in rows)
        assert max(asked.values()) == 2
        assert {item.view.rpartition("-f")[0] for item in ledger} == {item.clip for item in ledger}

        assert "failed: 0" in run(tmp_path, "verify", "-j", "1")
        out = str(tmp_path / "drawn.png")
        assert "camera_distance" in run(tmp_path, "qa", "--explain", rows[0].clip, "--out", out)
        run(tmp_path, "view", "--question", rows[-1].id, "--out", out)

    def test_templates_without_a_short_wording_are_refused(self, views: Dataset, tmp_path: Path) -> None:
        told = run(tmp_path, "qa", "-t", "room", "-j", "1", code=2)
        assert "homes: its recipe wants the short wording, which none of these templates has" in told
        assert not views.questions_path.exists()

    def test_several_frames_are_refused(self, views: Dataset, tmp_path: Path) -> None:
        told = run(tmp_path, "qa", "-t", "distance", "--frames", "4", code=2)
        assert "views: each asks about one frame at a time; leave out --frames" in told


def run(data: Path, *arguments: str, code: int = 0) -> str:
    """The output of a simgen command that exits with this code."""
    result = CliRunner().invoke(main, ["--data", str(data), *arguments])
    assert result.exit_code == code, result.output
    return result.output
