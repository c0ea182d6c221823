"""Opening, switching, carrying and putting down, through AI2-THOR's own client."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely

from simgen.engine.protocol.client import EmbeddedController
from simgen.errors import InputError
from simgen.house.agent import AGENT_RADIUS
from simgen.house.assets import find_asset
from tests.engine.house_fixture import house_object, two_room_house

TABLE, MUG, BOWL, FRIDGE = "Dining_Table_16_1", "Mug_1", "Bowl_1", "Fridge_1"
TABLE_TOP = find_asset(TABLE).size[1]


def standing_on_floor(object_id: str, asset: str, x: float, z: float, yaw: float = 0.0) -> dict[str, Any]:
    return house_object(object_id, asset, x, find_asset(asset).size[1] / 2, z, yaw)


def on_table(object_id: str, asset: str, x: float, z: float) -> dict[str, Any]:
    return house_object(object_id, asset, x, TABLE_TOP + find_asset(asset).size[1] / 2 + 0.001, z)


@pytest.fixture
def controller() -> Iterator[Any]:
    """The agent at (2, 1) looks along +z at a table 1.25 m ahead with a mug and a bowl at its near side."""
    table = standing_on_floor("table", TABLE, 2.0, 3.0)
    table["children"] = [on_table("mug", MUG, 2.0, 2.5), on_table("bowl", BOWL, 1.7, 2.6)]
    lamp = {**standing_on_floor("lamp", "Floor_Lamp_1", 3.5, 0.5), "isOn": False}
    fridge = standing_on_floor("fridge", FRIDGE, 6.0, 3.5, yaw=180.0)
    made = EmbeddedController(width=64, height=48, headless=True, snapToGrid=False, visibilityDistance=2.0)
    made.step(action="CreateHouse", house=two_room_house([table, lamp, fridge]))
    place(made, 2.0, 1.0, 0.0, 30.0)
    yield made
    made.stop()


def place(controller: Any, x: float, z: float, yaw: float, horizon: float) -> Any:
    spot = {"x": x, "y": 0.9, "z": z}
    event = controller.step(
        action="TeleportFull", position=spot, rotation=yaw, horizon=horizon, standing=True
    )
    assert event, event.metadata["errorMessage"]
    return event


def entry(controller: Any, object_id: str) -> dict[str, Any]:
    return next(o for o in controller.last_event.metadata["objects"] if o["objectId"] == object_id)


def test_what_is_near_in_view_and_clear_is_visible(controller: Any) -> None:
    assert entry(controller, "mug")["visible"]
    assert entry(controller, "table")["visible"]
    assert not entry(controller, "fridge")["visible"]
    controller.step(action="RotateRight", degrees=180)
    assert not entry(controller, "mug")["visible"]


def test_visible_ends_at_the_visibility_distance(controller: Any) -> None:
    # The mug's near side is at z = 2.5 less half its depth; only the horizontal distance counts.
    edge = 2.5 - find_asset(MUG).size[2] / 2
    place(controller, 2.0, edge - 1.99, 0.0, 30.0)
    assert entry(controller, "mug")["visible"]
    place(controller, 2.0, edge - 2.01, 0.0, 30.0)
    assert not entry(controller, "mug")["visible"]


def test_a_wall_hides_what_is_behind_it() -> None:
    mug = house_object("mug", MUG, 4.3, 1.4, 3.5)
    controller: Any = EmbeddedController(width=64, height=48, headless=True, visibilityDistance=3.0)
    controller.step(action="CreateHouse", house=two_room_house([mug]))
    place(controller, 3.5, 3.5, 90.0, 0.0)
    assert not entry(controller, "mug")["visible"]
    assert entry(controller, "mug")["obstructed"]
    place(controller, 5.5, 3.5, 270.0, 0.0)
    assert entry(controller, "mug")["visible"]


def test_a_closed_fridge_hides_what_is_in_it_and_an_open_one_does_not() -> None:
    fridge = standing_on_floor("fridge", FRIDGE, 2.0, 3.5, yaw=180.0)
    fridge["children"] = [house_object("apple", "Apple_1", 2.0, 1.3, 3.4)]
    controller: Any = EmbeddedController(width=64, height=48, headless=True, visibilityDistance=3.0)
    controller.step(action="CreateHouse", house=two_room_house([fridge]))
    place(controller, 2.0, 1.5, 0.0, 0.0)
    assert not entry(controller, "apple")["visible"]
    assert controller.step(action="OpenObject", objectId="fridge", forceAction=True)
    assert entry(controller, "apple")["visible"]


def test_opening_needs_to_be_seen_unless_forced(controller: Any) -> None:
    event = controller.step(action="OpenObject", objectId="fridge")
    assert not event
    assert event.metadata["errorMessage"] == "Target object not found within the specified visibility."
    assert controller.step(action="OpenObject", objectId="fridge", openness=0.5, forceAction=True)
    assert entry(controller, "fridge")["openness"] == 0.5
    assert entry(controller, "fridge")["isOpen"]
    assert controller.step(action="CloseObject", objectId="fridge", forceAction=True)
    assert not entry(controller, "fridge")["isOpen"]
    assert not controller.step(action="CloseObject", objectId="fridge", forceAction=True)


def test_a_table_cannot_be_opened(controller: Any) -> None:
    event = controller.step(action="OpenObject", objectId="table")
    assert event.metadata["errorMessage"] == "table is not an Openable object"


def test_the_door_does_not_swing_through_the_agent() -> None:
    controller: Any = EmbeddedController(width=64, height=48, headless=True, snapToGrid=False)
    controller.step(action="CreateHouse", house=two_room_house(door_openness=0.0))
    # The leaf is 1 m wide, hinged at an end of the hole z = 1.5 … 2.5; one side of the wall is in its way.
    blocked = []
    for x in (3.5, 4.5):
        place(controller, x, 2.0, 0.0, 0.0)
        event = controller.step(action="OpenObject", objectId="door|2|3", forceAction=True)
        blocked.append(not event)
        if event:
            controller.step(action="CloseObject", objectId="door|2|3", forceAction=True)
        else:
            assert "failed to open/close" in event.metadata["errorMessage"]
            assert entry(controller, "door|2|3")["openness"] == 0.0
    assert sorted(blocked) == [False, True]


def test_switching_a_lamp_on_and_off(controller: Any) -> None:
    assert entry(controller, "lamp")["toggleable"]
    assert not entry(controller, "lamp")["isToggled"]
    assert controller.step(action="ToggleObjectOn", objectId="lamp", forceAction=True)
    assert entry(controller, "lamp")["isToggled"]
    again = controller.step(action="ToggleObjectOn", objectId="lamp", forceAction=True)
    assert again.metadata["errorMessage"] == "can't toggle object on if it's already on!"
    assert controller.step(action="ToggleObjectOff", objectId="lamp", forceAction=True)
    event = controller.step(action="ToggleObjectOn", objectId="mug")
    assert event.metadata["errorMessage"] == "mug is not toggleable"


def test_what_is_picked_up_hangs_before_the_camera_and_follows(controller: Any) -> None:
    assert controller.step(action="PickupObject", objectId="mug")
    event = place(controller, 2.0, 1.0, 90.0, 0.0)
    mug = entry(controller, "mug")
    assert mug["isPickedUp"]
    assert mug["visible"]
    assert event.metadata["inventoryObjects"] == [{"objectId": "mug", "objectType": "Mug"}]
    # Looking along +x from (2, 1.576, 1): 0.38 m ahead and 0.16 m below the camera.
    place_of = mug["position"]
    assert (place_of["x"], place_of["y"], place_of["z"]) == pytest.approx((2.38, 1.416, 1.0), abs=1e-3)
    hand = event.metadata["heldObjectPose"]["position"]
    assert tuple(hand.values()) == pytest.approx(tuple(place_of.values()), abs=1e-6)
    # It was picked up with its front along +z while the agent looked along +z, 30 degrees down.
    assert controller.step(action="LookDown", degrees=30)
    assert entry(controller, "mug")["rotation"]["y"] == pytest.approx(90.0)
    assert entry(controller, "mug")["rotation"]["x"] % 360.0 == pytest.approx(0.0, abs=1e-6)


def test_only_one_thing_fits_the_hand(controller: Any) -> None:
    assert controller.step(action="PickupObject", objectId="mug")
    event = controller.step(action="PickupObject", objectId="bowl")
    assert "Agent hand has something in it already" in event.metadata["errorMessage"]
    assert not entry(controller, "bowl")["isPickedUp"]


def test_a_table_cannot_be_picked_up(controller: Any) -> None:
    event = controller.step(action="PickupObject", objectId="table")
    assert event.metadata["errorMessage"] == "table must have the property CanPickup to be picked up."


def test_putting_down_on_a_receptacle(controller: Any) -> None:
    controller.step(action="PickupObject", objectId="mug")
    assert entry(controller, "table")["receptacleObjectIds"] == ["bowl"]
    assert controller.step(action="PutObject", objectId="table")
    mug = entry(controller, "mug")
    assert not mug["isPickedUp"]
    assert mug["parentReceptacles"] == ["table"]
    bottom = mug["axisAlignedBoundingBox"]["center"]["y"] - mug["axisAlignedBoundingBox"]["size"]["y"] / 2
    assert bottom == pytest.approx(TABLE_TOP, abs=0.05)
    assert controller.last_event.metadata["inventoryObjects"] == []
    event = controller.step(action="PutObject", objectId="table")
    assert event.metadata["errorMessage"] == "Can't place an object if Agent isn't holding anything"


def test_a_thing_too_large_for_its_receptacle_stays_in_the_hand(controller: Any) -> None:
    controller.step(
        action="SpawnAsset", assetId="Box_1", generatedId="box", position={"x": 6.0, "y": 0.2, "z": 1.0}
    )
    assert controller.step(action="PickupObject", objectId="box", forceAction=True)
    event = controller.step(action="PutObject", objectId="bowl", forceAction=True)
    assert event.metadata["errorMessage"] == "No valid positions to place object found"
    assert entry(controller, "box")["isPickedUp"]
    event = controller.step(action="PutObject", objectId="lamp", forceAction=True)
    assert event.metadata["errorMessage"] == "This target object is NOT a receptacle!"


def test_what_is_dropped_lies_on_the_floor_ahead(controller: Any) -> None:
    controller.step(action="PickupObject", objectId="mug")
    place(controller, 6.0, 1.0, 90.0, 0.0)
    assert controller.step(action="DropHandObject")
    mug = entry(controller, "mug")
    assert mug["position"]["x"] == pytest.approx(6.38, abs=1e-3)
    assert mug["position"]["y"] == pytest.approx(find_asset(MUG).size[1] / 2, abs=0.01)
    assert mug["parentReceptacles"] == []


def test_what_stands_in_a_thing_is_carried_with_it(controller: Any) -> None:
    bowl = entry(controller, "bowl")["position"]
    assert controller.step(
        action="SpawnAsset",
        assetId="Apple_1",
        generatedId="apple",
        position={**bowl, "y": bowl["y"] + 0.05},
    )
    controller.simulator.world.scene.bodies["apple"].parent_id = "bowl"
    controller.simulator.world.scene.mark_changed()
    assert controller.step(action="PickupObject", objectId="bowl")
    place(controller, 6.0, 1.0, 180.0, 0.0)

    def gap() -> float:
        ends = [np.array(list(entry(controller, name)["position"].values())) for name in ("apple", "bowl")]
        return float(np.linalg.norm(ends[0] - ends[1]))

    assert gap() == pytest.approx(0.05, abs=1e-6)
    assert controller.step(action="DropHandObject")
    assert gap() == pytest.approx(0.05, abs=1e-6)
    assert entry(controller, "apple")["position"]["y"] > entry(controller, "bowl")["position"]["y"]


@pytest.fixture
def bowl_with_laptop(controller: Any) -> Any:
    """A laptop stands in the bowl, and most of it is beside the bowl, on the agent's side."""
    bowl = entry(controller, "bowl")["position"]
    near = {"x": bowl["x"], "y": bowl["y"] + 0.1, "z": bowl["z"] - 0.35}
    assert controller.step(action="SpawnAsset", assetId="Laptop_1", generatedId="laptop", position=near)
    controller.simulator.world.scene.bodies["laptop"].parent_id = "bowl"
    controller.simulator.world.scene.mark_changed()
    return controller


