"""Which bodies an agent can see, computed from boxes and walls without drawing a picture.

The rule is that of AI2-THOR's default scheme: a body is visible when it is within reach and at least one of a
few sample points is in view and not occluded. Here the sample points lie in the body's box, and other boxes
and walls occlude them. So a body seen only through a chair's legs or a shelf's open back counts as hidden.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from simgen.engine.world.scene import Body, Scene
from simgen.house.parse import House, Opening, Wall
from simgen.types import Array

Mask = NDArray[np.bool_]

POINTS = np.array(
    [[0.0, 0.0, 0.0]]
    + [[x, y, z] for x in (-0.8, 0.8) for y in (-0.8, 0.8) for z in (-0.8, 0.8)]
    + [[sign * 0.9 * (axis == k) for k in range(3)] for axis in range(3) for sign in (-1, 1)]
)
"""(15, 3) sample points of a box in units of its half sizes: centre, near its corners, near its faces."""
LEGGED = frozenset({"CoffeeTable", "Desk", "DiningTable", "SideTable", "Stool"})
"""Types of which only the top occludes: an agent sees below it."""
TOP_SHARE = 0.2
"""Share of a table's height that is its top."""
INSIDE = 0.005
"""Sample points this near to a wall, metres, or behind it are not used: they lie in the wall."""


@dataclass(frozen=True, slots=True, eq=False)
class VisibilityTable:
    """Everything in a scene that can be seen or occludes: N bodies and W pieces of wall, as arrays."""

    ids: tuple[str, ...]
    index: dict[str, int]
    centers: Array
    """(N, 3)."""
    half: Array
    """(N, 3) half sizes of the boxes."""
    rotations: Array
    """(N, 3, 3) world_from_local."""
    points: Array
    """(N, 15, 3) sample points, world."""
    usable: Mask
    """(N, 15) which sample points do not lie in a wall."""
    blocker_centers: Array
    """(N, 3) centres of the occluding boxes; a table's is that of its top."""
    blocker_half: Array
    blockers: Mask
    """(N,) which bodies occlude at all."""
    lets_see: Mask
    """(N, N) [target, blocker] pairs without occlusion: the target itself, and receptacles that are open or
    cannot be closed, in or on which it stands."""
    wall_ends: Array
    """(W, 2, 2) ends of pieces of wall as (x, z)."""
    wall_heights: Array
    """(W, 2) lowest and highest y."""
    floors: shapely.Geometry | None
    """Area of the usable sample points as (x, z); None without a house."""
    house: House | None
    """The house that the walls and floors belong to."""


def visibility_table(scene: Scene, before: VisibilityTable | None = None) -> VisibilityTable:
    """The table of a scene. Bodies in a hand do not occlude.

    Data that depend on the house alone are taken from `before`, if it is of the same house.
    """
    bodies = list(scene.bodies.values())
    index = {body.id: position for position, body in enumerate(bodies)}
    boxes = [body.box for body in bodies]
    centers = np.array([box.center for box in boxes]).reshape(-1, 3)
    half = np.array([box.half_extents for box in boxes]).reshape(-1, 3)
    rotations = np.array([box.rotation for box in boxes]).reshape(-1, 3, 3)
    points = centers[:, None] + (POINTS[None] * half[:, None]) @ rotations.transpose(0, 2, 1)
    legged = np.array([body.asset.object_type in LEGGED for body in bodies], dtype=bool)
    lift = np.where(legged, (1.0 - TOP_SHARE) * half[:, 1], 0.0)
    if before is not None and before.house is scene.house:
        ends, heights, floors = before.wall_ends, before.wall_heights, before.floors
    else:
        ends, heights = _wall_pieces(scene.house)
        floors = _floors(scene.house)
    return VisibilityTable(
        ids=tuple(index),
        index=index,
        centers=centers,
        half=half,
        rotations=rotations,
        points=points,
        usable=_in_rooms(floors, points),
        blocker_centers=centers + rotations[:, :, 1] * lift[:, None],
        blocker_half=half - np.stack([0.0 * lift, lift, 0.0 * lift], axis=1),
        blockers=np.array([_hides(body) for body in bodies], dtype=bool),
        lets_see=_lets_see(scene, bodies, index),
        wall_ends=ends,
        wall_heights=heights,
        floors=floors,
        house=scene.house,
    )


