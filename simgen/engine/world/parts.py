"""The triangles of a body in world coordinates, with the materials of its switched state."""

from dataclasses import replace

import numpy as np

from simgen.engine.look.materials import Material, SurfaceKind, paint
from simgen.engine.shapes import Part
from simgen.engine.world.scene import Body
from simgen.types import Array

GLOWS_WHEN_ON = frozenset({"Candle", "DeskLamp", "FloorLamp"})
SHOWS_WHEN_ON = frozenset({"CellPhone", "Desktop", "Laptop", "Television"})
LIT_SCREEN = (0.40, 0.58, 0.78)
"""sRGB of a screen that is switched on."""


def world_parts(body: Body) -> list[Part]:
    """The parts of a body in world coordinates."""
    rotation, origin = body.rotation.astype(np.float32), _mesh_origin(body).astype(np.float32)
    return [
        replace(
            part,
            positions=part.positions @ rotation.T + origin,
            normals=part.normals @ rotation.T,
            material=_switch_material(body, part.material),
        )
        for part in body.shape.parts
    ]


def _switch_material(body: Body, material: Material) -> Material:
    """The material for the body's switched state."""
    if "CanToggleOnOff" not in body.asset.properties:
        return material
    kind, of_type = material.kind, body.asset.object_type
    if kind is SurfaceKind.EMISSIVE and of_type in GLOWS_WHEN_ON and not body.is_on:
        return replace(material, kind=SurfaceKind.PLAIN)
    if kind is SurfaceKind.SCREEN and of_type in SHOWS_WHEN_ON and body.is_on:
        return paint("Picture", LIT_SCREEN, SurfaceKind.EMISSIVE)
    return material


def _mesh_origin(body: Body) -> Array:
    return body.position if body.is_opening else body.origin(body.shape.size)
