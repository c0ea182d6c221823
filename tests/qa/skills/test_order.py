"""Expected values are worked out by hand; for the positions of the objects see test_direction.py."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS, order
from simgen.qa.skills.facts import Ask, OrderFacts
from simgen.qa.skills.skill import MapAsk
from simgen.scoring import MapObject
from simgen.store.clips import Clip
from tests.qa.real_clips import real_clips
from tests.qa.scenes import moved, whole_view, with_pixels
from tests.qa.skills.flat import flat
from tests.qa.skills.invariance import asks_of, assert_letters_follow, assert_same_answers

FRIDGE, TABLE, CHAIR, CAN, SOFA, LAPTOP = "1|0", "1|1", "1|2", "1|4", "1|5", "small|1|1"
TYPES = ("Sofa", "Fridge", "GarbageCan", "DiningTable")
RIGHT = "Fridge,DiningTable,GarbageCan,Sofa"
ORDERS = ("Sofa,Fridge,GarbageCan,DiningTable", RIGHT, "GarbageCan,DiningTable,Fridge,Sofa")
WALK = real_clips()[0]
"""The first clip by name: a walk, which shows objects one after the other."""


def appearing(clip: Clip, can: list[int]) -> Clip:
    """The kitchen with fridge, table, can and sofa appearing in frames 1, 2, 3 and 4."""
    clip = with_pixels(clip, TABLE, [0, 600, 600, 600, 600, 600])
    clip = with_pixels(clip, SOFA, [0, 0, 0, 600, 600, 600])
    return with_pixels(clip, CAN, can)


def test_first_appearance(kitchen: Clip) -> None:
    view = whole_view(appearing(kitchen, [0, 0, 600, 0, 0, 0]))
    facts = order.appearance_order(view, Ask(types=TYPES, options=ORDERS))
    assert isinstance(facts, order.AppearanceFacts)
    assert (facts.choice, facts.margin) == (1, 1.0)
    assert facts.first_frames == (4, 1, 3, 2)


@pytest.mark.parametrize(
    "can",
    [
        [0, 5, 600, 0, 0, 0],  # a few pixels together with the table
        [5, 0, 600, 0, 0, 0],  # a few pixels before it
        [0, 600, 600, 0, 0, 0],  # together with it
    ],
)
def test_no_order_if_a_few_pixels_appear_earlier(kitchen: Clip, can: list[int]) -> None:
    ask = Ask(types=TYPES, options=(*ORDERS, "Fridge,GarbageCan,DiningTable,Sofa"))
    facts = order.appearance_order(whole_view(appearing(kitchen, can)), ask)
    assert isinstance(facts, order.AppearanceFacts)
    assert facts.margin <= 0.0


def test_no_order_with_a_type_that_is_not_visible(kitchen: Clip) -> None:
    view = whole_view(appearing(kitchen, [0] * 6))
    facts = order.appearance_order(view, Ask(types=TYPES, options=ORDERS))
    assert isinstance(facts, Refusal)
    assert facts.kind == "not visible"


def test_appearance_is_the_order_of_the_map() -> None:
    names = ("fridge", "chair1", "diningtable", "garbagecan", "chair2", "sofa")
    entries = tuple(MapObject(name, (0.0, 0.0, 1.0, 1.0)) for name in names)
    ask = Ask(types=TYPES, options=ORDERS)
    assert order.appearance_on_map(MapAsk(ask, (), (), (), entries)) == 1
    assert order.appearance_on_map(MapAsk(ask, (), (), (), entries[1:])) is None


def test_nearest_to_the_sofa_first(kitchen: Clip) -> None:
    facts = order.order_by_distance(whole_view(kitchen), Ask((SOFA,), (FRIDGE, TABLE, CAN, LAPTOP)))
    # Laptop (1.5, 1.6), table (1.9, 1.7), can (0.2, 3.7), fridge (3.9, 0.4).
    assert facts.order == (3, 1, 2, 0)
    can, fridge = math.hypot(0.2, 3.7), math.hypot(3.9, 0.4)
    assert (facts.best, facts.margin) == pytest.approx((can, fridge - can))


def test_nearest_to_the_camera_first(kitchen: Clip) -> None:
    ask = Ask(options=(SOFA, CAN, LAPTOP, TABLE), frames=(0,))
    facts = order.order_from_camera(whole_view(kitchen), ask)
    assert isinstance(facts, order.WaysFacts)
    # hypot of (0.5, 2.0) is 2.06, of (0.9, 2.1) 2.28, of (2.6, 0.0) 2.60, of (2.4, 3.7) 4.41.
    assert facts.order == (3, 2, 1, 0)


def test_left_to_right_in_the_first_frame(kitchen: Clip) -> None:
    ask = Ask(options=(SOFA, TABLE, FRIDGE), frames=(0,))
    facts = order.left_to_right(whole_view(kitchen), ask)
    assert isinstance(facts, order.TurnsFacts)
    # atan2(-1.5, 4.1) = -20.1, atan2(0.5, 2.0) = 14.0, atan2(2.4, 3.7) = 33.0 degrees.
    assert facts.order == (2, 1, 0)
    assert facts.margin == pytest.approx(math.degrees(math.atan2(2.4, 3.7) - math.atan2(0.5, 2.0)))


def test_no_order_that_the_picture_contradicts(kitchen: Clip) -> None:
    # By direction the laptop (23.2 degrees) is to the left of the sofa, by its pixels to the right.
    facts = order.left_to_right(whole_view(kitchen), Ask(options=(SOFA, LAPTOP, FRIDGE), frames=(0,)))
    assert isinstance(facts, Refusal)
    assert facts.kind == "picture differs"


def test_no_order_that_a_tilted_picture_contradicts(kitchen: Clip) -> None:
    # Seen from (2.5, 0.3), 1.576 m up and 10 degrees down, the vase below is 47.7 degrees to the right, the
    # cart above 45.0; but in the picture it is at tan = 1.1 / (cos 10 + 1.476 sin 10) = 0.89, left of the
    # cart's 1.5 / (1.5 cos 10 - 0.324 sin 10) = 1.06.
    clip = flat(
        kitchen,
        (("Fridge", 1.5, 3.0, 0.5, 0.5), ("Cart", 4.0, 1.8, 0.2, 0.2), ("Vase", 3.6, 1.3, 0.2, 0.2)),
    )
    boxes = clip.visibility.box2d.copy()
    for index, column in enumerate((10, 100, 200)):
        boxes[0, index, [0, 2]] = column, column + 20
    for vase_m, differs in ((0.1, True), (1.9, False)):
        heights = (1.0, 1.9, vase_m)
        objects = tuple(
            replace(item, box=replace(item.box, center=np.array([item.box.center[0], y, item.box.center[2]])))
            for item, y in zip(clip.objects, heights, strict=True)
        )
        view = whole_view(replace(clip, objects=objects, visibility=replace(clip.visibility, box2d=boxes)))
        facts = order.left_to_right(view, Ask(options=("Fridge|0", "Cart|1", "Vase|2"), frames=(0,)))
        assert (isinstance(facts, Refusal) and facts.kind == "picture differs") == differs, facts


def test_clockwise_from_the_sofa(kitchen: Clip) -> None:
    facts = order.clockwise(whole_view(kitchen), Ask((TABLE, SOFA), (FRIDGE, CHAIR, CAN)))
    assert isinstance(facts, order.TurnsFacts)
    # Can 85.4 degrees to the right, chair 138.2 and fridge 91.8 to the left.
    assert facts.order == (2, 1, 0)
    assert facts.turns_deg == pytest.approx((268.22, 221.82, 85.42), abs=0.01)
    assert facts.margin == pytest.approx(268.22 - 221.82, abs=0.01)


def test_an_object_at_the_start_has_no_place_in_the_order(kitchen: Clip) -> None:
    # Seen from the can, the table (-46.4) is 1.4 degrees to the left of the fridge (-45.0).
    facts = order.clockwise(whole_view(kitchen), Ask((CAN, FRIDGE), (TABLE, SOFA, CHAIR)))
    assert isinstance(facts, order.TurnsFacts)
    assert facts.margin == pytest.approx(math.degrees(math.atan2(0.41, 16.81)))


@settings(max_examples=5, deadline=None)
@given(st.floats(-180.0, 180.0), st.floats(-10.0, 10.0), st.floats(-10.0, 10.0))
def test_rigid_motion_changes_nothing(yaw_deg: float, shift_x: float, shift_z: float) -> None:
    for name, skill in order.SKILLS.items():
        assert_same_answers(skill, WALK, moved(WALK, yaw_deg, shift_x, shift_z), ASKS[name])


@pytest.mark.parametrize("name", order.SKILLS)
def test_letters_follow_the_options(name: str) -> None:
    assert_letters_follow(SKILLS[name], WALK, ASKS[name])
    view = whole_view(WALK)
    for ask in ASKS[name]:
        facts, turned = (SKILLS[name].facts(view, a) for a in (ask, replace(ask, options=ask.options[::-1])))
        if isinstance(facts, OrderFacts) and isinstance(turned, OrderFacts) and facts.margin > 0.0:
            assert tuple(len(ask.options) - 1 - index for index in turned.order) == facts.order


ASKS = {name: asks_of(skill, WALK) for name, skill in order.SKILLS.items()}
