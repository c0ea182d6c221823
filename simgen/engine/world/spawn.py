"""Placing bodies at random on receptacles."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from simgen.engine.shapes import Surface
from simgen.engine.world.rest import LIFT
from simgen.engine.world.scene import Body, Scene
from simgen.geometry.frames import euler_rotation
from simgen.types import Array

TRIES = 12
"""Random poses that are tried on each surface."""
EDGE_MARGIN = 0.01
"""Least distance of a body from a surface's edge, metres."""
GAP = 0.002
"""Least distance between two bodies on one surface, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class _Spot:
    position: Array
    yaw_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class _BodyArrays:
    """Data of N bodies as arrays. Testing bodies one by one takes ten times as long."""

    ids: NDArray[np.object_]
    y_min: Array
    y_max: Array
    footprints: NDArray[np.object_]


def spawn_on_receptacles(
    scene: Scene,
    body: Body,
    receptacles: Sequence[Body],
    rng: np.random.Generator,
    is_clear: Callable[[Sequence[Body]], bool],
) -> str | None:
    """Moves a body with its contents to a random free place on a receptacle; returns the receptacle's id.

    The body lies wholly on the surface, fits below what is above, and overlaps no other body. `is_clear`
    says whether the body and its contents may be there. When no place was found, nothing moves and the result
    is None.
    """
    moving = {body.id, *(item.id for item in scene.contents(body))}
    surfaces = [
        (parent, surface)
        for parent in receptacles
        if parent.id not in moving
        for surface in parent.shape.surfaces
    ]
    others = _body_arrays(
        other for other in scene.bodies.values() if other.id not in moving and not other.held
    )
    for index in rng.permutation(len(surfaces)):
        parent, surface = surfaces[index]
        for spot in _spots(body, parent, surface, rng):
            there = spot.position, (0.0, spot.yaw_deg, 0.0)
            if _is_free(others, body, parent, spot) and is_clear(scene.moved(body, *there)):
                scene.place_with_contents(body, *there)
                body.parent_id = parent.id
                return parent.id
    return None


def _body_arrays(bodies: Iterable[Body]) -> _BodyArrays:
    known = list(bodies)
    return _BodyArrays(
        ids=np.array([body.id for body in known], dtype=object),
        y_min=np.array([body.y_min for body in known], dtype=np.float64),
        y_max=np.array([body.y_max for body in known], dtype=np.float64),
        footprints=np.array([body.footprint for body in known], dtype=object),
    )


def _spots(body: Body, parent: Body, surface: Surface, rng: np.random.Generator) -> Iterator[_Spot]:
    """Random poses that keep the whole body on a surface; none where it is too high for the clearance."""
    width, height, depth = body.size
    if height > surface.clearance:
        return
    for _ in range(TRIES):
        yaw_deg = float(rng.uniform(0.0, 360.0)) if rng.random() < 0.5 else 90.0 * float(rng.integers(4))
        turned = np.abs(euler_rotation(0.0, yaw_deg, 0.0)[[0, 2]][:, [0, 2]]) @ [width / 2.0, depth / 2.0]
        low = np.array([surface.x_min, surface.z_min]) + turned + EDGE_MARGIN
        high = np.array([surface.x_max, surface.z_max]) - turned - EDGE_MARGIN
        x, z = rng.uniform(0.0, 1.0, 2) * (high - low) + low
        if (high < low).any():
            continue
        local = np.array([x, surface.y + body.asset.size[1] / 2.0 + LIFT, z])
        origin = parent.origin(parent.size)
        yield _Spot(parent.rotation @ local + origin, (parent.rotation_deg[1] + yaw_deg) % 360.0)


def _is_free(others: _BodyArrays, body: Body, parent: Body, spot: _Spot) -> bool:
    """Whether a body overlaps no other body there except its receptacle."""
    moved = Body(
        id=body.id,
        asset=body.asset,
        position=spot.position,
        rotation_deg=(0.0, spot.yaw_deg, 0.0),
        openness=body.openness,
    )
    beside = (
        (others.y_min < moved.y_max + GAP) & (others.y_max > moved.y_min - GAP) & (others.ids != parent.id)
    )
    return not (shapely.distance(others.footprints[beside], moved.footprint) <= GAP).any()
