"""Every template on real clips: the arithmetic of thoughts is right, and their boxes are in the map."""

import json
import re

import pytest

from simgen.qa.question.settings import QuestionSettings
from simgen.qa.templates.loading import Template, list_template_ids, load_templates
from simgen.store.rows import Row
from tests.qa.question.arithmetic import last_number, relations
from tests.qa.real_clips import real_clips
from tests.qa.scenes import asked_of

pytestmark = pytest.mark.slow

CLIPS = real_clips()
ROWS_PER_CLIP = 6


def rows_of(template: Template) -> list[Row]:
    settings = QuestionSettings(frames=(16,), rows_per_template=ROWS_PER_CLIP, min_visible_px=48)
    return [row for clip in CLIPS for row in asked_of(clip, [template], settings)[0]]


@pytest.mark.parametrize("name", list_template_ids())
def test_the_arithmetic_of_every_thought_is_right(name: str) -> None:
    template = load_templates([name])[0]
    rows = rows_of(template)
    assert rows, "the clips of the tests must give every template something to ask"
    for row in rows:
        found = relations(row.think)
        wrong = [relation for relation in found if not relation.holds()]
        assert not wrong, f"{row.think}\n{wrong}"
        assert found, f"no arithmetic: {row.think}"
        assert_ends_in_answer(row)
        assert_boxes_are_the_maps(row)


def assert_ends_in_answer(row: Row) -> None:
    if row.kind == "choice":
        assert re.search(rf"option {row.answer}\.$", row.think), row.think
    elif row.kind == "order":
        assert row.think.endswith(f"{row.answer}."), row.think
    else:
        assert last_number(row.think) == row.answer, row.think


def assert_boxes_are_the_maps(row: Row) -> None:
    """Every `name [x_min, y_min, x_max, y_max]` of a thought is in the row's map."""
    boxes = {entry["object_name"]: entry["bbox"] for entry in json.loads(row.map)}
    for name, text in re.findall(r"(\w+)(?: is| at| has)? (\[-?\d[^\]]*\])", row.think):
        box = json.loads(text)
        if len(box) == 4 and name in boxes:
            assert boxes[name] == box, row.think


@pytest.mark.parametrize(
    ("text", "count", "holds"),
    [
        ("The distance is sqrt(0.80^2 + 1.30^2 + 0.00^2) = 1.53 m.", 1, True),
        ("The distance is sqrt(0.80^2 + 1.30^2) = 1.60 m.", 1, False),
        ("so 1.24 < 2.10 < 3.00, option B.", 2, True),
        ("so 1.24 < 1.24.", 1, False),
        ("the heading is atan2(-0.50, -0.50) = 225 deg.", 1, True),
        ("the heading is atan2(-0.50, -0.50) = -135 deg.", 1, True),
        ("the heading is atan2(0.50, -0.50) = 45 deg.", 1, False),
        ("it turns 157 - 37 = 121 deg.", 1, True),
        ("it turns 157 - 37 = 123 deg.", 1, False),
        ("1 + 1 + 1 = 3.", 1, True),
        ("1 + 1 = 3.", 1, False),
        ("2.00 * (3.10 - 1.10) = 4.00 m2", 1, True),
        ("at (1.2, 0.3) to the front-left of box [1.0, 2.0, 3.0, 4.0]", 0, True),
    ],
)
def test_wrong_arithmetic_is_detected(text: str, count: int, holds: bool) -> None:
    found = relations(text)
    assert len(found) == count
    assert all(relation.holds() for relation in found) == holds
