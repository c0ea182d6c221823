"""The rules that make a house valid. They are the same for sampled houses and for houses from files.

The floor plan is checked by geometry, reachability by the embedded engine. Lengths are in metres, plans in
world (x, z).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from simgen.engine.packs import AssetPack
from simgen.engine.world.navigation import FreeSpace, free_space, reachable_positions
from simgen.engine.world.rest import scene_at_rest
from simgen.engine.world.scene import Scene
from simgen.errors import EngineError
from simgen.house.check import check_house, check_json
from simgen.house.parse import House, HouseRoom, Wall, parse_house

Rule = Literal[
    "malformed",
    "room polygon",
    "rooms overlap",
    "gap in walls",
    "stray wall",
    "walls overlap",
    "unknown asset",
    "object outside",
    "start pose",
    "unreachable room",
]
PLAN_TOLERANCE = 0.01
"""Corners that should meet may be this far apart: house files round to millimetres or centimetres."""
OUTSIDE_TOLERANCE = 0.05
"""An object's box may reach this far out of the rooms. procthor keeps everything inside; other tools hang
things a few centimetres into a wall, which has no thickness, and this is not visible."""
GRID_SIZE = 0.25
"""AI2-THOR's own grid of reachable positions."""
MIN_SPOTS = 5
"""An agent cannot walk in a room with fewer reachable positions; procthor has the same limit."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule of a house."""

    rule: Rule
    text: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


def find_faults(data: Mapping[str, Any], pack: AssetPack | None = None) -> list[Fault]:
    """All faults of a house; an empty list for a valid one.

    `pack` is the asset pack that the house is drawn with: its meshes are obstacles for the agent.
    """
    try:
        check_json(data)
        house = parse_house(data)
    except EngineError as error:
        return [Fault("malformed", str(error))]
    faults = list(_plan_faults(house))
    if faults:  # objects and walks cannot be checked in a broken plan
        return faults
    try:
        check_house(house)
        scene = scene_at_rest(data, pack)
    except EngineError as error:
        rule: Rule = "unknown asset" if "procthor's database" in str(error) else "malformed"
        return [Fault(rule, str(error))]
    return [*_outside(house, scene), *_walk_faults(data, house, scene)]


def _plan_faults(house: House) -> Iterator[Fault]:
    broken = [room for room in house.rooms if not room.polygon.is_valid or room.polygon.area < 1e-6]
    for room in broken:
        yield Fault("room polygon", f"{room.id}: its floorPolygon crosses itself or is flat")
    if broken:
        return
    for room, other in combinations(house.rooms, 2):
        shared = room.polygon.intersection(other.polygon)
        if not shared.buffer(-PLAN_TOLERANCE / 2).is_empty:
            yield Fault("rooms overlap", f"{room.id} and {other.id} share {shared.area:.2f} square metres")
    for room in house.rooms:
        yield from _wall_faults(room, [wall for wall in house.walls if _bounds(wall, room)])


def _bounds(wall: Wall, room: HouseRoom) -> bool:
    return wall.room_id == room.id and not wall.exterior


def _wall_faults(room: HouseRoom, walls: Sequence[Wall]) -> Iterator[Fault]:
    """The walls of a room must follow its edge exactly once."""
    edge = room.polygon.boundary
    lines = {wall.id: shapely.LineString([wall.start, wall.end]) for wall in walls}
    gap = edge.difference(shapely.union_all(list(lines.values())).buffer(PLAN_TOLERANCE)).length
    if gap > PLAN_TOLERANCE:
        yield Fault("gap in walls", f"{room.id} has no wall along {gap:.2f} m of its edge")
    for name, line in lines.items():
        if (stray := line.difference(edge.buffer(PLAN_TOLERANCE)).length) > PLAN_TOLERANCE:
            yield Fault("stray wall", f"{name} leaves the edge of {room.id} for {stray:.2f} m")
    for (name, line), (other, second) in combinations(lines.items(), 2):
        # Walls that meet at a corner share a square as wide as the tolerance.
        shared = line.intersection(second.buffer(PLAN_TOLERANCE, cap_style="flat")).length
        if shared > 3 * PLAN_TOLERANCE:
            yield Fault("walls overlap", f"{name} and {other} share {shared:.2f} m")


def _outside(house: House, scene: Scene) -> Iterator[Fault]:
    floors = shapely.union_all([room.polygon.buffer(PLAN_TOLERANCE) for room in house.rooms])
    floor_y, ceiling_y = min(wall.y_min for wall in house.walls), house.ceiling_y
    for body in scene.bodies.values():
        if body.is_opening:
            continue
        heights = body.corners[:, 1]
        reaches = (
            (_reach(body.footprint, floors), "outside of all rooms"),
            (floor_y - heights.min(), "below the floor"),
            (heights.max() - ceiling_y, "above the ceiling"),
        )
        for far, side in reaches:
            if far > OUTSIDE_TOLERANCE:
                yield Fault("object outside", f"{body.id} ({body.asset.asset_id}) reaches {far:.2f} m {side}")


def _reach(footprint: shapely.Polygon, floors: BaseGeometry) -> float:
    """Distance from the floors to the farthest corner of a footprint."""
    if floors.covers(footprint):
        return 0.0
    return max(floors.distance(shapely.Point(corner)) for corner in footprint.exterior.coords)


def _walk_faults(data: Mapping[str, Any], house: House, scene: Scene) -> Iterator[Fault]:
    try:
        position = data["metadata"]["agent"]["position"]
        start = np.array([float(position["x"]), float(position["z"])])
    except (LookupError, TypeError, ValueError) as error:
        yield Fault("start pose", f"metadata.agent.position cannot be read ({type(error).__name__} {error})")
        return
    space = free_space(scene)
    if not space.holds(start):
        yield Fault("start pose", f"the agent cannot stand at x {start[0]:.2f}, z {start[1]:.2f}")
        return
    yield from _unreachable(house, space, start)


def _unreachable(house: House, space: FreeSpace, start: Any) -> Iterator[Fault]:
    spots = reachable_positions(space, start, GRID_SIZE)
    for room in house.rooms:
        count = int(shapely.contains_xy(room.polygon, spots[:, 0], spots[:, 1]).sum())
        if count < MIN_SPOTS:
            text = f"{room.id} ({room.type}) has {count} reachable spots; it needs {MIN_SPOTS}"
            yield Fault("unreachable room", text)
