"""Expected values are worked out by hand from the sizes in tests/synthetic.py."""

import math
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.geometry.frames import euler_rotation
from simgen.qa.question.map import question_map, read_map
from simgen.qa.refusal import Refusal
from simgen.qa.skills.facts import Ask
from simgen.qa.skills.size import SKILLS, LargestObjectFacts, SizeFacts
from simgen.qa.skills.skill import MapAsk
from simgen.qa.view.needs import Needs
from simgen.scoring import MapObject
from simgen.store.clips import Clip
from simgen.types import OrientedBox
from tests.qa.real_clips import real_clips
from tests.qa.scenes import moved, refusal_kind, whole_view, with_box
from tests.qa.skills.invariance import asks_of, assert_letters_follow, assert_same_answers, mirrored

FRIDGE, TABLE, CHAIR, CAN, SOFA = "1|0", "1|1", "1|2", "1|4", "1|5"
ALL = (CHAIR, FRIDGE, TABLE, SOFA)
SIDES = st.floats(0.2, 3.0)


def value_of(skill: str, clip: Clip, object_id: str) -> float:
    facts = SKILLS[skill].facts(whole_view(clip), Ask((object_id,)))
    assert isinstance(facts, SizeFacts)
    return facts.value


def asked(name: str, clip: Clip) -> list[Ask]:
    """Asks about the kitchen. It has no four objects of similar size, so all sets of four are used."""
    if SKILLS[name].options is None:
        return asks_of(SKILLS[name], clip)
    return [Ask((), options) for options in permutations((CAN, *ALL), 4)]


def on_map(skill: str, clip: Clip, ask: Ask) -> float | int | None:
    view = whole_view(clip)
    asked = read_map(view, SKILLS[skill], ask, question_map(view, SKILLS[skill], ask))
    assert asked is not None
    found = SKILLS[skill].from_map(asked)
    assert not isinstance(found, tuple)
    return found


@pytest.mark.parametrize(
    ("skill", "object_id", "expected"),
    [
        ("longer_side", FRIDGE, 0.8),  # 0.8 by 0.7, and 1.8 high
        ("longest_side", FRIDGE, 1.8),
        ("longer_side", SOFA, 1.9),
        ("footprint_area", TABLE, 1.6 * 0.9),
        ("footprint_area", CAN, 0.4 * 0.4),  # turned by 30 degrees, which changes nothing
        ("volume", CAN, 0.4 * 0.4 * 0.6),
    ],
)
def test_sizes_along_an_objects_own_sides(kitchen: Clip, skill: str, object_id: str, expected: float) -> None:
    assert value_of(skill, kitchen, object_id) == pytest.approx(expected)
    # Rounded to decimetres, the sides of what stands straight here stay as they are.
    if object_id != CAN:
        assert on_map(skill, kitchen, Ask((object_id,))) == pytest.approx(expected, rel=0.15)


def test_the_height_of_the_laptop_does_not_depend_on_its_place(kitchen: Clip) -> None:
    ask = Ask(("small|1|1",))
    facts = SKILLS["object_height"].facts(whole_view(kitchen), ask)
    assert getattr(facts, "value", None) == pytest.approx(0.2)
    assert on_map("object_height", kitchen, ask) == pytest.approx(0.2)


def test_how_many_chairs_long_a_sofa_is(kitchen: Clip) -> None:
    ask = Ask((SOFA, CHAIR))
    facts = SKILLS["size_ratio"].facts(whole_view(kitchen), ask)
    assert getattr(facts, "value", None) == pytest.approx(1.9 / 0.9)
    assert on_map("size_ratio", kitchen, ask) == pytest.approx(1.9 / 0.9)


def test_the_longer_of_two_is_named_first(kitchen: Clip) -> None:
    for ask in asks_of(SKILLS["size_ratio"], kitchen):
        facts = SKILLS["size_ratio"].facts(whole_view(kitchen), ask)
        assert not isinstance(facts, Refusal)
        assert getattr(facts, "value", 0.0) >= 1.0


@pytest.mark.parametrize(
    ("skill", "best", "margin"),
    [
        # Fridge 1.008, table 1.152, sofa 1.368 and chair 0.225 cubic metres.
        ("largest_by_volume", 0.9 * 1.9 * 0.8, 0.9 * 1.9 * 0.8 - 1.6 * 0.9 * 0.8),
        # Fridge 1.8, table 1.6, sofa 1.9, chair 0.9.
        ("longest_of_options", 1.9, 0.1),
    ],
)
def test_the_sofa_is_the_largest(kitchen: Clip, skill: str, best: float, margin: float) -> None:
    facts = SKILLS[skill].facts(whole_view(kitchen), Ask((), ALL))
    assert isinstance(facts, LargestObjectFacts)
    assert ALL[facts.choice] == SOFA
    assert (facts.best, facts.margin) == pytest.approx((best, margin))
    assert on_map(skill, kitchen, Ask((), ALL)) == facts.choice


