"""The bodies of a simulated house: their poses and states, and the receptacles that they stand on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import numpy as np
import shapely

from simgen.engine.look.substance import STARTS_ON
from simgen.engine.packs import AssetPack
from simgen.engine.shapes import Shape, build_shape, shape_size
from simgen.engine.world.agent import unity_euler
from simgen.errors import EngineError
from simgen.geometry.boxes import corners, footprint
from simgen.geometry.frames import euler_rotation
from simgen.house.agent import OPENING_TYPES
from simgen.house.assets import Asset, find_asset
from simgen.house.check import check_house, check_json
from simgen.house.parse import House, HouseObject, Opening, parse_house
from simgen.types import Array, OrientedBox

T = TypeVar("T")

WINDOW_INSET = 0.03
"""How far a window reaches into the room, in metres; the rest of its depth lies outside."""


@dataclass(frozen=True, slots=True, eq=False)
class _Extent:
    """The geometry of a body in one pose and state. Its arrays are read-only, because they are shared."""

    state: tuple[object, ...]
    """The pose and state that the other fields were computed from."""
    box: OrientedBox
    corners: Array
    """(8, 3)."""
    footprint: shapely.Polygon
    y_min: float
    y_max: float


@dataclass(slots=True, eq=False)
class Body:
    """One asset in the scene. It moves and opens; its geometry follows from its state."""

    id: str
    asset: Asset
    position: Array
    """(3,) centre of the closed asset's box, world frame, metres."""
    rotation_deg: tuple[float, float, float]
    openness: float = 0.0
    kinematic: bool = True
    openable: bool = False
    is_on: bool = False
    held: bool = False
    """In an agent's hand. Then it blocks nothing."""
    parent_id: str = ""
    room_ids: tuple[str, ...] = ()
    """Rooms whose floor it stands over, the one under its centre first."""
    pack: AssetPack | None = None
    """The asset pack that may have a mesh for it."""
    _known: _Extent | None = None

    @property
    def rotation(self) -> Array:
        """(3, 3) world_from_local."""
        return self._extent().box.rotation

    @property
    def shape(self) -> Shape:
        packed = self.pack.shape_of(self.asset) if self.pack else None
        return packed or build_shape(self.asset, self.openness)

    @property
    def size(self) -> tuple[float, float, float]:
        """Metric box of its shape, metres."""
        packed = self.pack.shape_of(self.asset) if self.pack else None
        return packed.size if packed else shape_size(self.asset, self.openness)

    @property
    def is_opening(self) -> bool:
        return self.asset.object_type in OPENING_TYPES

    @property
    def box(self) -> OrientedBox:
        """The oriented box around it. A door's box is that of its frame, whether its leaf is open or not."""
        return self._extent().box

    def origin(self, size: tuple[float, float, float]) -> Array:
        """(3,) world centre of its box when that has this size. Opening a body keeps its bottom in place."""
        return self._origin(size, self.rotation)

    @property
    def corners(self) -> Array:
        """(8, 3) corners of its box, world frame."""
        return self._extent().corners

    @property
    def footprint(self) -> shapely.Polygon:
        """Its box on the floor plane as (x, z)."""
        return self._extent().footprint

    @property
    def y_min(self) -> float:
        """World height of its box's lowest corner."""
        return self._extent().y_min

    @property
    def y_max(self) -> float:
        """World height of its box's highest corner."""
        return self._extent().y_max

    @property
    def plan(self) -> shapely.Polygon:
        """Its outline on the floor plane as (x, z): its mesh's own if a pack has one and it is upright."""
        outline = self.pack.plan_of(self.asset) if self.pack else None
        if outline is None or self.rotation_deg[0] or self.rotation_deg[2]:
            return self.footprint
        turn, origin = self.rotation[[0, 2]][:, [0, 2]], self.position[[0, 2]]
        return shapely.transform(outline, lambda points: points @ turn.T + origin)

    def pose_state(self) -> tuple[object, ...]:
        """Everything that its geometry depends on: equal states have equal boxes and corners."""
        return self.position.tobytes(), self.rotation_deg, self.openness, self.pack

    def _extent(self) -> _Extent:
        # Cached, because every collision test reads it for every body and it rarely changes.
        state = self.pose_state()
        if self._known is None or self._known.state != state:
            size = self.asset.size if self.is_opening else self.size
            rotation = euler_rotation(*self.rotation_deg)
            box = OrientedBox(self._origin(size, rotation), np.array(size) / 2.0, rotation)
            points = corners(box)
            for array in (box.center, box.half_extents, box.rotation, points):
                array.setflags(write=False)
            heights = points[:, 1]
            area = shapely.Polygon(footprint(points))
            self._known = _Extent(state, box, points, area, float(heights.min()), float(heights.max()))
        return self._known

    def _origin(self, size: tuple[float, float, float], rotation: Array) -> Array:
        lift = np.array([0.0, (size[1] - self.asset.size[1]) / 2.0, 0.0])
        return self.position + rotation @ lift


