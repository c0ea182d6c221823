"""Solving a question: its answer and margin, or the reason to refuse it."""

from dataclasses import dataclass, replace

from simgen.qa.question.map import list_asked_objects, question_map, read_map
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask, ChoiceFacts, Facts, NumberFacts, OrderFacts
from simgen.qa.skills.skill import MapAsk, Skill
from simgen.qa.templates.loading import Template
from simgen.qa.view.needs import naming_problems
from simgen.qa.view.view import STANDARD_COUNTS, View, round_value
from simgen.scoring import MapObject, letter_of, mean_relative_accuracy
from simgen.types import AnswerKind

UNITS: dict[AnswerKind, str] = {
    "metres": "m",
    "centimetres": "cm",
    "square_metres": "m²",
    "cubic_metres": "m³",
    "degrees": "°",
}
"""The units of answers by kind. Other kinds have no unit."""

_SCORE_EPSILON = 1e-9
"""A mean of ten booleans is not exactly 0.8 in floating point."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A question that passes both checks, as numbers, not yet in words."""

    ask: Ask
    facts: Facts
    map: tuple[MapObject, ...]
    answer: str
    margin: float
    """The distance to the next rounding, or to the runner-up, in the answer's unit."""
    slack: float
    """0 (the answer nearly changes) to 1 (certain): see docs/questions.md."""


def solve_at_all_counts(
    views: dict[int, View], template: Template, ask: Ask
) -> tuple[dict[int, Solved], Refusal | None]:
    """The solved question by number of frames, most frames first, and a refusal or None.

    A question can be answered at a number of frames if it has the same answer there and at every larger
    number in `views`. So more frames never make an answerable question unanswerable. The refusal is that of
    the next smaller number; None if the question can be answered at all numbers.
    """
    solved: dict[int, Solved] = {}
    last: tuple[View, Solved] | None = None
    for count, view in sorted(views.items(), reverse=True):
        result = _solved_again(view, template, ask, last)
        if isinstance(result, Refusal):
            return solved, result
        if last is not None and result.answer != last[1].answer:
            return solved, Refusal(
                "changes", f"{result.answer} with {count} frames, {last[1].answer} with more"
            )
        solved[count], last = result, (view, result)
    return solved, None


def _solved_again(
    view: View, template: Template, ask: Ask, last: tuple[View, Solved] | None
) -> Solved | Refusal:
    """`solve`, reusing the result with more frames where possible."""
    skill = SKILLS[template.skill]
    if last is None:
        return solve(view, template, ask)
    if last[0] is view:
        return last[1]
    if not skill.local:
        return solve(view, template, ask)
    problem = _ask_problem(view, template, skill, ask)
    return replace(last[1], map=question_map(view, skill, ask)) if problem is None else problem


def answerable_counts(solved: dict[int, Solved]) -> tuple[int, ...]:
    """The standard numbers of frames at which a question was solved, ascending."""
    return tuple(count for count in STANDARD_COUNTS if count in solved)


def solve(view: View, template: Template, ask: Ask) -> Solved | Refusal:
    """The solved question, or the reason to refuse it."""
    skill = SKILLS[template.skill]
    problem = _ask_problem(view, template, skill, ask)
    if problem is not None:
        return problem
    facts = skill.facts(view, ask)
    if isinstance(facts, Refusal):
        return facts
    problem = _margin_problem(template, facts)
    if problem is not None:
        return problem
    entries, answer = question_map(view, skill, ask), answer_of(template, facts)
    on_map = answer_on_map(view, template, ask, entries)
    if not map_agrees(template, answer, on_map):
        return Refusal("map disagrees", f"{on_map or 'undecided'} from the map, {answer} from the clip")
    if isinstance(facts, NumberFacts):
        margin = _rounding_margin(template, facts.value)
        return Solved(ask, facts, entries, answer, margin, _slack(template, answer, on_map))
    slack = facts.margin / (facts.margin + facts.best) if facts.margin > 0.0 else 0.0
    return Solved(ask, facts, entries, answer, facts.margin, slack)


def answer_on_map(view: View, template: Template, ask: Ask, entries: tuple[MapObject, ...]) -> str | None:
    """The answer from a map alone, as text; None if the map lacks an entry or leaves the answer open."""
    skill = SKILLS[template.skill]
    known = read_map(view, skill, ask, entries)
    return None if known is None else read_answer(skill, template.answer.kind, template.decimals, known)


