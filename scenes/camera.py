"""The camera of a frame: the agent's own camera, or a third-party camera.

AI2-THOR's agent has its camera at one height and never rolls it. For another height or a hand-held camera we
use AI2-THOR's third-party camera, and move it with the agent.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engine.world.agent import AGENT_Y, CAMERA_ABOVE_AGENT
from simgen.errors import EngineFault, HouseError
from simgen.geometry.frames import camera_pose, euler_rotation
from simgen.recipe import CameraSpec, Handheld
from simgen.scenes.engines.base import Controller, Event
from simgen.scenes.proof import prove_camera
from simgen.types import AgentPose, Array

WAVES = 4
"""Sine waves whose sum is the sway of a hand-held camera about one axis; enough to show no rhythm."""
SLOWEST_HZ, FASTEST_HZ = 0.1, 1.0
"""Frequencies of the sway of a hand that tries to hold still."""
FRAMES_A_WAVE = 4.0
"""No wave is shorter than this many frames, so that it still looks smooth at few frames per second."""


@dataclass(frozen=True, slots=True)
class Eye:
    """The pose of a third-party camera, in the world frame, metres."""

    position: tuple[float, float, float]
    rotation_deg: tuple[float, float, float]
    """Unity's Euler angles: pitch (positive looks down), yaw, roll."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The images of a camera, and the pose that AI2-THOR reports for it."""

    event: Event
    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    """(H, W) metres along the optical axis."""
    colors: NDArray[np.uint32]
    """(H, W) AI2-THOR's colour of the instance in each pixel, red in the lowest byte."""
    world_from_camera: Array
    action: str
    """The AI2-THOR action that led to the images, as JSON."""


def compute_eye_y(agent_y: float, camera: CameraSpec) -> float:
    """World height of the camera, in metres, when the agent stands at world height `agent_y`."""
    if camera.height_m is None:
        return agent_y + CAMERA_ABOVE_AGENT
    return agent_y - AGENT_Y + camera.height_m


def plan_eyes(poses: Sequence[AgentPose], camera: CameraSpec, rng: np.random.Generator) -> list[Eye | None]:
    """The third-party camera of each frame of a walk; None for the agent's own camera."""
    if camera.is_the_agents:
        return [None] * len(poses)
    hand = camera.handheld or Handheld(position_m=0.0, rotation_deg=0.0)
    shift, turn = compute_sway(len(poses), camera.fps, hand, rng)
    return [
        Eye(
            position=(
                float(pose.x + dx),
                float(compute_eye_y(pose.y, camera) + dy),
                float(pose.z + dz),
            ),
            rotation_deg=(
                float(pose.horizon_deg + pitch),
                float((pose.yaw_deg + yaw) % 360.0),
                float(roll),
            ),
        )
        for pose, (dx, dy, dz), (pitch, yaw, roll) in zip(poses, shift, turn, strict=True)
    ]


def compute_sway(frames: int, fps: float, hand: Handheld, rng: np.random.Generator) -> tuple[Array, Array]:
    """(T, 3) offsets of a hand-held camera along x, y and z in metres, and (T, 3) of pitch, yaw and roll in
    degrees.

    They are sums of slow sine waves, and never larger than the limits in `hand`. The first T frames of a
    longer clip have the same offsets as a clip of T frames.
    """
    fastest = min(FASTEST_HZ, fps / FRAMES_A_WAVE)
    hz = rng.uniform(min(SLOWEST_HZ, fastest), fastest, (6, WAVES))
    phase = rng.uniform(0.0, 2.0 * np.pi, (6, WAVES))
    seconds = np.arange(frames) / fps
    waves = np.sin(2.0 * np.pi * hz * seconds[:, None, None] + phase).mean(axis=2)  # (T, 6), within -1 and 1
    return waves[:, :3] * hand.position_m / np.sqrt(3.0), waves[:, 3:] * hand.rotation_deg


def set_up(controller: Controller, camera: CameraSpec) -> None:
    """Adds the third-party camera, if the recipe needs one."""
    if not camera.is_the_agents:
        still: dict[str, Any] = dict.fromkeys("xyz", 0.0)
        _done(
            controller.step(
                action="AddThirdPartyCamera",
                position=still,
                rotation=still,
                fieldOfView=camera.fov_deg,
                renderImage=False,
            )
        )


