"""Some rows of every template are answered by other methods, and the check itself can fail."""

import ast
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from simgen.qa.question.settings import QuestionSettings
from simgen.qa.skills import SKILLS
from simgen.qa.templates.loading import Template, list_template_ids, load_templates
from tests.qa.independent import walk
from tests.qa.independent.agreement import CHECKERS, Tally, check_question, table
from tests.qa.independent.fairness import unfair
from tests.qa.independent.questions import Question, deviation, question_of
from tests.qa.independent.world import read_world
from tests.qa.real_clips import real_clips
from tests.qa.scenes import asked_of

pytestmark = pytest.mark.slow

ROWS, WALKS = 3, 1
"""Rows of each template and clip, at most; a walk takes a second."""
TEMPLATES = load_templates(list_template_ids())


@pytest.fixture(scope="module")
def questions() -> dict[str, list[Question]]:
    """Rows of all templates about real clips, by template."""
    found: dict[str, list[Question]] = defaultdict(list)
    for clip in real_clips():
        world = read_world(clip.path)
        rows, _ = asked_of(clip, TEMPLATES, QuestionSettings(frames=(16,), rows_per_template=1))
        for row in rows:
            most = WALKS if row.skill in walk.CHECKERS else ROWS
            if len([q for q in found[row.template] if q.world is world]) < most:
                found[row.template].append(question_of(world, asdict(row)))
    return found


def test_the_check_shares_no_code_with_simgen() -> None:
    folder = Path(__file__).parent
    for path in folder.glob("[!t]*.py"):
        imported = [
            name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            )
        ]
        foreign = [name for name in imported if name.split(".")[0] in ("simgen", "shapely")]
        assert not foreign, f"{path.name} imports {foreign}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_every_template_has_a_checker_that_agrees_and_can_disagree(
    template: Template, questions: dict[str, list[Question]]
) -> None:
    assert questions[template.id], "no question of it about any of the clips"
    for question in questions[template.id]:
        ours = CHECKERS[template.skill](question)
        assert deviation(question, ours) <= 1.0, f"{question.text} {question.answer}, found {ours}"
        assert list(unfair(question)) == []
        other = replace(question, answer=wrong(question))
        assert deviation(other, ours) > 1.0, f"{question.text} {other.answer} passes for {ours}"


def test_no_checker_is_left_over() -> None:
    assert set(CHECKERS) == set(SKILLS)


def test_a_disagreement_is_told(questions: dict[str, list[Question]]) -> None:
    (question, *_) = questions["absolute_distance"]
    tally = Tally()
    check_question(question, tally)
    check_question(replace(question, answer="99.00"), tally)
    check_question(replace(question, skill="unheard_of"), tally)
    assert tally.checked == 3
    assert [text.partition(": ")[2].partition(",")[0] for text in tally.disagreements] == [
        "stored 99.00",
        "no checker for skill 'unheard_of'",
    ]
    assert f"{question.template}  {3:>6}  {2:>8}" in table({question.template: tally})


def test_an_unfair_question_is_found(questions: dict[str, list[Question]]) -> None:
    (question, *_) = questions["absolute_distance"]
    a, b = question.objects
    shown = question.world.pixels.copy()
    shown[:, a] = 0
    assert any(
        "not visible" in text
        for text in unfair(replace(question, world=replace(question.world, pixels=shown)))
    )
    types = list(question.world.types)
    types[b] = types[a]
    problems = list(unfair(replace(question, world=replace(question.world, types=types))))
    assert any("2 things called" in text for text in problems)
    assert any("does not name" in text for text in unfair(replace(question, text="How far is it?")))


def wrong(question: Question) -> str:
    """A wrong answer: the next letter, the reversed order, one more, or 4 % and 0.04 more."""
    if question.kind == "choice":
        index = ord(question.answer) - ord("A")
        return chr(ord("A") + (index + 1) % len(question.option_texts))
    if question.kind == "order":
        return ", ".join(question.answer.split(", ")[::-1])
    if question.kind == "count":
        return str(int(question.answer) + 1)
    scale = 100.0 if question.kind == "centimetres" else 1.0
    # The stored and the recomputed answer may each be off by what is allowed.
    return f"{float(question.answer) * 1.04 + 0.04 * scale + 2.0 * (question.kind == 'degrees'):.3f}"
