"""Expected values are worked out by hand from the sizes in tests/synthetic.py."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.geometry.boxes import box_gap, corners
from simgen.geometry.frames import euler_rotation
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS, clearance, distance, nearest, vertical
from simgen.qa.skills.facts import Ask
from simgen.qa.skills.skill import MapAsk
from simgen.scoring import BBox, MapObject
from simgen.store.clips import Clip
from simgen.types import OrientedBox
from tests.qa.real_clips import real_clips
from tests.qa.scenes import moved, refusal_kind, template, whole_view, with_box, with_pixels
from tests.qa.skills.invariance import asks_of, assert_letters_follow, assert_same_answers, mirrored

FRIDGE, TABLE, CHAIR, CHAIR_B, CAN, SOFA, LAPTOP = "1|0", "1|1", "1|2", "1|3", "1|4", "1|5", "small|1|1"
OPTIONS = (FRIDGE, LAPTOP, TABLE, CAN)
GROUP = [*distance.SKILLS, *nearest.SKILLS, *clearance.SKILLS, *vertical.SKILLS]
WITH_WIDTHS = "clearance"
"""These are tested on real clips: the kitchen has no two gaps of similar width."""


def test_closest_points_of_fridge_and_table(kitchen: Clip) -> None:
    # Fridge: x 0.1..0.9, z 4.25..4.95. Table: x 1.7..3.3, z 2.05..2.95. Both stand on the floor.
    facts = distance.absolute_distance(whole_view(kitchen), Ask((FRIDGE, TABLE)))
    assert facts.value == pytest.approx(math.sqrt(0.8**2 + 1.3**2))
    assert (facts.dx, facts.dy, facts.dz) == pytest.approx((0.8, 1.3, 0.0))


def test_height_counts_between_closest_points(kitchen: Clip) -> None:
    # The laptop begins at 0.8 m, the can ends at 0.6 m.
    assert distance.absolute_distance(whole_view(kitchen), Ask((LAPTOP, CAN))).dz == pytest.approx(0.2)


def test_centres_of_fridge_and_sofa(kitchen: Clip) -> None:
    facts = distance.center_distance(whole_view(kitchen), Ask((FRIDGE, SOFA)))
    assert facts.value == pytest.approx(math.hypot(3.9, 0.4))
    # The first camera stands at (2.0, 0.5) and looks along +z, so the map's axes are the world's.
    assert facts.start == pytest.approx((-1.5, 4.1))


def test_centre_distance_is_horizontal(kitchen: Clip) -> None:
    facts = distance.center_distance(whole_view(kitchen), Ask((LAPTOP, TABLE)))
    assert facts.value == pytest.approx(math.hypot(0.4, 0.1))


def test_farthest_points_of_fridge_and_table(kitchen: Clip) -> None:
    # From the fridge's corner (0.1, 4.95) to the table's (3.3, 2.05).
    facts = distance.outer_distance(whole_view(kitchen), Ask((FRIDGE, TABLE)))
    assert facts.value == pytest.approx(math.hypot(3.2, 2.9))


def test_camera_in_front_of_the_table(kitchen: Clip) -> None:
    # At z = 0.5, and 1.7 < x = 2.0 < 3.3, so straight ahead to the edge at z = 2.05.
    facts = distance.camera_distance(whole_view(kitchen), Ask((TABLE,), frames=(0,)))
    assert facts.value == pytest.approx(1.55)
    assert facts.end == pytest.approx((0.0, 1.55))


def test_camera_at_a_later_frame(kitchen: Clip) -> None:
    # Frame 5 stands at z = 1.0; the fridge's nearest corner is (0.9, 4.25).
    facts = distance.camera_distance(whole_view(kitchen), Ask((FRIDGE,), frames=(5,)))
    assert facts.value == pytest.approx(math.hypot(1.1, 3.25))
    assert facts.start == pytest.approx((0.0, 0.5))


def test_nearest_centre_to_the_sofa(kitchen: Clip) -> None:
    facts = distance.nearest_by_center(whole_view(kitchen), Ask((SOFA,), OPTIONS))
    assert facts.choice == 1
    # Sofa (4.4, 0.4, 4.2), laptop (2.9, 0.9, 2.6), table (2.5, 0.4, 2.5); in 3-D the margin is smaller.
    assert facts.margin == pytest.approx(math.hypot(1.9, 1.7) - math.sqrt(1.5**2 + 0.5**2 + 1.6**2))
    assert facts.best == pytest.approx(math.hypot(1.5, 1.6))


def test_nearest_box_to_the_sofa_is_another_one(kitchen: Clip) -> None:
    facts = distance.nearest_by_gap(whole_view(kitchen), Ask((SOFA,), OPTIONS))
    assert OPTIONS[facts.choice] == TABLE
    assert facts.best == pytest.approx(math.hypot(0.65, 0.3))


def test_farthest_centre_from_the_fridge(kitchen: Clip) -> None:
    options = (LAPTOP, CAN, SOFA, TABLE)
    facts = nearest.farthest_by_center(whole_view(kitchen), Ask((FRIDGE,), options))
    assert options[facts.choice] == CAN
    # Fridge (0.5, 4.6), can (4.6, 0.5), sofa (4.4, 4.2).
    assert facts.margin == pytest.approx(math.hypot(4.1, 4.1) - math.hypot(3.9, 0.4))


def test_nearest_to_the_first_camera(kitchen: Clip) -> None:
    facts = nearest.nearest_to_camera(whole_view(kitchen), Ask((), (SOFA, FRIDGE, TABLE, CAN), (0,)))
    # The table is 1.55 m ahead; next is a corner of the can, which is turned by 30 degrees: its half
    # diagonal of 0.2 * sqrt(2) m points 15 degrees off the way to the camera.
    corner = 0.2 * math.sqrt(2.0)
    can = math.hypot(2.6 - corner * math.cos(math.radians(15.0)), corner * math.sin(math.radians(15.0)))
    assert facts.choice == 2
    assert facts.margin == pytest.approx(can - 1.55)


def test_the_nearer_of_two_chairs_counts(kitchen: Clip) -> None:
    ask = Ask((FRIDGE,), ("Sofa", "GarbageCan", "DiningTable", "Chair"))
    facts = nearest.nearest_of_types(whole_view(kitchen), ask)
    assert not isinstance(facts, Refusal)
    # Chair 1: x 0.95..1.45, z 2.25..2.75, so 0.05 and 1.5 from the fridge; the table 0.8 and 1.3.
    assert (facts.choice, facts.names[3], facts.numbers) == (3, "chair1", (1, 1, 1, 2))
    assert facts.best == pytest.approx(math.hypot(0.05, 1.5))
    assert facts.margin == pytest.approx(math.hypot(0.8, 1.3) - math.hypot(0.05, 1.5))


def test_a_type_with_a_half_hidden_instance_is_no_option(kitchen: Clip) -> None:
    clip = with_pixels(kitchen, CHAIR_B, [10, 0, 0, 0, 0, 0])
    found = nearest.nearest_of_types(whole_view(clip), Ask((FRIDGE,), ("Sofa", "Chair")))
    assert refusal_kind(found) == "half hidden"


def test_a_type_that_stands_on_the_reference_is_no_option(kitchen: Clip) -> None:
    found = nearest.nearest_of_types(whole_view(kitchen), Ask((TABLE,), ("Sofa", "Laptop")))
    assert refusal_kind(found) == "touching"


def test_types_on_a_map() -> None:
    entries = [_entry("sofa", (0.0, 0.0, 1.0, 1.0)), _entry("chair1", (9.0, 0.0, 9.5, 0.5))]
    entries += [_entry("chair2", (1.5, 0.0, 2.0, 0.5)), _entry("armchair", (1.1, 0.0, 1.2, 0.5))]
    entries += [_entry("table", (2.0, 0.0, 3.0, 1.0))]
    asked = MapAsk(Ask(options=("Table", "Chair")), (entries[0],), (), (), tuple(entries))
    assert nearest.nearest_type_on_map(asked) == 1
    assert nearest.nearest_type_on_map(replace(asked, ask=Ask(options=("Table", "Bed")))) is None


def test_a_gap_is_between_two_objects_side_by_side(kitchen: Clip) -> None:
    view = whole_view(kitchen)
    # Fridge: x 0.1..0.9, z 4.25..4.95. Table: x 1.7..3.3, z 2.05..2.95. The chair stands beside the way.
    facts = clearance.gap_width(view, Ask((FRIDGE, TABLE)))
    assert not isinstance(facts, Refusal)
    assert (facts.value, facts.dx, facts.dy) == pytest.approx((math.hypot(0.8, 1.3), 0.8, 1.3))
    # The table stands between the chairs and the laptop on it; the fridge is more than 3 m from the sofa.
    for objects in ((CHAIR, CHAIR_B), (LAPTOP, SOFA), (FRIDGE, SOFA)):
        assert refusal_kind(clearance.gap_width(view, Ask(objects))) == "no passage"


@pytest.mark.parametrize(("width", "letter"), [(1.4, "yes"), (1.6, "no")])
def test_a_box_between_fridge_and_table(kitchen: Clip, width: float, letter: str) -> None:
    ask = Ask((FRIDGE, TABLE), ("no", "yes"), values=(width,))
    facts = clearance.clearance(whole_view(kitchen), ask)
    assert not isinstance(facts, Refusal)
    assert ask.options[facts.choice] == letter
    assert facts.margin == pytest.approx(abs(math.hypot(0.8, 1.3) - width))
    boxes = (_entry("fridge", (-1.9, 3.8, -1.1, 4.4)), _entry("diningtable", (-0.3, 1.6, 1.3, 2.5)))
    assert clearance.clearance_on_map(MapAsk(ask, boxes, (), (), boxes)) == facts.choice


def test_an_exact_fit_has_no_answer_on_a_map() -> None:
    boxes = (_entry("chair1", (-1.0, 1.8, -0.5, 2.2)), _entry("diningtable", (0.0, 1.6, 1.3, 2.5)))
    asked = MapAsk(Ask(options=("yes", "no"), values=(0.5,)), boxes, (), (), boxes)
    assert clearance.clearance_on_map(asked) is None


def test_widths_do_not_give_the_answer_away() -> None:
    answers: dict[float, Counter[str]] = {}
    for clip in real_clips():
        view, needs = whole_view(clip), template("clearance").needs
        for ask in clearance.match_widths(view, needs, np.random.default_rng(0))[0]:
            facts = clearance.clearance(view, ask)
            assert not isinstance(facts, Refusal)
            answers.setdefault(ask.values[0], Counter())[ask.options[facts.choice]] += 1
    assert len(answers) > 3
    assert all(found["yes"] == found["no"] for found in answers.values())


def test_nothing_stands_in_a_passage() -> None:
    for clip in real_clips():
        geometry = whole_view(clip).geometry
        floor = [index for index, item in enumerate(clip.objects) if not item.parent_id]
        for first, second in np.argwhere(geometry.passages > 0.0).tolist():
            a, b = clip.objects[first], clip.objects[second]
            assert a.room_id == b.room_id
            assert geometry.passages[first, second] == pytest.approx(
                geometry.outlines[first].distance(geometry.outlines[second])
            )
            way = shapely.shortest_line(geometry.outlines[first], geometry.outlines[second])
            others = [
                index for index in floor if index not in (first, second) and geometry.heights[index, 0] < 0.2
            ]
            assert not any(geometry.outlines[index].intersects(way) for index in others)


def test_options_at_a_frame_are_shown_by_it() -> None:
    for clip in real_clips():
        view, needs = whole_view(clip), template("camera_nearest").needs
        for ask in nearest.propose_shown_together(view, needs, np.random.default_rng(0)):
            seen = [view.find(name) for name in ask.options]
            assert all(item is not None and ask.frames[0] in item.frames for item in seen)


def test_types_with_several_instances_are_proposed_first(kitchen: Clip) -> None:
    asks = list(
        nearest.propose_types_around(
            whole_view(kitchen), template("clearance").needs, np.random.default_rng(0)
        )
    )
    several = ["Chair" in ask.options for ask in asks]
    assert several == sorted(several, reverse=True)
    assert 0 < sum(several) < len(several)


def test_tops_of_laptop_and_fridge(kitchen: Clip) -> None:
    view = whole_view(kitchen)
    facts = vertical.top_height(view, Ask((LAPTOP,)))
    assert (facts.value, facts.low, facts.tall) == pytest.approx((1.0, 0.8, 0.2))
    assert vertical.height_difference(view, Ask((LAPTOP, FRIDGE))).value == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("objects", "answer", "margin"), [((LAPTOP, CAN), "yes", 0.2), ((LAPTOP, CHAIR), "no", 0.1)]
)
def test_above_compares_the_lowest_point_with_the_highest(
    kitchen: Clip, objects: tuple[str, str], answer: str, margin: float
) -> None:
    # The laptop begins at 0.8 m; the can ends at 0.6 m and the chair at 0.9 m.
    facts = vertical.is_above(whole_view(kitchen), Ask(objects, ("yes", "no")))
    assert ("yes", "no")[facts.choice] == answer
    assert facts.margin == pytest.approx(margin)


def test_the_laptop_is_higher_than_the_table_below_it(kitchen: Clip) -> None:
    facts = vertical.highest(whole_view(kitchen), Ask((), (TABLE, CAN, LAPTOP, SOFA)))
    assert (facts.choice, facts.margin) == (2, pytest.approx(0.2))


def test_heights_on_a_map() -> None:
    low, high = (
        MapObject(name, (0.0, 0.0, 1.0, 1.0), z) for name, z in (("a", (0.0, 0.6)), ("b", (0.8, 1.0)))
    )
    asked = MapAsk(Ask(options=("no", "yes")), (high, low), (low, high), (), (low, high))
    assert vertical.top_on_map(asked) == 1.0
    assert vertical.difference_on_map(asked) == pytest.approx(0.4)
    assert vertical.above_on_map(asked) == 1
    assert vertical.highest_on_map(asked) == 1
    level = MapAsk(asked.ask, (replace(high, height=(0.6, 1.0)), low), (low, low), (), ())
    assert vertical.above_on_map(level) is None
    assert vertical.highest_on_map(level) is None


@pytest.mark.parametrize("name", [name for name in GROUP if SKILLS[name].options is not None])
def test_turning_the_options_around_turns_the_letter_around(kitchen: Clip, name: str) -> None:
    clip = real_clips()[-1] if name == WITH_WIDTHS else kitchen
    assert_letters_follow(SKILLS[name], clip, asks_of(SKILLS[name], clip))


@pytest.mark.parametrize("name", [name for name in GROUP if name != WITH_WIDTHS])
@settings(deadline=None, max_examples=10)
@given(yaw_deg=st.floats(-180, 180), x=st.floats(-50, 50), z=st.floats(-50, 50))
def test_no_answer_changes_under_rigid_motion(
    kitchen: Clip, name: str, yaw_deg: float, x: float, z: float
) -> None:
    asks = asks_of(SKILLS[name], kitchen)
    assert_same_answers(SKILLS[name], kitchen, moved(kitchen, yaw_deg, x, z), asks)


@pytest.mark.parametrize("name", GROUP)
def test_no_answer_changes_in_a_mirror(kitchen: Clip, name: str) -> None:
    clip = real_clips()[-1] if name == WITH_WIDTHS else kitchen
    assert_same_answers(SKILLS[name], clip, mirrored(clip), asks_of(SKILLS[name], clip))


@settings(deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    center=st.tuples(st.floats(2.5, 6), st.floats(-3, 3), st.floats(-3, 3)),
)
def test_offsets_of_tilted_boxes_are_as_long_as_their_gap(
    kitchen: Clip, angles: tuple[float, float, float], center: tuple[float, float, float]
) -> None:
    box = OrientedBox(np.array(center), np.array([0.3, 0.2, 0.5]), euler_rotation(*angles))
    other = OrientedBox(np.zeros(3), np.array([0.5, 0.4, 0.3]), euler_rotation(10.0, 20.0, 30.0))
    clip = with_box(with_box(kitchen, FRIDGE, box), TABLE, other)
    facts = distance.absolute_distance(whole_view(clip), Ask((FRIDGE, TABLE)))
    assert math.hypot(facts.dx, facts.dy, facts.dz) == pytest.approx(box_gap(box, other), abs=1e-4)
    # No pair of points is nearer than the closest one; corners are an easy sample.
    apart = np.linalg.norm(corners(box)[:, None] - corners(other)[None], axis=2)
    assert facts.value <= apart.min() + 1e-6


def test_distances_on_a_map() -> None:
    a, b, inside = (0.0, 0.0, 1.0, 1.0), (4.0, 5.0, 6.0, 6.0), (0.2, 0.2, 0.4, 0.4)
    assert distance.gap_on_map(_pair(a, b)) == pytest.approx(5.0)
    assert distance.gap_on_map(_pair(a, inside)) == 0.0
    assert distance.center_gap_on_map(_pair(a, b)) == pytest.approx(math.hypot(4.5, 5.0))
    assert distance.outer_distance_on_map(_pair(a, b)) == pytest.approx(math.hypot(6.0, 6.0))
    assert distance.outer_distance_on_map(_pair(b, a)) == pytest.approx(math.hypot(6.0, 6.0))
    assert distance.outer_distance_on_map(_pair(a, inside)) == pytest.approx(math.hypot(0.8, 0.8))


def test_a_tie_on_a_map_has_no_answer() -> None:
    left, right = _entry("b", (-2.0, 0.0, -1.0, 1.0)), _entry("c", (2.0, 0.0, 3.0, 1.0))
    for a, nearer, farther in (((0.0, 0.0, 1.0, 1.0), None, None), ((0.0, 0.0, 1.1, 1.0), 1, 0)):
        asked = MapAsk(Ask(), (_entry("a", a),), (left, right), (), ())
        assert distance.nearest_box_on_map(asked) == nearer
        assert nearest.farthest_center_on_map(asked) == farther
        camera = replace(asked, cameras=asked.objects)
        assert nearest.nearest_to_camera_on_map(camera) == nearer


def _entry(name: str, box: BBox) -> MapObject:
    return MapObject(name, box)


def _pair(a: BBox, b: BBox) -> MapAsk:
    return MapAsk(Ask(), (_entry("a", a), _entry("b", b)), (), (), ())
