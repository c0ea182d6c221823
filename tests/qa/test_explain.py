"""`simgen qa --explain` and `--check` agree with the files."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgen.errors import MissingDataError
from simgen.qa.ask import ask
from simgen.qa.check import check_template
from simgen.qa.explain import Explanation, explain
from simgen.qa.refusal import Refusal
from simgen.qa.view.names import spoken_name
from simgen.report.explain import MARGIN_PX, TITLE_PX, WIDTH_PX, explanation_picture
from simgen.report.explain_row import explain_row, row_table
from simgen.report.explain_table import explanation_table
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from simgen.store.rows import read_ledger, read_rows
from tests.conftest import run_simgen
from tests.qa.real_clips import FOLDER
from tests.qa.scenes import refusal_kind
from tests.qa.templates.test_templates import GOOD

CLIP = "stills120-00006-01"
RECIPE = {"name": "stills", "version": 1, "seed": 1, "questions": {"frames": 16, "per_template": 4}}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A folder with two clips, and questions about them."""
    folder = tmp_path_factory.mktemp("explain")
    (folder / "stills" / "clips").mkdir(parents=True)
    for path in sorted(FOLDER.glob("stills*.h5")):
        shutil.copy(path, folder / "stills" / "clips")
    recipe = json.dumps(RECIPE | {"description": "Stills.", "trajectory": {"kind": "keyframes"}})
    (folder / "stills" / "recipe.json").write_text(recipe, encoding="utf-8")
    ask(DataFolder(folder), None, ["absolute_distance", "relative_distance", "camera_distance"])
    return DataFolder(folder)


@pytest.fixture(scope="module")
def explanation(data: DataFolder) -> Explanation:
    return explain(data.dataset("stills").clip_path(CLIP))


def test_its_numbers_are_those_of_the_rows_and_the_ledger(data: DataFolder, explanation: Explanation) -> None:
    dataset = data.dataset("stills")
    rows = [row for row in read_rows(dataset.questions_path) if row.clip == CLIP]
    dropped = [item for item in read_ledger(dataset.ledger_path) if item.clip == CLIP]
    assert {a.template: a.rows for a in explanation.templates} == Counter(row.template for row in rows)
    for account in explanation.templates:
        reasons = Counter(item.reason for item in dropped if item.template == account.template)
        assert account.dropped == reasons
        assert account.refused.keys() == reasons.keys()
        assert account.questions == len({r.question_id for r in rows if r.template == account.template})
    named = Counter(
        name
        for row in {row.question_id: row for row in rows}.values()
        for name in [*json.loads(row.args)["objects"], *json.loads(row.args).get("options", [])]
    )
    assert {item.id: item.questions for item in explanation.objects if item.questions} == named


def test_texts_have_names_in_place_of_ids(explanation: Explanation) -> None:
    told = [text for account in explanation.templates for text in account.refused.values()]
    told += [str(item.problem) for item in explanation.objects if item.problem]
    ids = [item.id for item in explanation.objects]
    assert any("|" in name for name in ids)
    assert not [text for text in told if any(f" {name} " in f" {text} " for name in ids)]


def test_an_object_is_named_or_has_a_reason_or_could_have_been(explanation: Explanation) -> None:
    assert any(item.questions for item in explanation.objects)
    assert not any(item.questions and item.problem for item in explanation.objects)
    # Two dining tables are in view of this clip, and neither may be named.
    tables = [item for item in explanation.objects if item.name in ("dining table 1", "dining table 2")]
    ambiguous = Refusal("ambiguous name", "2 things called dining table are in view")
    assert [item.problem for item in tables] == [ambiguous, ambiguous]
    seen = np.atleast_1d(explanation.clip.visibility.pixels[list(explanation.frames)].any(axis=0))
    for item, pixels in zip(explanation.objects, seen, strict=True):
        assert pixels or refusal_kind(item.problem) == "not visible"


def test_only_some_templates_can_be_explained(data: DataFolder) -> None:
    found = explain(data.dataset("stills").clip_path(CLIP), ["camera_distance"])
    assert [account.template for account in found.templates] == ["camera_distance"]


def test_the_table_has_every_template_and_every_object(explanation: Explanation) -> None:
    text = "\n".join(explanation_table(explanation))
    for account in explanation.templates:
        assert f"{account.template}: {account.questions} questions in {account.rows} rows" in text
        assert all(f"dropped {count}, {reason}: " in text for reason, count in account.dropped.items())
    assert all(item.name in text for item in explanation.objects)


