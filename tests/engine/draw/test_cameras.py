"""Cameras that belong to no agent, and the view from above."""

from typing import Any

import numpy as np
import pytest

from simgen.engine.protocol.client import EmbeddedController
from simgen.house.assets import find_asset
from tests.engine.house_fixture import house_object, two_room_house


def make_controller(**options: Any) -> Any:
    controller = EmbeddedController(width=80, height=60, picture_quality="fast", **options)
    size = find_asset("Fridge_1").size
    fridge = house_object("Fridge|2|0", "Fridge_1", 2.0, size[1] / 2, 3.5)
    controller.step(action="CreateHouse", house=two_room_house([fridge]))
    return controller


def test_a_camera_in_the_agents_place_sees_what_the_agent_sees() -> None:
    controller = make_controller(renderDepthImage=True, renderInstanceSegmentation=True)
    agent = controller.last_event.metadata
    event = controller.step(
        action="AddThirdPartyCamera",
        position=agent["cameraPosition"],
        rotation={"x": agent["agent"]["cameraHorizon"], "y": agent["agent"]["rotation"]["y"], "z": 0},
        fieldOfView=90,
    )
    assert np.array_equal(event.third_party_camera_frames[0], event.frame)
    assert np.array_equal(event.third_party_depth_frames[0], event.depth_frame)
    assert np.array_equal(
        event.third_party_instance_segmentation_frames[0], event.instance_segmentation_frame
    )


def test_a_rolled_camera_turns_the_picture() -> None:
    controller = make_controller(renderDepthImage=True)
    pose = {"position": {"x": 2.0, "y": 1.5, "z": 0.5}, "rotation": {"x": 0, "y": 0, "z": 0}}
    controller.step(action="AddThirdPartyCamera", **pose)
    upright = controller.last_event.third_party_depth_frames[0]
    event = controller.step(action="UpdateThirdPartyCamera", rotation={"z": 180})
    turned = event.third_party_depth_frames[0]
    assert np.median(np.abs(turned - upright[::-1, ::-1])) < 1e-4


def test_metadata_tells_each_camera_and_updates_keep_what_is_not_given() -> None:
    controller = make_controller(headless=True)
    controller.step(
        action="AddThirdPartyCamera",
        position={"x": 1.2, "y": 2.3, "z": 3.4},
        rotation={"x": 30, "y": 40, "z": 50},
        fieldOfView=45,
    )
    event = controller.step(action="UpdateThirdPartyCamera", thirdPartyCameraId=0, position={"x": 2.0})
    assert event.metadata["thirdPartyCameras"] == [
        {
            "thirdPartyCameraId": 0,
            "position": {"x": 2.0, "y": 2.3, "z": 3.4},
            "rotation": {"x": 30.0, "y": 40.0, "z": 50.0},
            "fieldOfView": 45,
        }
    ]
    assert not controller.step(action="UpdateThirdPartyCamera", thirdPartyCameraId=1)
    assert not controller.step(action="UpdateThirdPartyCamera", fieldOfView=180)
    assert controller.reset().metadata["thirdPartyCameras"] == []


def test_a_camera_argument_of_the_wrong_type_is_named() -> None:
    controller = make_controller(headless=True)
    zero = {"x": 0, "y": 0, "z": 0}
    with pytest.raises(ValueError, match="invalid argument: orthographicSize"):
        controller.step(
            action="AddThirdPartyCamera",
            position=zero,
            rotation=zero,
            orthographic=True,
            orthographicSize=zero,
        )
    event = controller.step(action="AddThirdPartyCamera", position=zero, rotation=zero, orthographicSize=2.0)
    assert "can only be set when orthographic=True" in event.metadata["errorMessage"]


def test_the_map_view_holds_the_whole_house_and_nothing_else() -> None:
    controller = make_controller(renderInstanceSegmentation=True)
    pose = controller.step(action="GetMapViewCameraProperties").metadata["actionReturn"]
    # The house is 8 m by 4 m and 3 m high; the picture is wider than high, so its half height is 4 m.
    assert pose["position"] == {"x": 4.0, "y": 3.0, "z": 2.0}
    assert pose["rotation"] == {"x": 90.0, "y": 0.0, "z": 0.0}
    assert pose["orthographicSize"] == 4.0
    event = controller.step(action="AddThirdPartyCamera", **pose)
    masks = event.third_party_instance_masks[0]
    # 8 m of the picture's 60 rows are 7.5 rows a metre; the fridge's box gives its share of them.
    width, _, depth = find_asset("Fridge_1").size
    assert masks["Fridge|2|0"].sum() == pytest.approx(width * depth * 7.5**2, rel=0.25)
    rows, columns = np.nonzero(masks["room|2"])
    # Room 2 is the left half: x from 0 to 4 lies at columns 10 to 40, z from 0 to 4 at rows 45 to 15.
    assert (columns.min(), columns.max()) == pytest.approx((10, 39), abs=1)
    assert (rows.min(), rows.max()) == pytest.approx((15, 44), abs=1)


def test_semantic_segmentation_has_one_colour_a_type() -> None:
    controller = make_controller(renderSemanticSegmentation=True)
    event = controller.step(action="Teleport", rotation=0)
    fridge = event.object_id_to_color["Fridge"]
    seen = (event.semantic_segmentation_frame == np.array(fridge)).all(axis=-1)
    assert seen.any()
    assert np.array_equal(seen, event.class_masks["Fridge"])
