"""Plans the poses of a trajectory in a house, from small pictures of which only the ids are used."""

from collections.abc import Callable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from simgen.errors import HouseError
from simgen.geometry.frames import intrinsics
from simgen.recipe import CameraSpec, Recipe
from simgen.recipe.trajectory import LOOKING_KINDS
from simgen.scenes.camera import Eye, compute_eye_y, take
from simgen.scenes.engines.base import Controller
from simgen.scenes.engines.table import find_engine
from simgen.scenes.trajectories import Ground, Place, Sight, plan, select_objects
from simgen.types import AgentPose, Array, Room, SceneObject

SMALL_PX = 160 * 120
"""Pixels at most in a picture for planning."""


def plan_poses(
    controller: Controller,
    recipe: Recipe,
    rooms: Sequence[Room],
    objects: tuple[SceneObject, ...],
    index_of_color: NDArray[np.uint16],
    rng: np.random.Generator,
) -> list[AgentPose]:
    """The poses of a recipe's trajectory in the house that the controller is in.

    `index_of_color` (2^24) is 1 + object index for each of AI2-THOR's colours. Trajectories that are planned
    by what is seen use small pictures; the recipe's size is set again afterwards. Raises HouseError when the
    trajectory is not possible in this house.
    """
    event = controller.last_event
    reachable = controller.step(action="GetReachablePositions", renderImage=False).metadata["actionReturn"]
    wanted = select_rooms(recipe, rooms)
    agent_y = event.metadata["agent"]["position"]["y"]
    ground = Ground(
        positions=np.array([[p["x"], p["z"]] for p in reachable], dtype=np.float64).reshape(-1, 2),
        agent_y=agent_y,
        rooms=tuple(shapely.Polygon(room.polygon) for room in wanted),
    )
    place = Place(
        ground=ground,
        objects=objects,
        wanted=select_objects(objects, frozenset(room.id for room in wanted)),
        eye_y=compute_eye_y(agent_y, recipe.camera),
        look=_looker(controller, recipe, objects, index_of_color),
    )
    if recipe.trajectory.kind not in LOOKING_KINDS:
        return plan(place, recipe.trajectory, rng)
    _set_small(controller, recipe)
    try:
        poses = plan(place, recipe.trajectory, rng)
    except HouseError:
        _set_back(controller, recipe)
        raise
    _set_back(controller, recipe)
    return poses


def select_rooms(recipe: Recipe, rooms: Sequence[Room]) -> list[Room]:
    """The rooms of a recipe's trajectory. Raises HouseError when the house has none of the type."""
    room = recipe.trajectory.room
    if room is None:
        return list(rooms)
    found = [r for r in rooms if r.type == room][:1]  # a walk is through one room, the first of the type
    if not found:
        raise HouseError(f"this house has no {room} to walk in")
    return found


def choose_small_size(camera: CameraSpec) -> tuple[int, int]:
    """Width and height of the pictures for planning: the recipe's aspect ratio, at most SMALL_PX pixels."""
    scale = min(1.0, float(np.sqrt(SMALL_PX / (camera.width * camera.height))))
    return max(1, round(scale * camera.width)), max(1, round(scale * camera.height))


def _set_small(controller: Controller, recipe: Recipe) -> None:
    _resize(controller, choose_small_size(recipe.camera))
    # The list of objects would cost time, and hundreds of pictures need none.
    controller.step(action="SetObjectFilter", objectIds=[], renderImage=False)
    find_engine(recipe).set_draft(controller, True)


def _set_back(controller: Controller, recipe: Recipe) -> None:
    find_engine(recipe).set_draft(controller, False)
    controller.step(action="ResetObjectFilter", renderImage=False)
    _resize(controller, (recipe.camera.width, recipe.camera.height))


def _looker(
    controller: Controller,
    recipe: Recipe,
    objects: tuple[SceneObject, ...],
    index_of_color: NDArray[np.uint16],
) -> Callable[[AgentPose], Sight]:
    """A function that gives the pixels of each object from a pose, and whether it counts as seen."""
    width, height = choose_small_size(recipe.camera)
    matrix = intrinsics(width, height, recipe.camera.fov_deg)
    rule = recipe.visibility
    share = width * height / (recipe.camera.width * recipe.camera.height)
    min_px = max(1.0, rule.min_visible_px * share)

    def look(pose: AgentPose) -> Sight:
        picture = take(controller, pose, _steady_eye(pose, recipe.camera))
        ids = index_of_color[picture.colors & 0xFFFFFF]
        pixels = np.bincount(ids.ravel(), minlength=len(objects) + 1)[1:].astype(np.uint32)
        whole = _whole_pixels(controller, recipe, objects, picture.world_from_camera, matrix)
        return Sight(pixels, (pixels >= min_px) & (pixels >= rule.min_visible_fraction * whole))

    return look


def _steady_eye(pose: AgentPose, camera: CameraSpec) -> Eye | None:
    if camera.is_the_agents:
        return None
    position = (pose.x, compute_eye_y(pose.y, camera), pose.z)
    return Eye(position, (pose.horizon_deg, pose.yaw_deg, 0.0))


def _whole_pixels(
    controller: Controller, recipe: Recipe, objects: tuple[SceneObject, ...], camera: Array, matrix: Array
) -> NDArray[np.uint32]:
    of_agent = recipe.camera.is_the_agents
    return find_engine(recipe).unoccluded_pixels(controller, objects, camera, matrix, of_agent)


def _resize(controller: Controller, size: tuple[int, int]) -> None:
    event = controller.step(action="ChangeResolution", x=size[0], y=size[1], renderImage=False)
    if not event:
        raise HouseError(f"the size of the pictures cannot be changed: {event.metadata['errorMessage']}")
