"""What stands in or on a thing goes where it goes, and belongs to nothing that it no longer stands on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from simgen.engine.protocol.simulator import Simulator
from simgen.engine.world.agent import unity_euler
from simgen.geometry.frames import euler_rotation
from simgen.types import Array
from tests.engine.house_fixture import house_object, two_room_house
from tests.engine.protocol.test_interaction import TABLE, TABLE_TOP, on_table, standing_on_floor

PLATE_Y, ABOVE_PLATE = 1.0, 0.1


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A table at (2, 3); in the air at (3, 1) a plate, with an apple 0.1 m above it and 0.05 m east."""
    apple = house_object("apple", "Apple_1", 3.05, PLATE_Y + ABOVE_PLATE, 1.0)
    plate = {**house_object("plate", "Plate_1", 3.0, PLATE_Y, 1.0), "children": [apple]}
    made = Simulator(64, 48, "fast")
    do(made, "Initialize", snapToGrid=False, renderInstanceSegmentation=True)
    do(made, "CreateHouse", house=two_room_house([standing_on_floor("table", TABLE, 2.0, 3.0), plate]))
    yield made
    made.close()


def do(simulator: Simulator, action: str, **arguments: Any) -> dict[str, Any]:
    reply = simulator.step({"action": action, "renderImage": False, **arguments})
    return reply.metadata["agents"][reply.metadata["activeAgentId"]]


def entry(metadata: dict[str, Any], object_id: str) -> dict[str, Any]:
    return next(item for item in metadata["objects"] if item["objectId"] == object_id)


def offset(metadata: dict[str, Any]) -> Array:
    """(3,) from the plate's centre to the apple's."""
    apple, plate = (np.array([*entry(metadata, n)["position"].values()]) for n in ("apple", "plate"))
    return apple - plate


@pytest.mark.parametrize("seed", range(4))
def test_a_plate_takes_its_apple_to_where_it_is_spawned(simulator: Simulator, seed: int) -> None:
    metadata = do(
        simulator, "InitialRandomSpawn", objectIds=["plate"], receptacleObjectIds=["table"], randomSeed=seed
    )
    assert metadata["lastActionSuccess"]
    yaw = np.radians(entry(metadata, "plate")["rotation"]["y"])
    # East turned clockwise seen from above: (cos, -sin) in (x, z).
    wanted = [0.05 * np.cos(yaw), ABOVE_PLATE, -0.05 * np.sin(yaw)]
    assert offset(metadata) == pytest.approx(wanted, abs=1e-6)
    assert entry(metadata, "apple")["parentReceptacles"] == ["plate"]


def test_a_plate_takes_its_apple_to_the_point_where_it_is_put(simulator: Simulator) -> None:
    metadata = do(simulator, "PlaceObjectAtPoint", objectId="plate", position={"x": 1.0, "y": 0.0, "z": 1.0})
    assert metadata["lastActionSuccess"]
    assert entry(metadata, "plate")["position"]["x"] == pytest.approx(1.0)
    assert offset(metadata) == pytest.approx([0.05, ABOVE_PLATE, 0.0], abs=1e-6)


def test_what_is_put_on_a_table_belongs_to_it(simulator: Simulator) -> None:
    position = {"x": 2.0, "y": TABLE_TOP + 0.001, "z": 3.0}
    metadata = do(simulator, "PlaceObjectAtPoint", objectId="plate", position=position)
    assert entry(metadata, "plate")["parentReceptacles"] == ["table"]
    metadata = do(simulator, "PlaceObjectAtPoint", objectId="plate", position={"x": 1.0, "y": 0.0, "z": 1.0})
    assert entry(metadata, "plate")["parentReceptacles"] == []


def test_set_object_poses_finds_out_what_things_stand_on(simulator: Simulator) -> None:
    things = (standing_on_floor("table", TABLE, 1.0, 3.0), on_table("plate", "Plate_1", 1.0, 3.0))
    poses = [{"objectName": t["id"], "position": t["position"], "rotation": t["rotation"]} for t in things]
    metadata = do(simulator, "SetObjectPoses", objectPoses=poses)
    assert entry(metadata, "plate")["parentReceptacles"] == ["table"]


def test_nothing_is_spawned_on_what_stands_on_it(simulator: Simulator) -> None:
    arguments = {"objectIds": ["plate"], "receptacleObjectIds": ["apple", "plate"]}
    metadata = do(simulator, "InitialRandomSpawn", **arguments)
    assert not metadata["lastActionSuccess"]
    assert offset(metadata) == pytest.approx([0.05, ABOVE_PLATE, 0.0])


def test_contents_of_contents_end_where_they_go_round(simulator: Simulator) -> None:
    plate, apple = (simulator.world.scene.body(name) for name in ("plate", "apple"))
    plate.parent_id = "apple"
    assert simulator.world.scene.contents(plate) == [apple]


def test_what_falls_out_of_an_opened_hand_is_a_thing_in_its_room_again(simulator: Simulator) -> None:
    do(simulator, "PickupObject", objectId="plate", forceAction=True)
    metadata = do(simulator, "DisableObject", objectId="apple")
    assert metadata["inventoryObjects"] == []
    assert not entry(metadata, "plate")["isPickedUp"]
    assert simulator.world.scene.body("plate").room_ids == ("room|2",)


def test_an_agent_that_goes_leaves_nothing_picked_up(simulator: Simulator) -> None:
    do(simulator, "Initialize", agentCount=2)
    assert do(simulator, "PickupObject", agentId=1, objectId="plate", forceAction=True)["lastActionSuccess"]
    metadata = do(simulator, "Initialize", agentCount=1)
    assert not entry(metadata, "plate")["isPickedUp"]


@pytest.mark.parametrize(("x", "dropped"), [(3.79, False), (3.5, True)])
def test_nothing_is_dropped_through_a_wall(simulator: Simulator, x: float, dropped: bool) -> None:
    # The hand is 0.38 m ahead of the agent, the wall between the rooms at x = 4.
    do(simulator, "RemoveFromScene", objectId="plate")
    do(simulator, "PickupObject", objectId="apple", forceAction=True)
    do(simulator, "Teleport", position={"x": x, "y": 0.9, "z": 0.7}, rotation=90.0, horizon=0.0)
    metadata = do(simulator, "DropHandObject")
    assert metadata["lastActionSuccess"] is dropped
    assert bool(metadata["inventoryObjects"]) is not dropped
    if dropped:
        assert entry(metadata, "apple")["position"]["x"] == pytest.approx(3.88)


def test_angles_of_a_turn_about_the_vertical_have_no_rest() -> None:
    for yaw_deg in range(0, 360, 7):
        turned = euler_rotation(0.0, 360.0 - yaw_deg, 0.0) @ euler_rotation(0.0, 2.0 * yaw_deg, 0.0)
        assert unity_euler(turned) == (0.0, yaw_deg, 0.0)