def test_the_picture_shows_the_cameras_and_the_examples(explanation: Explanation) -> None:
    picture = explanation_picture(explanation)
    page = np.asarray(picture).astype(int)
    assert page.shape[1] == WIDTH_PX + 2 * MARGIN_PX
    assert len(explanation.examples) == 8
    # One of each template first; then others.
    assert len({example.row.template for example in explanation.examples[:3]}) == 3
    assert len({example.row.id for example in explanation.examples}) == 8
    plan = page[TITLE_PX:]
    for color in ((214, 90, 20), (88, 70, 190), (30, 135, 60), (190, 40, 96)):
        assert (np.abs(plan - color).max(axis=2) < 24).sum() > 40


def test_without_questions_the_missing_step_is_named(tmp_path: Path) -> None:
    (tmp_path / "stills" / "clips").mkdir(parents=True)
    path = Path(shutil.copy(FOLDER / f"{CLIP}.h5", tmp_path / "stills" / "clips"))
    with pytest.raises(MissingDataError, match=r"no questions here yet; make some with: simgen qa"):
        explain(path)


def test_a_row_is_explained_in_its_own_frames(data: DataFolder) -> None:
    dataset = data.dataset("stills")
    rows = [row for row in read_rows(dataset.questions_path, CLIP) if row.template == "relative_distance"]
    row = max(rows, key=lambda row: len(row.frames))
    told = explain_row(dataset.clip_path(CLIP), row)
    assert told.right is not None
    assert told.answer == "ABCD"[told.right]
    # First the right option's distance, which is the smallest; then the others'.
    metres = [float(label.removesuffix(" m").split()[1]) for label in told.measured]
    assert told.measured[0].startswith(told.answer)
    assert metres[0] == min(metres)
    clip = read_clip(dataset.clip_path(CLIP))
    for name, numbers in told.shown_in.items():
        named = [index for index, item in enumerate(clip.objects) if spoken_name(item.type) == name]
        for number in numbers:
            assert clip.visibility.pixels[row.frames[number - 1], named].any()
    assert f"  {told.answer}. {told.options[told.right]} (right)" in row_table(told)


@pytest.mark.slow
def test_the_command_explains_one_question(data: DataFolder, tmp_path: Path) -> None:
    row = read_rows(data.dataset("stills").questions_path, CLIP)[0]
    target = tmp_path / "one.png"
    done = run_simgen("qa", "--explain", row.question_id, "--out", str(target), data=data.path)
    assert done.returncode == 0, done.stderr
    assert f"question: {row.question}" in done.stdout
    with Image.open(target) as picture:
        assert picture.format == "PNG"
    missing = run_simgen("qa", "--explain", f"{row.question_id}x", data=data.path)
    assert (missing.returncode, "no question has the id" in missing.stderr) == (2, True)


@pytest.mark.slow
def test_the_command_explains(data: DataFolder, tmp_path: Path) -> None:
    target = tmp_path / "why.png"
    done = run_simgen("qa", "--explain", CLIP, "--out", str(target), "--json", data=data.path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["clip"], told["picture"]) == (CLIP, str(target))
    assert set(told["templates"]) == {"absolute_distance", "relative_distance", "camera_distance"}
    assert target.stat().st_size < 400_000
    with Image.open(target) as picture:
        assert picture.format == "PNG"


@pytest.mark.slow
def test_a_sound_template_shows_what_it_asks(data: DataFolder, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD, encoding="utf-8")
    done = run_simgen("qa", "--check", str(path), data=data.path)
    assert done.returncode == 0, done.stderr
    assert "no mistakes found" in done.stdout
    example = check_template(path, data).example
    assert example is not None
    assert len(example.phrasings) == 3
    assert example.think == f"The gap is {example.answer}."
    assert all(phrasing in done.stdout for phrasing in example.phrasings)
    assert not (tmp_path / "simgen-data").exists()


def test_without_a_clip_a_sound_template_is_still_checked(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD, encoding="utf-8")
    check = check_template(path, DataFolder(tmp_path / "nowhere"))
    assert (check.mistakes, check.tried, check.example) == ((), 0, None)


@pytest.mark.slow
def test_each_mistake_has_a_line_and_the_exit_code_is_2(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("{{ b }} in", "{{ c }} in").replace("value", "valeu"), encoding="utf-8")
    done = run_simgen("qa", "--check", str(path), data=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"simgen: {path}:7: Jinja: unknown variable 'c'; use one of a, b, frame_count")
    assert second.startswith(f"simgen: {path}:10: Jinja: unknown variable 'valeu'")
