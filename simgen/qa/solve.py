"""From what a question asks to its answer, or to the reason why it must not be asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgen.geometry.frames import map_frame
from simgen.qa.facts import Ask, ChoiceFacts, NumberFacts, object_of
from simgen.qa.names import UNNAMEABLE, spoken_name
from simgen.qa.skills import SKILLS
from simgen.qa.templates import Template
from simgen.qa.view import Seen, View, point_box, rounded, share_shown
from simgen.scoring import MapObject, mean_relative_accuracy
from simgen.types import AnswerKind

CAMERA = "camera"
"""Name of the map entry for the camera, in questions that ask about it."""

UNITS: dict[AnswerKind, str] = {"metres": "m", "centimetres": "cm", "square_metres": "m²"}
"""Rows of other kinds have no unit."""

_SCORE_EPSILON = 1e-9
"""A mean of ten booleans is not exactly 0.8 in floating point."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A question that passes both laws, as numbers; not yet in words."""

    ask: Ask
    facts: NumberFacts | ChoiceFacts
    map: tuple[MapObject, ...]
    answer: str
    margin: float
    """In the answer's unit: to the next rounding, or to the runner-up."""
    slack: float
    """0 (about to flip) to 1 (firm): see docs/questions.md."""


def solve(view: View, template: Template, ask: Ask) -> Solved | str:
    """The answered question, or the reason to reject it: a short name, a colon and the numbers."""
    problem = _ask_problem(view, template, ask)
    if problem is not None:
        return problem
    facts = SKILLS[template.skill].facts(view.clip, ask)
    entries = question_map(view, ask)
    on_map = answer_on_map(template, entries, asked_names(view, ask))
    if isinstance(facts, ChoiceFacts):
        return _solve_choice(template, ask, facts, entries, on_map)
    return _solve_number(template, ask, facts, entries, on_map)


def object_problem(view: View, template: Template, seen: Seen) -> str | None:
    """Why no question of this template may name a visible object, or None when one may."""
    item = seen.object
    if item.type in UNNAMEABLE:
        return f"not nameable: nobody would ask for a {spoken_name(item.type)}"
    if view.glimpsed[item.type] > 1:
        return (
            f"ambiguous name: {view.glimpsed[item.type]} things called {spoken_name(item.type)} are in view"
        )
    shown = share_shown(view.clip, seen)
    if shown < template.needs.min_shown:
        return f"cut off: {shown:.2f} of it is in a picture, at least {template.needs.min_shown} is needed"
    size = 2.0 * float(np.sort(item.box.half_extents)[1])
    if size < template.needs.min_size_m:
        return f"too small: {size:.2f} m, at least {template.needs.min_size_m} m is needed"
    return None


def question_map(view: View, ask: Ask) -> tuple[MapObject, ...]:
    """The map of the visible objects, and last the camera where the question is about it."""
    if ask.frame is None:
        return view.map
    frame = map_frame(view.clip.world_from_camera[0])
    camera = frame.from_world(view.clip.world_from_camera[ask.frame][[0, 2], 3][None])[0]
    return (*view.map, MapObject(CAMERA, point_box(camera)))


def asked_names(view: View, ask: Ask) -> list[str]:
    """Map names of what is asked about, the camera first where it is."""
    seen = [view.find(object_id) for object_id in ask.objects]
    names = [item.entry.name for item in seen if item is not None]
    return names if ask.frame is None else [CAMERA, *names]


def answer_on_map(template: Template, entries: Sequence[MapObject], names: Sequence[str]) -> str | None:
    """The answer that a map alone gives, as text; None when it names too little or leaves it open."""
    boxes = {entry.name: entry.bbox for entry in entries}
    if not all(name in boxes for name in names):
        return None
    result = SKILLS[template.skill].from_map([boxes[name] for name in names])
    if result is None:
        return None
    return letter_of(int(result)) if template.answer.kind == "choice" else number_text(template, result)


def map_agrees(template: Template, answer: str, on_map: str | None) -> bool:
    """The second law: the same letter, or a number within the template's tolerance."""
    if on_map is None or template.answer.kind == "choice":
        return on_map == answer
    score = mean_relative_accuracy(float(on_map), float(answer))
    return score >= template.margins.map_score - _SCORE_EPSILON


def letter_of(index: int) -> str:
    """The letter of an option: 0 is A."""
    return chr(ord("A") + index)


def number_text(template: Template, value: float) -> str:
    """A skill's number (metres) in the template's unit and decimals."""
    decimals = template.answer.decimals
    return f"{rounded(value * _scale(template), decimals):.{decimals}f}"


def _ask_problem(view: View, template: Template, ask: Ask) -> str | None:
    if len(set(ask.objects)) < len(ask.objects):
        return "same object twice: a question needs different objects"
    for object_id in ask.objects:
        seen = view.find(object_id)
        if seen is None:
            return f"not visible: {object_id} is not visible in the frames shown"
        if ask.frame is not None and ask.frame not in seen.frames:
            return f"not visible: {object_id} is not visible in frame {ask.frame}"
        problem = object_problem(view, template, seen) or _support_problem(view, ask.objects[0], seen)
        if problem is not None:
            return problem
    return None


def _support_problem(view: View, first_id: str, other: Seen) -> str | None:
    """Why a distance between an object and what carries it is no question: it is next to nothing."""
    first = object_of(view.clip, first_id)
    if other.object.parent_id != first.id and first.parent_id != other.object.id:
        return None
    return f"touching: {first.id} and {other.object.id} stand one on the other"


def _solve_number(
    template: Template, ask: Ask, facts: NumberFacts, entries: tuple[MapObject, ...], on_map: str | None
) -> Solved | str:
    smallest = template.margins.smallest
    if facts.value < smallest:
        return f"too close: {facts.value:.2f} m, at least {smallest} m is needed"
    answer = number_text(template, facts.value)
    if not map_agrees(template, answer, on_map):
        return f"map disagrees: {on_map} from the map, {answer} from the clip"
    assert on_map is not None, "a map that leaves a number open agrees with none"
    error = abs(float(on_map) - float(answer)) / (abs(float(answer)) or 1.0)
    slack = max(0.0, 1.0 - error / _tolerance(template))
    return Solved(ask, facts, entries, answer, _rounding_margin(template, facts.value), slack)


def _solve_choice(
    template: Template, ask: Ask, facts: ChoiceFacts, entries: tuple[MapObject, ...], on_map: str | None
) -> Solved | str:
    margins, answer = template.margins, letter_of(facts.choice)
    needed = max(margins.runner_up_m, margins.runner_up_share * facts.best)
    if facts.margin < needed:
        return f"too ambiguous: ahead by {facts.margin:.2f} m, at least {needed:.2f} m is needed"
    if not map_agrees(template, answer, on_map):
        return f"map disagrees: {on_map or 'a tie'} from the map, {answer} from the clip"
    slack = facts.margin / (facts.margin + facts.best)
    return Solved(ask, facts, entries, answer, facts.margin, slack)


def _tolerance(template: Template) -> float:
    """The largest relative error with the template's map score: 0.15 for 0.8, 0.05 for 1."""
    return 0.55 - template.margins.map_score / 2.0


def _rounding_margin(template: Template, value: float) -> float:
    """How far a number is from being rounded to another one, in the answer's unit."""
    scaled, step = value * _scale(template), 10.0**-template.answer.decimals
    return step / 2.0 - abs(scaled - rounded(scaled, template.answer.decimals))


def _scale(template: Template) -> float:
    return 100.0 if template.answer.kind == "centimetres" else 1.0
