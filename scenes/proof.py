"""Proves that a frame is of its own camera, and not of another worker, of another pose or an earlier frame.

AI2-THOR's client refuses an answer with the id of another action. Here the reported pose of the camera must
be the requested one. And for a grid of pixels the depth must agree with the house: pixels without an object
lie on the floor, the ceiling or a wall, and pixels of an object lie within the object's box. The house's JSON
and the boxes are known without any image.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.errors import EngineFault
from simgen.house.parse import Opening, Wall, parse_house
from simgen.types import Array, SceneObject

POSITION_TOLERANCE_M, ANGLE_TOLERANCE_DEG = 0.001, 0.1
"""Between the requested pose and the pose that AI2-THOR reports. Its 32-bit floats are a hundred times as
exact, and no two frames of a walk are so close."""
PROBE_COLUMNS, PROBE_ROWS = 20, 15
"""Number of probed pixels across and down an image."""
DEPTH_TOLERANCE_M = 0.01
"""Allowed distance of a probed point from a surface, in addition to the width of a pixel at its depth."""
BOX_TOLERANCE_M = 0.02
"""Allowed distance of a probed point from its object's box. Unity's boxes may leave out small parts."""
OPENING_MARGIN_M = 0.15
"""Around windows and closed doors. A probe that hits a wall within this margin is not judged."""
PARALLEL = 0.1
"""Largest sine of the angle between an opening and the wall that it is in."""
EDGE_M = 0.001
"""Tolerance at the edges of walls, which meet at their corners to the millimetre."""
MIN_AGREEMENT = 0.9
"""Share of the probes that must agree. Measured (docs/ai2thor.md): with the own camera at least 0.995
agree, with a wrong camera at most 0.815. A higher share would be safer on the embedded engine. But Unity may
draw objects that are not in the JSON, such as skirting boards, and a false alarm would stop every clip."""
MIN_PROBES = 40
"""With fewer judged probes only the pose and the id are checked. One of 200 probes of the own camera
disagrees: with 12, two disagreeing ones of 17 refused a good frame of 24,480."""
UNSTEADY_TYPES = ("Doorway", "Doorframe", "Window")
"""Objects whose pixels are not judged: leaves and panes may reach out of their boxes or be transparent."""


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """The planes around the rooms of a house: W walls between a floor and a ceiling."""

    start: Array
    """(W, 2) first floor corner of each wall as (x, z)."""
    along: Array
    """(W, 2) unit vector to its other corner."""
    length: Array
    """(W)"""
    y_range: Array
    """(W, 2)"""
    openings: Array
    """(O, 2, 3) lowest and highest corner of a box around each door and window, widened, world frame."""
    leads_inside: NDArray[np.bool_]
    """(O) whether an opening has a room on both sides."""
    runs_like: NDArray[np.bool_]
    """(W + 1, O) whether an opening can be in a wall, since both are parallel. The last row is for floor and
    ceiling and is False."""
    floor_y: float
    ceiling_y: float


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """The geometry of a scene that is known without an image."""

    shell: Shell | None
    """None for Unity's own scenes, whose walls are not known."""
    center: Array
    """(N + 1, 3) of each object's oriented box; the first entry is for pixels without an object."""
    half_extents: Array
    """(N + 1, 3)"""
    rotation: Array
    """(N + 1, 3, 3)"""
    steady: NDArray[np.bool_]
    """(N + 1) whether all pixels of an object lie within its box."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well the depth of an image agrees with the scene."""

    judged: int
    """Probes whose depth is known from the scene."""
    agreeing: int

    @property
    def share(self) -> float:
        return self.agreeing / self.judged if self.judged else 1.0

    @property
    def is_proof_against(self) -> bool:
        """Whether the image cannot be of this camera."""
        return self.judged >= MIN_PROBES and self.share < MIN_AGREEMENT


def make_witness(house: Mapping[str, Any] | None, objects: Sequence[SceneObject]) -> Witness:
    """The geometry from a house's JSON and its objects' boxes. Without a house the walls are not known."""
    boxes = [item.box for item in objects]
    return Witness(
        shell=_shell(house) if house is not None and house.get("walls") else None,
        center=np.array([np.zeros(3), *(box.center for box in boxes)]),
        half_extents=np.array([np.zeros(3), *(box.half_extents for box in boxes)]),
        rotation=np.array([np.eye(3), *(box.rotation for box in boxes)]),
        steady=np.array([False, *(item.type not in UNSTEADY_TYPES for item in objects)]),
    )


def prove_camera(asked: Array, said: Array) -> None:
    """Raises EngineFault unless the reported pose `said` (4, 4) is the requested pose `asked` (4, 4)."""
    off_m = float(np.linalg.norm(asked[:3, 3] - said[:3, 3]))
    # The matrices of two rotations that differ by an angle have the distance 2 sqrt(2) sin(angle / 2).
    chord = float(np.linalg.norm(asked[:3, :3] - said[:3, :3])) / np.sqrt(8.0)
    off_deg = float(np.degrees(2.0 * np.arcsin(min(1.0, chord))))
    if off_m > POSITION_TOLERANCE_M or off_deg > ANGLE_TOLERANCE_DEG:
        raise EngineFault(
            f"the camera is {off_m:.3f} m and {off_deg:.1f} degrees from the requested pose: the answer "
            "belongs to another pose"
        )


