"""Composes the row of a solved question: question, prompt, thought and target."""

import hashlib
import json
from dataclasses import fields
from functools import cache, lru_cache
from typing import cast

import pydantic

from simgen.errors import TemplateError
from simgen.qa.question.asked import list_asked_entries
from simgen.qa.question.difficulty import as_dict, compute_features, rate_difficulty
from simgen.qa.question.instruction import write_instruction
from simgen.qa.question.solve import UNITS, Solved
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask, NumberFacts
from simgen.qa.templates.jinja import render_text
from simgen.qa.templates.loading import FRAME_NAMES, ROOM_NAMES, TYPE_ENDS, Template
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.map_text import render_map
from simgen.qa.view.names import plural_name, spoken_name
from simgen.qa.view.view import View, VisibilityRule, make_own_view, make_view
from simgen.scoring import letter_of
from simgen.store.rows import Row
from simgen.types import Split, Wording


def question_id(view_name: str, template_id: str, args: str) -> str:
    """The permanent id of a question. It depends neither on the number of frames nor on other questions.

    `view_name` is the id of the clip, or of the frame that is asked as a clip of its own.
    """
    digest = hashlib.sha256(args.encode()).hexdigest()[:8]
    return f"{view_name}-{template_id}-{digest}"


def choose_phrasing(template: Template, question: str) -> int:
    """The index of the phrasing of a question, chosen by the hash of its id."""
    return int(hashlib.sha256(question.encode()).hexdigest()[:8], 16) % len(template.phrasings)


def compose(
    view: View,
    template: Template,
    solved: Solved,
    dataset: str,
    answerable: tuple[int, ...],
    wording: Wording = "full",
) -> Row:
    """The row of a question solved in a view. `answerable` are the numbers of frames at which it has an
    answer. Raises TemplateError for the wording `short` if the template has none."""
    ask, args = solved.ask, render_args(solved.ask, view.rule)
    asked = question_id(view.name, template.id, args)
    phrasing = choose_phrasing(template, asked) if wording == "full" else 0
    question, think = _texts(view, template, solved, wording, phrasing)
    options = tuple(list_option_texts(view, template, ask))
    map_text, features = render_question_map(view, solved), compute_features(view, template, solved, question)
    return Row(
        id=f"{asked}-{len(view.frames):02d}",
        question_id=asked,
        dataset=dataset,
        clip=view.clip.id,
        split=cast(Split, view.clip.info.split),
        frames=view.frames,
        answerable=answerable,
        template=template.id,
        template_version=template.version,
        phrasing=phrasing,
        group=template.group,
        skill=template.skill,
        args=args,
        kind=template.answer.kind,
        question=question,
        options=options,
        answer=solved.answer,
        unit=UNITS.get(template.answer.kind, ""),
        map=map_text,
        think=think,
        prompt=_prompt(view, template, ask, question, options, wording),
        target=f"<map>{map_text}</map><think>{think}</think><answer>{solved.answer}</answer>",
        margin=features.margin,
        difficulty=rate_difficulty(features),
        features=json.dumps(as_dict(features)),
        views="each" if view.is_own_clip else "clip",
        wording=wording,
        asked=list_asked_entries(view, template, ask, solved.map),
    )


def render_phrasings(view: View, template: Template, solved: Solved) -> tuple[str, ...]:
    """A solved question in all phrasings of its template."""
    variables, where = _variables(view, template, solved), f"template '{template.id}'"
    texts = enumerate(template.phrasings)
    return tuple(render_text(text, variables, f"{where}: phrasing {index}") for index, text in texts)


def render_short(view: View, template: Template, solved: Solved) -> tuple[str, str] | None:
    """A solved question and its thought in the template's short wording; None if it has none."""
    return None if template.short is None else _texts(view, template, solved, "short", 0)


def render_question_map(view: View, solved: Solved) -> str:
    """The map of a solved question as text."""
    return view.map_text if solved.map is view.map else render_map(solved.map)


def render_args(ask: Ask, rule: VisibilityRule) -> str:
    """A row's `args` as JSON: the ask and the visibility rule."""
    args = {name: list(value) for name in _field_names(Ask) if (value := getattr(ask, name))}
    return json.dumps(args | {"min_visible_px": rule.min_px, "min_visible_fraction": rule.min_fraction})


@lru_cache(maxsize=4096)
def parse_args(text: str) -> tuple[Ask, VisibilityRule]:
    """Reads the text that `render_args` writes. Raises ValueError with a one-line message for any other
    text."""
    try:
        args = _Args.model_validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        mistake = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, mistake['loc'])) or 'args'}: {mistake['msg']}") from None
    parts = {name: getattr(args, name) for name in _field_names(Ask)}
    return Ask(**parts), VisibilityRule(args.min_visible_px, args.min_visible_fraction)


