"""The house and the walk on which `simgen bench engine` measures all renderers."""

from typing import Any

import numpy as np
import shapely

from simgen.engine.world.agent import CAMERA_ABOVE_AGENT
from simgen.errors import EngineError, HouseError
from simgen.geometry.frames import camera_pose
from simgen.recipe import Houses, Recipe, RoomFilter, Walkthrough
from simgen.scenes.engines.embedded import make_sampling_controller
from simgen.scenes.enter import read_rooms
from simgen.scenes.houses.obtain import obtain_dataset_houses
from simgen.scenes.trajectories import GRID_SIZE, Ground, plan_walkthrough
from simgen.store.folder import DataFolder
from simgen.store.houses import House
from simgen.types import AgentPose, Array

WALK = Walkthrough(frames=900)
"""After two thirds of these frames the walk has been in every room."""
RECIPE = Recipe(
    name="bench_engine_13",
    description="The house that `simgen bench engine` draws.",
    seed=13,
    houses=Houses(train=1, val=0, rooms=RoomFilter(require=("Kitchen", "LivingRoom", "Bedroom", "Bathroom"))),
    trajectory=WALK,
)
"""Seeds 0 to 15 give eight houses with all four room types and at least five rooms. By number of triangles,
this house is the fifth smallest of the eight. It has 8 rooms and 166 objects on 290 square metres."""
CAMERAS = 32
"""Number of cameras, spread evenly over the walk."""


def bench_house(folder: DataFolder) -> House:
    """The house to measure on. It is sampled by procthor on the first call and stored in the data folder.

    Raises HouseError if procthor cannot sample it.
    """
    houses, failed = obtain_dataset_houses(RECIPE, folder.dataset(RECIPE.name), workers=1)
    if not houses:
        raise HouseError(failed[0])
    return houses[0]


def bench_walk(house: House, cameras: int = CAMERAS) -> list[AgentPose]:
    """Poses of the agent on a walk through all rooms of a house.

    Raises HouseError if the walk does not reach every room: it is then too short for this house.
    """
    poses = _walk(house)
    seen = [_rooms_passed(house, poses[:count]) for count in range(1, len(poses) + 1)]
    rooms = len(house["rooms"])
    if seen[-1] < rooms:
        raise HouseError(f"the walk of {len(poses)} frames passes {seen[-1]} of the house's {rooms} rooms")
    tour = poses[: seen.index(rooms) + 1]
    return [tour[int(index)] for index in np.linspace(0, len(tour) - 1, min(cameras, len(tour)))]


def world_from_camera(pose: AgentPose) -> Array:
    """(4, 4) pose of the standing agent's camera."""
    eye = np.array([pose.x, pose.y + CAMERA_ABOVE_AGENT, pose.z])
    return camera_pose(eye, pose.yaw_deg, pose.horizon_deg)


def _walk(house: House) -> list[AgentPose]:
    controller = make_sampling_controller()
    try:
        _do(controller, action="Initialize", gridSize=GRID_SIZE, snapToGrid=False)
        _do(controller, action="CreateHouse", house=house)
        event = _do(controller, action="TeleportFull", **house["metadata"]["agent"])
        reachable = _do(controller, action="GetReachablePositions").metadata["actionReturn"]
    finally:
        controller.stop()
    positions = np.array([[p["x"], p["z"]] for p in reachable])
    rooms = tuple(shapely.Polygon(room.polygon) for room in read_rooms(house))
    ground = Ground(positions, event.metadata["agent"]["position"]["y"], rooms)
    return plan_walkthrough(ground, WALK, np.random.default_rng(RECIPE.seed))


def _do(controller: Any, **action: Any) -> Any:
    event = controller.step(**action, renderImage=False)
    if not event:
        raise EngineError(f"{action['action']} failed: {event.metadata['errorMessage']}")
    return event


def _rooms_passed(house: House, poses: list[AgentPose]) -> int:
    points = shapely.MultiPoint([(pose.x, pose.z) for pose in poses])
    return sum(shapely.Polygon(room.polygon).intersects(points) for room in read_rooms(house))
