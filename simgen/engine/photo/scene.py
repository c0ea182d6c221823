"""A scene as the path tracer reads it: two triangle meshes, materials by face, lights by room.

Coordinates are those of the world frame, which is left-handed, while Mitsuba's frame is right-handed. Nothing
has to be mirrored: no Mitsuba camera is used, the tracer creates its own rays, and in both frames the cross
product of a triangle's edges points outward.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch
from simgen.engine.draw.lights import HouseLights, scene_lights
from simgen.engine.look.materials import SurfaceKind
from simgen.engine.look.textures import Pattern, texture
from simgen.engine.world.scene import Scene
from simgen.house.parse import House
from simgen.types import Array

OUTSET = 0.0001
"""Distance by which every face is moved outward, metres. The walls of two adjacent rooms lie in one plane, as
do the two sides of a leaf. Without the offset a ray might hit the side that faces away."""
BY_PLAN = 255
"""Group of a face that can be seen in several rooms, such as a door's. Its room is found by position in the
plan."""
CELL = 0.05
"""Side of a cell of the plan, metres. The plan tells which room a point is in."""
PANE_REACH = 0.3
"""Distance from a window pane to a point that is certainly in the room that the pane lights, metres."""
MIN_PANE_AREA = 0.01
"""Smallest area of a pane's triangle that emits light, square metres. The narrow sides of a pane add
little."""


@dataclass(frozen=True, slots=True, eq=False)
class TracerMesh:
    """Triangles. The arrays are one-dimensional, as Mitsuba expects."""

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    uv: NDArray[np.float32]
    """Texture coordinates in periods of the face's texture."""
    faces: NDArray[np.uint32]
    rgb_kind: NDArray[np.uint32]
    """(F) sRGB in the three low bytes, the surface kind in the high byte."""
    layer_group: NDArray[np.uint32]
    """(F) index of the texture in `TracerScene.textures` in the low byte. The higher bytes hold the group of
    rooms whose lights reach the face, or `BY_PLAN`."""


