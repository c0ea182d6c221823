"""What no sensible program sends is answered like any other mistake, and the next step goes on."""

import gc
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgen.engine.protocol.actions import ACTIONS
from simgen.engine.protocol.actions.session import MAX_PIXELS
from simgen.engine.protocol.client import EmbeddedController
from simgen.engine.protocol.simulator import Simulator
from simgen.engine.protocol.wire.encoding import pack
from simgen.engine.protocol.wire.thor import _options, _start
from simgen.errors import EngineError
from tests.engine.house_fixture import house_object, two_room_house

HALF = "\ud83d"
"""Half of a surrogate pair: JSON can hold it, UTF-8 cannot."""
TOO_LARGE = 10**400
"""No float is as large."""


@pytest.fixture
def simulator() -> Simulator:
    made = Simulator(32, 24, "fast")
    house = two_room_house([house_object("apple", "Apple_1", 2.0, 1.0, 3.0)])
    assert do(made, "CreateHouse", house=house)["lastActionSuccess"]
    return made


def do(simulator: Simulator, action: str, **arguments: Any) -> dict[str, Any]:
    reply = simulator.step({"action": action, "renderImage": False, **arguments})
    pack(reply.metadata)
    json.dumps(reply.metadata).encode()
    return reply.metadata["agents"][reply.metadata["activeAgentId"]]


@pytest.mark.parametrize("value", [TOO_LARGE, -TOO_LARGE, {"x": TOO_LARGE, "y": 0, "z": 0}, [TOO_LARGE]])
def test_a_number_beyond_all_floats_is_an_invalid_argument(simulator: Simulator, value: Any) -> None:
    for action, argument in (
        ("MoveAhead", "moveMagnitude"),
        ("SetRandomSeed", "seed"),
        ("Teleport", "position"),
    ):
        metadata = do(simulator, action, **{argument: value})
        assert (metadata["lastActionSuccess"], metadata["errorCode"]) == (False, "InvalidArgument")


def test_half_a_character_is_refused_and_can_be_reported(simulator: Simulator) -> None:
    assert do(simulator, HALF)["errorCode"] == "InvalidAction"
    assert do(simulator, "OpenObject", objectId=HALF)["errorCode"] == "InvalidArgument"
    assert do(simulator, "Pass", **{HALF: 1})["lastActionSuccess"]  # Pass takes whatever is sent
    metadata = do(simulator, "SpawnAsset", assetId="Apple_1", generatedId=HALF)
    assert metadata["errorCode"] == "InvalidArgument"
    pose = {"objectName": HALF, "position": {"x": 0, "y": 0, "z": 0}, "rotation": {"x": 0, "y": 0, "z": 0}}
    assert "\\ud83d" in do(simulator, "SetObjectPoses", objectPoses=[pose])["errorMessage"]


@pytest.mark.parametrize("taken", ["apple", "room|2", "wall|2|left", "ceiling|room|2", ""])
def test_nothing_new_takes_a_name_that_the_pictures_need(simulator: Simulator, taken: str) -> None:
    metadata = do(simulator, "SpawnAsset", assetId="Apple_1", generatedId=taken)
    assert not metadata["lastActionSuccess"]
    assert "generatedId" in metadata["errorMessage"]


def test_a_grid_of_a_billion_points_is_refused(simulator: Simulator) -> None:
    # The free space is 7.6 m by 3.6 m: at 1 mm it has 27 million points.
    assert do(simulator, "GetReachablePositions", gridSize=0.1)["lastActionSuccess"]
    metadata = do(simulator, "GetReachablePositions", gridSize=0.001)
    assert "too many points" in metadata["errorMessage"]
    assert do(simulator, "Initialize", gridSize=1e-5, agentCount=3)["lastActionSuccess"]
    assert not do(simulator, "GetReachablePositions")["lastActionSuccess"]


def test_poses_that_no_agent_can_take_are_refused(simulator: Simulator) -> None:
    metadata = do(simulator, "GetInteractablePoses", objectId="apple", horizons=[0.0, -90.0])
    assert "-90.0" in metadata["errorMessage"]


