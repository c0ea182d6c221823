"""The two-room house with furniture, and the frames of a recipe's trajectory in it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from simgen.engine.world.navigation import FreeSpace
from simgen.house.assets import find_asset
from simgen.recipe import CameraSpec, Recipe, Trajectory, VisibilitySpec
from simgen.scenes.capture import _id_of_color, read_objects, walk
from simgen.scenes.engines.base import Controller
from simgen.scenes.engines.table import find_engine
from simgen.scenes.enter import enter
from simgen.scenes.scouting import plan_poses
from simgen.store.clips import Frames, Visibility
from simgen.types import AgentPose, Array, Room, SceneObject
from tests.engine.house_fixture import house_object, two_room_house

CAMERA = CameraSpec(width=160, height=120)
RULE = VisibilitySpec(min_visible_px=4)
TABLE = "SideTable|1"
TABLE_AT = (1.6, 2.6)
"""Free on all sides: it stands 1.1 m off the nearest wall."""
FURNITURE = (
    (TABLE, "RoboTHOR_side_table_fornbro", *TABLE_AT),
    ("Fridge|1", "Fridge_10", 3.5, 0.45),
    ("GarbageCan|1", "bin_1", 0.4, 0.4),
    ("HousePlant|1", "Houseplant_1", 0.4, 3.6),
    ("FloorLamp|1", "Floor_Lamp_1", 3.6, 3.6),
    ("Sofa|1", "RoboTHOR_sofa_ektorp_v", 6.8, 0.6),
    ("ArmChair|1", "ArmChair_213_1", 7.3, 3.4),
    ("Chair|1", "Chair_002_1", 5.6, 3.6),
    ("Stool|1", "Stool_1_1", 4.5, 0.4),
    ("GarbageCan|2", "bin_1", 4.6, 3.7),
)


def furnished_house() -> dict[str, Any]:
    """The house's JSON; all things stand on the floor, not turned."""
    things = [
        house_object(object_id, asset, x, float(find_asset(asset).size[1]) / 2, z)
        for object_id, asset, x, z in FURNITURE
    ]
    return two_room_house(things)


@dataclass(slots=True)
class Home:
    """The house with a controller in it."""

    controller: Controller
    house: dict[str, Any]
    rooms: tuple[Room, ...]
    objects: tuple[SceneObject, ...]

    def poses(self, spec: Trajectory, seed: int = 0) -> list[AgentPose]:
        """The planned poses, from where the house puts the agent."""
        self._start()
        table = _id_of_color(self.controller.step(action="Pass"), self.objects)
        rng = np.random.default_rng(seed)
        return plan_poses(self.controller, recipe_of(spec), self.rooms, self.objects, table, rng)

    def clip(self, spec: Trajectory, seed: int = 0, camera: CameraSpec = CAMERA) -> tuple[Frames, Visibility]:
        """What the frames show."""
        self._start()
        rng, recipe = np.random.default_rng(seed), recipe_of(spec, camera)
        return walk(self.controller, recipe, self.rooms, self.objects, rng, lambda: None, self.house)

    def _start(self) -> None:
        # AI2-THOR lists the positions in the order of their distance from the agent.
        self.controller.step(action="TeleportFull", **self.house["metadata"]["agent"], renderImage=False)

    def free_space(self) -> FreeSpace:
        """Where the engine lets an agent be."""
        return self.controller.simulator.world.free_space()

    def reachable(self) -> set[tuple[float, float]]:
        """The grid points that the agent can reach, to the micrometre."""
        found = self.controller.step(action="GetReachablePositions", renderImage=False)
        return {(round(p["x"], 6), round(p["z"], 6)) for p in found.metadata["actionReturn"]}

    def index(self, object_id: str) -> int:
        return [item.id for item in self.objects].index(object_id)


def furnished_home(camera: CameraSpec = CAMERA) -> Home:
    """The furnished house, entered. Its controller is to be stopped."""
    house = furnished_house()
    recipe = recipe_of(Recipe(name="test").trajectory, camera)
    controller = find_engine(recipe).start(recipe)
    first, rooms = enter(controller, house)
    return Home(controller, house, rooms, read_objects(first.metadata["objects"], rooms))


def recipe_of(spec: Trajectory, camera: CameraSpec = CAMERA) -> Recipe:
    """A recipe with this trajectory, at a small size."""
    return Recipe(name="test", trajectory=spec, camera=camera, visibility=RULE)


def seen_in(visibility: Visibility) -> Any:
    """(T, N) which frame shows which object, by the recipe's rule."""
    enough = visibility.pixels >= RULE.min_visible_px
    return enough & (visibility.pixels >= RULE.min_visible_fraction * visibility.unoccluded_pixels)


def places(poses: list[AgentPose]) -> Array:
    """(T, 2) where the poses stand."""
    return np.array([(pose.x, pose.z) for pose in poses])


def yaws_deg(poses: list[AgentPose]) -> Array:
    """(T) which way they look."""
    return np.array([pose.yaw_deg for pose in poses])


def turns_deg(poses: list[AgentPose]) -> Array:
    """(T - 1) how far each turns from the one before, to the right."""
    return (np.diff(yaws_deg(poses)) + 180.0) % 360.0 - 180.0


def rooms_entered(poses: list[AgentPose], rooms: tuple[Room, ...]) -> int:
    """How many rooms some pose stands in."""
    points = shapely.MultiPoint(places(poses))
    return sum(shapely.Polygon(room.polygon).intersects(points) for room in rooms)
