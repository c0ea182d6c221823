"""The two laws, and all else that a row claims, recomputed from the clip.

Law 1: the answer recomputed from the clip equals the stored one. Law 2: the answer recomputed from the
row's own rounded map agrees with it. Beyond them every field must be what the clip, the template and
the row's `args` give.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from simgen.errors import TemplateError
from simgen.qa.compose import compose, parse_args
from simgen.qa.facts import Ask
from simgen.qa.skills import SKILLS
from simgen.qa.solve import Solved, answer_on_map, asked_names, map_agrees, solve
from simgen.qa.templates import Template, bundled_template_ids, load_templates
from simgen.qa.view import View, VisibilityRule, question_frames, view_of
from simgen.scoring import parse_map
from simgen.store.clips import Clip
from simgen.store.rows import Row

FLOAT_TOLERANCE = 2e-4
"""Stored floats have four decimals; on another machine the last of them may round the other way."""

_LAW_OF_FIELD = {"map": "map", "answer": "answer", "frames": "frames", "id": "id"}
"""Which law a field that differs breaks; "text" for all others."""
_LAW_OF_REASON = {"map disagrees": "map", "not visible": "visibility"}
"""Which law a question breaks that may not be asked; "margin" for all other reasons."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is wrong with a row."""

    row_id: str
    law: str
    """id, template, frames, args, objects, visibility, margin, answer, map or text."""
    detail: str


def verify_rows(
    clip: Clip, rows: Sequence[Row], templates: Sequence[Template] | None = None
) -> list[Failure]:
    """Everything that is wrong with a clip's rows; empty when all of them hold.

    `templates` are those that made the rows, by default simgen's own.
    """
    known = load_templates(bundled_template_ids()) if templates is None else templates
    by_id = {template.id: template for template in known}
    counts = Counter(row.id for row in rows)
    views: dict[tuple[tuple[int, ...], VisibilityRule], View] = {}
    failures = [Failure(name, "id", f"{count} rows have it") for name, count in counts.items() if count > 1]
    for row in rows:
        problems = _row_problems(clip, row, by_id.get(row.template), views)
        failures += [Failure(row.id, law, detail) for law, detail in problems]
    return failures


def _row_problems(
    clip: Clip,
    row: Row,
    template: Template | None,
    views: dict[tuple[tuple[int, ...], VisibilityRule], View],
) -> Iterator[tuple[str, str]]:
    """The broken laws of one row, each with a detail; stops where nothing further can be recomputed."""
    unusable = _template_problem(row, template) or _frames_problem(clip, row)
    if unusable is not None or template is None:
        yield unusable or ("template", "unknown")
        return
    try:
        ask, rule = parse_args(row.args)
    except ValueError as error:
        yield "args", f"unreadable ({error})"
        return
    unusable = _ask_problem(clip, row, template, ask)
    if unusable is not None:
        yield unusable
        return
    if (row.frames, rule) not in views:
        views[row.frames, rule] = view_of(clip, row.frames, rule)
    yield from _law_problems(views[row.frames, rule], row, template, ask)


def _law_problems(view: View, row: Row, template: Template, ask: Ask) -> Iterator[tuple[str, str]]:
    solved = solve(view, template, ask)
    if isinstance(solved, str):
        yield _LAW_OF_REASON.get(solved.partition(":")[0], "margin"), solved
        return
    if solved.answer != row.answer:
        yield "answer", f"{solved.answer} from the clip, but {_short(row.answer)} is stored"
    on_map = answer_on_map(template, parse_map(row.map) or (), asked_names(view, ask))
    if not _agrees(template, row.answer, on_map):
        yield "map", f"{on_map or 'nothing'} from the row's map, but {_short(row.answer)} is stored"
    yield from _differences(view, row, template, solved)


def _differences(view: View, row: Row, template: Template, solved: Solved) -> Iterator[tuple[str, str]]:
    """The fields in which a row differs from the one that the clip and the template give."""
    index = row.id.rpartition("-")[2]
    if not index.isdecimal() or not 0 <= row.phrasing < len(template.phrasings):
        yield "text", f"id '{row.id}' or phrasing {row.phrasing} is not one that generation gives"
        return
    try:
        expected = compose(view, template, solved, row.dataset, int(index), row.phrasing)
    except TemplateError as error:
        yield "template", str(error)
        return
    for field in fields(Row):
        ours, theirs = getattr(expected, field.name), getattr(row, field.name)
        if field.name != "answer" and not _same(field.name, ours, theirs):
            law = _LAW_OF_FIELD.get(field.name, "text")
            yield law, f"{field.name} is {_short(theirs)}, but the clip and the template give {_short(ours)}"


def _agrees(template: Template, answer: str, on_map: str | None) -> bool:
    try:
        return map_agrees(template, answer, on_map)
    except ValueError:
        return False


def _same(name: str, ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float):
        return math.isclose(ours, theirs, rel_tol=0.0, abs_tol=FLOAT_TOLERANCE)
    return _same_features(ours, theirs) if name == "features" else ours == theirs


def _same_features(ours: str, theirs: str) -> bool:
    expected = json.loads(ours)
    try:
        stored = json.loads(theirs)
        return expected.keys() == stored.keys() and all(
            math.isclose(expected[name], stored[name], rel_tol=0.0, abs_tol=FLOAT_TOLERANCE)
            for name in expected
        )
    except (ValueError, TypeError, AttributeError):
        return False


def _short(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _template_problem(row: Row, template: Template | None) -> tuple[str, str] | None:
    if template is None:
        return "template", f"'{row.template}' is not known; name its YAML file with --templates"
    if row.template_version != template.version:
        made, now = row.template_version, template.version
        return "template", f"made by version {made} of '{template.id}', now it is {now}; run: simgen qa"
    if row.skill != template.skill:
        return "template", f"skill '{row.skill}', but '{template.id}' uses '{template.skill}'"
    return None


def _frames_problem(clip: Clip, row: Row) -> tuple[str, str] | None:
    if row.clip != clip.id:
        return "frames", f"of clip '{row.clip}', not of '{clip.id}'"
    expected = question_frames(clip, len(row.frames)) if row.frames else (0,)
    if row.frames != expected:
        return "frames", f"frames are {_short(row.frames)}, of this clip they must be {_short(expected)}"
    return None


def _ask_problem(clip: Clip, row: Row, template: Template, ask: Ask) -> tuple[str, str] | None:
    unknown = set(ask.objects) - {item.id for item in clip.objects}
    if unknown:
        return "objects", f"{', '.join(sorted(map(str, unknown)))} not in the clip"
    skill = SKILLS[template.skill]
    if len(ask.objects) != skill.objects + skill.options:
        return "objects", f"{len(ask.objects)} objects, but the skill needs {skill.objects + skill.options}"
    if skill.frame != (ask.frame is not None) or (skill.frame and ask.frame not in row.frames):
        return "frames", f"the question's frame {ask.frame} is not among those shown"
    return None
