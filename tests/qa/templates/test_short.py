"""The short wordings of templates: each is rendered with questions about real clips."""

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.qa.question.settings import QuestionSettings
from simgen.qa.question.verify import verify_rows
from simgen.qa.templates.loading import (
    Template,
    find_template_mistakes,
    list_template_ids,
    load_templates,
)
from simgen.scoring import format_score, letter_of
from simgen.store.clips import Clip
from simgen.store.rows import Row
from tests.qa.real_clips import real_clips
from tests.qa.scenes import asked_of
from tests.qa.templates.test_templates import GOOD

SHORT = [template for template in load_templates(list_template_ids()) if template.short is not None]
SETTINGS = QuestionSettings(frames=(8,), rows_per_template=2, wording="short")
GROUPS = {"distance", "size", "direction", "count", "order"}
NAMED = {"object_count", "object_count_room"}
"""Templates whose thought lists what is counted."""
MOST_WORDS = 18
"""Questions about four objects whose names have two words each have the most."""


@pytest.fixture(scope="module")
def rows() -> dict[str, list[tuple[Clip, Row]]]:
    """Questions in short wording about whole clips, by template."""
    found = defaultdict[str, list[tuple[Clip, Row]]](list)
    for clip in real_clips():
        for row in asked_of(clip, SHORT, SETTINGS)[0]:
            found[row.template].append((clip, row))
    return found


def test_all_templates_of_five_groups_about_places_have_one() -> None:
    wanted = {template.id for template in load_templates(sorted(GROUPS))} - {"appearance_order"}
    assert wanted == {template.id for template in SHORT}


@pytest.mark.slow
@pytest.mark.parametrize("template", SHORT, ids=lambda template: template.id)
def test_it_is_short(template: Template, rows: dict[str, list[tuple[Clip, Row]]]) -> None:
    assert rows[template.id]
    for _, row in rows[template.id]:
        assert (row.wording, row.phrasing) == ("short", 0)
        assert not re.search(r"[?,;:!]|\.(?!\d)|\b(the|a|an)\b", row.question), row.question
        assert len(row.question.split()) <= MOST_WORDS
        options = [f"{letter_of(index)}. {text}" for index, text in enumerate(row.options)]
        assert row.prompt.split("\n") == [row.question, *options]
        assert format_score(row.target) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("template", SHORT, ids=lambda template: template.id)
def test_its_thought_is_a_few_numbers(template: Template, rows: dict[str, list[tuple[Clip, Row]]]) -> None:
    for _, row in rows[template.id]:
        parts = row.think.split(", ")
        assert len(parts) <= 12
        if template.id not in NAMED:
            assert all(re.fullmatch(r"-?\d+(\.\d)?", part) for part in parts), row.think


@pytest.mark.slow
def test_the_rows_verify(rows: dict[str, list[tuple[Clip, Row]]]) -> None:
    by_clip = defaultdict[str, list[Row]](list)
    clips = {clip.id: clip for found in rows.values() for clip, _ in found}
    for found in rows.values():
        for clip, row in found:
            by_clip[clip.id].append(row)
    for name, own in by_clip.items():
        assert verify_rows(clips[name], own) == []


def test_it_changes_the_words_alone() -> None:
    clip, templates = real_clips()[0], load_templates(["camera_distance", "camera_nearest"])
    short, _ = asked_of(clip, templates, SETTINGS)
    full, _ = asked_of(clip, templates, replace(SETTINGS, wording="full"))

    assert [(r.id, r.map, r.answer, r.options, r.asked) for r in short] == [
        (r.id, r.map, r.answer, r.options, r.asked) for r in full
    ]
    assert all(a.question != b.question and a.think != b.think for a, b in zip(short, full, strict=True))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("short: {question: from here, think: '{{ vale }}'}\n", "unknown variable 'vale'"),
        ("short: {question: '{{ value }}', think: none}\n", "unknown variable 'value'"),
        ("short: {question: from here}\n", "short.think: field required"),
        ("short: {question: from here, think: '1', words: 3}\n", "unknown key short.words"),
    ],
)
def test_its_mistakes_are_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD + text, encoding="utf-8")
    (mistake,) = find_template_mistakes(path)
    assert told in mistake, mistake
    assert "mine.yaml:11" in mistake
