"""The answers that axis-aligned boxes, which many data sets use, would give, and their errors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simgen.qa.question.compose import make_row_view, parse_args
from simgen.qa.question.solve import answer_of
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Facts
from simgen.qa.templates.loading import Template
from simgen.qa.view.geometry import ClipGeometry
from simgen.scoring import score_answer
from simgen.store.clips import Clip
from simgen.store.rows import Row
from simgen.types import OrientedBox, SceneObject


@dataclass(frozen=True, slots=True)
class AlignedAnswer:
    """A row's answer from axis-aligned boxes."""

    template: str
    kind: str
    answer: str | None
    """None if these boxes give no answer."""
    score: float
    """The score against the true answer: mean relative accuracy, or 1 for the same letter or order."""
    differs: bool
    """Whether the score is below 1: another letter or order, or a number that misses a threshold."""


def align_boxes(clip: Clip) -> Clip:
    """The clip with every object's box and footprint replaced by its world-axis-aligned box."""
    return replace(clip, objects=tuple(_aligned_object(item) for item in clip.objects))


def answer_with_aligned_boxes(
    clip: Clip, rows: Sequence[Row], templates: Sequence[Template]
) -> Iterator[AlignedAnswer]:
    """The answers of a clip's rows with axis-aligned boxes; rows of other templates are left out.

    Camera, frames, visibility and the axes of the map stay the same. Margins are not checked, because with
    these boxes one does not know that a question is a near tie.
    """
    geometry, by_id = ClipGeometry(align_boxes(clip)), {template.id: template for template in templates}
    for row in rows:
        if row.template in by_id:
            yield _aligned_answer(geometry, row, by_id[row.template])


def _aligned_object(item: SceneObject) -> SceneObject:
    low, high = item.aabb
    box = OrientedBox((low + high) / 2.0, (high - low) / 2.0, np.eye(3))
    (x, _, z), (to_x, _, to_z) = low, high
    return replace(item, box=box, footprint=np.array([[x, z], [to_x, z], [to_x, to_z], [x, to_z]]))


def _aligned_answer(geometry: ClipGeometry, row: Row, template: Template) -> AlignedAnswer:
    ask, _ = parse_args(row.args)
    facts: Facts | Refusal = SKILLS[template.skill].facts(make_row_view(geometry, row), ask)
    answer = None if isinstance(facts, Refusal) else answer_of(template, facts)
    score = score_answer(answer, row.answer, row.kind, row.options)
    return AlignedAnswer(row.template, row.kind, answer, score, score < 1.0)
