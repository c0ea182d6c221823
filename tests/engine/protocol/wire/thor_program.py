"""A program as AI2-THOR's users write them: it knows nothing of simgen.

python thor_program.py house.json seen.pickle
"""

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import ai2thor.controller
import ai2thor.server
import numpy as np

TIMING_FIELDS = ("currentTime",)


def walk(controller: Any, house: dict[str, Any]) -> list[dict[str, Any]]:
    """What a controller sees on a walk with resets, other sizes and failures."""
    seen = [look(controller.reset(house))]
    for action in ("MoveAhead", "RotateRight", "LookDown", "MoveBack", "Crouch"):
        seen.append(look(controller.step(action)))
    camera = {"position": {"x": 1.0, "y": 2.0, "z": 1.0}, "rotation": {"x": 45, "y": 45, "z": 0}}
    seen.append(look(controller.step("AddThirdPartyCamera", **camera, fieldOfView=70)))
    seen.append(look(controller.step("MoveLeft")))
    seen.append(look(controller.step("GetReachablePositions")))
    seen.append(look(controller.step("MoveAhead", moveMagnitude=np.float32(50))))  # blocked
    seen.append(look(controller.step("ChangeResolution", x=1920, y=1080)))
    seen.append(look(controller.step("ChangeResolution", x=320, y=240)))
    seen.append(look(controller.reset(house, fieldOfView=60)))
    seen.append(look(controller.step("ChangeResolution", x=161, y=75)))
    seen.append(look(controller.step("RotateLeft", degrees=np.int64(45))))
    controller.step("ChangeResolution", x=320, y=240)
    controller.reset(house, agentCount=2)
    pair = controller.step("RotateRight", agentId=1)
    return [*seen, *map(look, pair.events)]


def look(event: Any) -> dict[str, Any]:
    """Everything that an event says."""
    metadata = {key: value for key, value in event.metadata.items() if key not in TIMING_FIELDS}
    return {
        "frame": event.frame,
        "depth": event.depth_frame,
        "ids": event.instance_segmentation_frame,
        "masks": dict(event.instance_masks),
        "classes": dict(event.class_masks),
        "boxes": dict(event.instance_detections2D or {}),
        "third_frames": event.third_party_camera_frames,
        "third_depths": event.third_party_depth_frames,
        "third_masks": [dict(masks) for masks in event.third_party_instance_masks],
        "metadata": json.loads(json.dumps(metadata, cls=ai2thor.server.NumpyAwareEncoder)),
    }


OPTIONS: dict[str, Any] = {
    "width": 320,
    "height": 240,
    "renderDepthImage": True,
    "renderInstanceSegmentation": True,
}

if __name__ == "__main__":
    controller = ai2thor.controller.Controller(**OPTIONS)
    saved = walk(controller, json.loads(Path(sys.argv[1]).read_text()))
    Path(sys.argv[2]).write_bytes(pickle.dumps((type(controller.server).__name__, saved)))
    controller.stop()
