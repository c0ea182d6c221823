"""The record of how questions were made, and questions that are asked again from it."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.errors import InputError, MissingDataError, TemplateError
from simgen.qa.ask import AskOptions, ask, ask_again
from simgen.qa.audit import GUESSABLE
from simgen.qa.drop import drop_flagged, drop_questions
from simgen.qa.fairness.blind_questions import question_key
from simgen.qa.record import choose_templates, find_record, parse_record, read_templates, render_template
from simgen.qa.templates.loading import list_template_ids, load_own_page, load_templates
from simgen.qa.verify import verify
from simgen.store.folder import DataFolder, Dataset
from simgen.store.rows import read_rows, write_rows
from tests.qa.real_clips import FOLDER

RECIPE = {"name": "homes", "visibility": {"min_visible_px": 48}, "questions": {"frames": [4]}}
OWN = """extends: absolute_distance
id: coarse
phrasings:
  - "How many metres lie between {{ a }} and {{ b }}?"
  - "Say the gap from {{ a }} to {{ b }}."
  - "{{ a }} to {{ b }}: how far?"
"""


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    """Two clips of a data set."""
    data = DataFolder(tmp_path / "data")
    dataset = data.dataset("homes")
    dataset.clip_path("x").parent.mkdir(parents=True)
    for path in sorted(FOLDER.glob("homes*.h5")):
        (dataset.path / "clips" / path.name).symlink_to(path)
    dataset.recipe_path.write_text(json.dumps(RECIPE))
    return data


def asked(data: DataFolder, *templates: str, frames: tuple[int, ...] = (), per_template: int = 3) -> Dataset:
    ask(data, None, templates, AskOptions(frames, per_template, balance=False))
    return data.dataset("homes")


def drop_some(data: DataFolder, dataset: Dataset) -> None:
    """Drops one question by a file of flags, then one as pruning does."""
    first, *_, last = read_rows(dataset.questions_path)
    flags = data.path.parent / "flags.jsonl"
    flags.write_text(json.dumps({"question": last.question_id, "note": "odd"}))
    drop_flagged(data, flags)
    drop_questions(dataset, GUESSABLE, {question_key(first): "told by its text"}, "simgen audit --prune")


@pytest.mark.parametrize("name", list_template_ids())
def test_a_recorded_template_is_the_template(name: str, tmp_path: Path) -> None:
    (template,) = load_templates([name])
    (tmp_path / f"{name}.yaml").write_text(render_template(template))
    assert load_own_page(tmp_path / f"{name}.yaml", name) == template


def test_a_recorded_template_extends_nothing(tmp_path: Path) -> None:
    (tmp_path / "coarse.yaml").write_text(OWN)
    with pytest.raises(TemplateError, match=r"coarse\.yaml:1: unknown key extends"):
        load_own_page(tmp_path / "coarse.yaml", "coarse")


def test_everything_that_decides_the_questions_is_recorded(data: DataFolder, tmp_path: Path) -> None:
    own = tmp_path / "coarse.yaml"
    own.write_text(OWN)
    dataset = asked(data, str(own), "camera_distance", frames=(4, 8), per_template=2)
    drop_some(data, dataset)

    record = find_record(dataset)
    assert record is not None
    assert record.templates == ("coarse", "camera_distance")
    assert (record.frames, record.per_template, record.balance) == ((4, 8), 2, False)
    assert (record.min_visible_px, record.min_visible_fraction) == (48, 0.1)
    assert (record.views, record.wording) == ("clip", "full")
    assert [edit.command for edit in record.edits] == ["simgen qa --drop flags.jsonl", "simgen audit --prune"]
    assert read_templates(dataset.templates_path, record) == load_templates([str(own), "camera_distance"])


def test_asking_again_gives_the_same_files(data: DataFolder, tmp_path: Path) -> None:
    own = tmp_path / "coarse.yaml"
    own.write_text(OWN)
    dataset = asked(data, str(own), "camera_distance", per_template=2)
    drop_some(data, dataset)
    files = [dataset.questions_path, dataset.record_path, *dataset.templates_path.iterdir()]
    before = [path.read_bytes() for path in files]
    own.unlink()

    summary = ask_again(data, None)

    assert [path.read_bytes() for path in files] == before
    assert summary.changed == ()
    assert summary.rows == len(read_rows(dataset.questions_path))
    assert summary.rejected["flagged"] == summary.rejected["guessable"] == 1
    # The template is no longer known by any other name.
    assert verify(data, None, []).failed == 0


def test_other_rows_than_before_are_reported(data: DataFolder) -> None:
    dataset = asked(data, "camera_distance", per_template=2)
    text = dataset.record_path.read_text().replace('"per_template": 2', '"per_template": 1')
    dataset.record_path.write_text(text)

    result = CliRunner().invoke(main, ["--data", str(data.path), "qa", "--again", "-j", "1"])

    assert result.exit_code == 0
    assert "homes: the questions are not the same as before (simgen 0.1.0 made them" in result.stderr


def test_rows_that_were_changed_otherwise_have_no_record(data: DataFolder) -> None:
    dataset = asked(data, "camera_distance")
    rows = read_rows(dataset.questions_path)
    write_rows(dataset.questions_path, rows[1:])
    assert find_record(dataset) is None
    drop_questions(dataset, GUESSABLE, {question_key(rows[1]): ""}, "simgen audit --prune")
    assert find_record(dataset) is None


def test_templates_of_an_earlier_record_are_removed(data: DataFolder) -> None:
    asked(data, "camera_distance")
    dataset = asked(data, "absolute_distance")
    assert [path.name for path in dataset.templates_path.iterdir()] == ["absolute_distance.yaml"]


class TestChoice:
    def test_the_record_before_simgens_own(self, data: DataFolder) -> None:
        dataset = asked(data, "camera_distance", per_template=1)
        path = dataset.templates_path / "camera_distance.yaml"
        path.write_text(path.read_text().replace("version: ", "version: 9"))
        (recorded,) = choose_templates(dataset, ["camera_distance"])
        assert str(recorded.version).startswith("9")

    def test_a_file_of_the_users_before_the_record(self, data: DataFolder, tmp_path: Path) -> None:
        own = tmp_path / "coarse.yaml"
        own.write_text(OWN)
        dataset = asked(data, str(own), per_template=1)
        own.write_text(OWN.replace("how far", "how wide"))
        (chosen,) = choose_templates(dataset, [str(own)])
        assert chosen.phrasings[2] == "{{ a }} to {{ b }}: how wide?"


class TestRefusals:
    def test_without_a_record(self, data: DataFolder) -> None:
        dataset = asked(data, "camera_distance")
        dataset.record_path.unlink()
        with pytest.raises(MissingDataError, match=r"no questions\.json here.*ask with: simgen qa"):
            ask_again(data, None)

    @pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"format": "other"}'])
    def test_a_damaged_record(self, text: bytes) -> None:
        with pytest.raises(InputError, match=r"questions\.json: not a record of questions") as caught:
            parse_record(text, Path("questions.json"))
        assert "\n" not in str(caught.value)

    def test_a_template_outside_the_folder(self, data: DataFolder) -> None:
        dataset = asked(data, "camera_distance")
        text = dataset.record_path.read_bytes().replace(b'"camera_distance"', b'"../camera_distance"')
        with pytest.raises(InputError, match="templates"):
            parse_record(text, dataset.record_path)

    def test_a_missing_template(self, data: DataFolder) -> None:
        dataset = asked(data, "camera_distance")
        shutil.rmtree(dataset.templates_path)
        with pytest.raises(TemplateError, match=r"camera_distance\.yaml: "):
            ask_again(data, None)

    def test_settings_beside_again(self, data: DataFolder) -> None:
        result = CliRunner().invoke(main, ["--data", str(data.path), "qa", "--again", "--frames", "4"])
        assert result.exit_code == 2
        assert "--again takes --frames from questions.json; leave it out" in result.stderr
