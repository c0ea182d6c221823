"""AI2-THOR's metadata: every key of its client's schema, filled from the scene.

Properties that this engine does not simulate (temperature, liquids, breaking) have AI2-THOR's values for an
object that is intact, clean, dry and at room temperature.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.polygon import orient

from simgen.engine.look.substance import DEFAULT_MASS_KG, SUBSTANCE
from simgen.engine.world.agent import HAND, Agent, unity_euler
from simgen.engine.world.scene import Body, Scene
from simgen.geometry.frames import euler_rotation
from simgen.house.parse import House
from simgen.types import Array

VISIBILITY_DISTANCE = 1.5
"""AI2-THOR's default limit of the distance at which objects are visible, metres."""


def vector(values: Iterable[float]) -> dict[str, float]:
    """Three numbers as AI2-THOR writes a vector."""
    x, y, z = (float(value) for value in values)
    return {"x": x, "y": y, "z": z}


@dataclass(frozen=True, slots=True, eq=False)
class _Built:
    """A body's entry, and the state of the body that it was built from."""

    state: tuple[object, ...]
    entry: Mapping[str, Any]
    position: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class ObjectEntries:
    """The `objects` list without what depends on an agent: first the bodies, then floors and walls."""

    entries: tuple[Mapping[str, Any], ...]
    positions: Array
    """(E, 3) of each entry, world."""
    index: Mapping[str, int]
    built: Mapping[str, "_Built"]
    """Each body's entry with the state that it was built from, by id."""
    house: House | None
    """The house whose floors and walls the last entries describe."""

    def children(self, object_id: str) -> list[str]:
        """Ids of the bodies in or on a body."""
        return self.entries[self.index[object_id]]["receptacleObjectIds"]

    def parents(self, object_id: str) -> list[str]:
        """Ids of the receptacles in or on which a body stands."""
        return self.entries[self.index[object_id]]["parentReceptacles"]

    def with_entries(self, changed: Iterable[Mapping[str, Any]]) -> "ObjectEntries":
        """A copy in which these entries replace those with the same ids."""
        entries, positions = list(self.entries), self.positions.copy()
        for entry in changed:
            at = self.index[entry["objectId"]]
            entries[at], positions[at] = entry, list(entry["position"].values())
        return replace(self, entries=tuple(entries), positions=positions)

    def describe(
        self,
        agent: Agent,
        visible: Iterable[bool],
        obstructed: Iterable[bool],
        listed: Container[str] | None = None,
    ) -> list[dict[str, Any]]:
        """The entries, or the listed ones, with distance and visibility for an agent.

        The flags are in the order of the bodies. Entries beyond the flags, such as floors and walls, are
        neither `visible` nor `obstructed`.
        """
        distances = np.linalg.norm(self.positions - agent.position, axis=1).tolist()
        flags = [*zip(visible, obstructed, strict=True)]
        flags += [(False, False)] * (len(self.entries) - len(flags))
        return [
            {**entry, "distance": far, "visible": sees, "isInteractable": sees, "obstructed": hides}
            for entry, far, (sees, hides) in zip(self.entries, distances, flags, strict=True)
            if listed is None or entry["objectId"] in listed
        ]


def object_entries(scene: Scene, before: ObjectEntries | None = None) -> ObjectEntries:
    """Metadata of everything in a scene, without what depends on an agent.

    Entries of bodies that have not changed since `before` are taken from there.
    """
    children: dict[str, list[str]] = {}
    for body in scene.bodies.values():
        if body.parent_id in scene.bodies:
            children.setdefault(body.parent_id, []).append(body.id)
    known = before.built if before else {}
    built: dict[str, _Built] = {}
    for body in scene.bodies.values():
        inside = children.get(body.id, [])
        parents = [body.parent_id] if body.parent_id in scene.bodies else []
        state = (body, body.pose_state(), body.held, body.is_on, body.openable, inside, parents)
        kept = known.get(body.id)
        if kept is None or kept.state != state:
            entry = object_metadata(body, inside, parents)
            kept = _Built(state, entry, _place_of(entry))
        built[body.id] = kept
    if before is not None and before.house is scene.house:
        structure, places = before.entries[len(before.built) :], before.positions[len(before.built) :]
    else:
        structure = tuple(structure_metadata(scene.house))
        places = np.array([_place_of(entry) for entry in structure]).reshape(-1, 3)
    entries = (*(item.entry for item in built.values()), *structure)
    return ObjectEntries(
        entries=entries,
        positions=np.concatenate([np.array([b.position for b in built.values()]).reshape(-1, 3), places]),
        index={entry["objectId"]: at for at, entry in enumerate(entries)},
        built=built,
        house=scene.house,
    )


def _place_of(entry: Mapping[str, Any]) -> tuple[float, float, float]:
    place = entry["position"]
    return place["x"], place["y"], place["z"]