def take(controller: Controller, pose: AgentPose, eye: Eye | None) -> Picture:
    """Moves the agent to a pose and returns the images of its camera, or of the third-party camera at `eye`.

    Raises HouseError when the agent cannot stand there, and EngineFault when the answer has another pose.
    """
    picture = _of_agent(controller, pose) if eye is None else _of_eye(controller, pose, eye)
    prove_camera(compute_requested_pose(pose, eye), picture.world_from_camera)
    return picture


def _of_agent(controller: Controller, pose: AgentPose) -> Picture:
    event = _done(controller.step(**make_teleport(pose)))
    return Picture(
        event,
        event.frame,
        event.depth_frame,
        _colors(event.instance_masks),
        _agent_camera(event),
        json.dumps(make_teleport(pose), sort_keys=True),
    )


def _of_eye(controller: Controller, pose: AgentPose, eye: Eye) -> Picture:
    _done(controller.step(**make_teleport(pose), renderImage=False))
    event = _done(controller.step(**_update(eye)))
    return Picture(
        event,
        _first(event.third_party_camera_frames),
        _first(event.third_party_depth_frames),
        _colors(_first(event.third_party_instance_masks)),
        _own_camera(event),
        json.dumps(_update(eye), sort_keys=True),
    )


def make_teleport(pose: AgentPose) -> dict[str, Any]:
    """The AI2-THOR action that moves the agent to a pose."""
    return {
        "action": "TeleportFull",
        "position": {"x": pose.x, "y": pose.y, "z": pose.z},
        "rotation": {"x": 0.0, "y": pose.yaw_deg, "z": 0.0},
        "horizon": pose.horizon_deg,
        "standing": True,
    }


def compute_requested_pose(pose: AgentPose, eye: Eye | None) -> Array:
    """(4, 4) world_from_camera that is requested for a frame."""
    if eye is None:
        position = np.array([pose.x, pose.y + CAMERA_ABOVE_AGENT, pose.z])
        return camera_pose(position, pose.yaw_deg, pose.horizon_deg)
    world_from_camera = np.eye(4)
    world_from_camera[:3, :3] = euler_rotation(*eye.rotation_deg)
    world_from_camera[:3, 3] = eye.position
    return world_from_camera


def _update(eye: Eye) -> dict[str, Any]:
    return {
        "action": "UpdateThirdPartyCamera",
        "thirdPartyCameraId": 0,
        "position": dict(zip("xyz", eye.position, strict=True)),
        "rotation": dict(zip("xyz", eye.rotation_deg, strict=True)),
    }


def _first(images: Sequence[Any]) -> Any:
    if not images:
        raise EngineFault("the answer has no image of the third-party camera")
    return images[0]


def _colors(masks: Any) -> NDArray[np.uint32]:
    # The client has an empty dict here when there is no image of ids.
    colors = getattr(masks, "instance_segmentation_frame_uint32", None)
    if colors is None:
        raise EngineFault("the answer has no image of ids")
    return colors


def _done(event: Event) -> Event:
    if not event:
        raise HouseError(f"the walk is blocked: {event.metadata['errorMessage']}")
    return event


def _agent_camera(event: Event) -> Array:
    """(4, 4) world_from_camera of the agent's camera, from the agent's pose in the metadata."""
    agent = event.metadata["agent"]
    position = np.array([agent["position"][axis] for axis in "xyz"])
    position[1] += CAMERA_ABOVE_AGENT
    return camera_pose(position, agent["rotation"]["y"], agent["cameraHorizon"])


def _own_camera(event: Event) -> Array:
    """(4, 4) world_from_camera of the third-party camera, from its pose in the metadata."""
    camera = event.metadata["thirdPartyCameras"][0]
    world_from_camera = np.eye(4)
    world_from_camera[:3, :3] = euler_rotation(*(camera["rotation"][axis] for axis in "xyz"))
    world_from_camera[:3, 3] = [camera["position"][axis] for axis in "xyz"]
    return world_from_camera