def prove_picture(
    witness: Witness,
    rgb: NDArray[np.uint8] | None,
    depth: NDArray[np.float32] | None,
    instance: NDArray[np.uint16] | None,
    world_from_camera: Array,
    camera_matrix: Array,
) -> None:
    """Raises EngineFault unless the images have the camera's size and their depth agrees with the scene.

    `depth` (H, W) is in metres along the optical axis, `instance` (H, W) is 0 or 1 + an object's index.
    """
    width, height = (round(2.0 * camera_matrix[axis, 2]) for axis in (0, 1))
    sizes = [None if image is None else image.shape[:2] for image in (rgb, depth, instance)]
    if sizes != [(height, width)] * 3 or depth is None or instance is None:
        told = ", ".join("none" if size is None else f"{size[1]}x{size[0]}" for size in sizes)
        raise EngineFault(f"the images of colour, depth and ids have sizes {told}, not {width}x{height}")
    found = measure_agreement(witness, depth, instance, world_from_camera, camera_matrix)
    if found.is_proof_against:
        raise EngineFault(
            f"the image is not of its camera: only {found.agreeing} of {found.judged} depths agree with the "
            "house; it belongs to another pose, house or worker"
        )


def measure_agreement(
    witness: Witness,
    depth: NDArray[np.float32],
    instance: NDArray[np.uint16],
    world_from_camera: Array,
    camera_matrix: Array,
) -> Agreement:
    """Counts how many of a grid of pixels have the depth that follows from the scene."""
    columns, rows = _probes(depth.shape[1], depth.shape[0])
    ways = _ways(columns, rows, world_from_camera, camera_matrix)
    far, ids = depth[rows, columns].astype(np.float64), instance[rows, columns]
    origin, pixel_m = world_from_camera[:3, 3], far / camera_matrix[0, 0]
    steady = witness.steady[ids]
    judged, agrees = steady, _in_boxes(witness, ids, origin + far[:, None] * ways, pixel_m) | ~steady
    if witness.shell is not None:
        beyond_m, known = _beyond_shell(witness.shell, origin, ways, far, ids == 0)
        # An object may be anywhere in front of the wall. A pixel without an object must be on the wall.
        off_m = np.where(ids > 0, beyond_m, np.abs(beyond_m))
        judged, agrees = judged | known, agrees & ((off_m <= DEPTH_TOLERANCE_M + pixel_m) | ~known)
    return Agreement(int(judged.sum()), int((judged & agrees).sum()))


