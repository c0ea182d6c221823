"""docs/templates.md against the skills. `python -m tests.qa.templates.test_docs` writes its table anew."""

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from simgen.qa.check import skill_summary
from simgen.qa.skills import SKILLS
from simgen.qa.templates.jinja import FILTERS
from simgen.qa.templates.loading import (
    Answer,
    Margins,
    Template,
    find_template_mistakes,
    list_answer_kinds,
    list_question_variables,
    list_text_variables,
    load_templates,
)

PAGE = Path(__file__).parents[3] / "docs" / "templates.md"
START, END = "<!-- skills: python -m tests.qa.templates.test_docs -->\n", "\n<!-- end of skills -->"


def skill_table() -> str:
    """All skills as a table in Markdown: what they compute, their kinds of answer and their variables."""
    lines = [
        "| skill | computes | answer | phrasings may use | `think` may also use |",
        "|---|---|---|---|---|",
    ]
    for name, skill in sorted(SKILLS.items()):
        asked, all_names = list_question_variables(skill), list_text_variables(skill)
        cells = [f"`{name}`", skill_summary(name), " or ".join(list_answer_kinds(skill))]
        lines.append(f"| {' | '.join([*cells, _names(asked), _names(all_names - asked)])} |")
    return "\n".join(lines)


def test_the_table_of_skills_is_that_of_the_code() -> None:
    assert _table(PAGE.read_text("utf-8")) == skill_table(), "run: python -m tests.qa.templates.test_docs"


def test_every_skill_says_what_it_computes_in_words_of_its_own() -> None:
    told = [skill_summary(name).partition(" Options: ")[0] for name in SKILLS]
    assert [text for text in told if not text.endswith(".") or told.count(text) > 1] == []
    # A partial has the docstring of `partial`.
    assert [n for n, skill in SKILLS.items() if isinstance(skill.facts, partial) and not skill.computes] == []


def test_the_template_on_the_page_has_ten_lines_at_most_and_loads(tmp_path: Path) -> None:
    block = PAGE.read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    assert len(block.splitlines()) <= 10
    path = tmp_path / "coarse.yaml"
    path.write_text(block, encoding="utf-8")
    assert find_template_mistakes(path) == []
    assert load_templates([str(path)])[0].id == "coarse"


def test_every_key_and_filter_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    keys = [*Template.model_fields, *Answer.model_fields, *Margins.model_fields, "extends"]
    assert [key for key in keys if key not in page] == []
    assert [name for name in FILTERS if f"`{name}`" not in page] == []


def test_every_variable_is_explained() -> None:
    explained = set(
        re.findall(r"`(\w+)`", PAGE.read_text("utf-8").partition("| variable |")[2].partition(START)[0])
    )
    # Of the first object and type for all, as the page says.
    explained |= {f"{letter}_{part}" for letter in "bcd" for part in ("name", "box")}
    explained |= {f"{kind}_{letter}" for letter in "cd" for kind in ("thing", "plural")}
    assert set[str]().union(*(list_text_variables(skill) for skill in SKILLS.values())) - explained == set()


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _table(page: str) -> str:
    return page.partition(START)[2].partition(END)[0]


if __name__ == "__main__":
    old = PAGE.read_text("utf-8")
    head, _, rest = old.partition(START)
    PAGE.write_text(f"{head}{START}{skill_table()}{END}{rest.partition(END.lstrip())[2]}", encoding="utf-8")
