"""Questions for a clip: candidates are drawn, solved or rejected, and spread over objects and answers."""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgen.errors import InputError
from simgen.qa.compose import args_text, compose
from simgen.qa.facts import Ask, NumberFacts
from simgen.qa.names import UNNAMEABLE
from simgen.qa.skills import SKILLS, Skill
from simgen.qa.solve import Solved, object_problem, solve
from simgen.qa.templates import Template
from simgen.qa.view import View, VisibilityRule, question_frames, view_of
from simgen.store.clips import Clip
from simgen.store.rows import Rejection, Row

MAX_CANDIDATES = 400
"""Of one template in one clip: enough for all pairs of 28 objects."""
POOL_PER_ROW = 8
"""Solved candidates to choose each row from; more spread the answers no better."""
VALUE_BIN = 1.25
"""Numbers within this ratio count as the same answer when rows are spread over answers."""


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    """How many questions to ask of a clip, and what counts as visible."""

    frames: int = 8
    """Shown with each question, spread over a walk, the first of keyframes; all of a clip that has fewer."""
    rows_per_template: int = 8
    """At most, for each clip."""
    min_visible_px: int = 64
    """Below this people could not name an object, so no question may rest on it."""
    min_visible_fraction: float = 0.1
    """Of the pixels that an object would own if nothing stood before it."""

    def __post_init__(self) -> None:
        if self.frames < 1 or self.rows_per_template < 1:
            given = f"frames is {self.frames} and rows_per_template {self.rows_per_template}"
            raise InputError(f"question settings: {given}; give at least 1 of each")


def generate_questions(
    clip: Clip,
    dataset: str,
    templates: Sequence[Template],
    settings: QuestionSettings,
    rng: np.random.Generator,
) -> tuple[list[Row], list[Rejection]]:
    """A clip's question rows, and its rejected candidates with the reasons.

    The same generator state gives the same rows; a template's rows do not depend on which others are
    asked for.
    """
    rule = VisibilityRule(settings.min_visible_px, settings.min_visible_fraction)
    view = view_of(clip, question_frames(clip, settings.frames), rule)
    seed = int(rng.integers(2**63))
    rows: list[Row] = []
    rejections: list[Rejection] = []
    for template in templates:
        own_rng = np.random.default_rng([seed, zlib.crc32(template.id.encode())])
        asked, rejected = _ask(view, template, settings.rows_per_template, own_rng)
        rows += _rows(view, template, asked, dataset, own_rng)
        rejections += [_rejection(view, template, dataset, ask, reason) for ask, reason in rejected]
    return rows, rejections


def _ask(
    view: View, template: Template, count: int, rng: np.random.Generator
) -> tuple[list[Solved], list[tuple[Ask, str]]]:
    """Up to `count` solved questions of one template, and the rejected candidates."""
    ids, rejected = _askable(view, template)
    pool: list[Solved] = []
    for ask in _candidates(view, SKILLS[template.skill], ids, rng):
        result = solve(view, template, ask)
        if isinstance(result, str):
            rejected.append((ask, result))
        else:
            pool.append(result)
        if len(pool) >= count * POOL_PER_ROW:
            break
    return _spread(pool, count), rejected


def _askable(view: View, template: Template) -> tuple[list[str], list[tuple[Ask, str]]]:
    """Ids of the visible objects that questions may name, and why the other nameable ones may not."""
    nameable = [seen for seen in view.seen if seen.object.type not in UNNAMEABLE]
    problems = {seen.object.id: object_problem(view, template, seen) for seen in nameable}
    ids = [object_id for object_id, problem in problems.items() if problem is None]
    rejected = [(Ask((object_id,)), problem) for object_id, problem in problems.items() if problem]
    skill = SKILLS[template.skill]
    if len(ids) < skill.objects + skill.options:
        reason = f"too few objects: {len(ids)} can be named, {skill.objects + skill.options} are needed"
        rejected.append((Ask(tuple(ids)), reason))
    return ids, rejected


def _candidates(view: View, skill: Skill, ids: list[str], rng: np.random.Generator) -> list[Ask]:
    """Up to MAX_CANDIDATES different things to ask, in random order, each one's objects shuffled too."""
    if len(ids) < skill.objects + skill.options:
        return []
    if not skill.frame:
        return [Ask(objects) for objects in _selections(ids, skill, rng)]
    asks = [Ask((s.object.id,), frame) for s in view.seen if s.object.id in ids for frame in s.frames]
    return [asks[index] for index in rng.permutation(len(asks))[:MAX_CANDIDATES]]


def _selections(ids: list[str], skill: Skill, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """All the ways to select objects and options, or MAX_CANDIDATES of them, in random order."""
    size = skill.objects + skill.options
    ways = math.comb(len(ids), skill.objects) * math.comb(len(ids) - skill.objects, skill.options)
    found: dict[tuple[frozenset[str], frozenset[str]], tuple[str, ...]] = {}
    # Drawing again what was drawn before costs little, and the last of 400 is found after some 2,600 draws.
    while len(found) < min(ways, MAX_CANDIDATES):
        drawn = tuple(ids[index] for index in rng.permutation(len(ids))[:size])
        found.setdefault((frozenset(drawn[: skill.objects]), frozenset(drawn[skill.objects :])), drawn)
    return list(found.values())


def _spread(pool: list[Solved], count: int) -> list[Solved]:
    """`count` of the pool, each time the one whose answer and objects have been used least."""
    left, chosen = list(pool), []
    answers: Counter[str] = Counter()
    objects: Counter[str] = Counter()

    def use(solved: Solved) -> float:
        named = solved.ask.objects
        return answers[_answer_bin(solved)] + sum(objects[name] for name in named) / len(named)

    while left and len(chosen) < count:
        best = min(left, key=use)
        left.remove(best)
        chosen.append(best)
        answers[_answer_bin(best)] += 1
        objects.update(best.ask.objects)
    return chosen


def _answer_bin(solved: Solved) -> str:
    if isinstance(solved.facts, NumberFacts):
        return str(math.floor(math.log(max(solved.facts.value, 0.01), VALUE_BIN)))
    return solved.answer


def _rows(
    view: View, template: Template, asked: list[Solved], dataset: str, rng: np.random.Generator
) -> list[Row]:
    """The rows of a template's questions; its phrasings take turns, from a random one on."""
    first, count = int(rng.integers(len(template.phrasings))), len(template.phrasings)
    return [
        compose(view, template, solved, dataset, index, (first + index) % count)
        for index, solved in enumerate(asked)
    ]


def _rejection(view: View, template: Template, dataset: str, ask: Ask, reason: str) -> Rejection:
    args = args_text(ask, view.rule)
    name, _, detail = reason.partition(": ")
    return Rejection(dataset, view.clip.id, template.id, template.skill, args, name, detail)