@dataclass(slots=True, eq=False)
class Scene:
    """A house and its bodies.

    Agents, cameras and options are not part of it; `protocol.world.World` holds all of a simulator's state.
    `version` grows with every change, except when a body in a hand moves.
    """

    house: House | None = None
    bodies: dict[str, Body] = field(default_factory=dict)
    pack: AssetPack | None = None
    """Real meshes for some of the bodies."""
    version: int = 0
    hand_version: int = 0
    """Grows whenever a body in a hand moves."""

    def body(self, object_id: str) -> Body:
        """The body of this id. Raises EngineError in AI2-THOR's words when there is none."""
        try:
            return self.bodies[object_id]
        except KeyError:
            raise EngineError(f"Object with ID {object_id} doesn't exist") from None

    def mark_changed(self) -> None:
        """Must be called after a body was added, removed, moved or opened."""
        self.version += 1

    def add(self, body: Body) -> None:
        """Adds a body and determines the rooms that it stands in."""
        body.pack = self.pack
        body.room_ids = self._rooms_under(body) if self.house else ()
        self.bodies[body.id] = body
        self.mark_changed()

    def remove(self, object_id: str) -> None:
        self.body(object_id)
        del self.bodies[object_id]
        self.mark_changed()

    def place(self, body: Body, position: Array, rotation_deg: tuple[float, float, float]) -> None:
        """Moves a body that is in the scene."""
        body.position, body.rotation_deg = position, rotation_deg
        self.add(body)

    def contents(self, body: Body) -> list[Body]:
        """All that stands in or on a body, and in or on that; without the body itself."""
        found, level = {body.id}, [body]
        inside: list[Body] = []
        while level:
            on = {item.id for item in level}
            level = [item for item in self.bodies.values() if item.parent_id in on and item.id not in found]
            found |= {item.id for item in level}
            inside += level
        return inside

    def place_with_contents(
        self, body: Body, position: Array, rotation_deg: tuple[float, float, float]
    ) -> None:
        """Moves a body, and what stands in or on it as if it were glued there."""
        moved = self.moved(body, position, rotation_deg)
        for item, there in zip([body, *self.contents(body)], moved, strict=True):
            self.place(item, there.position, there.rotation_deg)

    def moved(self, body: Body, position: Array, rotation_deg: tuple[float, float, float]) -> list[Body]:
        """Copies of a body and of what stands in or on it, in nobody's hand, where it would move them."""
        copy = replace(body, position=position, rotation_deg=rotation_deg, held=False)
        turn = copy.rotation @ body.rotation.T
        return [
            copy,
            *(
                replace(
                    item,
                    position=turn @ (item.position - body.position) + position,
                    rotation_deg=unity_euler(turn @ item.rotation),
                    held=False,
                )
                for item in self.contents(body)
            ),
        ]

    def carry(self, body: Body, position: Array, rotation_deg: tuple[float, float, float]) -> None:
        """Moves a body that an agent holds. Values computed from all other bodies stay valid."""
        body.position, body.rotation_deg = position, rotation_deg
        self.hand_version += 1

    def _rooms_under(self, body: Body) -> tuple[str, ...]:
        assert self.house is not None
        floors = np.array([room.polygon for room in self.house.rooms])
        touched = np.flatnonzero(shapely.intersects(floors, body.footprint))
        if len(touched) > 1:
            center = shapely.Point(body.position[0], body.position[2])
            touched = touched[np.argsort(shapely.distance(floors[touched], center), kind="stable")]
        return tuple(self.house.rooms[index].id for index in touched)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot(Generic[T]):
    """A value computed from a scene, valid until that scene changes."""

    scene: Scene
    version: int
    value: T

    @classmethod
    def of(cls, scene: Scene, value: T) -> "Snapshot[T]":
        return cls(scene, scene.version, value)

    def holds(self, scene: Scene) -> bool:
        """Whether the value was computed from this scene in its present version."""
        return self.scene is scene and self.version == scene.version


