"""What simgen relies on of an AI2-THOR engine, asked of both: ours, and Unity's where it can start.

Tolerances are Unity's: its agent has a skin, and its physics settles things by millimetres.
"""

import math
from typing import Any

import numpy as np
import pytest

from simgen.house.assets import find_asset
from tests.engine.house_fixture import house_object, two_room_house
from tests.scenes.contract.conftest import Make

WIDTH, HEIGHT, FOV_DEG = 160, 120, 90.0
FRIDGE = "Fridge_1"
SIZE = find_asset(FRIDGE).size
AT = (2.0, 3.2)
"""Where the fridge stands, x and z."""


@pytest.fixture
def controller(make_controller: Make) -> Any:
    """The agent at (2, 1) looks along +z, level, at the fridge."""
    made = make_controller(
        width=WIDTH,
        height=HEIGHT,
        fieldOfView=FOV_DEG,
        gridSize=0.25,
        snapToGrid=False,
        renderDepthImage=True,
        renderInstanceSegmentation=True,
    )
    fridge = house_object("Fridge|2|0", FRIDGE, AT[0], SIZE[1] / 2, AT[1], yaw=180.0)
    assert made.step(action="CreateHouse", house=two_room_house([fridge]))
    stand(made, 2.0, 1.0, 0.0)
    return made


def stand(controller: Any, x: float, z: float, yaw: float, horizon: float = 0.0) -> Any:
    spot = {"x": x, "y": 0.9009, "z": z}
    event = controller.step(
        action="TeleportFull",
        position=spot,
        rotation={"x": 0, "y": yaw, "z": 0},
        horizon=horizon,
        standing=True,
    )
    assert event, event.metadata["errorMessage"]
    return event


def agent_at(event: Any) -> tuple[float, float]:
    place = event.metadata["agent"]["position"]
    return place["x"], place["z"]


@pytest.mark.parametrize(
    ("yaw", "step"), [(0, (0, 1)), (90, (1, 0)), (180, (0, -1)), (270, (-1, 0)), (30, None)]
)
def test_ahead_is_sine_and_cosine_of_the_yaw(
    controller: Any, yaw: float, step: tuple[int, int] | None
) -> None:
    stand(controller, 2.0, 1.0, yaw)
    event = controller.step(action="MoveAhead", moveMagnitude=0.25)
    dx, dz = step or (math.sin(math.radians(yaw)), math.cos(math.radians(yaw)))
    assert agent_at(event) == pytest.approx((2.0 + 0.25 * dx, 1.0 + 0.25 * dz), abs=0.005)


def test_turning_right_adds_to_the_yaw_and_looking_down_to_the_horizon(controller: Any) -> None:
    agent = controller.step(action="RotateRight", degrees=30).metadata["agent"]
    assert agent["rotation"]["y"] == pytest.approx(30.0, abs=0.01)
    agent = controller.step(action="LookDown", degrees=30).metadata["agent"]
    assert agent["cameraHorizon"] == pytest.approx(30.0, abs=0.01)


def test_the_camera_is_above_the_agent(controller: Any) -> None:
    metadata = controller.last_event.metadata
    assert metadata["cameraPosition"]["y"] == pytest.approx(
        metadata["agent"]["position"]["y"] + 0.675, abs=0.002
    )
    assert metadata["agent"]["position"]["y"] == pytest.approx(0.901, abs=0.005)


def test_depth_is_measured_along_the_axis(controller: Any) -> None:
    # The left wall x = 0 seen from (1, 1) at an angle of 45 degrees to its normal.
    event = stand(controller, 1.0, 1.0, 315.0)
    row = HEIGHT // 2
    for column in (20, 60, 100):
        across = (column + 0.5 - WIDTH / 2) / (HEIGHT / 2)
        # A ray (across, 1) in the camera's plan turned by 315 degrees meets x = 0 at this depth.
        expected = 1.0 / (math.sin(math.radians(45)) - across * math.cos(math.radians(45)))
        assert event.depth_frame[row, column] == pytest.approx(expected, rel=0.01)


def test_colours_of_the_picture_are_those_of_the_metadata(controller: Any) -> None:
    event = controller.last_event
    assert "Fridge|2|0" in event.object_id_to_color
    mask = event.instance_masks["Fridge|2|0"]
    drawn = event.instance_segmentation_frame[mask]
    assert (drawn == np.array(event.object_id_to_color["Fridge|2|0"])).all()
    rows, columns = np.nonzero(mask)
    # Straight ahead: the mask lies about the picture's middle column, right and left alike.
    assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(WIDTH / 2, abs=2)
    # Its upper edge, at the front: (height - camera's height) over the distance, times the focal length.
    ahead = AT[1] - SIZE[2] / 2 - 1.0
    top = HEIGHT / 2 - (SIZE[1] - 1.576) / ahead * HEIGHT / 2
    assert rows.min() == pytest.approx(top, abs=4)


def test_boxes_of_the_metadata_are_the_assets(controller: Any) -> None:
    entry = next(o for o in controller.last_event.metadata["objects"] if o["objectId"] == "Fridge|2|0")
    corners = np.array(entry["objectOrientedBoundingBox"]["cornerPoints"])
    low, high = corners.min(axis=0), corners.max(axis=0)
    assert high - low == pytest.approx(SIZE, abs=0.02)
    assert (low + high) / 2 == pytest.approx((AT[0], SIZE[1] / 2, AT[1]), abs=0.02)
    aligned = entry["axisAlignedBoundingBox"]
    assert list(aligned["size"].values()) == pytest.approx(SIZE, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spot", "yaw", "reach", "passes"),
    [
        ((2.0, 1.0), 270.0, 1.7, True),  # the left wall is 2 m away, less the agent's 0.2 m
        ((2.0, 1.0), 270.0, 1.9, False),
        ((2.0, 1.0), 0.0, 1.5, True),  # the fridge's front is 1.84 m away
        ((2.0, 1.0), 0.0, 1.75, False),
        ((3.0, 1.0), 90.0, 1.0, False),  # the wall between the rooms
        ((1.0, 1.0), 90.0, 1.5, True),
    ],
)
def test_the_same_moves_are_blocked(
    controller: Any, spot: tuple[float, float], yaw: float, reach: float, passes: bool
) -> None:
    stand(controller, *spot, yaw)
    event = controller.step(action="MoveAhead", moveMagnitude=reach)
    assert bool(event) == passes
    if not passes:
        assert event.metadata["errorMessage"]
        assert agent_at(event) == pytest.approx(spot, abs=0.005)


def test_a_camera_of_its_own_sees_what_the_agent_sees_from_there(controller: Any) -> None:
    metadata = controller.last_event.metadata
    event = controller.step(
        action="AddThirdPartyCamera",
        position=metadata["cameraPosition"],
        rotation={"x": metadata["agent"]["cameraHorizon"], "y": metadata["agent"]["rotation"]["y"], "z": 0},
        fieldOfView=FOV_DEG,
    )
    assert event.third_party_camera_frames[0].shape == event.frame.shape
    difference = np.abs(event.third_party_depth_frames[0] - event.depth_frame)
    assert np.median(difference) < 0.01
