"""From a solved question to its row: the words, the prompt and the target."""

import json
from dataclasses import asdict, fields
from typing import cast

import pydantic

from simgen.qa.difficulty import difficulty, features_of
from simgen.qa.facts import Ask
from simgen.qa.names import spoken_name
from simgen.qa.skills import SKILLS
from simgen.qa.solve import CAMERA, UNITS, Solved, letter_of
from simgen.qa.templates import Template
from simgen.qa.texts import render_text
from simgen.qa.view import Seen, View, VisibilityRule, render_map
from simgen.store.rows import Row
from simgen.types import Split

MAP_REQUEST = (
    'First draw a map of the objects that you see, as a JSON list of {"object_name": name, "bbox": [x_min, '
    "y_min, x_max, y_max]} in meters on the floor. The origin is below the camera of the first frame, x "
    "points to its right and y straight ahead; several objects of one kind are numbered in the order in "
    "which they appear."
)


def compose(view: View, template: Template, solved: Solved, dataset: str, index: int, phrasing: int) -> Row:
    """The row of a solved question; `index` counts the template's rows in the clip."""
    variables = _variables(view, template, solved)
    where = f"template '{template.id}'"
    question = render_text(template.phrasings[phrasing], variables, f"{where}: phrasing {phrasing}")
    think = render_text(template.think, variables, f"{where}: think")
    options = tuple(_labels(view, solved.ask)[SKILLS[template.skill].objects :])
    map_text, features = render_map(solved.map), features_of(view, solved)
    return Row(
        id=f"{view.clip.id}-{template.id}-{index:03d}",
        dataset=dataset,
        clip=view.clip.id,
        split=cast(Split, view.clip.info.split),
        frames=view.frames,
        template=template.id,
        template_version=template.version,
        phrasing=phrasing,
        group=template.group,
        skill=template.skill,
        args=args_text(solved.ask, view.rule),
        kind=template.answer.kind,
        question=question,
        options=options,
        answer=solved.answer,
        unit=UNITS.get(template.answer.kind, ""),
        map=map_text,
        think=think,
        prompt=_prompt(view, template, solved.ask, question, options),
        target=f"<map>{map_text}</map><think>{think}</think><answer>{solved.answer}</answer>",
        margin=features.margin,
        difficulty=difficulty(features),
        features=json.dumps(asdict(features)),
    )


def args_text(ask: Ask, rule: VisibilityRule) -> str:
    """A row's `args`: what is asked about and when an object counts as visible, as JSON."""
    args: dict[str, object] = {"objects": list(ask.objects)}
    if ask.frame is not None:
        args["frame"] = ask.frame
    return json.dumps(args | {"min_visible_px": rule.min_px, "min_visible_fraction": rule.min_fraction})


def parse_args(text: str) -> tuple[Ask, VisibilityRule]:
    """What `args_text` wrote. Raises ValueError, on one line, for any other text."""
    try:
        args = _Args.model_validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        mistake = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, mistake['loc'])) or 'args'}: {mistake['msg']}") from None
    return Ask(args.objects, args.frame), VisibilityRule(args.min_visible_px, args.min_visible_fraction)


class _Args(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    objects: tuple[str, ...]
    frame: int | None = None
    min_visible_px: int
    min_visible_fraction: float


def _variables(view: View, template: Template, solved: Solved) -> dict[str, object]:
    """Everything that the template's texts may name; see templates.text_variables."""
    skill, labels = SKILLS[template.skill], _labels(view, solved.ask)
    entries = [item.entry for item in _asked(view, solved.ask)]
    variables: dict[str, object] = {f.name: getattr(solved.facts, f.name) for f in fields(solved.facts)}
    for letter, label, entry in zip("ab"[: skill.objects], labels, entries, strict=False):
        variables |= {letter: label, f"{letter}_name": entry.name, f"{letter}_box": list(entry.bbox)}
    if skill.options:
        chosen = entries[skill.objects :]
        variables |= {"options": labels[skill.objects :], "option_names": [entry.name for entry in chosen]}
        variables |= {"option_boxes": [list(entry.bbox) for entry in chosen], "letter": solved.answer}
    if solved.ask.frame is not None:
        variables["frame"] = view.frames.index(solved.ask.frame) + 1
    return variables | {"frame_count": len(view.frames)}


def _asked(view: View, ask: Ask) -> list[Seen]:
    return [seen for seen in map(view.find, ask.objects) if seen is not None]


def _labels(view: View, ask: Ask) -> list[str]:
    return [spoken_name(seen.object.type) for seen in _asked(view, ask)]


def _prompt(view: View, template: Template, ask: Ask, question: str, options: tuple[str, ...]) -> str:
    count = len(view.frames)
    shown = (
        f"These are {count} frames of a walk through a house, in order."
        if count > 1
        else "This is 1 frame of a walk through a house."
    )
    listed = [f"{letter_of(index)}. {option}" for index, option in enumerate(options)]
    return "\n".join([shown, question, *listed, _instruction(view, template, ask)])


def _instruction(view: View, template: Template, ask: Ask) -> str:
    camera = ""
    if ask.frame is not None:
        number = view.frames.index(ask.frame) + 1
        camera = f' Add an entry "{CAMERA}" for the camera of frame {number}, as a box without extent.'
    result = _RESULTS.get(template.answer.kind, "number")
    return (
        f"{MAP_REQUEST}{camera} Then reason step by step, and end with the {result} alone. "
        "Reply as <map>...</map><think>...</think><answer>...</answer>."
    )


_RESULTS = {
    "metres": "number of meters",
    "centimetres": "number of centimeters",
    "square_metres": "number of square meters",
    "choice": "letter of the right option",
}
