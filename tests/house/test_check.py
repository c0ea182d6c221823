"""A malformed house is refused with the place of the mistake, and changes nothing."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from simgen.engine.protocol.simulator import Simulator
from tests.engine.house_fixture import house_object, two_room_house

House = dict[str, Any]
Spoil = Callable[[House], Any]


def _sized(polygon: list[dict[str, float]], axes: str, value: float) -> None:
    for point in polygon:
        point.update(dict.fromkeys(axes, value))


def _swapped(points: list[Any]) -> None:
    points[0], points[1] = points[1], points[0]


def _nested(house: House, depth: int) -> None:
    item = house["objects"][0]
    for index in range(depth):
        item["children"] = [house_object(f"child {index}", "Apple_1", 1.0, 1.0, 1.0)]
        item = item["children"][0]


MISTAKES: list[tuple[str, Spoil]] = [
    ("no walls", lambda h: h.update(walls=[], doors=[])),
    ("0 rooms", lambda h: h.update(rooms=[])),
    ("33 rooms", lambda h: h.update(rooms=[{**h["rooms"][0], "id": f"room|{i}"} for i in range(33)])),
    ("'room|2' is given 2 times", lambda h: h["rooms"][1].update(id="room|2")),
    ("'apple' is given 2 times", lambda h: h["objects"].append(h["objects"][0])),
    ("'wall|2|left' is given 2 times", lambda h: h["objects"][0].update(id="wall|2|left")),
    ("'apple' is given 2 times", lambda h: h["objects"][0].update(children=[{**h["objects"][0]}])),
    ("'' cannot be an id", lambda h: h["objects"][0].update(id="")),
    ("5 cannot be an id", lambda h: h["objects"][0].update(id=5)),
    ("ceiling|room|2' cannot be an id", lambda h: h["objects"][0].update(id="ceiling|room|2")),
    ("objects[0].id is '\\ud800'", lambda h: h["objects"][0].update(id="\ud800")),
    ("objects[0].position.x is nan", lambda h: h["objects"][0]["position"].update(x=math.nan)),
    ("apple: it is 1e+30 m", lambda h: h["objects"][0]["position"].update(x=1e30)),
    ("room|2: it is 4000 m", lambda h: h["rooms"][0]["floorPolygon"][2].update(x=4000.0)),
    ("apple: openness is 5.0", lambda h: h["objects"][0].update(openness=5)),
    ("door|2|3: openness is -1.0", lambda h: h["doors"][0].update(openness=-1)),
    ("room|2: its floorPolygon", lambda h: _swapped(h["rooms"][0]["floorPolygon"])),
    ("room|2: its floorPolygon", lambda h: _sized(h["rooms"][0]["floorPolygon"], "x", 0.0)),
    ("wall|2|left: it has no length", lambda h: _sized(h["walls"][0]["polygon"], "xz", 0.0)),
    ("wall|2|left: it has no length", lambda h: _sized(h["walls"][0]["polygon"], "y", 0.0)),
    ("there is no room 'attic'", lambda h: h["walls"][0].update(roomId="attic")),
    ("there is no room 'attic'", lambda h: h["doors"][0].update(room1="attic")),
    ("door|2|3: its hole", lambda h: h["doors"][0]["boundingBox"]["max"].update(x=1.5)),
    ("Apple_1 is neither a door nor a window", lambda h: h["doors"][0].update(assetId="Apple_1")),
    ("not a colour", lambda h: h["walls"][0].update(color={"r": 255, "g": 0, "b": 0})),
    ("'red'", lambda h: h["proceduralParameters"]["lights"][0]["rgb"].update(r="red")),
    (
        "lights[0].intensity is inf",
        lambda h: h["proceduralParameters"]["lights"][0].update(intensity=math.inf),
    ),
    ("material 5 is not a name", lambda h: h["walls"][0].update(material={"name": 5})),
    ("nan", lambda h: h["metadata"]["agent"]["position"].update(x=math.nan)),
    ("horizon 500.0", lambda h: h["metadata"]["agent"].update(horizon=500)),
    ("recursion", lambda h: _nested(h, 3000)),
]


@pytest.mark.parametrize(("words", "spoil"), MISTAKES)
def test_a_mistake_is_named_and_the_scene_before_stays(words: str, spoil: Spoil) -> None:
    simulator = Simulator(16, 12, "fast")
    good = two_room_house([house_object("lamp", "Floor_Lamp_1", 1.0, 1.0, 1.0)])
    simulator.step({"action": "CreateHouse", "house": good, "renderImage": False})
    before, bad = simulator.world.scene, two_room_house([house_object("apple", "Apple_1", 2.0, 1.0, 2.0)])
    spoil(bad)
    metadata = simulator.step({"action": "CreateHouse", "house": bad, "renderImage": False}).metadata
    agent = metadata["agents"][0]
    assert not agent["lastActionSuccess"]
    assert words in agent["errorMessage"]
    assert simulator.world.scene is before


def test_names_in_any_script_are_fine() -> None:
    simulator, name = Simulator(16, 12, "fast"), "Ápfel|りんご\u202e"
    house = two_room_house([house_object(name, "Apple_1", 2.0, 1.0, 2.0)])
    agent = simulator.step({"action": "CreateHouse", "house": house}).metadata["agents"][0]
    assert agent["lastActionSuccess"]
    assert name in [item["name"] for item in agent["colors"]]
    simulator.close()
