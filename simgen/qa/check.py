"""`simgen qa --check`: lists the mistakes in a template file, or shows a question that it makes."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from simgen.errors import MissingDataError
from simgen.qa.question.compose import render_phrasings, render_short
from simgen.qa.question.generate import make_pool, make_question_views, make_rows
from simgen.qa.question.settings import QuestionSettings, load_question_settings, view_seed
from simgen.qa.question.solve import Solved
from simgen.qa.skills import SKILLS
from simgen.qa.templates.loading import (
    Template,
    find_template_mistakes,
    list_question_variables,
    list_text_variables,
    load_templates,
)
from simgen.qa.view.view import View
from simgen.scoring import letter_of
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder, Dataset

TRIED = 20
"""The largest number of clips of each data set that are tried until one gives a question."""
REASONS = 5
"""The number of reasons for dropping candidates that are shown, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question that a template asks about a clip."""

    clip: str
    frames: int
    phrasings: tuple[str, ...]
    """The question in all phrasings of the template."""
    options: tuple[str, ...]
    think: str
    answer: str
    short: tuple[str, str] | None
    """The question and the thought in the short wording; None if the template has none."""


@dataclass(frozen=True, slots=True)
class TemplateCheck:
    """The result of `simgen qa --check`."""

    file: str
    mistakes: tuple[str, ...]
    id: str = ""
    skill: str = ""
    computes: str = ""
    """What the skill computes, in a sentence."""
    kind: str = ""
    in_phrasings: tuple[str, ...] = ()
    """The variables that phrasings may use."""
    in_think: tuple[str, ...] = ()
    """The variables that only the think text may use."""
    tried: int = 0
    """The number of clips that were tried, up to the first that gave a question."""
    dropped: dict[str, int] | None = None
    """The number of dropped candidates of those clips, by reason."""
    example: Example | None = None


def check_template(file: Path, folder: DataFolder) -> TemplateCheck:
    """Lists the mistakes in a template file; without any, makes an example from the folder's clips."""
    mistakes = find_template_mistakes(file)
    if mistakes:
        return TemplateCheck(str(file), tuple(mistakes))
    (template,) = load_templates([str(file)])
    asked = list_question_variables(SKILLS[template.skill])
    dropped: Counter[str] = Counter()
    tried, example = 0, None
    for dataset, path in _clips(folder):
        tried += 1
        example = _example(template, dataset, path, dropped)
        if example is not None:
            break
    return TemplateCheck(
        file=str(file),
        mistakes=(),
        id=template.id,
        skill=template.skill,
        computes=skill_summary(template.skill),
        kind=template.answer.kind,
        in_phrasings=tuple(sorted(asked)),
        in_think=tuple(sorted(list_text_variables(SKILLS[template.skill]) - asked)),
        tried=tried,
        dropped=dict(dropped.most_common(REASONS)),
        example=example,
    )


def skill_summary(name: str) -> str:
    """What a skill computes, in one sentence, and its options."""
    skill = SKILLS[name]
    told = skill.computes or _sentence(skill.facts)
    return f"{told} Options: {', '.join(skill.labels)}." if skill.labels else told


def _sentence(function: Callable[..., object]) -> str:
    return (inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " ")


def describe(check: TemplateCheck) -> list[str]:
    """The text of a check that found no mistakes, as lines."""
    lines = [f"{check.file}: no mistakes found"]
    lines += [f"template: {check.id}", f"skill: {check.skill} ({check.computes})", f"answer: {check.kind}"]
    lines.append(f"phrasings may use: {', '.join(check.in_phrasings)}")
    lines.append(f"think may also use: {', '.join(check.in_think)}")
    if not check.tried:
        return [*lines, "example: no clip here to try it on; make some with: simgen render --recipe demo"]
    if check.dropped:
        lines.append("dropped: " + ", ".join(f"{reason} {count}" for reason, count in check.dropped.items()))
    if check.example is None:
        return [*lines, f"example: none of {check.tried} clips gives a question; see what was dropped"]
    return [*lines, *_describe_example(check.example)]


def _describe_example(example: Example) -> list[str]:
    options = [f"  {letter_of(index)}. {text}" for index, text in enumerate(example.options)]
    shown = "1 frame" if example.frames == 1 else f"{example.frames} frames"
    return [
        f"example: from {shown} of {example.clip}",
        *(f"  {phrasing}" for phrasing in example.phrasings),
        *options,
        f"think: {example.think}",
        *(f"short: {text}" for text in example.short or ()),
        f"answer: {example.answer}",
    ]


def _clips(folder: DataFolder) -> Iterable[tuple[Dataset, Path]]:
    try:
        datasets = folder.datasets_with_clips()
    except MissingDataError:
        return []
    return [(dataset, path) for dataset in datasets for path in dataset.clip_paths()[:TRIED]]


def _example(template: Template, dataset: Dataset, path: Path, dropped: Counter[str]) -> Example | None:
    settings = replace(load_question_settings(dataset), wording="full")
    for views in make_question_views(read_clip(path), settings):
        seed = view_seed(views[max(views)])
        pool = make_pool(views, dataset.name, template, settings, seed)
        dropped.update(rejection.reason for rejection in pool.rejections)
        if pool.questions:
            return _example_of(views, dataset, template, pool.questions[0], settings)
    return None


def _example_of(
    views: dict[int, View],
    dataset: Dataset,
    template: Template,
    solved: dict[int, Solved],
    settings: QuestionSettings,
) -> Example:
    """The question with the most frames that are wanted."""
    row = max(make_rows(views, dataset.name, template, solved, settings), key=lambda row: len(row.frames))
    count = max(number for number in settings.frames if number in solved)
    return Example(
        clip=row.clip,
        frames=len(row.frames),
        phrasings=render_phrasings(views[count], template, solved[count]),
        options=row.options,
        think=row.think,
        answer=f"{row.answer}{f' {row.unit}' if row.unit else ''}",
        short=render_short(views[count], template, solved[count]),
    )