def _probes(width: int, height: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(P), (P) columns and rows of the probed pixels."""
    columns = ((np.arange(PROBE_COLUMNS) + 0.5) / PROBE_COLUMNS * width).astype(np.intp)
    rows = ((np.arange(PROBE_ROWS) + 0.5) / PROBE_ROWS * height).astype(np.intp)
    grid = np.meshgrid(columns, rows)
    return grid[0].ravel(), grid[1].ravel()


def _ways(
    columns: NDArray[np.intp], rows: NDArray[np.intp], world_from_camera: Array, camera_matrix: Array
) -> Array:
    """(P, 3) world vectors from the camera through the centres of pixels, to a depth of 1 m."""
    x = (columns + 0.5 - camera_matrix[0, 2]) / camera_matrix[0, 0]
    y = -(rows + 0.5 - camera_matrix[1, 2]) / camera_matrix[1, 1]
    return np.stack([x, y, np.ones_like(x)], axis=1) @ world_from_camera[:3, :3].T


def _in_boxes(witness: Witness, ids: NDArray[np.uint16], points: Array, pixel_m: Array) -> NDArray[np.bool_]:
    """(P) whether each point lies in the box of the object that its pixel shows."""
    local = np.einsum("pi,pij->pj", points - witness.center[ids], witness.rotation[ids])
    room = witness.half_extents[ids] + (BOX_TOLERANCE_M + pixel_m)[:, None]
    return np.asarray((np.abs(local) <= room).all(axis=1))


def _beyond_shell(
    shell: Shell, origin: Array, ways: Array, far: Array, is_bare: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.bool_]]:
    """(P) metres by which the probed point lies behind the plane in which its ray must end, and (P) whether
    this plane is known.

    For a ray through a door between rooms it is the plane behind the door. A pixel without an object
    (`is_bare`) may also lie on the wall with the door. For rays that leave the house no plane is known.
    """
    reach, slant = _hits(shell, origin, ways)
    beyond_m, opening = _at_first(shell, origin, ways, far, reach, slant)
    known = np.isfinite(beyond_m) & (opening < 0)
    through = np.flatnonzero(np.append(shell.leads_inside, False)[opening])
    if len(through):
        low, high = (shell.openings[opening[through], end, None] for end in (0, 1))
        hit = np.isfinite(reach[through])
        points = origin + np.where(hit, reach[through], 0.0)[..., None] * ways[through, None]
        # The floor in a doorway is no opening, and a wall at right angles may begin right at the doorpost.
        inside = np.asarray(((points >= low) & (points <= high)).all(axis=2))
        passed = inside & shell.runs_like[:, opening[through]].T
        behind = np.where(passed, np.inf, reach[through])
        behind_m, next_opening = _at_first(shell, origin, ways[through], far[through], behind, slant[through])
        on_frame = is_bare[through] & (np.abs(beyond_m[through]) < np.abs(behind_m))
        beyond_m[through] = np.where(on_frame, beyond_m[through], behind_m)
        known[through] = np.isfinite(behind_m) & (next_opening < 0)  # a ray through two doors is not judged
    return np.where(known, beyond_m, 0.0), known


def _at_first(
    shell: Shell, origin: Array, ways: Array, far: Array, reach: Array, slant: Array
) -> tuple[Array, NDArray[np.intp]]:
    """(P) metres by which the probed point lies behind the plane that its ray hits first, and (P) the index
    of the opening that this hit is in or near, -1 for none."""
    every, nearest = np.arange(len(ways)), reach.argmin(axis=1)
    first_m = reach[every, nearest]
    points = origin + np.where(np.isfinite(first_m), first_m, 0.0)[:, None] * ways
    low, high = shell.openings[:, 0], shell.openings[:, 1]
    # The last column is for hits in no opening, so that a house without openings has a column too.
    within = np.ones((len(ways), len(low) + 1), dtype=bool)
    within[:, :-1] = ((points[:, None] >= low) & (points[:, None] <= high)).all(axis=2)
    within[:, :-1] &= shell.runs_like[nearest]
    opening = within.argmax(axis=1)
    with np.errstate(invalid="ignore"):
        beyond_m = (far - first_m) * slant[every, nearest]
    return beyond_m, np.where(opening == len(low), -1, opening)


def _hits(shell: Shell, origin: Array, ways: Array) -> tuple[Array, Array]:
    """(P, W + 1) depth at which each ray hits each wall and, as the last, floor or ceiling, infinite for no
    hit; and (P, W + 1) distance from that plane, in metres, for each metre of depth."""
    normal = np.stack([shell.along[:, 1], -shell.along[:, 0]], axis=1)  # (W, 2)
    flat, offset, rise = ways[:, [0, 2]], origin[[0, 2]] - shell.start, ways[:, 1:2]
    towards = flat @ normal.T  # (P, W)
    level_y = np.where(ways[:, 1] < 0.0, shell.floor_y, shell.ceiling_y)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = -(offset * normal).sum(axis=1) / towards
        along = (offset * shell.along).sum(axis=1) + reach * (flat @ shell.along.T)
        height = origin[1] + reach * rise
        on_wall = (reach > 0.0) & (along >= -EDGE_M) & (along <= shell.length + EDGE_M)
        on_wall &= (height >= shell.y_range[:, 0] - EDGE_M) & (height <= shell.y_range[:, 1] + EDGE_M)
        level = (level_y - origin[1]) / ways[:, 1]
    walls = np.where(on_wall, reach, np.inf)
    levels = np.where(level > 0.0, level, np.inf)[:, None]
    return np.hstack([walls, levels]), np.abs(np.hstack([towards, rise]))


def _shell(data: Mapping[str, Any]) -> Shell:
    house = parse_house(data)
    walls: list[Wall] = [wall for wall in house.walls if not wall.empty]
    boxes, none = [_opening_box(opening) for opening in house.openings], [False] * len(house.openings)
    return Shell(
        start=np.array([wall.start for wall in walls]),
        along=np.array([wall.direction for wall in walls]),
        length=np.array([wall.length for wall in walls]),
        y_range=np.array([[wall.y_min, wall.y_max] for wall in walls]),
        openings=np.array(boxes).reshape(-1, 2, 3),
        leads_inside=np.array([not opening.outside for opening in house.openings], dtype=bool),
        runs_like=np.array([*([_runs_like(w, o) for o in house.openings] for w in walls), none], dtype=bool),
        floor_y=0.0,
        ceiling_y=house.ceiling_y,
    )


def _runs_like(wall: Wall, opening: Opening) -> bool:
    along = opening.end - opening.start
    across = wall.direction[0] * along[1] - wall.direction[1] * along[0]
    return bool(abs(across) < PARALLEL * np.linalg.norm(along))


def _opening_box(opening: Opening) -> Array:
    """(2, 3) lowest and highest corner of a box around an opening, widened by the margin."""
    ends = np.array([[*opening.start], [*opening.end]])
    low = [ends[:, 0].min(), opening.y_min, ends[:, 1].min()]
    high = [ends[:, 0].max(), opening.y_max, ends[:, 1].max()]
    return np.array([low, high]) + np.array([[-OPENING_MARGIN_M], [OPENING_MARGIN_M]])
