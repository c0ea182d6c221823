"""docs/templates.md against the skills. `python -m tests.qa.test_template_docs` writes its table anew."""

from pathlib import Path

import pytest

from simgen.qa.skills import SKILLS
from simgen.qa.templates import Answer, Margins, Template, load_templates, template_mistakes
from simgen.qa.texts import FILTERS
from simgen.runner.template_check import skill_summary, skill_table

PAGE = Path(__file__).parents[2] / "docs" / "templates.md"
START, END = "<!-- skills: python -m tests.qa.test_template_docs -->\n", "\n<!-- end of skills -->"


def test_the_table_of_skills_is_that_of_the_code() -> None:
    assert _table(PAGE.read_text("utf-8")) == skill_table()


@pytest.mark.parametrize("name", SKILLS)
def test_every_skill_says_what_it_computes(name: str) -> None:
    assert skill_summary(name).endswith(".")


def test_the_template_on_the_page_has_ten_lines_at_most_and_loads(tmp_path: Path) -> None:
    block = PAGE.read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    assert len(block.splitlines()) <= 10
    path = tmp_path / "coarse.yaml"
    path.write_text(block, encoding="utf-8")
    assert template_mistakes(path) == []
    assert load_templates([str(path)])[0].id == "coarse"


def test_every_key_and_filter_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    keys = [*Template.model_fields, *Answer.model_fields, *Margins.model_fields, "extends"]
    assert [key for key in keys if key not in page] == []
    assert [name for name in FILTERS if f"`{name}`" not in page] == []


def _table(page: str) -> str:
    return page.partition(START)[2].partition(END)[0]


if __name__ == "__main__":
    old = PAGE.read_text("utf-8")
    head, _, rest = old.partition(START)
    PAGE.write_text(f"{head}{START}{skill_table()}{END}{rest.partition(END.lstrip())[2]}", encoding="utf-8")
