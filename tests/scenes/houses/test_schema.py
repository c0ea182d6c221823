"""Upgrading older houses: every field, and the fields that cannot be upgraded."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simgen.errors import HouseError
from simgen.house.assets import find_asset
from simgen.house.parse import House, parse_house
from simgen.scenes.houses.schema import upgrade_house
from tests.engine.house_fixture import DOOR_ASSET, house_object, two_room_house
from tests.scenes.houses.house_variants import HouseJson, valid_house

RED = {"r": 1.0, "g": 0.0, "b": 0.0}
BLUE = {"r": 0.0, "g": 0.0, "b": 1.0}


def old_house() -> HouseJson:
    """A house as procthor 0.0.1 writes it: painted walls, a hole with an offset, a coloured vase."""
    vase = house_object("Vase|1", "Vase_Open_3", 3.0, 0.2, 3.0)
    table = {**house_object("Table|1", "Dining_Table_27_1", 2.0, 0.4, 3.0), "children": [vase]}
    house = two_room_house([table])
    house["doors"][0]["assetOffset"] = {"x": 0.01, "y": 0.02, "z": 0.3}
    house["walls"][0]["color"] = RED
    house["walls"].append({**house["walls"][0], "id": "wall|exterior|left", "roomId": "room|2"})
    house["rooms"][0]["floorMaterialTilingXDivisor"] = 2.0
    house["rooms"][0]["ceilings"] = [{"material": "PureWhite", "tilingDivisorX": 3.0}]
    house["proceduralParameters"]["ceilingColor"] = BLUE
    vase["color"] = RED
    house["metadata"]["schema"] = "0.0.1"
    return house


def test_every_changed_field_is_upgraded() -> None:
    new = upgrade_house(old_house())
    assert new["metadata"]["schema"] == "1.0.0"
    assert new["walls"][0]["material"] == {"name": "PureWhite", "color": RED}
    assert "color" not in new["walls"][0]
    assert new["walls"][-1]["roomId"] == "exterior"
    assert new["rooms"][0]["floorMaterial"] == {"name": "DarkWoodSmooth", "tilingDivisorX": 2.0}
    assert new["rooms"][0]["ceilings"] == [{"material": {"name": "PureWhite", "tilingDivisorX": 3.0}}]
    assert new["proceduralParameters"]["ceilingMaterial"] == {"name": "PureWhite", "color": BLUE}
    assert new["objects"][0]["children"][0]["material"] == {"color": RED}
    door, size = new["doors"][0], find_asset(DOOR_ASSET).size
    assert door["holePolygon"] == [{"x": 1.5, "y": 0.0, "z": 0.0}, {"x": 2.5, "y": 2.1, "z": 0.0}]
    assert door["assetPosition"] == {"x": 1.51 + size[0] / 2, "y": 0.02 + size[1] / 2, "z": 0}
    assert not {"boundingBox", "assetOffset"} & set(door)


def test_the_given_house_is_not_modified() -> None:
    house = old_house()
    upgrade_house(house)
    assert house == old_house()


def test_a_house_of_the_current_schema_is_unchanged() -> None:
    new = upgrade_house(old_house())
    assert upgrade_house(new) == new
    assert upgrade_house(valid_house())["doors"] == valid_house()["doors"]


def test_the_engine_builds_the_same_from_both() -> None:
    def content(house: House) -> list[Any]:
        walls = [(w.id, w.room_id, w.material, w.color, *w.start, *w.end) for w in house.walls]
        holes = [(o.id, *np.round(o.start, 9), *np.round(o.end, 9), o.y_min, o.y_max) for o in house.openings]
        floors = [(r.id, r.floor_material, r.polygon.wkt) for r in house.rooms]
        return [walls, holes, floors, house.ceiling_material, house.ceiling_color]

    assert content(parse_house(old_house())) == content(parse_house(upgrade_house(old_house())))


def test_the_start_pose_may_be_among_the_agents_poses() -> None:
    house = valid_house()
    house["metadata"]["agentPoses"] = {"default": house["metadata"].pop("agent")}
    assert upgrade_house(house)["metadata"]["agent"] == valid_house()["metadata"]["agent"]


def _drop(*path: Any) -> Callable[[HouseJson], None]:
    def change(house: Any) -> None:
        for part in path[:-1]:
            house = house[part]
        del house[path[-1]]

    return change


def _put(value: Any, *path: Any) -> Callable[[HouseJson], None]:
    def change(house: Any) -> None:
        for part in path[:-1]:
            house = house[part]
        house[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_drop("doors", 0, "boundingBox"), "doors[0].boundingBox"),
        (_drop("doors", 0, "assetOffset"), "doors[0].assetOffset"),
        (_put({"min": {}}, "doors", 0, "boundingBox"), "doors[0].boundingBox"),
        (_put("Doorway_of_nobody", "doors", 0, "assetId"), "doors[0].assetId"),
        (_drop("rooms", 0, "floorMaterial"), "rooms[0].floorMaterial"),
        (_put(7, "walls", 0, "material"), "walls[0].material"),
        (_put([{}], "rooms", 0, "ceilings"), "rooms[0].ceilings[0].material"),
        (_put("vase", "objects", 0, "children"), "objects[0].children"),
        (_put([3], "objects", 0, "children"), "objects[0].children[0]"),
        (_put(None, "walls", 1), "walls[1]"),
        (_drop("proceduralParameters"), "proceduralParameters is missing"),
        (_put({}, "objects"), "objects has the wrong kind"),
        (_put("2.1.0", "metadata", "schema"), "2.1.0"),
    ],
)
def test_a_field_that_cannot_be_upgraded_is_named(change: Callable[[HouseJson], None], named: str) -> None:
    house = old_house()
    change(house)
    with pytest.raises(HouseError) as caught:
        upgrade_house(house)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("nothing", [None, 3, "house", [], [{}]])
def test_values_that_are_no_house_are_refused(nothing: Any) -> None:
    with pytest.raises(HouseError, match="rooms"):
        upgrade_house(nothing)
