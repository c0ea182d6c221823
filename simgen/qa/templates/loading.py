"""Reads and checks question templates: YAML pages with Jinja texts, bundled or from a file."""

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated

import jinja2
import pydantic
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from simgen.errors import TemplateError
from simgen.pages import Page, list_mistakes, list_pages, load_file, load_page
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import ChoiceFacts, OrderFacts
from simgen.qa.skills.skill import Skill
from simgen.qa.templates.jinja import check_text
from simgen.qa.view.needs import Needs
from simgen.types import AnswerKind

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

PACKAGE = "simgen.qa_templates"
FRAME_NAMES = ("frame", "frame_b")
ROOM_NAMES = ("room", "room_b")
TYPE_ENDS = ("", "_b", "_c", "_d")
"""Ends of the variables for the types of a question: thing, plural, thing_b, plural_b, and so on."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(_Part):
    """The kind of answer, and how it is rounded."""

    kind: AnswerKind
    decimals: int = Field(default=2, ge=0, le=4)


class Margins(_Part):
    """Limits that keep questions from being ambiguous."""

    smallest: float = Field(default=0.0, ge=0.0)
    """Questions with a smaller answer are dropped; in the unit of the skill (metres, degrees, objects)."""
    largest: float = Field(default=math.inf, ge=0.0)
    """Questions with a larger answer are dropped."""
    runner_up: float = Field(default=0.15, ge=0.0)
    """Smallest lead of the right option over the next one, in the unit of the skill."""
    runner_up_share: float = Field(default=0.1, ge=0.0)
    """The same, as a share of the value by which the right option is chosen."""
    map_score: float = Field(default=0.8, ge=0.0, le=1.0)
    """Mean relative accuracy that the map's number must reach: 0.8 is all but the two tightest thresholds."""


class Short(_Part):
    """The short wording of a template: its question and its thought in a few words, for a small model."""

    question: Text
    """It may use what a phrasing may use."""
    think: Text
    """The few numbers that lead from the map to the answer. It may use what `think` may use."""


class Template(_Part):
    """One kind of question: its skill, its wordings, and what makes it fair."""

    id: Name
    group: Name
    version: int = Field(ge=1)
    skill: str
    answer: Answer
    phrasings: tuple[Text, ...] = Field(min_length=3)
    think: Text
    short: Short | None = None
    """The wording for recipes with `wording: short`; without it they do not ask the template."""
    needs: Needs = Needs()
    margins: Margins = Margins()
    option_labels: dict[str, Text] = {}
    """Texts of the skill's option labels. A label without one is written as its key, with spaces."""

    @property
    def decimals(self) -> int:
        """Decimals of the answer; 0 for a count."""
        return 0 if self.answer.kind == "count" else self.answer.decimals


def load_templates(names: Sequence[str]) -> list[Template]:
    """The templates with these groups ("distance"), ids or paths of YAML files, in this order, each once.

    A file may extend a bundled template or another file and give only what differs.
    Raises TemplateError for an unknown name, offering the nearest, and for a file with mistakes.
    """
    found: dict[str, Template] = {}
    for template in (template for name in names for template in _named(name)):
        if found.setdefault(template.id, template) != template:
            raise TemplateError(f"template '{template.id}' is given twice, differently; rename one of them")
    return list(found.values())


def load_own_page(path: Path, template_id: str) -> Template:
    """The template with this id in a file that extends no other page.

    Raises TemplateError when there is no such file, and when it has mistakes or another id.
    """
    page = load_file(path, "template", TemplateError)
    template = _use(page)
    if template.id != template_id:
        raise TemplateError(f"{page.where(('id',))}: id is '{template.id}', but '{template_id}' is expected")
    return template


def find_template_mistakes(path: Path) -> list[str]:
    """All mistakes in a template's file, one line each; empty when it can be used."""
    try:
        return _check(_load_page(str(path)))[1]
    except TemplateError as error:
        return [str(error)]


def list_template_ids() -> list[str]:
    """The ids of the templates that come with simgen, in alphabetical order."""
    return [template.id for template in _bundled()]