@dataclass(frozen=True, slots=True, eq=False)
class TracerLights:
    """The lights of all rooms. Row g of a span belongs to group g: rooms without walls between them."""

    lamp_positions: Array
    """(L, 3)."""
    lamp_rgb: Array
    """(L, 3)."""
    lamp_spans: NDArray[np.uint32]
    """(G, 2) index of the group's first lamp, and of its last lamp + 1."""
    pane_corners: Array
    """(P, 3, 3) triangles of window panes that face into a room."""
    pane_spans: NDArray[np.uint32]
    """(G, 2) index of the group's first pane triangle, and of its last + 1."""
    sunny: NDArray[np.bool_]
    """(G) whether sunlight can enter."""
    sun_direction: Array
    """(3,) direction in which sunlight travels."""
    sun_rgb: Array
    """(3,)."""
    group_plan: NDArray[np.uint32]
    """(Z, X) group of the room nearest to each cell of the plan."""
    plan_low: Array
    """(2,) x and z of the plan's lowest corner, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class TracerScene:
    """A scene as the path tracer reads it."""

    mesh: TracerMesh
    clear: TracerMesh
    """The same mesh without window panes. Shadow rays use it, since panes let light through."""
    textures: NDArray[np.float32]
    """(N, H, W, 2) grey and mask of each pattern (see `Texture` in look/textures.py)."""
    lights: TracerLights


def tracer_scene(scene: Scene, batch: Batch) -> TracerScene:
    """Converts a scene for the path tracer."""
    # As in the shader: values that are constant over a triangle come from its last vertex.
    last = batch.vertices[batch.indices.reshape(-1, 3)[:, 2]]
    patterns = np.unique(last["normal_pattern"][:, 3])
    lights = scene_lights(scene)
    groups = sorted(set(lights.lamps_of_room)) if lights else []
    group_of_room = [groups.index(lamps) for lamps in lights.lamps_of_room] if lights else []
    mesh = _mesh(batch, last, patterns, group_of_room)
    panes = last["rgb_kind"][:, 3] == int(SurfaceKind.SKY)
    clear = TracerMesh(
        mesh.positions,
        mesh.normals,
        mesh.uv,
        mesh.faces.reshape(-1, 3)[~panes].ravel(),
        mesh.rgb_kind[~panes],
        mesh.layer_group[~panes],
    )
    layers = [texture(Pattern(pattern)).grey_mask for pattern in patterns]
    textures = np.stack(layers).astype(np.float32) / 255.0
    corners = batch.vertices["position"][batch.indices.reshape(-1, 3)[panes]].astype(np.float64)
    return TracerScene(mesh, clear, textures, _lights(scene.house, lights, groups, group_of_room, corners))


def _mesh(
    batch: Batch, last: NDArray[np.void], patterns: NDArray[np.int8], group_of_room: Sequence[int]
) -> TracerMesh:
    normals = batch.vertices["normal_pattern"][:, :3].astype(np.float32) / np.float32(127.0)
    periods = np.array([texture(Pattern(pattern)).period_m for pattern in patterns], dtype=np.float32)
    layer = np.searchsorted(patterns, batch.vertices["normal_pattern"][:, 3])
    return TracerMesh(
        positions=(batch.vertices["position"] + np.float32(OUTSET) * normals).ravel(),
        normals=normals.ravel(),
        uv=(batch.vertices["uv"] / periods[layer]).astype(np.float32).ravel(),
        faces=batch.indices,
        rgb_kind=np.ascontiguousarray(last["rgb_kind"]).view("<u4").ravel(),
        layer_group=(
            np.searchsorted(patterns, last["normal_pattern"][:, 3])
            + 256 * _groups_of_chunks(batch, group_of_room)[last["id_room"][:, 0].astype(int) - 1]
        ).astype(np.uint32),
    )


def _groups_of_chunks(batch: Batch, group_of_room: Sequence[int]) -> NDArray[np.int64]:
    """(C) group of rooms that each chunk is in, or `BY_PLAN`."""
    found = [
        {group for room, group in enumerate(group_of_room) if int(mask) >> room & 1} for mask in batch.rooms
    ]
    return np.array([groups.pop() if len(groups) == 1 else BY_PLAN for groups in found], dtype=np.int64)


def _lights(
    house: House | None,
    lights: HouseLights | None,
    groups: Sequence[tuple[int, ...]],
    group_of_room: Sequence[int],
    pane_corners: Array,
) -> TracerLights:
    if house is None or lights is None:
        return _no_lights()
    plan, low = _group_plan(house, group_of_room)
    pane_corners, pane_spans = _panes(house, group_of_room, len(groups), pane_corners)
    return TracerLights(
        lamp_positions=np.array([lamp.position for lamp in lights.lamps]),
        lamp_rgb=np.array([lamp.rgb for lamp in lights.lamps]),
        lamp_spans=np.array([(lamps[0], lamps[-1] + 1) for lamps in groups], dtype=np.uint32),
        pane_corners=pane_corners,
        pane_spans=pane_spans,
        sunny=_sunny(lights, groups),
        sun_direction=lights.sun_direction,
        sun_rgb=np.array(lights.sun_rgb),
        group_plan=plan,
        plan_low=low,
    )


def _no_lights() -> TracerLights:
    nothing = np.zeros((1, 2), dtype=np.uint32)
    return TracerLights(
        lamp_positions=np.zeros((1, 3)),
        lamp_rgb=np.zeros((1, 3)),
        lamp_spans=nothing,
        pane_corners=np.zeros((1, 3, 3)),
        pane_spans=nothing,
        sunny=np.zeros(1, dtype=bool),
        sun_direction=np.array([0.0, -1.0, 0.0]),
        sun_rgb=np.zeros(3),
        group_plan=np.zeros((1, 1), dtype=np.uint32),
        plan_low=np.zeros(2),
    )


def _sunny(lights: HouseLights, groups: Sequence[tuple[int, ...]]) -> NDArray[np.bool_]:
    sunny_groups = {lamps for lamps, sunny in zip(lights.lamps_of_room, lights.sunny, strict=True) if sunny}
    return np.array([lamps in sunny_groups for lamps in groups])


def _group_plan(house: House, group_of_room: Sequence[int]) -> tuple[NDArray[np.uint32], Array]:
    """(Z, X) group of the room at, or nearest to, each cell's centre, and the plan's lowest corner."""
    polygons = [room.polygon for room in house.rooms]
    x_min, z_min, x_max, z_max = shapely.total_bounds(polygons)
    x = np.arange(x_min - CELL, x_max + 2 * CELL, CELL) + CELL / 2
    z = np.arange(z_min - CELL, z_max + 2 * CELL, CELL) + CELL / 2
    at = np.stack(np.meshgrid(x, z), axis=-1)
    nearest = shapely.STRtree(polygons).nearest(shapely.points(at.reshape(-1, 2)))
    plan = np.array(group_of_room, dtype=np.uint32)[nearest].reshape(at.shape[:2])
    return plan, np.array([x_min - CELL, z_min - CELL])


def _panes(
    house: House, group_of_room: Sequence[int], group_count: int, corners: Array
) -> tuple[Array, NDArray[np.uint32]]:
    """The pane triangles, of (P, 3, 3), that face into a room, ordered by group, and the groups' spans."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double_areas = np.linalg.norm(normals, axis=1)
    at = corners.mean(axis=1) + PANE_REACH * normals / np.maximum(double_areas, 1e-12)[:, None]
    tree = shapely.STRtree([room.polygon for room in house.rooms])
    pane, room = tree.query(shapely.points(at[:, 0], at[:, 2]), predicate="intersects")
    groups = np.array(group_of_room)[room]
    large = double_areas[pane] > 2 * MIN_PANE_AREA
    pane, groups = pane[large], groups[large]
    order = np.argsort(groups, kind="stable")
    ends = np.searchsorted(groups[order], np.arange(group_count + 1))
    spans = np.stack([ends[:-1], ends[1:]], axis=1).astype(np.uint32)
    return (corners[pane[order]] if len(pane) else np.zeros((1, 3, 3))), spans