def test_an_open_microwave_is_not_switched_on_with_all_others() -> None:
    simulator = Simulator(32, 24, "fast")
    oven = house_object("oven", "Microwave_1", 1.0, 1.0, 3.0)
    do(simulator, "CreateHouse", house=two_room_house([oven]))
    assert do(simulator, "OpenObject", objectId="oven", forceAction=True)["lastActionSuccess"]
    switch_on = {"stateChange": "toggleable", "isToggled": True}
    metadata = do(simulator, "SetObjectStates", SetObjectStates=switch_on)
    assert "must be closed" in metadata["errorMessage"]
    assert do(simulator, "CloseObject", objectId="oven", forceAction=True)["lastActionSuccess"]
    assert do(simulator, "SetObjectStates", SetObjectStates=switch_on)["lastActionSuccess"]
    assert (
        "must be OFF"
        in do(simulator, "SetObjectStates", SetObjectStates={"stateChange": "openable", "isOpen": True})[
            "errorMessage"
        ]
    )


@pytest.mark.parametrize("size", [(0, 10), (10, -1), (MAX_PIXELS + 1, 10)])
def test_a_size_that_cannot_be_drawn_is_refused(simulator: Simulator, size: tuple[int, int]) -> None:
    with pytest.raises(EngineError, match="cannot be drawn"):
        Simulator(*size)
    assert not do(simulator, "ChangeResolution", x=size[0], y=size[1])["lastActionSuccess"]


def test_a_program_that_asks_for_no_pixels_is_told_so() -> None:
    simulator, problem = _start(_options(["-screen-width", "0"]))
    assert problem is not None
    assert "cannot be drawn" in problem
    assert do(simulator, "Pass")["lastActionSuccess"]


def test_what_lies_far_outside_does_not_change_the_light_in_the_house(simulator: Simulator) -> None:
    before = simulator.step({"action": "Pass"}).images["image"][0]
    far = {"action": "SpawnAsset", "assetId": "Apple_1", "generatedId": "far"}
    after = simulator.step({**far, "position": {"x": -200.0, "y": 1.0, "z": 1.0}}).images["image"][0]
    np.testing.assert_array_equal(after, before)
    simulator.close()


def test_one_can_ask_what_the_map_shows(simulator: Simulator) -> None:
    # The map is as high as the house is long, 8 m, and at 32 by 24 pixels 4/3 as wide. Its centre is (4, 2).
    do(simulator, "ToggleMapView")
    metadata = do(simulator, "GetObjectInFrame", x=0.5 - 2.0 / (8.0 * 4.0 / 3.0), y=0.5 - 1.0 / 8.0)
    assert metadata["actionReturn"] == "apple"  # at (2, 3)
    coordinate = do(simulator, "GetCoordinateFromRaycast", x=0.65, y=0.7)["actionReturn"]
    assert coordinate == pytest.approx({"x": 5.6, "y": 0.0, "z": 0.4}, abs=1e-6)


@pytest.mark.slow
def test_no_action_raises_for_what_fits_no_argument(simulator: Simulator) -> None:
    values: list[Any] = [True, -1, 1e300, HALF, [HALF], [[]], [None], {}, {"x": "y"}, 2**70, float("nan")]
    for action in ACTIONS:
        for value in values:
            do(simulator, action, x=value, objectId=value, position=value, rotation=value)


@pytest.mark.slow
def test_stopped_controllers_give_their_memory_back() -> None:
    house = two_room_house([house_object("apple", "Apple_1", 2.0, 1.0, 3.0)])
    sizes, files = [], []
    for _ in range(24):
        controller = EmbeddedController(width=320, height=240, picture_quality="standard")
        controller.step(action="CreateHouse", house=house)
        controller.stop()
        del controller
        gc.collect()
        sizes.append(_resident_mb())
        files.append(len(list(Path("/proc/self/fd").iterdir())))
    # One that is not given back keeps about 50 MB: twelve would be 600.
    assert sizes[-1] - sizes[11] < 120
    assert files[-1] <= files[11]


@pytest.mark.slow
def test_a_stopped_controller_draws_again_and_leaves_the_other_alone() -> None:
    house = two_room_house([house_object("apple", "Apple_1", 2.0, 1.0, 3.0)])
    one: Any = EmbeddedController(width=64, height=48, picture_quality="fast")
    other: Any = EmbeddedController(width=80, height=48, picture_quality="fast")
    pictures = []
    for controller in (one, other):
        controller.step(action="CreateHouse", house=house)
        pictures.append(controller.step("Pass").frame.copy())
    one.stop()
    np.testing.assert_array_equal(other.step("Pass").frame, pictures[1])
    np.testing.assert_array_equal(one.step("Pass").frame, pictures[0])
    one.stop()
    other.stop()
    other.stop()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
