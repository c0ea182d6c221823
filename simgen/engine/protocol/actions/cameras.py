"""Cameras that belong to no agent, and the view of the whole house from above."""

import re
from dataclasses import replace
from typing import Any

import numpy as np

from simgen.engine.protocol.actions.arguments import PartialVector, Vector, point
from simgen.engine.protocol.actions.failure import ActionFailed
from simgen.engine.protocol.metadata import vector
from simgen.engine.protocol.world import SceneCamera, World

DEFAULT_ORTHOGRAPHIC_SIZE = 5.0
"""Unity's, metres."""
HTML_COLOR = re.compile(r"default|#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|[a-zA-Z]+")
"""The colours that Unity can parse."""


def add_third_party_camera(
    world: World,
    position: Vector,
    rotation: Vector,
    fieldOfView: float = 90.0,
    skyboxColor: str | None = None,
    orthographic: bool = False,
    orthographicSize: float | None = None,
    nearClippingPlane: float | None = None,
    farClippingPlane: float | None = None,
    antiAliasing: str = "none",
) -> None:
    """Adds a camera at a fixed pose. Every step draws its picture too.

    Clipping planes, sky colour and antialiasing are checked and have no effect.
    """
    _check(fieldOfView, skyboxColor, orthographic, orthographicSize, nearClippingPlane, farClippingPlane)
    size = DEFAULT_ORTHOGRAPHIC_SIZE if orthographicSize is None else orthographicSize
    turn = (rotation["x"], rotation["y"], rotation["z"])
    world.cameras.append(SceneCamera(point(position), turn, fieldOfView, orthographic, size))


def update_third_party_camera(
    world: World,
    thirdPartyCameraId: int = 0,
    position: PartialVector | None = None,
    rotation: PartialVector | None = None,
    fieldOfView: float | None = None,
    skyboxColor: str | None = None,
    orthographic: bool | None = None,
    orthographicSize: float | None = None,
    nearClippingPlane: float | None = None,
    farClippingPlane: float | None = None,
) -> None:
    """Changes a camera. What is not given stays as it is, also single coordinates.

    Clipping planes and sky colour are checked and have no effect.
    """
    if not 0 <= thirdPartyCameraId < len(world.cameras):
        raise ActionFailed(
            f"thirdPartyCameraId: {thirdPartyCameraId} (int: default=0) must in 0 <= thirdPartyCameraId < "
            f"len(thirdPartyCameras)={len(world.cameras)}."
        )
    index = int(thirdPartyCameraId)
    camera = world.cameras[index]
    fov_deg = camera.fov_deg if fieldOfView is None else fieldOfView
    _check(fov_deg, skyboxColor, bool(orthographic), orthographicSize, nearClippingPlane, farClippingPlane)
    world.cameras[index] = replace(
        camera,
        position=np.array(_update(tuple(camera.position), position)),
        rotation_deg=_update(camera.rotation_deg, rotation),
        fov_deg=fov_deg,
        orthographic=camera.orthographic if orthographic is None else orthographic,
        orthographic_size=camera.orthographic_size if orthographicSize is None else orthographicSize,
    )


def get_map_view_camera_properties(world: World) -> dict[str, Any]:
    """A camera that sees the whole house from above, as arguments of AddThirdPartyCamera."""
    camera = map_camera(world)
    return {
        "position": vector(camera.position),
        "rotation": vector(camera.rotation_deg),
        "orthographicSize": camera.orthographic_size,
        "orthographic": True,
    }


def toggle_map_view(world: World) -> None:
    """Switches the agent's picture between its own view and the whole house from above."""
    world.agent.map_view = not world.agent.map_view


def map_camera(world: World) -> SceneCamera:
    """A camera that looks straight down from ceiling height and shows the whole house."""
    bounds = world.bounds()
    center, size = bounds["center"], bounds["size"]
    half_height = max(size["x"] / 2.0, size["z"] / 2.0, size["x"] / 2.0 * world.height / world.width) or 1.0
    return SceneCamera(
        position=np.array([center["x"], center["y"] + size["y"] / 2.0, center["z"]]),
        rotation_deg=(90.0, 0.0, 0.0),
        fov_deg=world.fov_deg,
        orthographic=True,
        orthographic_size=half_height,
    )


def camera_metadata(index: int, camera: SceneCamera) -> dict[str, Any]:
    """One entry of `thirdPartyCameras`."""
    return {
        "thirdPartyCameraId": index,
        "position": vector(camera.position),
        "rotation": vector(camera.rotation_deg),
        "fieldOfView": camera.fov_deg,
    }


def _check(
    fov_deg: float,
    sky_color: str | None,
    orthographic: bool,
    orthographic_size: float | None,
    near: float | None,
    far: float | None,
) -> None:
    if not 0.0 < fov_deg < 180.0:
        raise ActionFailed(f"fieldOfView: {fov_deg} must be in 0 < fieldOfView < 180.")
    if orthographic_size is not None:
        if not orthographic:
            raise ActionFailed(
                f"orthographicSize(: {orthographic_size}) can only be set when orthographic=True.\n"
                "Otherwise the camera has perspective. Hint: call .step(..., orthographic=True)."
            )
        if orthographic_size <= 0.0:
            raise ActionFailed(f"orthographicSize: {orthographic_size} must be greater than 0.")
    if sky_color is not None and not HTML_COLOR.fullmatch(sky_color):
        raise ActionFailed(f"Invalid skyboxColor: {sky_color}! Cannot be parsed as an HTML color.")
    for name, value in (("nearClippingPlane", near), ("farClippingPlane", far)):
        if value is not None and value <= 0.0:
            raise ActionFailed(f"{name}: {value} must be greater than 0.")


def _update(current: tuple[float, ...], given: PartialVector | None) -> tuple[float, float, float]:
    x, y, z = current
    given = given or PartialVector()
    return given.get("x", x), given.get("y", y), given.get("z", z)