def read_answer(skill: Skill, kind: AnswerKind, decimals: int, known: MapAsk) -> str | None:
    """The answer from the map entries that a question is about, as text; None if they leave it open."""
    result = skill.from_map(known)
    if result is None:
        return None
    return order_text(result) if isinstance(result, tuple) else _result_text(kind, decimals, result)


def map_agrees(template: Template, answer: str, on_map: str | None) -> bool:
    """The second check: whether the map gives the same letter, order or count, or a number within
    tolerance."""
    if on_map is None or template.answer.kind in ("choice", "order"):
        return on_map == answer
    if template.answer.kind == "count":
        return float(on_map) == float(answer)
    score = mean_relative_accuracy(float(on_map), float(answer))
    return score >= template.margins.map_score - _SCORE_EPSILON


def answer_of(template: Template, facts: Facts) -> str:
    """A question's answer as rows store it: a letter, letters with commas between them, or a number."""
    if isinstance(facts, OrderFacts):
        return order_text(facts.order)
    result = facts.choice if isinstance(facts, ChoiceFacts) else facts.value
    return _result_text(template.answer.kind, template.decimals, result)


def order_text(order: tuple[int, ...]) -> str:
    """An order of options: (2, 0, 1) is "C, A, B"."""
    return ", ".join(map(letter_of, order))


def _result_text(kind: AnswerKind, decimals: int, result: float) -> str:
    if kind == "choice":
        return letter_of(int(result))
    return f"{round_value(result * _scale(kind), decimals):.{decimals}f}"


def _ask_problem(view: View, template: Template, skill: Skill, ask: Ask) -> Refusal | None:
    objects = list_asked_objects(skill, ask)
    if len(set(objects)) < len(objects):
        return Refusal("same object twice", "a question needs different objects")
    problems = naming_problems(view, template.needs)
    for object_id in objects:
        problem = problems.get(
            object_id, Refusal("not visible", f"{object_id} is not visible in the frames shown")
        )
        if problem is not None:
            return problem
    return _frame_problem(view, skill, ask) or (_support_problem(view, objects) if skill.apart else None)


def _frame_problem(view: View, skill: Skill, ask: Ask) -> Refusal | None:
    for frame in ask.frames:
        if frame not in view.frames:
            return Refusal("not shown", f"frame {frame} of the clip is not among the frames shown")
        for object_id in list_asked_objects(skill, ask) if skill.seen_in_frame else ():
            seen = view.find(object_id)
            if seen is None or frame not in seen.frames:
                return Refusal("not visible", f"{object_id} is not visible in frame {frame}")
    return None


def _support_problem(view: View, objects: tuple[str, ...]) -> Refusal | None:
    """The refusal if one object stands on the other: the distance would be about zero."""
    index, found = view.geometry.index, view.clip.objects
    first = found[index[objects[0]]] if objects else None
    for other in (found[index[object_id]] for object_id in objects[1:]):
        if first is not None and (other.parent_id == first.id or first.parent_id == other.id):
            return Refusal("touching", f"{first.id} and {other.id} stand one on the other")
    return None


def _margin_problem(template: Template, facts: Facts) -> Refusal | None:
    margins = template.margins
    if isinstance(facts, NumberFacts):
        if facts.value < margins.smallest:
            return Refusal("too small a number", f"{facts.value:.2f}, at least {margins.smallest} is needed")
        if facts.value > margins.largest:
            return Refusal("too large a number", f"{facts.value:.2f}, at most {margins.largest} is asked for")
        return None
    needed = max(margins.runner_up, margins.runner_up_share * facts.best)
    if facts.margin < needed:
        return Refusal("too ambiguous", f"ahead by {facts.margin:.2f}, at least {needed:.2f} is needed")
    return None


def _slack(template: Template, answer: str, on_map: str | None) -> float:
    assert on_map is not None, "a map without an answer fails the second check"
    error = abs(float(on_map) - float(answer)) / (abs(float(answer)) or 1.0)
    return max(0.0, 1.0 - error / _tolerance(template))


def _tolerance(template: Template) -> float:
    """The largest relative error with the template's map score: 0.15 for 0.8, 0.05 for 1."""
    return 0.55 - template.margins.map_score / 2.0


def _rounding_margin(template: Template, value: float) -> float:
    """The distance of a number from the nearest rounding border, in the answer's unit."""
    scaled, step = value * _scale(template.answer.kind), 10.0**-template.decimals
    return step / 2.0 - abs(scaled - round_value(scaled, template.decimals))


def _scale(kind: AnswerKind) -> float:
    return 100.0 if kind == "centimetres" else 1.0