def find_visible(
    table: VisibilityTable,
    foot: Array,
    world_from_camera: Array,
    tangents: tuple[float, float],
    reach: float,
) -> tuple[Mask, Mask]:
    """(N,) which bodies are visible, and (N,) which are within reach and in view but hidden.

    `foot` (3,) is where the agent is; `tangents` are those of half its view's width and height.
    """
    near = np.flatnonzero(horizontal_gaps(table, foot) <= reach)
    visible, obstructed = np.zeros(len(table.ids), dtype=bool), np.zeros(len(table.ids), dtype=bool)
    inside = in_view(table.points[near], world_from_camera, tangents) & table.usable[near]
    rows, columns = np.nonzero(inside)
    targets = near[rows]
    clear = ~find_hidden(table, world_from_camera[:3, 3], table.points[targets, columns], targets)
    obstructed[targets] = True
    visible[targets[clear]] = True
    return visible, obstructed & ~visible


def horizontal_gaps(table: VisibilityTable, foot: Array) -> Array:
    """(N,) distance in metres from an agent at `foot` (3,) to each box, measured at the box's height.

    AI2-THOR searches for colliders in a capsule that reaches as far upwards as sideways, so only the
    horizontal distance matters.
    """
    offset = foot - table.centers
    offset[:, 1] = 0.0
    local = np.einsum("ni,nij->nj", offset, table.rotations)
    return np.linalg.norm(np.maximum(np.abs(local) - table.half, 0.0), axis=1)


def in_view(points: Array, world_from_camera: Array, tangents: tuple[float, float]) -> Mask:
    """(...) which world points (..., 3) lie in a camera's view."""
    local = (points - world_from_camera[:3, 3]) @ world_from_camera[:3, :3]
    return _before_camera(local, tangents)


def find_seeing_views(points: Array, eye: Array, rotations: Array, tangents: tuple[float, float]) -> Mask:
    """(K,) which of cameras at `eye` (3,), turned by `rotations` (K, 3, 3), see any of points (S, 3)."""
    return np.asarray(_before_camera((points - eye) @ rotations, tangents).any(axis=1))


def _before_camera(local: Array, tangents: tuple[float, float]) -> Mask:
    """(...) which points (..., 3) in a camera's frame lie in its view."""
    ahead, inside = local[..., 2], np.abs(local[..., :2]) < local[..., 2:] * tangents
    return np.asarray((ahead > 0.0) & inside.all(axis=-1))


def find_hidden(table: VisibilityTable, eye: Array, points: Array, targets: NDArray[np.intp]) -> Mask:
    """(S,) which world points (S, 3), each on the body of index `targets` (S,), are occluded."""
    blocked = _walls_between(table, eye, points)
    # Walls are tested first: the test is cheaper, and in a house of many rooms walls occlude the most.
    clear = np.flatnonzero(~blocked)
    if len(clear):
        near = _blockers_near(table, eye, points[clear])
        hit = _boxes_between(table, eye, points[clear], near) & ~table.lets_see[targets[clear]][:, near]
        blocked[clear] = hit.any(axis=1)
    return blocked


def _blockers_near(table: VisibilityTable, eye: Array, points: Array) -> NDArray[np.intp]:
    """Indices of the boxes that come near the box around the eye and some points (S, 3)."""
    low, high = np.minimum(points.min(axis=0), eye), np.maximum(points.max(axis=0), eye)
    radius = np.linalg.norm(table.blocker_half, axis=1)[:, None]
    outside = ((table.blocker_centers + radius < low) | (table.blocker_centers - radius > high)).any(axis=1)
    return np.flatnonzero(table.blockers & ~outside)


def _boxes_between(table: VisibilityTable, eye: Array, points: Array, near: NDArray[np.intp]) -> Mask:
    """(S, B) whether the segment to each point intersects each of these boxes (slabs, Kay and Kajiya 1986).

    A box that contains the eye does not occlude.
    """
    rotation, half = table.rotations[near], table.blocker_half[near][:, None]
    start = np.einsum("bi,bij->bj", eye - table.blocker_centers[near], rotation)[:, None]  # (B, 1, 3)
    along = (points - eye) @ rotation  # (B, S, 3)
    along = np.where(np.abs(along) < 1e-12, 1e-12, along)
    one, other = (-half - start) / along, (half - start) / along
    enters, leaves = np.minimum(one, other).max(axis=2), np.maximum(one, other).min(axis=2)
    return ((enters < leaves) & (enters > 0.0) & (enters < 1.0)).T


