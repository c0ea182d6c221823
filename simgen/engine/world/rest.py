"""Where bodies come to rest: small ones on their receptacles, dropped ones below."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from simgen.engine.packs import AssetPack
from simgen.engine.world.agent import unity_euler
from simgen.engine.world.scene import Body, Scene, scene_from_house
from simgen.geometry.boxes import corners, footprint
from simgen.geometry.frames import euler_rotation
from simgen.types import Array, OrientedBox

MIN_FALL = 0.5
"""A body that is less far above its support (metres) stays where it is."""
ROLLS_M = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Distances from the point of the fall at which a place to rest is tried, metres, nearest first."""
MIN_THICKNESS = 0.005
"""A body that is flatter than this (metres) does not block: others come to rest on it."""
MAX_HOVER = 0.12
"""A body that is higher above its receptacle than this (metres) hangs there on purpose."""
STANDS_WITHIN = 0.02
"""A body stands on a surface if its bottom is this near to it, metres."""
LIFT = 0.001
"""Bodies are placed this far above their support, metres, so that no faces coincide."""


def scene_at_rest(data: Mapping[str, Any], pack: AssetPack | None = None) -> Scene:
    """A scene built from ProcTHOR's house JSON, with hovering bodies lowered onto their receptacles.

    Raises EngineError when the JSON is malformed or names an unknown asset.
    """
    scene = scene_from_house(data, pack)
    _rest_on_parents(scene)
    return scene


@dataclass(frozen=True, slots=True, eq=False)
class RestingPlace:
    """Where a dropped body comes to rest, standing upright."""

    position: Array
    """(3,) world."""
    parent_id: str
    """The receptacle it stands on; empty for the floor."""


def find_resting_place(scene: Scene, body: Body, spot: Array, yaw_deg: float) -> RestingPlace | None:
    """Where a body comes to rest when it is dropped over a world (x, z) `spot` from its present height.

    None when another body blocks it, or when it would not lie wholly in one room.
    """
    position = np.array([spot[0], body.position[1], spot[1]])
    upright = replace(body, position=position, rotation_deg=(0.0, yaw_deg, 0.0))
    rooms = scene.house.rooms if scene.house else ()
    if not any(room.polygon.covers(upright.footprint) for room in rooms):
        return None
    height, parent_id = 0.0, ""
    for other in scene.bodies.values():
        if other.held or other.is_opening or not other.footprint.intersects(upright.footprint):
            continue
        level = _support_of(other, upright)
        if level is None:
            return None
        if level > height:
            height, parent_id = level, other.id if "Receptacle" in other.asset.properties else ""
    position[1] = height + LIFT + body.asset.size[1] / 2.0
    return RestingPlace(position, parent_id)


def _support_of(other: Body, falling: Body) -> float | None:
    """Height at which `other` stops a falling body, -inf when it is above that body; None when it blocks."""
    bottom, top = falling.y_min, falling.y_max
    if other.y_min >= top:
        return -np.inf
    origin, points = other.origin(other.size), falling.corners
    local = (points - origin) @ other.rotation
    levels = [
        float(origin[1]) + surface.y
        for surface in other.shape.surfaces
        if surface.x_min <= local[:, 0].min()
        and local[:, 0].max() <= surface.x_max
        and surface.z_min <= local[:, 2].min()
        and local[:, 2].max() <= surface.z_max
        and surface.clearance >= top - bottom
    ]
    levels += [other.y_max]
    return max((level for level in levels if level <= bottom), default=None)


def settle_falling(scene: Scene) -> None:
    """Drops every movable body that hangs far above its support; a long one comes to lie on its side.

    It replaces rigid-body physics and computes only the final rest. ProcTHOR needs it when it drops a
    baseball bat. A body comes to rest near the point of its fall, clear of others, on the floor or on a
    receptacle's surface. Where there is no such place, it lies on top of the body below. A body that lands
    half over an edge stays there.
    """
    for body in list(scene.bodies.values()):
        if body.kinematic or body.is_opening or body.position[1] <= 0.0:
            continue
        lying = _lying_down(body)
        bottom = float(corners(lying)[:, 1].min())
        # The floor is the lowest support, so most bodies need no search for what is under them.
        if bottom <= MIN_FALL or bottom - _support_height(scene, body, lying) <= MIN_FALL:
            continue
        clear = (box for box in _roll_outs(lying) if _lands_clear(scene, body, box))
        box = next(clear, lying)
        drop = float(corners(box)[:, 1].min()) - _support_height(scene, body, box)
        position = box.center - [0.0, drop - LIFT, 0.0]
        scene.place(body, position, unity_euler(box.rotation))
        body.parent_id = receptacle_under(scene, body)


