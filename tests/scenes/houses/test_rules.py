"""Every rule refuses a house that breaks it and accepts a valid one, at any position."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.house.assets import find_asset
from simgen.scenes.houses.rules import MIN_SPOTS, OUTSIDE_TOLERANCE, find_faults
from tests.engine.house_fixture import house_object
from tests.scenes.houses.house_variants import HouseJson, moved, valid_house

MUG = find_asset("Mug_1").size


def mug(x: float, z: float, y: float = MUG[1] / 2) -> HouseJson:
    return house_object("Mug|1", "Mug_1", x, y, z)


def rules_broken_by(house: HouseJson) -> set[str]:
    return {fault.rule for fault in find_faults(house)}


def test_a_valid_house_breaks_no_rule() -> None:
    assert find_faults(valid_house([mug(3.0, 3.0)])) == []


def test_sampled_houses_break_no_rule(sampled_houses: list[HouseJson]) -> None:
    assert [find_faults(house) for house in sampled_houses] == [[]] * 3


def _narrow(house: HouseJson) -> None:
    """The wall of room 2 at x = 0 goes only to z = 3."""
    for point in house["walls"][0]["polygon"]:
        point["z"] = min(point["z"], 3.0)


def _shift_wall(house: HouseJson) -> None:
    for point in house["walls"][0]["polygon"]:
        point["x"] -= 0.5


def _widen_room_3(house: HouseJson) -> None:
    for point in house["rooms"][1]["floorPolygon"]:
        point["x"] = 3.9 if point["x"] == 4.0 else point["x"]


def _cross_polygon(house: HouseJson) -> None:
    corners = house["rooms"][0]["floorPolygon"]
    corners[1], corners[2] = corners[2], corners[1]


def _double_wall(house: HouseJson) -> None:
    house["walls"].append({**copy.deepcopy(house["walls"][0]), "id": "wall|2|again"})


def _close_off(house: HouseJson) -> None:
    house["doors"].clear()


def _start_in_the_wall(house: HouseJson) -> None:
    house["metadata"]["agent"]["position"]["x"] = 0.1


def _start_nowhere(house: HouseJson) -> None:
    del house["metadata"]["agent"]


def _unknown_asset(house: HouseJson) -> None:
    house["objects"].append(house_object("Mug|9", "Mug_of_nobody", 3.0, 0.05, 3.0))


def _no_lights_list(house: HouseJson) -> None:
    del house["proceduralParameters"]["lights"]


def _infinite(house: HouseJson) -> None:
    house["rooms"][0]["floorPolygon"][0]["x"] = float("inf")


@pytest.mark.parametrize(
    ("rule", "break_it", "text"),
    [
        ("malformed", _no_lights_list, "lights"),
        ("malformed", _infinite, "floorPolygon"),
        ("room polygon", _cross_polygon, "room|2"),
        ("rooms overlap", _widen_room_3, "share 0.40 square metres"),  # 0.1 m of the 4 m that both are deep
        ("gap in walls", _narrow, "no wall along 0.98 m"),  # 1 m, less the tolerance at either end
        ("stray wall", _shift_wall, "wall|2|left leaves the edge of room|2 for 4.00 m"),
        ("walls overlap", _double_wall, "wall|2|left and wall|2|again share 4.00 m"),
        ("unknown asset", _unknown_asset, "Mug_of_nobody"),
        ("start pose", _start_in_the_wall, "cannot stand at x 0.10, z 2.00"),
        ("start pose", _start_nowhere, "metadata.agent"),
        ("unreachable room", _close_off, "room|3 (LivingRoom) has 0 reachable spots"),
    ],
)
def test_a_broken_house_is_refused_with_the_reason(
    rule: str, break_it: Callable[[HouseJson], None], text: str
) -> None:
    house = valid_house()
    break_it(house)
    faults = find_faults(house)
    assert rule in {fault.rule for fault in faults}
    assert any(text in str(fault) for fault in faults), faults


def test_a_house_without_walls_or_rooms_is_malformed() -> None:
    for part in ("rooms", "walls"):
        house = valid_house()
        house[part] = []
        house["doors"] = []
        assert find_faults(house), part


@pytest.mark.parametrize(
    ("item", "is_outside"),
    [
        (mug(MUG[0] / 2, 3.0), False),  # touches the wall from inside
        (mug(MUG[0] / 2 - OUTSIDE_TOLERANCE, 3.0), False),  # hangs in it
        (mug(MUG[0] / 2 - OUTSIDE_TOLERANCE - 0.03, 3.0), True),
        (mug(-1.0, 3.0), True),
        (mug(4.0, 3.0), False),  # stands in both rooms
        (mug(3.0, 3.0, y=3.0 - MUG[1] / 2), False),  # under the ceiling
        (mug(3.0, 3.0, y=3.1), True),
        (mug(3.0, 3.0, y=-0.1), True),
    ],
)
def test_only_objects_that_reach_far_out_of_the_rooms_are_outside(item: HouseJson, is_outside: bool) -> None:
    assert ("object outside" in rules_broken_by(valid_house([item]))) == is_outside


def test_a_room_needs_enough_reachable_positions() -> None:
    shelves = [
        house_object(f"Shelf|{i}", "Shelving_Unit_325_1", x, find_asset("Shelving_Unit_325_1").size[1] / 2, z)
        for i, (x, z) in enumerate((x / 2 + 4.5, z / 2 + 0.25) for x in range(7) for z in range(8))
    ]
    faults = find_faults(valid_house(shelves))
    assert [fault.rule for fault in faults if fault.rule == "unreachable room"], faults
    assert f"it needs {MIN_SPOTS}" in faults[-1].text


@settings(max_examples=8)
@given(dx=st.floats(-50, 50), dz=st.floats(-50, 50), yaw_deg=st.floats(0, 360))
def test_the_result_does_not_depend_on_the_position_of_a_house(dx: float, dz: float, yaw_deg: float) -> None:
    assert find_faults(moved(valid_house([mug(3.0, 3.0)]), dx, dz, yaw_deg)) == []
    for break_it in (_widen_room_3, _narrow, _shift_wall, _double_wall, _close_off):
        house = valid_house()
        before: Any = break_it(house) or rules_broken_by(house)
        assert rules_broken_by(moved(house, dx, dz, yaw_deg)) == before
