"""Every template on real clips: the same question with 1, 4, 8, 12 and 16 frames."""

import json
from collections import defaultdict

import pytest

from simgen.qa.question.compose import parse_args
from simgen.qa.question.generate import make_question_views
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.question.solve import Solved, solve
from simgen.qa.question.verify import verify_rows
from simgen.qa.skills import SKILLS
from simgen.qa.templates.loading import list_template_ids, load_templates
from simgen.qa.view.view import STANDARD_COUNTS
from simgen.store.rows import Row
from tests.qa.real_clips import real_clips
from tests.qa.scenes import asked_of

pytestmark = pytest.mark.slow

CLIPS = {clip.id: clip for clip in real_clips()}
SETTINGS = QuestionSettings(frames=STANDARD_COUNTS, rows_per_template=6, min_visible_px=48)
VIEWS = {name: next(make_question_views(clip, SETTINGS)) for name, clip in CLIPS.items()}


def rows_by_question(name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for clip in CLIPS.values():
        for row in asked_of(clip, load_templates([name]), SETTINGS)[0]:
            found[row.question_id].append(row)
    return found


@pytest.mark.parametrize("name", list_template_ids())
def test_more_frames_never_make_an_answerable_question_unanswerable(name: str) -> None:
    template = load_templates([name])[0]
    for rows in rows_by_question(name).values():
        counts = sorted(len(row.frames) for row in rows)
        assert tuple(counts) == STANDARD_COUNTS[-len(counts) :]
        assert {row.answerable for row in rows} == {tuple(counts)}
        assert len({(row.answer, row.args, row.phrasing) for row in rows}) == 1
        # By the checks alone, one number of frames at a time.
        ask, _ = parse_args(rows[0].args)
        alone = {count: solve(VIEWS[rows[0].clip][count], template, ask) for count in counts}
        for row in rows:
            result = alone[len(row.frames)]
            assert isinstance(result, Solved), (row.id, result)
            assert (result.answer, [entry.name for entry in result.map]) == (
                row.answer,
                [entry["object_name"] for entry in json.loads(row.map)],
            )


@pytest.mark.parametrize("name", list_template_ids())
def test_every_row_passes(name: str) -> None:
    for clip in CLIPS.values():
        rows, _ = asked_of(clip, load_templates([name]), SETTINGS)
        assert verify_rows(clip, rows) == []


@pytest.mark.parametrize("name", list_template_ids())
def test_only_visible_objects_are_asked_about(name: str) -> None:
    skill = SKILLS[load_templates([name])[0].skill]
    for rows in rows_by_question(name).values():
        for row in rows:
            clip, (ask, rule) = CLIPS[row.clip], parse_args(row.args)
            asked = ask.objects + (ask.options if skill.options == "objects" else ())
            for index in (i for i, item in enumerate(clip.objects) if item.id in asked):
                pixels = clip.visibility.pixels[list(row.frames), index]
                whole = clip.visibility.unoccluded_pixels[list(row.frames), index]
                assert ((pixels >= rule.min_px) & (pixels >= rule.min_fraction * whole)).any(), row.id
