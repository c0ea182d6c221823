"""Variants of the synthetic kitchen: moved as a whole, or seen differently."""

from dataclasses import replace

import numpy as np

from simgen.geometry.boxes import aabb, corners, footprint
from simgen.geometry.frames import euler_rotation
from simgen.qa.templates import Template, load_templates
from simgen.store.clips import Clip, Visibility
from simgen.types import Array, OrientedBox, SceneObject


def moved(clip: Clip, yaw_deg: float, shift_x: float, shift_z: float) -> Clip:
    """The clip with everything in it, cameras too, turned about the vertical axis and shifted."""
    motion = np.eye(4)
    motion[:3, :3] = euler_rotation(0.0, yaw_deg, 0.0)
    motion[:3, 3] = shift_x, 0.0, shift_z
    objects = tuple(_moved_object(item, motion) for item in clip.objects)
    return replace(clip, objects=objects, world_from_camera=motion @ clip.world_from_camera)


def with_pixels(clip: Clip, object_id: str, pixels: list[int], unoccluded: int = 1000) -> Clip:
    """The clip with an object that owns these pixels in its frames."""
    index = [item.id for item in clip.objects].index(object_id)
    owned, whole = clip.visibility.pixels.copy(), clip.visibility.unoccluded_pixels.copy()
    owned[:, index], whole[:, index] = pixels, unoccluded
    return replace(clip, visibility=Visibility(owned, whole, clip.visibility.box2d))


def with_box(clip: Clip, object_id: str, box: OrientedBox) -> Clip:
    """The clip with another box for an object."""
    objects = [_boxed(item, box) if item.id == object_id else item for item in clip.objects]
    return replace(clip, objects=tuple(objects))


def template(name: str) -> Template:
    return load_templates([name])[0]


def _moved_object(item: SceneObject, motion: Array) -> SceneObject:
    box = OrientedBox(
        center=motion[:3, :3] @ item.box.center + motion[:3, 3],
        half_extents=item.box.half_extents,
        rotation=motion[:3, :3] @ item.box.rotation,
    )
    return _boxed(item, box)


def _boxed(item: SceneObject, box: OrientedBox) -> SceneObject:
    points = corners(box)
    return replace(item, box=box, aabb=aabb(points), footprint=footprint(points))
