"""Expected values are worked out by hand from tests/synthetic.py: a kitchen with two chairs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.qa.refusal import Refusal
from simgen.qa.skills.count import (
    SKILLS,
    CountFacts,
    NearFacts,
    count_in_room,
    count_near,
    entries_of,
    more_of,
    near_on_map,
    object_count,
    propose_type,
)
from simgen.qa.skills.facts import Ask
from simgen.qa.skills.skill import MapAsk
from simgen.qa.view.instances import find_instances
from simgen.qa.view.needs import Needs
from simgen.scoring import BBox, MapObject
from simgen.store.clips import Clip
from simgen.types import Room
from tests.qa.scenes import moved, refusal_kind, whole_view, with_pixels
from tests.qa.skills.invariance import asks_of, assert_letters_follow, assert_same_answers, mirrored

FRIDGE, TABLE, CHAIR, CHAIR_B, CAN = "1|0", "1|1", "1|2", "1|3", "1|4"
CHAIRS = Ask(types=("Chair",))
LABELS = ("equal", "fewer", "more")
UNSEEN = [0, 0, 0, 0, 0, 0]


def with_types(clip: Clip, types: dict[str, str]) -> Clip:
    """The clip with other types for some objects, by id."""
    return replace(clip, objects=tuple(replace(o, type=types.get(o.id, o.type)) for o in clip.objects))


def in_rooms(clip: Clip, rooms: Sequence[Room], of_objects: dict[str, str]) -> Clip:
    """The clip with other rooms, and some objects moved out of the first room."""
    objects = tuple(replace(o, room_id=of_objects.get(o.id, rooms[0].id)) for o in clip.objects)
    return replace(clip, objects=objects, rooms=tuple(rooms))


def two_rooms(kitchen: Clip, border: float) -> Clip:
    """The kitchen with a wall at x = border; the second chair is behind it."""
    corners = np.array([[0.0, 0.0], [border, 0.0], [border, 5.0], [0.0, 5.0]])
    others = np.array([[border, 0.0], [5.0, 0.0], [5.0, 5.0], [border, 5.0]])
    return in_rooms(
        kitchen, [Room("left", "Kitchen", corners), Room("right", "Bedroom", others)], {CHAIR_B: "right"}
    )


def test_two_chairs(kitchen: Clip) -> None:
    facts = object_count(whole_view(kitchen), CHAIRS)
    assert isinstance(facts, CountFacts)
    assert (facts.value, facts.names) == (2.0, ("chair1", "chair2"))


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        ([10, 0, 0, 0, 0, 0], "half hidden: "),  # in view, but too little of it to be seen
        (UNSEEN, "unseen: "),  # not in view, though it stands in the room
    ],
)
def test_a_count_is_refused_if_a_chair_is_not_seen_well(
    kitchen: Clip, pixels: list[int], reason: str
) -> None:
    view = whole_view(with_pixels(kitchen, CHAIR_B, pixels))
    for ask, skill in (
        (CHAIRS, object_count),
        (replace(CHAIRS, types=("Chair", "Fridge"), options=LABELS), more_of),
    ):
        assert str(skill(view, ask)).startswith(reason)


def test_an_unseen_chair_in_another_room_does_not_matter(kitchen: Clip) -> None:
    facts = object_count(whole_view(with_pixels(two_rooms(kitchen, 3.5), CHAIR_B, UNSEEN)), CHAIRS)
    assert isinstance(facts, CountFacts)
    assert facts.value == 1.0


def test_an_arm_chair_makes_the_name_chair_ambiguous(kitchen: Clip) -> None:
    view = whole_view(with_types(kitchen, {CAN: "ArmChair"}))
    assert refusal_kind(find_instances(view, "Chair")) == "not nameable"
    assert not isinstance(find_instances(view, "ArmChair"), Refusal)


def test_types_without_a_name_are_not_counted(kitchen: Clip) -> None:
    view = whole_view(with_types(kitchen, {CAN: "Cabinet"}))
    assert refusal_kind(object_count(view, Ask(types=("Cabinet",)))) == "not nameable"


def test_a_pen_is_too_small_to_be_counted(kitchen: Clip) -> None:
    # The apple measures 0.08 m each way.
    assert refusal_kind(object_count(whole_view(kitchen), Ask(types=("Apple",)))) == "too small"


def test_this_room_is_where_all_frames_were_taken(kitchen: Clip) -> None:
    # The cameras stand at x = 2.0.
    assert isinstance(count_in_room(whole_view(kitchen), CHAIRS), CountFacts)
    assert refusal_kind(count_in_room(whole_view(two_rooms(kitchen, 3.5)), CHAIRS)) == "elsewhere"
    # A wall across their way, at z = 0.75.
    halves = (
        np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 0.75], [0.0, 0.75]]),
        np.array([[0.0, 0.75], [5.0, 0.75], [5.0, 5.0], [0.0, 5.0]]),
    )
    rooms = [Room(f"room|{index}", "Kitchen", half) for index, half in enumerate(halves)]
    assert refusal_kind(count_in_room(whole_view(in_rooms(kitchen, rooms, {})), CHAIRS)) == "several rooms"


@pytest.mark.parametrize(
    ("types", "label", "margin"),
    [
        (("Chair", "Fridge"), "more", 1.0),
        (("Fridge", "Chair"), "fewer", 1.0),
        (("Fridge", "Sofa"), "equal", 1.0),
    ],
)
def test_of_which_there_are_more(kitchen: Clip, types: tuple[str, str], label: str, margin: float) -> None:
    facts = more_of(whole_view(kitchen), Ask(types=types, options=LABELS))
    assert not isinstance(facts, Refusal)
    assert (LABELS[facts.choice], facts.margin) == (label, margin)


@pytest.mark.parametrize(("reach", "count"), [(1.0, 2), (0.5, 2)])
def test_chairs_at_the_table(kitchen: Clip, reach: float, count: int) -> None:
    # Each chair stands 0.25 m from the table.
    facts = count_near(whole_view(kitchen), Ask((TABLE,), types=("Chair",), values=(reach,)))
    assert isinstance(facts, NearFacts)
    assert facts.value == count


def test_one_of_two_chairs_is_near_the_fridge(kitchen: Clip) -> None:
    # Chair 1 is 0.05 and 1.5 m from it, chair 2 (x 3.55..4.05, z 2.35..2.85) 2.65 and 1.4 m.
    view, ask = whole_view(kitchen), Ask((FRIDGE,), types=("Chair",), values=(2.0,))
    facts = count_near(view, ask)
    assert isinstance(facts, NearFacts)
    assert [inside for _, _, inside in facts.near] == [True, False]
    assert [gap for _, gap, _ in facts.near] == pytest.approx([np.hypot(0.05, 1.5), np.hypot(2.65, 1.4)])
    assert refusal_kind(count_near(view, replace(ask, values=(1.5,)))) == "too ambiguous"
    assert refusal_kind(count_near(view, replace(ask, objects=(CHAIR,)))) == "same object twice"


def test_counts_on_a_map() -> None:
    boxes: dict[str, BBox] = {
        "sofa": (0.0, 0.0, 1.0, 1.0),
        "chair1": (1.5, 0.0, 2.0, 1.0),
        "chair2": (4.0, 0.0, 5.0, 1.0),
        "armchair": (1.0, 0.0, 1.2, 1.0),
    }
    entries = tuple(MapObject(name, box) for name, box in boxes.items())
    assert [entry.name for entry in entries_of(entries, "Chair")] == ["chair1", "chair2"]
    asked = MapAsk(Ask(types=("Chair",), values=(1.0,)), entries[:1], (), (), entries)
    assert near_on_map(asked) == 1


def test_single_objects_are_counted_at_most_as_often_as_several(kitchen: Clip) -> None:
    # The kitchen has two chairs, and one each of five other types that are large enough.
    asked = [ask.types[0] for ask in propose_type(whole_view(kitchen), Needs(), np.random.default_rng(0))]
    view = whole_view(kitchen)
    numbers = [len(found) for kind in asked if not isinstance(found := find_instances(view, kind), Refusal)]
    assert sorted(numbers) == [1, 2]


@pytest.mark.parametrize("name", SKILLS)
@settings(deadline=None, max_examples=10)
@given(yaw_deg=st.floats(-180, 180), x=st.floats(-50, 50), z=st.floats(-50, 50))
def test_no_count_changes_under_rigid_motion(
    kitchen: Clip, name: str, yaw_deg: float, x: float, z: float
) -> None:
    asks = asks_of(SKILLS[name], kitchen)
    assert_same_answers(SKILLS[name], kitchen, moved(kitchen, yaw_deg, x, z), asks)


@pytest.mark.parametrize("name", SKILLS)
def test_no_count_changes_in_a_mirror(kitchen: Clip, name: str) -> None:
    assert_same_answers(SKILLS[name], kitchen, mirrored(kitchen), asks_of(SKILLS[name], kitchen))


def test_turning_the_options_around_turns_the_letter_around(kitchen: Clip) -> None:
    assert_letters_follow(SKILLS["more_of"], kitchen, asks_of(SKILLS["more_of"], kitchen))