def _walls_between(table: VisibilityTable, eye: Array, points: Array) -> Mask:
    """(S,) whether the segment to each point crosses a wall."""
    start, wall = eye[[0, 2]], table.wall_ends[:, 1] - table.wall_ends[:, 0]  # (W, 2)
    along = points[:, [0, 2]] - start  # (S, 2)
    between = table.wall_ends[:, 0] - start  # (W, 2)
    turn = np.outer(along[:, 0], wall[:, 1]) - np.outer(along[:, 1], wall[:, 0])  # (S, W)
    turn = np.where(np.abs(turn) < 1e-12, np.inf, turn)
    share = (between[:, 0] * wall[:, 1] - between[:, 1] * wall[:, 0]) / turn
    place = (np.outer(along[:, 1], between[:, 0]) - np.outer(along[:, 0], between[:, 1])) / turn
    height = eye[1] + share * (points[:, 1] - eye[1])[:, None]
    within = (height > table.wall_heights[:, 0]) & (height < table.wall_heights[:, 1])
    return ((share > 0.0) & (share < 1.0) & (place >= 0.0) & (place <= 1.0) & within).any(axis=1)


def _hides(body: Body) -> bool:
    if body.held or body.asset.object_type in ("Doorframe", "Window"):
        return False
    return body.asset.object_type != "Doorway" or body.openness == 0.0


def _lets_see(scene: Scene, bodies: list[Body], index: dict[str, int]) -> Mask:
    table = np.eye(len(bodies), dtype=bool)
    for body in bodies:
        for parent in _ancestors(scene, body):
            table[index[body.id], index[parent.id]] = not parent.openable or parent.openness > 0.0
    return table


def _ancestors(scene: Scene, body: Body) -> Iterator[Body]:
    known = {body.id}
    while body.parent_id in scene.bodies and body.parent_id not in known:
        known.add(body.parent_id)
        body = scene.bodies[body.parent_id]
        yield body


def _floors(house: House | None) -> shapely.Geometry | None:
    """The area of the rooms without their walls, as (x, z)."""
    if house is None:
        return None
    floors = shapely.union_all([room.polygon.buffer(-INSIDE) for room in house.rooms])
    shapely.prepare(floors)
    return floors


def _in_rooms(floors: shapely.Geometry | None, points: Array) -> Mask:
    """(N, 15) which points lie in a room and not in a wall; all points of a body that has no such point."""
    if floors is None or not len(points):
        return np.ones(points.shape[:2], dtype=bool)
    usable = np.asarray(shapely.contains_xy(floors, points[..., 0], points[..., 2]))
    return usable | ~usable.any(axis=1, keepdims=True)


def _wall_pieces(house: House | None) -> tuple[Array, Array]:
    """Ends (W, 2, 2) and heights (W, 2) of the pieces of all walls around doors and windows."""
    pieces: list[tuple[Array, Array, float, float]] = []
    for wall in house.walls if house else ():
        if not wall.empty:
            holes = [opening for opening in house.openings if wall.id in opening.wall_ids] if house else []
            pieces += _solid_pieces(wall, holes)
    ends = np.array([[start, end] for start, end, _, _ in pieces]).reshape(-1, 2, 2)
    heights = np.array([[low, high] for _, _, low, high in pieces]).reshape(-1, 2)
    return ends, heights


def _solid_pieces(wall: Wall, holes: list[Opening]) -> Iterator[tuple[Array, Array, float, float]]:
    """Start, end, lowest and highest y: beside each hole, below it and above it."""
    spans = [sorted(float((end - wall.start) @ wall.direction) for end in (h.start, h.end)) for h in holes]
    done = 0.0
    for (low, high), hole in sorted(zip(spans, holes, strict=True), key=lambda pair: pair[0]):
        edges = wall.start + low * wall.direction, wall.start + high * wall.direction
        yield wall.start + done * wall.direction, edges[0], wall.y_min, wall.y_max
        yield *edges, wall.y_min, hole.y_min
        yield *edges, hole.y_max, wall.y_max
        done = high
    yield wall.start + done * wall.direction, wall.end, wall.y_min, wall.y_max
