"""The result of `simgen qa --explain ID` as text: how one question was answered."""

import json
from dataclasses import dataclass
from pathlib import Path

from simgen.qa.explain import name_in
from simgen.qa.question.compose import make_row_view, parse_args
from simgen.qa.question.map import list_asked_objects
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.view.geometry import ClipGeometry
from simgen.report.measurement import measure
from simgen.scoring import index_of, letter_of
from simgen.store.clips import read_clip
from simgen.store.rows import Row


@dataclass(frozen=True, slots=True)
class RowExplanation:
    """How one question was answered, as plain values."""

    id: str
    template: str
    group: str
    skill: str
    frames: tuple[int, ...]
    """Indices of the frames in the clip."""
    question: str
    options: tuple[str, ...]
    answer: str
    """With its unit; for a choice the letter."""
    right: int | None
    """The index of the right option; None if there are none."""
    shown_in: dict[str, list[int]]
    """By the spoken name of an object that the question is about: the numbers of the frames that show it."""
    measured: tuple[str, ...]
    """The labels of the measurement on the plan, first of what gives the answer."""
    problem: str
    """Why it has no answer today; else empty."""
    think: str
    margin: float
    difficulty: float
    features: dict[str, float]


def explain_row(path: Path, row: Row) -> RowExplanation:
    """How the answer of a row about the clip in the file `path` was measured.

    Raises ClipError for a damaged clip.
    """
    view, (ask, _) = make_row_view(ClipGeometry(read_clip(path)), row), parse_args(row.args)
    found = measure(view, row.skill, ask)
    shapes = () if isinstance(found, Refusal) else sorted(found, key=lambda shape: not shape.strong)
    seen = {name: view.find(name) for name in list_asked_objects(SKILLS[row.skill], ask)}
    return RowExplanation(
        id=row.id,
        template=row.template,
        group=row.group,
        skill=row.skill,
        frames=row.frames,
        question=row.question,
        options=row.options,
        answer=f"{row.answer} {row.unit}".rstrip(),
        right=index_of(row.answer) if row.kind == "choice" else None,
        shown_in={
            name_in(view, name): [row.frames.index(frame) + 1 for frame in item.frames] if item else []
            for name, item in seen.items()
            if name in view.geometry.index
        },
        measured=tuple(shape.label for shape in shapes if shape.label),
        problem=str(found) if isinstance(found, Refusal) else "",
        think=row.think,
        margin=row.margin,
        difficulty=row.difficulty,
        features=json.loads(row.features),
    )


def row_table(told: RowExplanation) -> list[str]:
    """Lines of text."""
    lines = [
        f"{told.id}: template {told.template} of the group {told.group}, skill {told.skill}",
        f"question: {told.question}",
    ]
    for index, text in enumerate(told.options):
        lines.append(f"  {letter_of(index)}. {text}{' (right)' if index == told.right else ''}")
    lines += [f"answer: {told.answer}", f"frames of the clip: {_numbers(told.frames)}"]
    lines += [f"  {name}: {_shown(numbers, len(told.frames))}" for name, numbers in told.shown_in.items()]
    lines.append(f"measured: {', '.join(told.measured) or told.problem or 'see the picture'}")
    features = ", ".join(f"{name} {value:g}" for name, value in told.features.items())
    return [
        *lines,
        f"reasoning: {told.think}",
        f"margin: {told.margin:g}",
        f"difficulty: {told.difficulty:g} ({features})",
    ]


def _shown(numbers: list[int], count: int) -> str:
    if not numbers:
        return "not visible"
    return "in all frames" if len(numbers) == count else f"in frames {_numbers(numbers)} of {count}"


def _numbers(values: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, values))
