"""Candidate questions for a clip: skills propose them; each is solved or refused with a reason."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from simgen.qa.question.compose import compose, render_args
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.question.solve import Solved, answerable_counts, solve_at_all_counts
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask
from simgen.qa.templates.loading import Template
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.needs import naming_problems
from simgen.qa.view.view import STANDARD_COUNTS, View, make_own_view, make_views
from simgen.store.clips import Clip
from simgen.store.rows import Rejection, Row

MAX_CANDIDATES = 400
"""The largest number of candidates of one template in one clip: enough for all pairs of 28 objects."""
POOL_PER_ROW = 4
"""The number of solved candidates from which each question is chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The questions that one template could ask of a clip or frame, and the candidates that were refused."""

    template: Template
    questions: list[dict[int, Solved]] = field(default_factory=list)
    """Each question by number of frames, for the numbers at which it can be answered."""
    rejections: list[Rejection] = field(default_factory=list)


def make_question_views(clip: Clip, settings: QuestionSettings) -> Iterator[dict[int, View]]:
    """The views by number of frames of everything that is asked about: of the clip, or of each frame.

    The clip has views at the standard numbers of frames and at those of the settings. A frame that is asked
    as a clip of its own has one.
    """
    geometry = ClipGeometry(clip)
    if settings.views == "clip":
        yield make_views(geometry, settings.rule, (*STANDARD_COUNTS, *settings.frames))
        return
    for frame in range(clip.frame_count):
        yield {1: make_own_view(geometry, frame, settings.rule)}


def make_pool(
    views: dict[int, View],
    dataset: str,
    template: Template,
    settings: QuestionSettings,
    seed: int,
) -> Pool:
    """The questions of one template that can be answered with at least one of the wanted numbers of frames.

    The same seed gives the same pool; it does not depend on which other templates are asked for.
    """
    rng = np.random.default_rng([seed, zlib.crc32(template.id.encode())])
    widest, pool = views[max(views)], Pool(template)
    _note_unnameable(widest, dataset, pool)
    found = SKILLS[template.skill].candidates(widest, template.needs, rng)
    for ask in islice(found, MAX_CANDIDATES):
        solved, refusal = solve_at_all_counts(views, template, ask)
        if any(count in solved for count in settings.frames):
            pool.questions.append(solved)
        else:
            assert refusal is not None, "some view refuses the question"
            pool.rejections.append(make_rejection(widest, dataset, template, ask, refusal))
        if len(pool.questions) >= settings.rows_per_template * POOL_PER_ROW:
            break
    return pool


def make_rows(
    views: dict[int, View],
    dataset: str,
    template: Template,
    solved: dict[int, Solved],
    settings: QuestionSettings,
) -> list[Row]:
    """The rows of one question, one for each wanted number of frames at which it can be answered."""
    answerable, rows = answerable_counts(solved), {}
    for count in settings.frames:
        if count in solved:
            view = views[count]
            rows[view.frames] = compose(view, template, solved[count], dataset, answerable, settings.wording)
    return list(rows.values())


def make_rejection(view: View, dataset: str, template: Template, ask: Ask, refusal: Refusal) -> Rejection:
    """The ledger's entry for a candidate that is refused."""
    args = render_args(ask, view.rule)
    clip_id, skill = view.clip.id, template.skill
    return Rejection(dataset, clip_id, template.id, skill, args, refusal.kind, refusal.detail, view.name)


def _note_unnameable(view: View, dataset: str, pool: Pool) -> None:
    """Adds the visible objects that questions must not name to the ledger, except for types that are never
    nameable."""
    problems = naming_problems(view, pool.template.needs)
    if not SKILLS[pool.template.skill].objects:
        return
    for object_id, problem in problems.items():
        if problem is not None and problem.kind != "not nameable":
            pool.rejections.append(make_rejection(view, dataset, pool.template, Ask((object_id,)), problem))