def make_row_view(geometry: ClipGeometry, row: Row) -> View:
    """The view of the clip that a row is about."""
    rule = parse_args(row.args)[1]
    if row.views == "each":
        return make_own_view(geometry, row.frames[0], rule)
    return make_view(geometry, row.frames, rule)


def list_option_texts(view: View, template: Template, ask: Ask) -> list[str]:
    """The texts of a question's options, A first."""
    kind = SKILLS[template.skill].options
    if kind == "objects":
        return [_label(view, key) for key in ask.options]
    if kind == "rooms":
        return [_room_label(view, key) for key in ask.options]
    if kind in ("types", "orders"):
        return [", ".join(spoken_name(part) for part in key.split(",")) for key in ask.options]
    if kind == "frames":
        return [f"frame {view.frames.index(int(key)) + 1}" for key in ask.options]
    return [template.option_labels.get(key, key.replace("_", " ")) for key in ask.options]


class _Args(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    objects: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    frames: tuple[int, ...] = ()
    types: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    min_visible_px: int
    min_visible_fraction: float


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _texts(
    view: View, template: Template, solved: Solved, wording: Wording, phrasing: int
) -> tuple[str, str]:
    """The question and the thought."""
    variables, where = _variables(view, template, solved), f"template '{template.id}'"
    if wording == "full":
        text, name, think = template.phrasings[phrasing], f"phrasing {phrasing}", template.think
    elif template.short is not None:
        text, name, think = template.short.question, "short question", template.short.think
    else:
        raise TemplateError(f"{where}: no short wording; add short: {{question: ..., think: ...}}")
    return render_text(text, variables, f"{where}: {name}"), render_text(think, variables, f"{where}: think")


def _variables(view: View, template: Template, solved: Solved) -> dict[str, object]:
    """All variables of the template's texts; see templates.list_text_variables."""
    skill, ask = SKILLS[template.skill], solved.ask
    facts = solved.facts
    variables: dict[str, object] = {name: getattr(facts, name) for name in _field_names(type(facts))}
    for letter, object_id in zip("abcd", ask.objects, strict=False):
        name, box = _entry(view, object_id)
        variables |= {letter: _label(view, object_id), f"{letter}_name": name, f"{letter}_box": box}
    if skill.options:
        variables["options"] = list_option_texts(view, template, ask)
    if skill.options == "objects":
        entries = [_entry(view, object_id) for object_id in ask.options]
        variables |= {"option_names": [name for name, _ in entries]}
        variables |= {"option_boxes": [box for _, box in entries]}
    if not isinstance(solved.facts, NumberFacts):
        variables["letter"] = solved.answer
    for end, kind in zip(TYPE_ENDS, ask.types, strict=False):
        variables |= {f"thing{end}": spoken_name(kind), f"plural{end}": plural_name(kind)}
    numbers = [view.frames.index(frame) + 1 for frame in ask.frames]
    variables |= dict(zip(FRAME_NAMES, numbers, strict=False))
    variables |= dict(zip(ROOM_NAMES, (_room_label(view, room) for room in ask.rooms), strict=False))
    variables |= dict(zip(skill.values, ask.values, strict=True))
    return variables | {"frame_count": len(view.frames), "answer": solved.answer}


def _entry(view: View, object_id: str) -> tuple[str, list[float]]:
    """The name and the box of a visible object's map entry."""
    seen = view.find(object_id)
    assert seen is not None, "a solved question names visible objects only"
    return seen.entry.name, list(seen.entry.bbox)


def _label(view: View, object_id: str) -> str:
    return spoken_name(view.clip.objects[view.geometry.index[object_id]].type)


def _room_label(view: View, room_id: str) -> str:
    return spoken_name(view.clip.rooms[view.geometry.room_index[room_id]].type)


def _prompt(
    view: View, template: Template, ask: Ask, question: str, options: tuple[str, ...], wording: Wording
) -> str:
    listed = [f"{letter_of(index)}. {option}" for index, option in enumerate(options)]
    if wording == "short":
        return "\n".join([question, *listed])
    count = len(view.frames)
    shown = (
        f"These are {count} frames of a walk through a house, in order."
        if count > 1
        else "This is 1 frame of a walk through a house."
    )
    skill = SKILLS[template.skill]
    instruction = write_instruction(view.frames, template.answer.kind, skill, ask)
    return "\n".join([shown, question, *listed, instruction])
