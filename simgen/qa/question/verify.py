"""Checks every field of a question row against its clip.

Two checks concern the answer. Check 1: the answer recomputed from the clip equals the stored one. Check 2:
the answer recomputed from the row's own rounded map agrees with the stored one, and so does that from those
entries of the map alone that `asked` names. All other fields must equal those that `compose` builds from the
clip, the template and the row's `args`.
"""

import json
import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from simgen.errors import TemplateError
from simgen.qa.question.asked import select_entries
from simgen.qa.question.compose import compose, parse_args, render_question_map
from simgen.qa.question.map import list_asked_objects
from simgen.qa.question.solve import Solved, answer_on_map, answerable_counts, map_agrees, solve_at_all_counts
from simgen.qa.refusal import Refusal, RefusalKind
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask
from simgen.qa.templates.loading import Template, list_template_ids, load_templates
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.view import (
    STANDARD_COUNTS,
    View,
    VisibilityRule,
    make_own_view,
    make_views,
    question_frames,
)
from simgen.scoring import parse_map
from simgen.store.clips import Clip
from simgen.store.rows import Row

FLOAT_TOLERANCE = 2e-4
"""Stored floats have four decimals. The last one may be rounded differently on another machine."""

_COMPARED = tuple(field.name for field in fields(Row) if field.name != "answer")
_CHECK_OF_FIELD = {"map": "map", "asked": "map", "answer": "answer", "frames": "frames", "id": "id"}
_CHECK_OF_FIELD |= {"question_id": "id"}
"""The check that fails when a field differs; "text" for all other fields."""
_CHECK_OF_REFUSAL: dict[RefusalKind, str] = {"map disagrees": "map", "not visible": "visibility"}
"""The check that fails when a question is refused, by kind of refusal; "margin" for all other kinds."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed check of a row."""

    row_id: str
    check: str
    """id, template, frames, args, objects, visibility, margin, answer, map or text."""
    detail: str


def verify_rows(
    clip: Clip,
    rows: Sequence[Row],
    templates: Sequence[Template] | None = None,
    columns: Collection[str] = _COMPARED,
) -> list[Failure]:
    """All failed checks of a clip's rows; empty if every row is correct.

    `templates` are those that made the rows, by default simgen's own. `columns` are those of the rows'
    file: an older file lacks the newest ones, and their defaults are not compared.
    """
    known = load_templates(list_template_ids()) if templates is None else templates
    by_id = {template.id: template for template in known}
    counts = Counter(row.id for row in rows)
    compared = tuple(name for name in _COMPARED if name in columns)
    found = _Clip(ClipGeometry(clip), compared)
    failures = [Failure(name, "id", f"{count} rows have it") for name, count in counts.items() if count > 1]
    for row in rows:
        problems = _row_problems(clip, row, by_id.get(row.template), found)
        failures += [Failure(row.id, check, detail) for check, detail in problems]
    return failures


_ViewsKey = tuple[int | tuple[int, ...], VisibilityRule]
"""The row's own frame, or its number of frames (0 for all standard ones), and the rule."""


@dataclass(frozen=True, slots=True, eq=False)
class _Clip:
    """A clip with the views and solved questions that its rows share."""

    geometry: ClipGeometry
    compared: tuple[str, ...]
    """Names of the fields in which a row must equal the row that is composed anew."""
    views: dict[_ViewsKey, dict[int, View]] = field(default_factory=dict)
    solved: dict[tuple[str, Ask, _ViewsKey], tuple[dict[int, Solved], Refusal | None]] = field(
        default_factory=dict
    )

    def views_of(self, row: Row, rule: VisibilityRule) -> dict[int, View]:
        """By number of frames: the view of the row's own frame, or those of the clip with all standard
        numbers of frames and with that of the row."""
        key = _views_key(row, rule)
        if key not in self.views:
            self.views[key] = (
                {1: make_own_view(self.geometry, row.frames[0], rule)}
                if row.views == "each"
                else make_views(self.geometry, rule, (*STANDARD_COUNTS, len(row.frames)))
            )
        return self.views[key]

    def solve(
        self, template: Template, ask: Ask, row: Row, rule: VisibilityRule
    ) -> tuple[dict[int, Solved], Refusal | None]:
        """The question at all numbers of frames at which it can be answered: see `solve_at_all_counts`."""
        key = (template.id, ask, _views_key(row, rule))
        if key not in self.solved:
            self.solved[key] = solve_at_all_counts(self.views_of(row, rule), template, ask)
        return self.solved[key]


def _views_key(row: Row, rule: VisibilityRule) -> _ViewsKey:
    """Equal for rows that share their views."""
    count = len(row.frames)
    return row.frames if row.views == "each" else 0 if count in STANDARD_COUNTS else count, rule