def list_question_variables(skill: Skill) -> frozenset[str]:
    """The variables that a phrasing of a template with this skill may use: no facts of the answer."""
    names = {"frame_count", *"abcd"[: skill.objects], *skill.values}
    names |= {"options"} if skill.options else set()
    names |= {*FRAME_NAMES[: skill.frames], *ROOM_NAMES[: skill.rooms]}
    names |= {f"{noun}{end}" for noun in ("thing", "plural") for end in TYPE_ENDS[: skill.types]}
    return frozenset(names)


def list_text_variables(skill: Skill) -> frozenset[str]:
    """The variables that the think text of a template with this skill may use."""
    names = {field.name for field in fields(skill.facts_type)} | list_question_variables(skill)
    names |= {f"{letter}_{part}" for letter in "abcd"[: skill.objects] for part in ("name", "box")}
    if skill.options == "objects":
        names |= {"option_names", "option_boxes"}
    if issubclass(skill.facts_type, ChoiceFacts | OrderFacts):
        names |= {"letter"}
    return frozenset(names | {"answer"})


def list_answer_kinds(skill: Skill) -> tuple[AnswerKind, ...]:
    """The kinds of answer that a template with this skill may have."""
    if issubclass(skill.facts_type, ChoiceFacts):
        return ("choice",)
    return ("order",) if issubclass(skill.facts_type, OrderFacts) else skill.units


def _named(name: str) -> list[Template]:
    if name.endswith((".yaml", ".yml")):
        return [_load(name)]
    found = [template for template in _bundled() if name in (template.id, template.group)]
    if not found:
        raise TemplateError(_unknown(name))
    return found


def _unknown(name: str) -> str:
    known = sorted({known for template in _bundled() for known in (template.id, template.group)})
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
    return f"no template or group is called '{name}'; did you mean '{nearest}'? (all: {', '.join(known)})"


@cache
def _bundled() -> tuple[Template, ...]:
    return tuple(_load(name) for name in list_pages(resources.files(PACKAGE)))


def _load(name_or_path: str) -> Template:
    return _use(_load_page(name_or_path))


def _use(page: Page) -> Template:
    template, mistakes = _check(page)
    if template is None or mistakes:
        raise TemplateError("; ".join(mistakes))
    return template


def _load_page(name_or_path: str) -> Page:
    return load_page(name_or_path, resources.files(PACKAGE), "template", TemplateError)


def _check(page: Page) -> tuple[Template | None, list[str]]:
    """A template, None when its fields are wrong, and all its mistakes."""
    try:
        template = Template.model_validate(page.values)
    except pydantic.ValidationError as error:
        return None, list_mistakes(page, Template, error)
    if template.skill not in SKILLS:
        nearest = difflib.get_close_matches(template.skill, SKILLS, n=1, cutoff=0.0)[0]
        where = page.where(("skill",))
        return template, [f"{where}: no skill '{template.skill}'; did you mean '{nearest}'?"]
    return template, [*_skill_mistakes(template, page), *_text_mistakes(template, page)]


def _skill_mistakes(template: Template, page: Page) -> Iterator[str]:
    skill = SKILLS[template.skill]
    fitting = list_answer_kinds(skill)
    if template.answer.kind not in fitting:
        where, cure = page.where(("answer",)), " or ".join(fitting)
        yield f"{where}: skill '{template.skill}' answers with kind {cure}; write that"
    for label in template.option_labels:
        if label not in skill.labels:
            known = ", ".join(skill.labels) or "none"
            where = page.where(("option_labels", label))
            yield f"{where}: no option '{label}'; '{template.skill}' has: {known}"


def _text_mistakes(template: Template, page: Page) -> Iterator[str]:
    skill = SKILLS[template.skill]
    for_question, for_think = list_question_variables(skill), list_text_variables(skill)
    texts: list[tuple[tuple[str | int, ...], str, frozenset[str]]] = [
        (("phrasings", i), text, for_question) for i, text in enumerate(template.phrasings)
    ]
    texts.append((("think",), template.think, for_think))
    if template.short is not None:
        texts.append((("short", "question"), template.short.question, for_question))
        texts.append((("short", "think"), template.short.think, for_think))
    for path, text, variables in texts:
        try:
            check_text(text, variables)
        except jinja2.TemplateSyntaxError as error:
            yield f"{page.where(path)}: Jinja: {error.message}"
