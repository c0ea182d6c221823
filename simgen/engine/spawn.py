"""Putting things onto receptacles, and letting dropped things come to rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from simgen.engine.scene import Body, Scene, bodies_overlapping
from simgen.engine.shapes import Surface
from simgen.geometry.boxes import corners, footprint
from simgen.geometry.frames import euler_rotation
from simgen.types import Array, OrientedBox

TRIES = 12
"""Random poses tried on each surface before the next one."""
EDGE_MARGIN = 0.01
"""Things are kept this far from a surface's edge, metres."""
GAP = 0.002
"""Least distance between two things on one surface, metres."""
LIFT = 0.001
"""Things hover this far above what they stand on, metres, so that no faces coincide."""


@dataclass(frozen=True, slots=True, eq=False)
class _Spot:
    position: Array
    yaw_deg: float


def spawn_on_receptacles(
    scene: Scene, body: Body, receptacles: Sequence[Body], rng: np.random.Generator
) -> str | None:
    """Moves a body to a random free place on one of the receptacles; returns that one's id.

    None, and nothing moves, when no place was found. It lies wholly on the surface, fits below what is
    above, and overlaps nothing.
    """
    surfaces = [(parent, surface) for parent in receptacles for surface in parent.shape.surfaces]
    for index in rng.permutation(len(surfaces)):
        parent, surface = surfaces[index]
        for spot in _spots(body, parent, surface, rng):
            if _is_free(scene, body, parent, spot):
                scene.place(body, spot.position, (0.0, spot.yaw_deg, 0.0))
                body.parent_id = parent.id
                return parent.id
    return None


def settle(scene: Scene, body: Body) -> None:
    """Drops a body onto the highest thing below it, a long one lying on its side.

    A stand-in for rigid-body physics that knows only rest: ProcTHOR asks for it when it lets a baseball
    bat fall. What lands half over an edge stays there.
    """
    x_deg, y_deg, _ = body.rotation_deg
    if body.asset.size[1] > 3 * max(body.asset.size[0], body.asset.size[2]):
        x_deg = 90.0
    lying = OrientedBox(body.position, np.array(body.asset.size) / 2.0, euler_rotation(x_deg, y_deg, 0.0))
    points = corners(lying)
    area = shapely.Polygon(footprint(points))
    tops = [
        _support_height(other, area, points[:, 1].min())
        for other in scene.bodies.values()
        if other is not body
    ]
    height = body.position[1] - points[:, 1].min()
    position = np.array([body.position[0], max(tops, default=0.0) + height + LIFT, body.position[2]])
    scene.place(body, position, (x_deg, y_deg, 0.0))


def _support_height(other: Body, area: shapely.Polygon, below: float) -> float:
    top = float(other.corners[:, 1].max())
    return top if top <= below and not other.is_opening and other.footprint.intersects(area) else 0.0


def _spots(body: Body, parent: Body, surface: Surface, rng: np.random.Generator) -> Iterator[_Spot]:
    """Random poses on a surface that keep the whole body on it and below what is above."""
    width, height, depth = body.shape.size
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
        origin = parent.origin(parent.shape.size)
        yield _Spot(parent.rotation @ local + origin, (parent.rotation_deg[1] + yaw_deg) % 360.0)


def _is_free(scene: Scene, body: Body, parent: Body, spot: _Spot) -> bool:
    moved = Body(
        id=body.id,
        asset=body.asset,
        position=spot.position,
        rotation_deg=(0.0, spot.yaw_deg, 0.0),
        openness=body.openness,
    )
    others = (other for other in scene.bodies.values() if other is not body and other is not parent)
    return not bodies_overlapping(others, moved.box, GAP)