def test_what_stands_in_a_dropped_thing_must_not_touch_the_agent(bowl_with_laptop: Any) -> None:
    assert bowl_with_laptop.step(action="PickupObject", objectId="bowl", forceAction=True)
    place(bowl_with_laptop, 6.0, 1.0, 180.0, 0.0)

    event = bowl_with_laptop.step(action="DropHandObject")
    assert event.metadata["errorMessage"] == "bowl cannot be dropped here: Agent 0 is in the way"
    assert entry(bowl_with_laptop, "bowl")["isPickedUp"]


def test_what_stands_in_a_placed_thing_must_not_touch_the_agent(bowl_with_laptop: Any) -> None:
    place(bowl_with_laptop, 6.0, 1.0, 180.0, 0.0)
    # The bowl itself would be 0.4 m from the agent.
    event = bowl_with_laptop.step(
        action="PlaceObjectAtPoint", objectId="bowl", position={"x": 6.0, "y": 0.0, "z": 1.5}
    )
    assert event.metadata["errorMessage"] == "PlaceObjectAtPoint: Agent 0 is in the way of bowl"

    away = {"x": 6.0, "y": 0.0, "z": 2.0}
    assert bowl_with_laptop.step(action="PlaceObjectAtPoint", objectId="bowl", position=away)
    assert entry(bowl_with_laptop, "laptop")["position"]["z"] == pytest.approx(1.65, abs=1e-6)