def empty_scene(pack: AssetPack | None = None) -> Scene:
    """A scene without a house, like AI2-THOR's `Procedural` scene before `CreateHouse`."""
    return Scene(pack=pack)


def scene_from_house(data: Mapping[str, Any], pack: AssetPack | None = None) -> Scene:
    """A scene built from ProcTHOR's house JSON, with a pack's meshes where it has any.

    Raises EngineError when the JSON is malformed or names an unknown asset.
    """
    check_json(data)
    house = parse_house(data)
    check_house(house)
    scene = Scene(house=house, pack=pack)
    for item in house.objects:
        scene.add(_body_of_object(item))
    for opening in house.openings:
        scene.add(_body_of_opening(opening))
    return scene


def starts_on(asset: Asset) -> bool:
    """Whether AI2-THOR's own scenes start with such a thing switched on."""
    return "CanToggleOnOff" in asset.properties and asset.object_type in STARTS_ON


def _body_of_object(item: HouseObject) -> Body:
    asset = find_asset(item.asset_id)
    return Body(
        id=item.id,
        asset=asset,
        position=item.position,
        rotation_deg=item.rotation_deg,
        openness=item.openness,
        kinematic=item.kinematic,
        openable="CanOpen" in asset.properties,
        is_on=starts_on(asset) if item.is_on is None else item.is_on,
        parent_id=item.parent_id,
    )


def _body_of_opening(opening: Opening) -> Body:
    asset = find_asset(opening.asset_id)
    if asset.object_type not in OPENING_TYPES:
        raise EngineError(f"house: {opening.id}: {asset.asset_id} is neither a door nor a window")
    along = opening.end - opening.start
    left = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    # A door's front (+z) is the side its leaf swings to: left of its wall's direction, out of room0,
    # which is what ProcTHOR keeps free. A window's front looks into its room, which is on the right.
    front = -left if opening.is_window else left
    yaw_deg = float(np.degrees(np.arctan2(front[0], front[1])))
    middle = (opening.start + opening.end) / 2.0
    depth = asset.size[2] / 2.0 - WINDOW_INSET if opening.is_window else 0.0
    x, z = middle + depth * left
    y = (opening.y_min + opening.y_max) / 2.0 if opening.is_window else opening.y_min + asset.size[1] / 2.0
    return Body(
        id=opening.id,
        asset=asset,
        position=np.array([x, y, z]),
        rotation_deg=(0.0, yaw_deg, 0.0),
        openness=opening.openness,
        openable=opening.openable,
    )


def room_of_point(house: House, x: float, z: float) -> str | None:
    """Id of the room whose floor lies under a world point, or None outside."""
    point = shapely.Point(x, z)
    return next((room.id for room in house.rooms if room.polygon.covers(point)), None)


def bodies_overlapping(bodies: Iterable[Body], box: OrientedBox, gap: float = 0.0) -> list[Body]:
    """Bodies whose boxes are nearer to a box than `gap` metres both horizontally and vertically."""
    points = corners(box)
    area = shapely.Polygon(footprint(points))
    low, high = points[:, 1].min() - gap, points[:, 1].max() + gap
    return [
        body
        for body in bodies
        if body.y_min < high and body.y_max > low and body.footprint.distance(area) <= gap
    ]
