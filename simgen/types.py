"""Values that several layers share: plain, frozen, and free of I/O."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = tuple[float, float]
"""A point on a floor plan or a map, or the offset between two points: x and y in metres."""
Split = Literal["train", "val", "test"]
Quality = Literal["fast", "standard", "high", "photo"]
"""How frames are drawn, from the cheapest to the costliest; instance ids and depth are the same in all."""
Views = Literal["clip", "each"]
"""What questions are about: a clip, or each of its frames as a clip of its own."""
Wording = Literal["full", "short"]
"""How questions are written: in sentences with instructions, or in a few words for a small model."""
AnswerKind = Literal[
    "metres", "centimetres", "square_metres", "cubic_metres", "degrees", "ratio", "count", "choice", "order"
]


@dataclass(frozen=True, slots=True, eq=False)
class OrientedBox:
    """A box in the world frame (y up, left-handed, metres)."""

    center: Array
    """(3,) centre."""
    half_extents: Array
    """(3,) half sizes along the box's own axes."""
    rotation: Array
    """(3, 3) rotation; its columns are the box's axes in the world frame."""


@dataclass(frozen=True, slots=True, eq=False)
class SceneObject:
    """One object of a clip, with its boundaries in the world frame."""

    id: str
    type: str
    asset_id: str
    room_id: str
    parent_id: str
    """Empty when the object stands on the floor or hangs on a wall."""
    box: OrientedBox
    aabb: Array
    """(2, 3) lowest and highest corner."""
    footprint: Array
    """(P, 2) convex polygon on the floor plane, counter-clockwise in (x, z)."""


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """One room: its floor polygon in the world frame."""

    id: str
    type: str
    polygon: Array
    """(P, 2) corners as (x, z), metres."""


@dataclass(frozen=True, slots=True)
class AgentPose:
    """The pose of an AI2-THOR agent.

    Position in metres. `yaw_deg` is clockwise seen from above, 0 looks along +z; `horizon_deg` is positive
    looking down.
    """

    x: float
    y: float
    z: float
    yaw_deg: float
    horizon_deg: float
