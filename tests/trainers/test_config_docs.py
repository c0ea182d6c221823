"""docs/training.md against the model of a training config.

`python -m tests.trainers.test_config_docs` rewrites the part between its markers.
"""

from pathlib import Path

from pydantic import BaseModel

from simgen.trainers.config import (
    CurriculumSpec,
    DataSpec,
    EvalSpec,
    GrpoSpec,
    LoraSpec,
    ModelSpec,
    SftSpec,
    TrainConfig,
    WarmUpSpec,
    list_configs,
    load_config,
)
from simgen.trainers.train.curriculum import CURRICULA
from tests.test_recipe_docs import docstrings, rows

PAGE = Path(__file__).parents[2] / "docs" / "training.md"
START, END = (
    "<!-- configs and keys: python -m tests.trainers.test_config_docs -->\n",
    "\n<!-- end of configs and keys -->",
)
SECTIONS: dict[str, type[BaseModel]] = {
    "": TrainConfig,
    "model": ModelSpec,
    "model.lora": LoraSpec,
    "data": DataSpec,
    "curriculum": CurriculumSpec,
    "warm_up": WarmUpSpec,
    "sft": SftSpec,
    "grpo": GrpoSpec,
    "eval": EvalSpec,
}


def tables() -> str:
    """The bundled configs, and a table of every section's keys."""
    parts = ["| config | |\n|---|---|\n" + "\n".join(map(config_row, list_configs()))]
    for section, model in SECTIONS.items():
        title = f"**`{section}`**" if section else "**Top level**"
        head = [title, "", "| key | type | default | meaning |", "|---|---|---|---|"]
        parts.append("\n".join([*head, *rows(section, model, tuple(SECTIONS))]))
    parts.append("\n".join(["**`curriculum.kind`**", "", "| curriculum | |", "|---|---|", *curricula()]))
    return "\n\n".join(parts)


def curricula() -> list[str]:
    return [f"| `{kind}` | {curriculum.meaning} |" for kind, curriculum in CURRICULA.items()]


def config_row(name: str) -> str:
    return f"| [`{name}`](../trainers/recipes/{name}.yaml) | {load_config(name).description} |"


def test_the_page_has_the_current_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert START in page
    assert page.partition(START)[2].partition(END)[0] == tables(), (
        "run: python -m tests.trainers.test_config_docs"
    )


def test_every_key_has_a_meaning() -> None:
    without = [
        f"{section} {name}"
        for section, model in SECTIONS.items()
        for name in model.model_fields
        if not docstrings(model).get(name)
    ]
    assert without == []


def rewrite() -> None:
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(f"{head}{START}{tables()}{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    rewrite()