def test_what_stands_in_a_put_thing_must_not_touch_the_agent(bowl_with_laptop: Any) -> None:
    """Wherever chance puts the bowl on the table, the agent beside the table stays free."""
    assert bowl_with_laptop.step(action="PickupObject", objectId="bowl", forceAction=True)
    world = bowl_with_laptop.simulator.world
    near_side = 3.0 - find_asset(TABLE).size[2] / 2
    place(bowl_with_laptop, 2.0, near_side - AGENT_RADIUS - 0.01, 0.0, 0.0)
    for seed in range(30):
        bowl_with_laptop.step(action="PutObject", objectId="table", forceAction=True, randomSeed=seed)
        plan = world.scene.bodies["laptop"].plan
        assert plan.distance(shapely.Point(world.agent.spot)) >= AGENT_RADIUS
        assert bowl_with_laptop.step(action="PickupObject", objectId="bowl", forceAction=True)


def test_a_held_thing_is_in_nobodys_way(controller: Any) -> None:
    version = controller.simulator.world.scene.version
    controller.step(action="PickupObject", objectId="mug")
    after = controller.simulator.world.scene.version
    for _ in range(3):
        assert controller.step(action="MoveBack", moveMagnitude=0.1)
    assert after > version
    assert controller.simulator.world.scene.version == after


