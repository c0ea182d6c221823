"""AI2-THOR's actions through AI2-THOR's own client, in a house that can be worked out by hand."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from simgen.engine.protocol.client import EmbeddedController
from simgen.house.assets import find_asset
from tests.engine.house_fixture import house_object, two_room_house


@pytest.fixture
def controller() -> Iterator[EmbeddedController]:
    made = EmbeddedController(width=64, height=48, headless=True, gridSize=0.25)
    made.step(action="CreateHouse", house=two_room_house())
    yield made
    made.stop()


def position(event: Any) -> tuple[float, float]:
    place = event.metadata["agent"]["position"]
    return round(place["x"], 6), round(place["z"], 6)


def test_the_house_puts_the_agent_at_its_start_pose(controller: EmbeddedController) -> None:
    event = controller.step(action="Pass")
    assert position(event) == (2.0, 2.0)
    assert event.metadata["agent"]["rotation"]["y"] == 90.0
    assert event.metadata["agent"]["position"]["y"] == pytest.approx(0.9009, abs=1e-3)
    assert event.metadata["cameraPosition"]["y"] == pytest.approx(1.576, abs=1e-3)


@pytest.mark.parametrize(
    ("yaw_deg", "action", "expected"),
    [
        (0, "MoveAhead", (2.0, 2.25)),
        (90, "MoveAhead", (2.25, 2.0)),
        (180, "MoveAhead", (2.0, 1.75)),
        (270, "MoveAhead", (1.75, 2.0)),
        (0, "MoveRight", (2.25, 2.0)),
        (0, "MoveLeft", (1.75, 2.0)),
        (90, "MoveBack", (1.75, 2.0)),
    ],
)
def test_moves_go_where_ai2thor_goes(
    controller: EmbeddedController, yaw_deg: float, action: str, expected: tuple[float, float]
) -> None:
    controller.step(action="Teleport", rotation=yaw_deg)
    event = controller.step(action=action)
    assert event
    assert position(event) == expected


def test_a_positive_turn_is_clockwise_seen_from_above(controller: EmbeddedController) -> None:
    assert controller.step(action="RotateRight").metadata["agent"]["rotation"]["y"] == 180.0
    assert controller.step(action="RotateLeft", degrees=15).metadata["agent"]["rotation"]["y"] == 165.0


def test_looking_stops_at_ai2thors_limits(controller: EmbeddedController) -> None:
    assert controller.step(action="LookDown").metadata["agent"]["cameraHorizon"] == 30.0
    assert controller.step(action="LookDown").metadata["agent"]["cameraHorizon"] == 60.0
    failed = controller.step(action="LookDown")
    assert not failed
    assert failed.metadata["agent"]["cameraHorizon"] == 60.0


def test_a_wall_blocks_says_so_and_nothing_changes(controller: EmbeddedController) -> None:
    controller.step(action="Teleport", position={"x": 0.25, "y": 0.9, "z": 2.0}, rotation=270)
    event = controller.step(action="MoveAhead")
    assert not event
    assert "wall|2|left is blocking" in event.metadata["errorMessage"]
    assert position(event) == (0.25, 2.0)


def test_an_object_blocks_and_is_named() -> None:
    _, height, depth = find_asset("Fridge_1").size
    fridge = house_object("2|0", "Fridge_1", 2.0, height / 2, 3.0)
    controller = EmbeddedController(width=64, height=48, headless=True, snapToGrid=False)
    controller.step(action="CreateHouse", house=two_room_house([fridge]))
    controller.step(action="Teleport", rotation=0)
    # The fridge's near side is at z = 3 - depth / 2; the agent's radius is 0.2.
    free = 3.0 - depth / 2 - 0.2 - 2.0
    assert controller.step(action="MoveAhead", moveMagnitude=free - 0.01)
    event = controller.step(action="MoveAhead", moveMagnitude=0.05)
    assert not event
    assert "2|0 is blocking" in event.metadata["errorMessage"]


def test_the_open_door_joins_the_rooms_and_the_closed_one_does_not() -> None:
    for openness, joined in ((1.0, True), (0.0, False)):
        controller = EmbeddedController(width=64, height=48, headless=True, gridSize=0.25)
        controller.step(action="CreateHouse", house=two_room_house(door_openness=openness))
        places = controller.step(action="GetReachablePositions").metadata["actionReturn"]
        assert any(place["x"] > 4.5 for place in places) == joined
        assert all(0.2 <= place["x"] <= 7.8 and 0.2 <= place["z"] <= 3.8 for place in places)


def test_reachable_positions_of_an_empty_room_are_its_grid() -> None:
    controller = EmbeddedController(width=64, height=48, headless=True, gridSize=0.5)
    controller.step(action="CreateHouse", house=two_room_house(door_openness=0.0))
    places = controller.step(action="GetReachablePositions").metadata["actionReturn"]
    # The floor less 0.2 m on all sides holds x and z of 0.5, 1.0 … 3.5; the closed leaf is not in the way.
    expected = {(x / 2, z / 2) for x in range(1, 8) for z in range(1, 8)}
    assert {(round(p["x"], 6), round(p["z"], 6)) for p in places} == expected


def test_an_unknown_action_raises_as_ai2thors_client_does(controller: EmbeddedController) -> None:
    with pytest.raises(ValueError, match="FlyAway is not an action"):
        controller.step(action="FlyAway")
    event: Any = controller.last_event
    assert event.metadata["errorCode"] == "InvalidAction"


def test_missing_and_unknown_arguments_are_named(controller: EmbeddedController) -> None:
    with pytest.raises(ValueError, match="OpenObject needs objectId"):
        controller.step(action="OpenObject")
    with pytest.raises(ValueError, match="no argument metres"):
        controller.step(action="MoveAhead", metres=1.0)


def test_a_malformed_house_fails_with_its_reason(controller: EmbeddedController) -> None:
    house = two_room_house()
    del house["walls"]
    event = controller.step(action="CreateHouse", house=house)
    assert not event
    assert "walls" in event.metadata["errorMessage"]


def test_boxes_in_the_metadata_are_the_databases(controller: EmbeddedController) -> None:
    size = find_asset("Fridge_1").size
    item = house_object("2|0", "Fridge_1", 1.0, size[1] / 2, 1.0, yaw=30.0)
    event = controller.step(action="CreateHouse", house=two_room_house([item]))
    fridge = next(o for o in event.metadata["objects"] if o["objectId"] == "2|0")
    corners = np.array(fridge["objectOrientedBoundingBox"]["cornerPoints"])
    # A box's longest diagonal is the same however it is turned.
    diagonals = np.linalg.norm(corners[:, None] - corners[None], axis=-1)
    assert diagonals.max() == pytest.approx(np.linalg.norm(size))
    aligned = fridge["axisAlignedBoundingBox"]["size"]
    # Turned by 30 degrees, width and depth count with cosine (√3 / 2) and sine (1 / 2).
    assert aligned["x"] == pytest.approx(size[0] * 3**0.5 / 2 + size[2] / 2)
    assert aligned["y"] == pytest.approx(size[1])


def test_the_object_filter_limits_what_is_listed(controller: EmbeddedController) -> None:
    assert len(controller.step(action="Pass").metadata["objects"]) > 1
    listed = controller.step(action="SetObjectFilter", objectIds=["door|2|3"]).metadata["objects"]
    assert [entry["objectId"] for entry in listed] == ["door|2|3"]
    assert len(controller.step(action="ResetObjectFilter").metadata["objects"]) > 1


def test_reset_takes_another_size() -> None:
    controller: Any = EmbeddedController(width=64, height=48)
    event = controller.reset("Procedural", width=96, height=80)
    assert (event.metadata["screenWidth"], event.metadata["screenHeight"]) == (96, 80)
    assert controller.step("CreateHouse", house=two_room_house()).frame.shape == (80, 96, 3)
    controller.stop()
