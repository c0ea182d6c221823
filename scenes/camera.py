"""The camera of a frame: the agent's own, or one beside it that can stand higher, lower and unsteadily.

AI2-THOR's agent has its camera at one height and never rolls it. What a recipe asks for beyond that is
taken with AI2-THOR's third-party camera, which goes where the agent goes.
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
"""Sine waves that make up a hand's unsteadiness about one axis: enough to have no rhythm."""
SLOWEST_HZ, FASTEST_HZ = 0.1, 1.0
"""How fast a hand sways that means to hold still."""
FRAMES_A_WAVE = 4.0
"""At few frames a second no wave is shorter than so many frames, so that it still looks like one."""


@dataclass(frozen=True, slots=True)
class Eye:
    """A camera in the world."""

    position: tuple[float, float, float]
    rotation_deg: tuple[float, float, float]
    """Unity's Euler angles: pitch (positive looks down), yaw, roll."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a camera shows, and where AI2-THOR says that it is."""

    event: Event
    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    """(H, W) metres along the optical axis."""
    colors: NDArray[np.uint32]
    """(H, W) AI2-THOR's colour of each pixel's instance, red in the lowest byte."""
    world_from_camera: Array
    action: str
    """The AI2-THOR action that led to it, as JSON."""


def standing_eye_y(agent_y: float, camera: CameraSpec) -> float:
    """World height of the camera of an agent that stands at this height."""
    if camera.height_m is None:
        return agent_y + CAMERA_ABOVE_AGENT
    return agent_y - AGENT_Y + camera.height_m


def eyes(poses: Sequence[AgentPose], camera: CameraSpec, rng: np.random.Generator) -> list[Eye | None]:
    """The camera of each frame of a walk; None is the agent's own."""
    if camera.is_the_agents:
        return [None] * len(poses)
    hand = camera.handheld or Handheld(position_m=0.0, rotation_deg=0.0)
    shift, turn = unsteadiness(len(poses), camera.fps, hand, rng)
    return [
        Eye(
            position=(
                float(pose.x + dx),
                float(standing_eye_y(pose.y, camera) + dy),
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


def unsteadiness(frames: int, fps: float, hand: Handheld, rng: np.random.Generator) -> tuple[Array, Array]:
    """(T, 3) metres by which a hand strays along x, y and z, and (T, 3) degrees of pitch, yaw and roll.

    Never more than `hand` says, and smooth: sums of slow sine waves. The first T frames of a longer clip
    are those of a clip of T.
    """
    fastest = min(FASTEST_HZ, fps / FRAMES_A_WAVE)
    hz = rng.uniform(min(SLOWEST_HZ, fastest), fastest, (6, WAVES))
    phase = rng.uniform(0.0, 2.0 * np.pi, (6, WAVES))
    seconds = np.arange(frames) / fps
    waves = np.sin(2.0 * np.pi * hz * seconds[:, None, None] + phase).mean(axis=2)  # (T, 6), within -1 and 1
    return waves[:, :3] * hand.position_m / np.sqrt(3.0), waves[:, 3:] * hand.rotation_deg


def set_up(controller: Controller, camera: CameraSpec) -> None:
    """Adds the camera beside the agent's, where the recipe needs one."""
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
    """Puts the agent on a pose, and takes what its camera or the one beside it shows.

    Raises HouseError where the agent cannot stand, and EngineFault where the answer is not this pose's.
    """
    picture = _of_agent(controller, pose) if eye is None else _of_eye(controller, pose, eye)
    prove_camera(asked_camera(pose, eye), picture.world_from_camera)
    return picture


def _of_agent(controller: Controller, pose: AgentPose) -> Picture:
    event = _done(controller.step(**teleport(pose)))
    return Picture(
        event,
        event.frame,
        event.depth_frame,
        _colors(event.instance_masks),
        _agent_camera(event),
        json.dumps(teleport(pose), sort_keys=True),
    )


def _of_eye(controller: Controller, pose: AgentPose, eye: Eye) -> Picture:
    _done(controller.step(**teleport(pose), renderImage=False))
    event = _done(controller.step(**_update(eye)))
    return Picture(
        event,
        _first(event.third_party_camera_frames),
        _first(event.third_party_depth_frames),
        _colors(_first(event.third_party_instance_masks)),
        _own_camera(event),
        json.dumps(_update(eye), sort_keys=True),
    )


def teleport(pose: AgentPose) -> dict[str, Any]:
    """The AI2-THOR action that puts the agent on a pose."""
    return {
        "action": "TeleportFull",
        "position": {"x": pose.x, "y": pose.y, "z": pose.z},
        "rotation": {"x": 0.0, "y": pose.yaw_deg, "z": 0.0},
        "horizon": pose.horizon_deg,
        "standing": True,
    }


def asked_camera(pose: AgentPose, eye: Eye | None) -> Array:
    """(4, 4) world_from_camera that a frame is asked for with."""
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
        raise EngineFault("the answer lacks a picture of the camera beside the agent's")
    return images[0]


def _colors(masks: Any) -> NDArray[np.uint32]:
    # Without a picture of ids the client has an empty dict here.
    colors = getattr(masks, "instance_segmentation_frame_uint32", None)
    if colors is None:
        raise EngineFault("the answer lacks the picture of ids")
    return colors


def _done(event: Event) -> Event:
    if not event:
        raise HouseError(f"the walk is blocked: {event.metadata['errorMessage']}")
    return event


def _agent_camera(event: Event) -> Array:
    """(4, 4) world_from_camera, from where AI2-THOR says that the agent is."""
    agent = event.metadata["agent"]
    position = np.array([agent["position"][axis] for axis in "xyz"])
    position[1] += CAMERA_ABOVE_AGENT
    return camera_pose(position, agent["rotation"]["y"], agent["cameraHorizon"])


def _own_camera(event: Event) -> Array:
    """(4, 4) world_from_camera, from where AI2-THOR says that its third-party camera is."""
    camera = event.metadata["thirdPartyCameras"][0]
    world_from_camera = np.eye(4)
    world_from_camera[:3, :3] = euler_rotation(*(camera["rotation"][axis] for axis in "xyz"))
    world_from_camera[:3, 3] = [camera["position"][axis] for axis in "xyz"]
    return world_from_camera
