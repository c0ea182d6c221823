import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from simgen.qa.question.settings import QuestionSettings
from simgen.qa.question.verify import verify_rows
from simgen.qa.templates.loading import load_templates
from simgen.store.clips import Clip
from simgen.store.rows import Row, read_rows, write_rows
from tests.qa.scenes import asked_of, template, with_box, with_pixels


@pytest.fixture(scope="module")
def rows(kitchen: Clip) -> list[Row]:
    names = ["absolute_distance", "camera_distance", "relative_distance", "relative_distance_closest"]
    return asked_of(kitchen, load_templates(names), QuestionSettings(frames=(4,)), seed=3)[0]


def of(rows: list[Row], name: str) -> Row:
    return next(row for row in rows if row.template == name)


def failed_checks(clip: Clip, row: Row) -> set[str]:
    return {failure.check for failure in verify_rows(clip, [row])}


def with_args(row: Row, **changes: object) -> Row:
    return replace(row, args=json.dumps(json.loads(row.args) | changes))


def test_generated_rows_pass_after_a_round_trip(kitchen: Clip, rows: list[Row], tmp_path: Path) -> None:
    assert len(rows) > 20
    write_rows(tmp_path / "questions.parquet", rows)
    assert verify_rows(kitchen, read_rows(tmp_path / "questions.parquet")) == []


def test_only_the_columns_of_the_file_are_compared(kitchen: Clip, rows: list[Row]) -> None:
    """A file of an older schema lacks the newest columns; the values that a reader gives are defaults."""
    row = replace(rows[0], think="")
    columns = [field.name for field in fields(Row)]
    assert [failure.check for failure in verify_rows(kitchen, [row], columns=columns)] == ["text"]
    assert verify_rows(kitchen, [row], columns=[name for name in columns if name != "think"]) == []


def shifted_map(row: Row) -> str:
    """The row's map with all entries but the first moved by 2 m."""
    entries = json.loads(row.map)
    for step, entry in enumerate(entries):
        entry["bbox"] = [round(value + 2.0 * step, 1) for value in entry["bbox"]]
    return json.dumps(entries)


TAMPERED: list[tuple[str, Callable[[Row], Row]]] = [
    ("answer", lambda row: replace(row, answer="9.99")),
    ("answer", lambda row: replace(row, answer=f"{float(row.answer) + 0.01:.2f}")),
    ("answer", lambda row: replace(row, answer="far")),
    ("map", lambda row: replace(row, map=shifted_map(row))),
    ("map", lambda row: replace(row, map=row.map.replace("sofa", "bed"))),
    ("map", lambda row: replace(row, map="[]")),
    ("map", lambda row: replace(row, map="no JSON")),
    ("frames", lambda row: replace(row, frames=(0, 1, 2, 5))),
    ("frames", lambda row: replace(row, frames=(1, 2, 3, 5))),
    ("frames", lambda row: replace(row, frames=())),
    ("frames", lambda row: replace(row, frames=(0, 2, 3, 99))),
    ("frames", lambda row: replace(row, clip="another")),
    ("objects", lambda row: with_args(row, objects=["1|0", "9|9"])),
    ("args", lambda row: with_args(row, objects=["1|0"])),
    ("args", lambda row: with_args(row, options=["1|1"])),
    ("args", lambda row: with_args(row, values=[1.0])),
    ("args", lambda row: with_args(row, frames=[2])),
    ("margin", lambda row: with_args(row, objects=["1|2", "1|0"])),
    ("args", lambda row: with_args(row, objects=[["1|0"], 3])),
    ("args", lambda row: replace(row, args="no JSON")),
    ("args", lambda row: replace(row, args='{"objects": ["1|0", "1|1"]}')),
    ("visibility", lambda row: with_args(row, min_visible_px=10_000)),
    ("text", lambda row: replace(row, question=row.question.replace("meters", "feet"))),
    ("text", lambda row: replace(row, think=row.think + " Or so.")),
    ("text", lambda row: replace(row, target=row.target.replace("<answer>", "<answer>1"))),
    ("text", lambda row: replace(row, prompt=row.prompt[:-1])),
    ("text", lambda row: replace(row, phrasing=(row.phrasing + 1) % 4)),
    ("text", lambda row: replace(row, phrasing=17)),
    ("text", lambda row: replace(row, unit="cm")),
    ("text", lambda row: replace(row, margin=row.margin + 0.1)),
    ("text", lambda row: replace(row, difficulty=0.0)),
    ("text", lambda row: replace(row, features="{}")),
    ("text", lambda row: replace(row, features=row.features.replace('"objects": 8', '"objects": 9'))),
    ("text", lambda row: replace(row, split="test")),
    ("text", lambda row: replace(row, answerable=(16,))),
    ("id", lambda row: replace(row, id="elsewhere-000")),
    ("id", lambda row: replace(row, question_id="elsewhere")),
    ("template", lambda row: replace(row, template="unknown")),
    ("template", lambda row: replace(row, template_version=2)),
    ("template", lambda row: replace(row, skill="center_distance")),
]


@pytest.mark.parametrize(("check", "tamper"), TAMPERED)
def test_a_tampered_row_is_caught(
    kitchen: Clip, rows: list[Row], check: str, tamper: Callable[[Row], Row]
) -> None:
    for row in [row for row in rows if row.template == "absolute_distance"]:
        assert check in failed_checks(kitchen, tamper(row))


def test_a_wrong_letter_fails_both_checks(kitchen: Clip, rows: list[Row]) -> None:
    row = of(rows, "relative_distance")
    wrong = "B" if row.answer == "A" else "A"
    assert {"answer", "map"} <= failed_checks(kitchen, replace(row, answer=wrong))


def test_shuffled_options_are_caught(kitchen: Clip, rows: list[Row]) -> None:
    row = of(rows, "relative_distance")
    assert failed_checks(kitchen, replace(row, options=row.options[::-1])) == {"text"}


def test_a_question_about_a_frame_that_is_not_shown_is_caught(kitchen: Clip, rows: list[Row]) -> None:
    # Of six frames, 0, 2, 3 and 5 are shown.
    assert failed_checks(kitchen, with_args(of(rows, "camera_distance"), frames=[4])) == {"frames"}


def test_a_changed_clip_is_caught(kitchen: Clip, rows: list[Row]) -> None:
    row = next(row for row in rows if row.template == "absolute_distance" and '"1|0"' in row.args)
    assert failed_checks(with_pixels(kitchen, "1|0", [0] * 6), row) >= {"visibility"}
    fridge = next(item for item in kitchen.objects if item.id == "1|0").box
    assert failed_checks(
        with_box(kitchen, "1|0", replace(fridge, half_extents=fridge.half_extents * 0.5)), row
    ) >= {"map"}


def test_an_id_given_twice_is_caught(kitchen: Clip, rows: list[Row]) -> None:
    failures = verify_rows(kitchen, [rows[0], rows[0]])
    assert [(failure.check, failure.row_id) for failure in failures] == [("id", rows[0].id)]


def test_a_row_of_a_template_with_other_words_fails(kitchen: Clip, rows: list[Row]) -> None:
    other = template("absolute_distance").model_copy(update={"think": "No idea."})
    failures = verify_rows(kitchen, [of(rows, "absolute_distance")], [other])
    assert {failure.check for failure in failures} == {"text"}


def test_details_are_one_line(kitchen: Clip, rows: list[Row]) -> None:
    for _, tamper in TAMPERED:
        for failure in verify_rows(kitchen, [tamper(rows[0])]):
            assert "\n" not in failure.detail
