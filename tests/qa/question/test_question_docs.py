"""The table of templates in docs/questions.md equals the templates.

`python -m tests.qa.question.test_question_docs` rewrites the table.
"""

import re
from importlib import resources
from pathlib import Path

from simgen.qa.question.difficulty import WEIGHTS
from simgen.qa.templates.loading import PACKAGE, Template, list_template_ids, load_templates

PAGE = Path(__file__).parents[3] / "docs" / "questions.md"
START, END = (
    "<!-- templates: python -m tests.qa.question.test_question_docs -->\n",
    "<!-- end of templates -->",
)
GROUPS = ("distance", "size", "direction", "count", "order", "route", "room", "egomotion")


def template_table() -> str:
    """One line for each template: group, id, first phrasing, kind of answer, benchmarks."""
    found = sorted(load_templates(list_template_ids()), key=lambda t: (GROUPS.index(t.group), t.id))
    lines = ["| group | template | asks | answer | in the words of |", "|---|---|---|---|---|"]
    for template in found:
        words = f"`{template.id}` | {_asks(template)} | {template.answer.kind.replace('_', ' ')}"
        lines.append(f"| {template.group} | {words} | {', '.join(_benchmarks(template))} |")
    return "\n".join(lines) + "\n"


def test_the_table_of_templates_is_that_of_the_files() -> None:
    on_page = PAGE.read_text("utf-8").partition(START)[2].partition(END)[0]
    assert on_page == template_table(), "run: python -m tests.qa.question.test_question_docs"


def test_every_group_has_templates_and_each_five_wordings() -> None:
    templates = load_templates(list_template_ids())
    assert {template.group for template in templates} == set(GROUPS)
    assert [t.id for t in templates if len(set(t.phrasings)) < 5] == []


def test_the_benchmarks_questions_are_all_there() -> None:
    by_benchmark = {
        name: [t.id for t in load_templates(list_template_ids()) if name in _benchmarks(t)]
        for name in ("QVS-Bench", "VSI-Bench")
    }
    # Vertical and horizontal direction, minimal and relative distance, size, count.
    assert len(by_benchmark["QVS-Bench"]) >= 6
    # Count, absolute and relative distance, object and room size, three directions, route, appearance order.
    assert len(by_benchmark["VSI-Bench"]) >= 10


def test_the_weights_of_difficulty_are_those_of_the_code() -> None:
    section = PAGE.read_text("utf-8").partition("## Difficulty")[2].partition("## ")[0]
    weights = [float(text) for text in re.findall(r"\| (0\.\d\d) \|", section)]
    assert sorted(weights) == sorted(WEIGHTS.values())


def _asks(template: Template) -> str:
    text = re.sub(r"{%.*?%}", "", template.phrasings[0])
    text = re.sub(r"{{\s*'([^']*)'.*?}}", r"\1", text)  # of several wordings the first
    return re.sub(r"{{\s*(\w+).*?}}", lambda found: f"*{found[1]}*", " ".join(text.split())).replace("|", "/")


def _benchmarks(template: Template) -> list[str]:
    """The benchmarks that comments in a template's file name."""
    text = (resources.files(PACKAGE) / f"{template.id}.yaml").read_text("utf-8")
    comments = " ".join(re.findall(r"#.*", text))
    return [name for name in ("QVS-Bench", "VSI-Bench") if name in comments]


if __name__ == "__main__":
    head, _, rest = PAGE.read_text("utf-8").partition(START)
    PAGE.write_text(f"{head}{START}{template_table()}{END}{rest.partition(END)[2]}", encoding="utf-8")
