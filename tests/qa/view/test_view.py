from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.geometry.boxes import corners
from simgen.geometry.frames import project
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.map_text import render_map
from simgen.qa.view.names import map_name, plural_name, spoken_name
from simgen.qa.view.view import (
    View,
    VisibilityRule,
    make_view,
    make_views,
    question_frames,
    round_value,
    spread_order,
)
from simgen.scoring import MapObject, parse_map
from simgen.store.clips import Clip
from tests.qa.scenes import with_pixels

RULE = VisibilityRule(min_px=64, min_fraction=0.1)
FRAMES = (0, 1, 2, 3, 4, 5)


def view(clip: Clip, frames: tuple[int, ...] = FRAMES) -> View:
    return make_view(ClipGeometry(clip), frames, RULE)


def test_map_boxes_by_hand(kitchen: Clip) -> None:
    # The map's origin is the first camera, at x = 2.0 and z = 0.5, looking along +z.
    boxes = {entry.name: entry.bbox for entry in view(kitchen).map}
    assert boxes["fridge"] == (-1.9, 3.8, -1.1, 4.5)  # x 0.1..0.9, z 4.25..4.95
    assert boxes["laptop"] == (0.7, 1.9, 1.1, 2.2)  # x 2.725..3.075, z 2.45..2.75
    # A square of 0.4 m turned by 30 degrees is 0.4 (cos 30 + sin 30) = 0.546 m wide.
    assert boxes["garbagecan"] == (2.3, -0.3, 2.9, 0.3)


@pytest.mark.parametrize(
    ("pixels", "unoccluded", "seen"), [(64, 640, True), (63, 63, False), (64, 641, False), (0, 0, False)]
)
def test_visibility_needs_pixels_and_a_share_of_the_unoccluded_pixels(
    kitchen: Clip, pixels: int, unoccluded: int, seen: bool
) -> None:
    clip = with_pixels(kitchen, "1|0", [pixels] * 6, unoccluded)
    assert (view(clip).find("1|0") is not None) == seen


def test_an_object_without_pixels_is_never_visible(kitchen: Clip) -> None:
    clip = with_pixels(kitchen, "1|0", [0] * 6, 0)
    assert make_view(ClipGeometry(clip), FRAMES, VisibilityRule(0, 0.0)).find("1|0") is None


def test_only_the_frames_shown_count(kitchen: Clip) -> None:
    clip = with_pixels(kitchen, "1|0", [0, 500, 0, 0, 0, 0])
    assert view(clip, (0, 2, 5)).find("1|0") is None
    seen = view(clip).find("1|0")
    assert seen is not None
    assert seen.frames == (1,)


def test_several_of_a_type_are_numbered_by_first_appearance(kitchen: Clip) -> None:
    late = with_pixels(kitchen, "1|2", [0, 0, 500, 500, 500, 500])
    for clip, first in ((kitchen, "1|2"), (late, "1|3")):
        seen = view(clip).find(first)
        assert seen is not None
        assert seen.entry.name == "chair1"


def test_one_of_a_type_has_no_number(kitchen: Clip) -> None:
    hidden = with_pixels(kitchen, "1|2", [10] * 6)
    assert "chair" in {entry.name for entry in view(hidden).map}
    assert view(hidden).glimpsed["Chair"] == 2


@given(frame_count=st.integers(1, 200), wanted=st.integers(1, 32))
def test_frames_are_spread_and_nested(frame_count: int, wanted: int) -> None:
    order = spread_order(frame_count)
    assert sorted(order) == list(range(frame_count))
    frames = sorted(order[:wanted])
    assert frames[0] == 0
    steps = [after - before for before, after in pairwise(frames)]
    if steps:
        assert frames[-1] == frame_count - 1
        # The widest gap was never halved; the narrowest is the floor of a half of one no wider.
        assert max(steps) <= 2 * min(steps) + 1


def test_keyframes_are_shown_from_the_first_and_walks_are_spread(kitchen: Clip) -> None:
    # 0 and 5, then the middle of 0..5, which is 2, and of the two gaps of 2..5 and 0..2 the wider.
    assert question_frames(kitchen, 4) == (0, 2, 3, 5)
    stills = replace(kitchen, info=replace(kitchen.info, recipe='{"trajectory": {"kind": "keyframes"}}'))
    assert question_frames(stills, 4) == (0, 1, 2, 3)
    assert question_frames(stills, 99) == tuple(range(kitchen.frame_count))


def test_more_frames_show_all_objects_of_fewer_frames(kitchen: Clip) -> None:
    late = with_pixels(kitchen, "1|0", [0, 500, 0, 0, 0, 0])
    views = make_views(ClipGeometry(late), RULE, (1, 4, 8))
    seen = [{item.object.id for item in views[count].seen} for count in (1, 4, 8)]
    assert seen[0] <= seen[1] <= seen[2]
    assert "1|0" not in seen[1]
    assert "1|0" in seen[2]


def test_names() -> None:
    assert map_name("DiningTable") == "diningtable"
    assert [spoken_name(t) for t in ("DiningTable", "TVStand", "Sofa", "CD")] == [
        "dining table",
        "tv stand",
        "sofa",
        "cd",
    ]
    plurals = [plural_name(kind) for kind in ("Shelf", "Knife", "TissueBox", "WineBottle", "Couch", "Bus")]
    assert plurals == ["shelves", "knives", "tissue boxes", "wine bottles", "couches", "buses"]


coordinates = st.floats(-50, 50).map(lambda value: round_value(value, 1))
boxes = st.tuples(coordinates, coordinates, coordinates, coordinates).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)


@pytest.mark.slow
@given(st.lists(st.builds(MapObject, st.text(), boxes)))
def test_a_rendered_map_parses_back(entries: list[MapObject]) -> None:
    assert parse_map(render_map(entries)) == entries


@given(st.floats(-100, 100), st.integers(0, 4))
def test_rounding_is_close_and_never_minus_zero(value: float, decimals: int) -> None:
    assert abs(round_value(value, decimals) - value) <= 0.5 * 10.0**-decimals + 1e-8
    assert round_value(value, decimals) or not str(round_value(value, decimals)).startswith("-")


def test_rounding_does_not_depend_on_noise() -> None:
    assert round_value(2.675 - 1e-12, 2) == round_value(2.675 + 1e-12, 2)
    assert str(round_value(-0.04, 1)) == "0.0"


def test_an_object_at_the_edge_of_the_picture_is_shown_in_part(kitchen: Clip) -> None:
    view = make_view(ClipGeometry(kitchen), (0, 2), VisibilityRule(1, 0.0))
    fridge = view.find("1|0")
    assert fridge is not None
    # Half of the rectangle around its projected box, in the one frame that shows anything of it.
    box = project(corners(fridge.object.box), kitchen.world_from_camera[2], kitchen.intrinsics)
    (x_min, y_min), (x_max, y_max) = box[:, :2].min(axis=0), box[:, :2].max(axis=0)
    boxes = np.zeros_like(kitchen.visibility.box2d, dtype=np.float64)
    boxes[2, 0] = x_min, y_min, (x_min + x_max) / 2, y_max
    halved = replace(kitchen, visibility=replace(kitchen.visibility, box2d=boxes))
    halved_view = make_view(ClipGeometry(halved), (0, 2), VisibilityRule(1, 0.0))
    assert halved_view.share_shown(fridge) == pytest.approx(0.5)
