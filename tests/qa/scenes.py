"""Variants of the synthetic kitchen, and the questions that templates ask of a clip."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simgen.geometry.boxes import aabb, corners, footprint
from simgen.geometry.frames import euler_rotation
from simgen.qa.question.generate import make_pool, make_question_views, make_rows
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.refusal import Refusal
from simgen.qa.templates.loading import Template, load_templates
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.view import View, VisibilityRule, make_view
from simgen.store.clips import Clip, Visibility
from simgen.store.rows import Rejection, Row
from simgen.types import Array, OrientedBox, Room, SceneObject

RULE = VisibilityRule(min_px=64, min_fraction=0.1)


def whole_view(clip: Clip, frames: tuple[int, ...] | None = None, rule: VisibilityRule = RULE) -> View:
    """The clip as these frames show it, by default all of them."""
    return make_view(ClipGeometry(clip), tuple(range(clip.frame_count)) if frames is None else frames, rule)


def asked_of(
    clip: Clip, templates: Sequence[Template], settings: QuestionSettings | None = None, seed: int = 0
) -> tuple[list[Row], list[Rejection]]:
    """All questions that templates can ask of a clip, before the choice over the data set; and the
    rejections."""
    settings = settings or QuestionSettings()
    rows, rejections = list[Row](), list[Rejection]()
    for views in make_question_views(clip, settings):
        for template in templates:
            pool = make_pool(views, "kitchens", template, settings, seed)
            rejections += pool.rejections
            for solved in pool.questions:
                rows += make_rows(views, "kitchens", template, solved, settings)
    return rows, rejections


def moved(clip: Clip, yaw_deg: float, shift_x: float, shift_z: float) -> Clip:
    """The clip, including the cameras, turned about the vertical axis and shifted."""
    motion = np.eye(4)
    motion[:3, :3] = euler_rotation(0.0, yaw_deg, 0.0)
    motion[:3, 3] = shift_x, 0.0, shift_z
    objects = tuple(_moved_object(item, motion) for item in clip.objects)
    rooms = tuple(_moved_room(room, motion) for room in clip.rooms)
    return replace(clip, objects=objects, rooms=rooms, world_from_camera=motion @ clip.world_from_camera)


def with_pixels(clip: Clip, object_id: str, pixels: list[int], unoccluded: int = 1000) -> Clip:
    """The clip with other pixel counts for one object."""
    index = [item.id for item in clip.objects].index(object_id)
    owned, whole = clip.visibility.pixels.copy(), clip.visibility.unoccluded_pixels.copy()
    owned[:, index], whole[:, index] = pixels, unoccluded
    return replace(clip, visibility=Visibility(owned, whole, clip.visibility.box2d))


def with_box(clip: Clip, object_id: str, box: OrientedBox) -> Clip:
    """The clip with another box for one object."""
    objects = [_boxed(item, box) if item.id == object_id else item for item in clip.objects]
    return replace(clip, objects=tuple(objects))


def refusal_kind(found: object) -> str | None:
    """The kind of a refusal; None for anything else."""
    return found.kind if isinstance(found, Refusal) else None


def template(name: str) -> Template:
    return load_templates([name])[0]


def _moved_room(room: Room, motion: Array) -> Room:
    points = np.insert(room.polygon, 1, 0.0, axis=1) @ motion[:3, :3].T + motion[:3, 3]
    return replace(room, polygon=points[:, [0, 2]])


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