def receptacle_under(scene: Scene, body: Body) -> str:
    """Id of the receptacle on one of whose surfaces a body stands, "" for none."""
    bottom = body.y_min
    gaps = [
        (abs(bottom - height), other.id)
        for other in scene.bodies.values()
        if other is not body and not other.held and "Receptacle" in other.asset.properties
        for height in _surfaces_below(other, body.position)
    ]
    gap, name = min(gaps, default=(np.inf, ""))
    return name if gap <= STANDS_WITHIN else ""


def _roll_outs(box: OrientedBox) -> Iterator[OrientedBox]:
    """The box in place, turned about the vertical, and then the same at growing distances."""
    for distance in ROLLS_M:
        for way in range(8 if distance else 1):
            angle = np.radians(45.0 * way)
            shift = distance * np.array([np.sin(angle), 0.0, np.cos(angle)])
            for yaw_deg in (0.0, 90.0, 45.0, 135.0):
                turn = euler_rotation(0.0, yaw_deg, 0.0)
                yield OrientedBox(box.center + shift, box.half_extents, turn @ box.rotation)


def _lands_clear(scene: Scene, body: Body, box: OrientedBox) -> bool:
    """Whether a falling box comes to rest on a floor or a surface without touching other bodies."""
    points = corners(box)
    area = shapely.Polygon(footprint(points))
    rooms = scene.house.rooms if scene.house else ()
    if not any(room.polygon.covers(area) for room in rooms):
        return False
    low, thickness = points[:, 1].min(), np.ptp(points[:, 1])
    under = [
        other for other in scene.bodies.values() if other is not body and other.footprint.intersects(area)
    ]
    levels = [0.0, *(h for other in under for h in _surfaces_below(other, box.center) if h <= low)]
    rest = max(levels)
    return not any(
        other.y_max > rest + LIFT + MIN_THICKNESS
        and other.y_min < rest + thickness
        and not any(abs(level - rest) < MIN_THICKNESS for level in _surfaces_below(other, box.center))
        for other in under
    )


def _rest_on_parents(scene: Scene) -> None:
    """Lowers every movable body that hovers a little above its receptacle onto it.

    ProcTHOR lifts breakable objects by 5 cm and lets Unity's physics lower them.
    """
    for body in list(scene.bodies.values()):
        parent = scene.bodies.get(body.parent_id)
        if parent is None or body.kinematic:
            continue
        drops = [body.y_min - height for height in _surfaces_below(parent, body.position)]
        drop = min((drop for drop in drops if drop >= 0.0), default=np.inf)
        if LIFT < drop < MAX_HOVER:
            scene.place(body, body.position - [0.0, drop - LIFT, 0.0], body.rotation_deg)


def _surfaces_below(parent: Body, position: Array) -> list[float]:
    """World heights of a receptacle's surfaces under a world point (3,)."""
    origin = parent.origin(parent.size)
    x, _, z = parent.rotation.T @ (position - origin)
    return [
        float(origin[1]) + surface.y
        for surface in parent.shape.surfaces
        if surface.x_min <= x <= surface.x_max and surface.z_min <= z <= surface.z_max
    ]


def _is_long(body: Body) -> bool:
    return body.asset.size[1] > 3 * max(body.asset.size[0], body.asset.size[2])


def _lying_down(body: Body) -> OrientedBox:
    """A body's box in its resting orientation: a long one lies on its side."""
    x_deg = 90.0 if _is_long(body) else body.rotation_deg[0]
    rotation = euler_rotation(x_deg, body.rotation_deg[1], 0.0)
    return OrientedBox(body.position, np.array(body.asset.size) / 2.0, rotation)


def _support_height(scene: Scene, body: Body, box: OrientedBox) -> float:
    """Height of the highest surface or top that lies under a box, 0.0 for the floor."""
    points = corners(box)
    area, bottom = shapely.Polygon(footprint(points)), float(points[:, 1].min())
    others = [other for other in scene.bodies.values() if other is not body and not other.is_opening]
    heights = [0.0]
    for index in np.flatnonzero(shapely.intersects([other.footprint for other in others], area)):
        heights += _surfaces_below(others[index], body.position) or [others[index].y_max]
    return max(height for height in heights if height <= bottom)
