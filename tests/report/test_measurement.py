"""The shapes by which the viewer shows a measurement, against points worked out by hand and answers."""

import math
from itertools import pairwise

import pytest

from simgen.qa.question.settings import QuestionSettings
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask
from simgen.qa.view.geometry import ClipGeometry
from simgen.report.measurement import find_measure, measure
from simgen.report.shapes import Shape
from simgen.report.viewer.questions import describe_questions
from simgen.store.clips import Clip, read_clip
from tests.qa.real_clips import real_clips
from tests.qa.scenes import asked_of, template, whole_view
from tests.synthetic import write_synthetic_clip

FRIDGE, TABLE, SOFA = "1|0", "1|1", "1|5"
LEVEL_LENGTHS = (
    "center_distance", "outer_distance", "camera_distance", "camera_displacement", "gap_width",
    "walking_distance", "walk_from_frame",
)  # fmt: skip
"""Templates whose answer is the length in metres of a line on the plan."""


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return read_clip(write_synthetic_clip(tmp_path_factory.mktemp("clips") / "kitchen.h5"))


def shapes_of(clip: Clip, skill: str, ask: Ask) -> tuple[Shape, ...]:
    shapes = measure(whole_view(clip), skill, ask)
    assert isinstance(shapes, tuple), shapes
    return shapes


def test_a_distance_is_the_line_between_the_closest_points(kitchen: Clip) -> None:
    # The map's origin is at (2.0, 0.5) of the room. The table reaches from (1.7, 2.05) to (3.3, 2.95), the
    # fridge from (0.1, 4.25) to (0.9, 4.95): (0.9, 4.25) and (1.7, 2.95) are closest, 0.8 m and 1.3 m apart.
    (gap,) = shapes_of(kitchen, "absolute_distance", Ask(objects=(FRIDGE, TABLE)))
    assert gap.points == (pytest.approx((-1.1, 3.75)), pytest.approx((-0.3, 2.45)))
    assert gap.label == "1.53 m"


def test_a_turn_starts_at_the_direction_faced(kitchen: Clip) -> None:
    # At the table's centre (2.5, 2.5) the fridge's (0.5, 4.6) lies 43.6 degrees to the left of +z, the
    # sofa's (4.4, 4.2) 48.2 degrees to the right: the turn from one to the other is 91.8 degrees.
    shapes = shapes_of(kitchen, "turn_to_face", Ask(objects=(TABLE, FRIDGE, SOFA)))
    (turn,) = [shape for shape in shapes if shape.kind == "angle"]
    at, forward = turn.points
    assert at == pytest.approx((0.5, 2.0))
    assert math.degrees(math.atan2(*forward)) == pytest.approx(-43.6, abs=0.05)
    assert turn.turn_deg == pytest.approx(91.8, abs=0.05)
    assert turn.label == "92° right"


def test_the_nearest_option_alone_is_strong(kitchen: Clip) -> None:
    # From the centre of the fridge: table 2.9 m, sofa 3.92 m, garbage can 5.8 m, chair 2.21 m.
    ask = Ask(objects=(FRIDGE,), options=(TABLE, SOFA, "1|4", "1|2"))
    lines = shapes_of(kitchen, "nearest_by_center", ask)
    assert [line.label for line in lines] == ["A 2.90 m", "B 3.92 m", "C 5.80 m", "D 2.21 m"]
    assert [line.strong for line in lines] == [False, False, False, True]


def test_every_class_of_facts_has_a_measure() -> None:
    assert all(callable(find_measure(skill.facts_type)) for skill in SKILLS.values())


@pytest.mark.slow
def test_lines_are_as_long_as_the_answers() -> None:
    lengths = 0
    templates = [template(name) for name in LEVEL_LENGTHS]
    for clip in real_clips()[1:3]:  # a walk and a set of stills
        rows, _ = asked_of(clip, templates, QuestionSettings(frames=(8,)))
        rows = rows[:: max(len(rows) // 60, 1)]
        described = describe_questions(ClipGeometry(clip), rows)
        for row, values in zip(rows, described["rows"], strict=True):
            assert values["problem"] == ""
            (line,) = [shape for shape in values["shapes"] if shape["kind"] == "line"]
            length = sum(math.dist(*leg) for leg in pairwise(line["points"]))
            # The answer is rounded to centimetres, each point to millimetres.
            assert length == pytest.approx(float(row.answer), abs=0.01), row.id
            lengths += 1
    assert lengths > 50
