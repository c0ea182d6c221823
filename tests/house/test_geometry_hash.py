import copy
from collections.abc import Callable
from typing import Any

import pytest

from simgen.house.geometry_hash import hash_geometry

House = dict[str, Any]


def point(x: float, y: float, z: float) -> dict[str, float]:
    return {"x": x, "y": y, "z": z}


@pytest.fixture
def house() -> House:
    """A room of 3 m by 4 m with two walls, a table and a cup on it."""
    floor = [point(0, 0, 0), point(0, 0, 4), point(3, 0, 4), point(3, 0, 0)]
    walls = [
        [point(0, 0, 0), point(0, 0, 4), point(0, 2.5, 0), point(0, 2.5, 4)],
        [point(3, 0, 0), point(3, 0, 4), point(3, 2.5, 0), point(3, 2.5, 4)],
    ]
    cup = {"id": "small|1|0", "assetId": "Cup_1", "position": point(1.2, 0.9, 2.0)}
    table = {"id": "1|0", "assetId": "Table_1", "position": point(1.0, 0.4, 2.0), "children": [cup]}
    return {
        "rooms": [{"id": "room|1", "roomType": "Kitchen", "floorPolygon": floor}],
        "walls": [{"id": f"wall|{i}", "roomId": "room|1", "polygon": wall} for i, wall in enumerate(walls)],
        "objects": [table],
        "metadata": {"simgen": {"house": 0, "split": "train"}},
    }


def _metadata(house: House) -> None:
    house["metadata"] = {"simgen": {"house": 7, "split": "val", "seed": 3}}


def _names(house: House) -> None:
    house["rooms"][0] |= {"id": "room|9", "roomType": "Bedroom", "floorMaterial": "Oak"}
    house["objects"][0] |= {"id": "9|9", "isOn": True}


def _order(house: House) -> None:
    house["walls"].reverse()
    house["rooms"][0]["floorPolygon"].reverse()
    house["rooms"][0]["floorPolygon"].append(house["rooms"][0]["floorPolygon"].pop(0))


def _nesting(house: House) -> None:
    house["objects"].append(house["objects"][0].pop("children")[0])


def _noise(house: House) -> None:
    house["objects"][0]["position"]["x"] += 1e-9
    house["walls"][0]["polygon"][0]["x"] = -0.0


@pytest.mark.parametrize("change", [_metadata, _names, _order, _nesting, _noise])
def test_the_same_house_has_the_same_hash(house: House, change: Callable[[House], None]) -> None:
    other = copy.deepcopy(house)
    change(other)

    assert other != house or change is _noise
    assert hash_geometry(other) == hash_geometry(house)


def _move_object(house: House) -> None:
    house["objects"][0]["children"][0]["position"]["z"] += 0.01


def _remove_object(house: House) -> None:
    del house["objects"][0]["children"]


def _raise_wall(house: House) -> None:
    house["walls"][0]["polygon"][3]["y"] = 3.0


def _widen_room(house: House) -> None:
    house["rooms"][0]["floorPolygon"][2]["x"] = 3.5


@pytest.mark.parametrize("change", [_move_object, _remove_object, _raise_wall, _widen_room])
def test_another_house_has_another_hash(house: House, change: Callable[[House], None]) -> None:
    other = copy.deepcopy(house)
    change(other)

    assert hash_geometry(other) != hash_geometry(house)


def test_scenes_are_told_apart_by_name() -> None:
    first, same, other = (
        {"scene": name, "rooms": [], "walls": [], "objects": [], "metadata": {"roomType": kind}}
        for name, kind in (("FloorPlan1", "Kitchen"), ("FloorPlan1", ""), ("FloorPlan2", "Kitchen"))
    )

    assert hash_geometry(first) == hash_geometry(same) != hash_geometry(other)