def _row_problems(clip: Clip, row: Row, template: Template | None, known: _Clip) -> Iterator[tuple[str, str]]:
    """The failed checks of one row, each with a detail. Stops when nothing more can be recomputed."""
    unusable = _template_problem(row, template) or _frames_problem(clip, row)
    if unusable is not None or template is None:
        yield unusable or ("template", "unknown")
        return
    try:
        ask, rule = parse_args(row.args)
    except ValueError as error:
        yield "args", f"unreadable ({error})"
        return
    unusable = _ask_problem(known.geometry, row, template, ask)
    if unusable is not None:
        yield unusable
        return
    yield from _answer_problems(known, row, template, ask, rule)


def _answer_problems(
    known: _Clip, row: Row, template: Template, ask: Ask, rule: VisibilityRule
) -> Iterator[tuple[str, str]]:
    count = len(row.frames)
    at_all, refusal = known.solve(template, ask, row, rule)
    if count not in at_all:
        assert refusal is not None, "some view refuses the question"
        yield _CHECK_OF_REFUSAL.get(refusal.kind, "margin"), str(refusal)
        return
    view, solved = known.views_of(row, rule)[count], at_all[count]
    if solved.answer != row.answer:
        yield "answer", f"{solved.answer} from the clip, but {_short(row.answer)} is stored"
    # `solve` has already checked the answer against this map.
    if row.map != render_question_map(view, solved) or solved.answer != row.answer:
        on_map = answer_on_map(view, template, ask, tuple(parse_map(row.map) or ()))
        if not _agrees(template, row.answer, on_map):
            yield "map", f"{on_map or 'nothing'} from the row's map, but {_short(row.answer)} is stored"
    yield from _differences(view, row, template, solved, answerable_counts(at_all), known.compared)


def _differences(
    view: View,
    row: Row,
    template: Template,
    solved: Solved,
    answerable: tuple[int, ...],
    compared: Sequence[str],
) -> Iterator[tuple[str, str]]:
    """The fields in which a row differs from the row that the clip and the template give."""
    try:
        expected = compose(view, template, solved, row.dataset, answerable, row.wording)
    except TemplateError as error:
        yield "template", str(error)
        return
    if "asked" in compared and (row.asked != expected.asked or row.map != expected.map):
        few = select_entries(parse_map(row.map) or (), row.asked)
        on_map = answer_on_map(view, template, solved.ask, few)
        if not _agrees(template, row.answer, on_map):
            told = f"{on_map or 'nothing'} from the entries of the map that are in asked"
            yield "map", f"{told}, but {_short(row.answer)} is stored"
    for name in compared:
        ours, theirs = getattr(expected, name), getattr(row, name)
        if not _same(name, ours, theirs):
            check = _CHECK_OF_FIELD.get(name, "text")
            yield check, f"{name} is {_short(theirs)}, but the clip and the template give {_short(ours)}"


def _agrees(template: Template, answer: str, on_map: str | None) -> bool:
    try:
        return map_agrees(template, answer, on_map)
    except ValueError:
        return False


def _same(name: str, ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float):
        return math.isclose(ours, theirs, rel_tol=0.0, abs_tol=FLOAT_TOLERANCE)
    return ours == theirs or (name == "features" and _same_features(ours, theirs))


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
    if row.views == "each":
        if len(row.frames) == 1 and 0 <= row.frames[0] < clip.frame_count:
            return None
        return "frames", f"frames are {_short(row.frames)}, with views: each they must be one of the clip's"
    expected = question_frames(clip, len(row.frames)) if row.frames else (0,)
    if row.frames != expected:
        return "frames", f"frames are {_short(row.frames)}, of this clip they must be {_short(expected)}"
    return None


def _ask_problem(geometry: ClipGeometry, row: Row, template: Template, ask: Ask) -> tuple[str, str] | None:
    skill = SKILLS[template.skill]
    unknown = [f"object {name}" for name in list_asked_objects(skill, ask) if name not in geometry.index]
    unknown += [f"room {name}" for name in ask.rooms if name not in geometry.room_index]
    if unknown:
        return "objects", f"{', '.join(sorted(unknown))}: not in the clip"
    given = [len(part) for part in (ask.objects, ask.frames, ask.types, ask.rooms, ask.values)]
    needed = [skill.objects, skill.frames, skill.types, skill.rooms, len(skill.values)]
    if given != needed or bool(ask.options) != (skill.options is not None):
        return "args", f"{given} objects, frames, types, rooms and numbers, but the skill takes {needed}"
    if not set(ask.frames) <= set(row.frames):
        return "frames", f"the question's frames {ask.frames} are not among those shown"
    return None
