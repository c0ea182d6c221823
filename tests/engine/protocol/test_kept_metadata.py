"""What is kept from step to step is what would be computed anew, and a filter changes no value."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from simgen.engine.protocol.metadata import object_entries
from simgen.engine.protocol.simulator import Simulator
from simgen.engine.world.visibility import visibility_table
from tests.engine.house_fixture import house_object, two_room_house

MUG, TABLE = "mug|1", ["table|1"]
BELOW = {"x": 0.0, "y": -20.0, "z": 0.0}
ACTIONS: list[dict[str, Any]] = [
    {"action": "Pass"},
    {"action": "SpawnAsset", "assetId": "Apple_1", "generatedId": "apple", "position": BELOW},
    {"action": "InitialRandomSpawn", "randomSeed": 3, "objectIds": ["apple"], "receptacleObjectIds": TABLE},
    {"action": "OpenObject", "objectId": "fridge|1", "openness": 0.5, "forceAction": True},
    {"action": "ToggleObjectOff", "objectId": "lamp|1", "forceAction": True},
    {"action": "PickupObject", "objectId": MUG, "forceAction": True},
    {"action": "RotateRight"},
    {"action": "DropHandObject", "forceAction": True},
    {"action": "DisableObject", "objectId": MUG},
    {"action": "MoveRight"},
    {"action": "EnableObject", "objectId": MUG},
    {"action": "PlaceObjectAtPoint", "objectId": MUG, "position": {"x": 6.0, "y": 0.0, "z": 1.0}},
    {"action": "RemoveFromScene", "objectId": "apple"},
    {"action": "CreateHouse", "house": two_room_house([house_object("mug|1", "Mug_1", 5.0, 0.05, 3.0)])},
]  # fmt: skip


@pytest.fixture
def simulator() -> Simulator:
    things = [
        house_object("table|1", "Dining_Table_16_1", 2.0, 0.38, 3.0),
        house_object("fridge|1", "Fridge_1", 0.6, 0.9, 3.4, 180.0),
        house_object("lamp|1", "Floor_Lamp_1", 7.5, 0.8, 3.5),
        house_object(MUG, "Mug_1", 2.6, 0.05, 1.6),
    ]
    things[3]["kinematic"] = False
    made = Simulator(32, 32)
    made.step({"action": "CreateHouse", "house": two_room_house(things), "renderImage": False})
    return made


def test_kept_entries_and_sights_are_as_good_as_new(simulator: Simulator) -> None:
    world = simulator.world
    failed: list[str] = []
    for action in ACTIONS:
        reply = simulator.step({**action, "renderImage": False})
        failed.append(reply.metadata["agents"][0]["errorMessage"])
        fresh = object_entries(world.scene)
        assert [dict(entry) for entry in world.entries().entries] == [dict(entry) for entry in fresh.entries]
        assert np.array_equal(world.entries().positions, fresh.positions)
        if world.agent.held is not None:
            continue  # what is in a hand moves and leaves the visibility table as it is
        kept, new = world.visibility_table(), visibility_table(world.scene)
        for field in dataclasses.fields(new):
            if field.name not in ("floors", "house"):
                assert np.array_equal(getattr(kept, field.name), getattr(new, field.name)), field.name
    assert [reason for reason in failed if reason] == []


@pytest.mark.parametrize(
    "listed", [[MUG], ["table|1", "fridge|1"], ["lamp|1"], ["room|2", "wall|2|left"], []]
)
def test_a_filter_leaves_out_and_changes_nothing(simulator: Simulator, listed: list[str]) -> None:
    """The mug is in view and within reach, the lamp is in the other room."""
    simulator.step({"action": "LookDown", "renderImage": False})
    whole = simulator.step({"action": "Pass", "renderImage": False}).metadata["agents"][0]["objects"]
    simulator.step({"action": "SetObjectFilter", "objectIds": listed, "renderImage": False})
    some = simulator.step({"action": "Pass", "renderImage": False}).metadata["agents"][0]["objects"]
    assert some == [entry for entry in whole if entry["objectId"] in listed]
    assert any(entry["visible"] for entry in whole)