def test_disabled_objects_come_back_where_they_were(controller: Any) -> None:
    before = entry(controller, "mug")["position"]
    assert controller.step(action="DisableObject", objectId="mug")
    assert "mug" not in [o["objectId"] for o in controller.last_event.metadata["objects"]]
    assert controller.step(action="EnableObject", objectId="mug")
    assert entry(controller, "mug")["position"] == before


def test_an_id_is_free_again_once_its_object_is_disabled(controller: Any) -> None:
    # procthor tries one small thing after another under the same id.
    for asset in (MUG, BOWL):
        assert controller.step(
            action="SpawnAsset", assetId=asset, generatedId="new", position={"x": 0, "y": -20, "z": 0}
        )
        assert not controller.step(action="SpawnAsset", assetId=asset, generatedId="new")
        assert controller.step(action="DisableObject", objectId="new")


def test_two_agents_block_each_other() -> None:
    controller: Any = EmbeddedController(width=64, height=48, headless=True, agentCount=2, snapToGrid=False)
    controller.step(action="CreateHouse", house=two_room_house())
    spot = {"x": 2.0, "y": 0.9, "z": 3.0}
    assert controller.step(action="Teleport", agentId=1, position=spot, rotation=180)
    assert controller.step(action="Teleport", agentId=0, rotation=0)
    # 1 m apart, each 0.2 m wide: 0.6 m are free between them.
    assert controller.step(action="MoveAhead", agentId=0, moveMagnitude=0.59)
    event = controller.step(action="MoveAhead", agentId=0, moveMagnitude=0.02)
    assert not event
    assert event.metadata["errorMessage"].startswith("Agent 1 is blocking Agent 0 from moving by")
    assert event.metadata["collided"]
    assert event.metadata["collidedObjects"] == ["Agent 1"]
    assert [e.metadata["agent"]["position"]["z"] for e in event.events] == pytest.approx([2.59, 3.0])


@pytest.mark.parametrize(("asset", "height"), [(FRIDGE, None), ("Microwave_1", 1.0)])
def test_things_are_put_into_what_stands_open_and_stay_there(asset: str, height: float | None) -> None:
    size = find_asset(asset).size
    holder = house_object("holder", asset, 2.0, size[1] / 2 if height is None else height, 3.4, 180.0)
    egg = house_object("egg", "Egg_1", 3.2, 0.1, 1.0)
    controller = EmbeddedController(width=64, height=48, headless=True, snapToGrid=False)
    controller.step(action="CreateHouse", house=two_room_house([holder, egg]))
    place(controller, 2.0, 1.2, 0.0, 0.0)
    for action in ("OpenObject", "PickupObject", "PutObject"):
        target = "egg" if action == "PickupObject" else "holder"
        event = controller.step(action=action, objectId=target, forceAction=True)
        assert event, event.metadata["errorMessage"]
    inside = np.array(entry(controller, "egg")["axisAlignedBoundingBox"]["cornerPoints"])
    closed = find_asset(asset).size
    center = np.array([2.0, size[1] / 2 if height is None else height, 3.4])
    assert (np.abs(inside - center) <= np.array(closed) / 2 + 1e-6).all()
    assert entry(controller, "egg")["parentReceptacles"] == ["holder"]
    before = entry(controller, "egg")["position"]
    assert controller.step(action="CloseObject", objectId="holder", forceAction=True)
    assert entry(controller, "egg")["position"] == before
    controller.stop()


def test_an_unknown_quality_is_refused_at_once() -> None:
    with pytest.raises(InputError, match=r"'fsat'.*fast, standard, high, photo"):
        EmbeddedController(width=64, height=48, picture_quality="fsat")  # type: ignore[arg-type]