def test_compared_objects_have_similar_sizes() -> None:
    for clip in real_clips():
        boxes = {item.id: item.box for item in clip.objects}
        view, rng = whole_view(clip), np.random.default_rng(0)
        for ask in SKILLS["largest_by_volume"].candidates(view, Needs(), rng):
            volumes = [np.prod(2.0 * boxes[name].half_extents) for name in ask.options]
            assert max(volumes) <= 8.0 * min(volumes) * (1.0 + 1e-9)


def test_sizes_that_the_name_gives_away_are_not_asked_for() -> None:
    for clip in real_clips():
        types = {item.id: item.type for item in clip.objects}
        asks = SKILLS["longest_side"].candidates(whole_view(clip), Needs(), np.random.default_rng(0))
        assert not {types[ask.objects[0]] for ask in asks} & {"Toilet", "Sink", "BasketBall", "Fridge"}


def test_equal_sizes_on_a_map_give_no_answer() -> None:
    outline = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0))
    one = MapObject("one", (0.0, 0.0, 1.0, 1.0), (0.0, 1.0), outline)
    asked = MapAsk(Ask(), (), (one, replace(one, name="other")), (), ())
    assert SKILLS["largest_by_volume"].from_map(asked) is None
    unknown = replace(asked, options=(one, replace(one, outline=None)))
    assert SKILLS["largest_by_volume"].from_map(unknown) is None


def test_a_tilted_box_has_no_length_and_width(kitchen: Clip) -> None:
    box = OrientedBox(np.array([2.0, 0.5, 2.0]), np.array([0.5, 0.2, 0.3]), euler_rotation(0.0, 0.0, 40.0))
    view = whole_view(with_box(kitchen, FRIDGE, box))
    for name in ("longest_side", "volume"):
        assert refusal_kind(SKILLS[name].facts(view, Ask((FRIDGE,)))) == "tilted"
    assert refusal_kind(SKILLS["size_ratio"].facts(view, Ask((FRIDGE, SOFA)))) == "tilted"
    assert refusal_kind(SKILLS["largest_by_volume"].facts(view, Ask((), ALL))) == "tilted"


@settings(deadline=None, max_examples=50)
@given(
    sides=st.tuples(SIDES, SIDES, SIDES), yaw_deg=st.floats(-180, 180), upside=st.sampled_from([0.0, 90.0])
)
def test_sizes_of_any_upright_box(
    kitchen: Clip, sides: tuple[float, float, float], yaw_deg: float, upside: float
) -> None:
    rotation = euler_rotation(0.0, yaw_deg, 0.0) @ euler_rotation(upside, 0.0, 0.0)
    clip = with_box(kitchen, CAN, OrientedBox(np.array([2.0, 2.0, 2.0]), np.array(sides) / 2.0, rotation))
    # A quarter turn about x lays the box's y along z.
    x, up, z = sides if upside == 0.0 else (sides[0], sides[2], sides[1])
    assert value_of("longer_side", clip, CAN) == pytest.approx(max(x, z))
    assert value_of("longest_side", clip, CAN) == pytest.approx(max(sides))
    assert value_of("volume", clip, CAN) == pytest.approx(math.prod(sides))
    assert value_of("footprint_area", clip, CAN) == pytest.approx(x * z)
    # Each of the map's coordinates is at most 0.05 off, so each of its sides at most 0.1 * sqrt(2).
    map_side = on_map("longer_side", clip, Ask((CAN,)))
    assert map_side is not None
    assert map_side == pytest.approx(max(x, z), abs=0.1 * math.sqrt(2.0) + 1e-6)
    assert on_map("object_height", clip, Ask((CAN,))) == pytest.approx(up, abs=0.1 + 1e-6)


@pytest.mark.parametrize("name", SKILLS)
@settings(deadline=None, max_examples=10)
@given(yaw_deg=st.floats(-180, 180), x=st.floats(-50, 50), z=st.floats(-50, 50))
def test_no_size_changes_under_rigid_motion(
    kitchen: Clip, name: str, yaw_deg: float, x: float, z: float
) -> None:
    assert_same_answers(SKILLS[name], kitchen, moved(kitchen, yaw_deg, x, z), asked(name, kitchen))


@pytest.mark.parametrize("name", SKILLS)
def test_no_size_changes_in_a_mirror(kitchen: Clip, name: str) -> None:
    assert_same_answers(SKILLS[name], kitchen, mirrored(kitchen), asked(name, kitchen))


@pytest.mark.parametrize("name", ["largest_by_volume", "longest_of_options"])
def test_turning_the_options_around_turns_the_letter_around(kitchen: Clip, name: str) -> None:
    assert_letters_follow(SKILLS[name], kitchen, asked(name, kitchen))