def object_metadata(body: Body, children: list[str], parents: list[str]) -> dict[str, Any]:
    """One object's metadata, without what depends on an agent."""
    asset, properties, corner_points = body.asset, body.asset.properties, body.corners
    low, high = corner_points.min(axis=0), corner_points.max(axis=0)
    moves = asset.primary_property in ("CanPickup", "Moveable")
    mass_kg, materials = SUBSTANCE.get(asset.object_type, (DEFAULT_MASS_KG, ()))
    return {
        **_INTACT,
        "name": body.id,
        "objectId": body.id,
        "objectType": asset.object_type,
        "assetId": asset.asset_id,
        "position": vector(body.box.center),
        "rotation": vector(angle % 360.0 for angle in body.rotation_deg),
        "receptacle": "Receptacle" in properties,
        "receptacleObjectIds": children,
        "parentReceptacles": parents,
        "pickupable": asset.primary_property == "CanPickup",
        "isPickedUp": body.held,
        "moveable": asset.primary_property == "Moveable",
        "mass": mass_kg if moves else 0.0,
        "salientMaterials": list(materials) if moves else [],
        "openable": body.openable,
        "isOpen": body.openness > 0.0,
        "openness": body.openness,
        "toggleable": "CanToggleOnOff" in properties,
        "isToggled": body.is_on,
        "breakable": "CanBreak" in properties,
        "sliceable": "CanBeSliced" in properties,
        "cookable": "CanBeCooked" in properties,
        "dirtyable": "CanBeDirty" in properties,
        "canFillWithLiquid": "CanBeFilled" in properties,
        "canBeUsedUp": "CanBeUsedUp" in properties,
        "isHeatSource": "isHeatSource" in properties,
        "isColdSource": "isColdSource" in properties,
        "axisAlignedBoundingBox": _aligned_box(low, high),
        "objectOrientedBoundingBox": {"cornerPoints": corner_points.tolist()},
        "footprint": _mesh_footprint(body),
    }


def _mesh_footprint(body: Body) -> list[list[float]] | None:
    """simgen's own: convex outline (P, 2) of an asset pack's mesh on the floor as world (x, z),
    counter-clockwise; None where the shape is parametric, and its box's outline is the footprint.
    """
    if body.pack is None or body.pack.plan_of(body.asset) is None:
        return None
    hull = shapely.Polygon(shapely.get_coordinates(shapely.convex_hull(body.plan)))
    return np.asarray(orient(hull).exterior.coords)[:-1].tolist()


def structure_metadata(house: House | None) -> Iterator[dict[str, Any]]:
    """Metadata of floors (`room|…`) and walls, as AI2-THOR lists them."""
    for room in house.rooms if house else ():
        outline = np.asarray(room.polygon.exterior.coords)
        points = np.insert(outline, 1, 0.0, axis=1)
        yield _structure(room.id, "Floor", points)
    for wall in house.walls if house else ():
        ends = np.array([[*wall.start], [*wall.end]])
        points = np.concatenate([np.insert(ends, 1, y, axis=1) for y in (wall.y_min, wall.y_max)])
        yield _structure(wall.id, "Wall", points)


def agent_metadata(agent: Agent) -> dict[str, Any]:
    """The `agent` entry."""
    return {
        "name": "agent",
        "position": vector(agent.position),
        "rotation": vector((0.0, agent.pose.yaw_deg, 0.0)),
        "cameraHorizon": agent.pose.horizon_deg,
        "isStanding": agent.standing,
        "inHighFrictionArea": False,
    }


def hand_metadata(agent: Agent) -> dict[str, Any]:
    """The `heldObjectPose` entry: the pose of the hand, whether it is empty or not."""
    camera = agent.world_from_camera()
    local = np.array(HAND) if agent.held is None else agent.held.hand
    turn = (0.0, 0.0, 0.0) if agent.held is None else agent.held.hand_rotation_deg
    rotation = camera[:3, :3] @ euler_rotation(*turn)
    return {
        "localPosition": vector(local),
        "localRotation": vector(turn),
        "position": vector(camera[:3, :3] @ local + camera[:3, 3]),
        "rotation": vector(unity_euler(rotation)),
    }


def scene_bounds(points: Array) -> dict[str, Any]:
    """The `sceneBounds` entry of all corner points (N, 3) in the scene."""
    return _aligned_box(points.min(axis=0), points.max(axis=0))


def _structure(object_id: str, kind: str, points: Array) -> dict[str, Any]:
    low, high = points.min(axis=0), points.max(axis=0)
    return {
        **_INTACT,
        "name": object_id,
        "objectId": object_id,
        "objectType": kind,
        "assetId": "",
        "position": vector((low + high) / 2.0),
        "rotation": vector((0.0, 0.0, 0.0)),
        "receptacle": kind == "Floor",
        "axisAlignedBoundingBox": _aligned_box(low, high),
        "objectOrientedBoundingBox": None,
    }


def _aligned_box(low: Array, high: Array) -> dict[str, Any]:
    corner_points = [
        [x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])
    ]
    return {
        "center": vector((low + high) / 2.0),
        "size": vector(high - low),
        "cornerPoints": [[float(value) for value in point] for point in corner_points],
    }


_INTACT: Mapping[str, Any] = {
    "distance": 0.0,
    "visible": False,
    "isInteractable": False,
    "obstructed": False,
    "receptacle": False,
    "receptacleObjectIds": [],
    "parentReceptacles": [],
    "pickupable": False,
    "moveable": False,
    "mass": 0.0,
    "salientMaterials": [],
    "openable": False,
    "isOpen": False,
    "openness": 0.0,
    "toggleable": False,
    "isToggled": False,
    "breakable": False,
    "isBroken": False,
    "sliceable": False,
    "isSliced": False,
    "cookable": False,
    "isCooked": False,
    "dirtyable": False,
    "isDirty": False,
    "canFillWithLiquid": False,
    "fillLiquid": None,
    "isFilledWithLiquid": False,
    "canBeUsedUp": False,
    "isUsedUp": False,
    "isPickedUp": False,
    "isMoving": False,
    "isHeatSource": False,
    "isColdSource": False,
    "temperature": "RoomTemp",
    "ObjectTemperature": "RoomTemp",
    "controlledObjects": None,
    "footprint": None,
}
