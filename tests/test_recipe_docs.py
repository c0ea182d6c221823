"""recipes/README.md against the recipes and their models.

`python -m tests.test_recipe_docs` rewrites the parts between its markers.
"""

import ast
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from simgen.recipe import (
    CameraSpec,
    EmbeddedSpec,
    Handheld,
    Houses,
    QuestionSpec,
    Recipe,
    RoomFilter,
    UnitySpec,
    VisibilitySpec,
    list_recipes,
    load_recipe,
)

PAGE = Path(__file__).parents[1] / "recipes" / "README.md"
MARKERS = "<!-- {0}: python -m tests.test_recipe_docs -->\n", "\n<!-- end of {0} -->"
SECTIONS: Mapping[str, tuple[type[BaseModel], str]] = {
    "": (Recipe, ""),
    "engine": (EmbeddedSpec, " with `kind: embedded`"),
    "engine ": (UnitySpec, " with `kind: ai2thor`"),
    "houses": (Houses, ""),
    "houses.rooms": (RoomFilter, ""),
    "camera": (CameraSpec, ""),
    "camera.handheld": (Handheld, ""),
    "visibility": (VisibilitySpec, ""),
    "questions": (QuestionSpec, ""),
}
"""The section of each table, its model, and what the table's title says besides. `trajectory` has a page of
its own."""
EXTENDS = (
    "| `extends` | text | none | Another recipe: a bundled name, or a `.yaml` file. "
    "This recipe takes over all of its keys. |"
)
"""The key that the reader of YAML files handles before the model sees them."""
PLACES = {"trajectory": "one of seven [kinds](../docs/trajectories.md)"}


def bundled() -> str:
    """The table of the bundled recipes."""
    head = "| recipe | trajectory | houses (train / val / test) | clips | frames of a clip | picture |"
    return "\n".join([head, "|---|---|---|---|---|---|", *map(bundled_row, list_recipes())])


def bundled_row(name: str) -> str:
    recipe = load_recipe(name)
    houses, camera = recipe.houses, recipe.camera
    cells = [
        f"[`{name}`](#{name})",
        f"`{recipe.trajectory.kind}`",
        f"{houses.train} / {houses.val} / {houses.test}",
        str(houses.count * recipe.clips_per_house),
        str(recipe.trajectory.frames),
        f"{camera.width}×{camera.height}",
    ]
    return f"| {' | '.join(cells)} |"


def keys() -> str:
    """A table of every section's keys."""
    return "\n\n".join(table(name.strip(), model, note) for name, (model, note) in SECTIONS.items())


def table(section: str, model: type[BaseModel], note: str) -> str:
    title = f"**`{section}`**{note}" if section else "**Top level**"
    head = ["| key | type | default | meaning |", "|---|---|---|---|", *([] if section else [EXTENDS])]
    return "\n".join([title, "", *head, *rows(section, model)])


def rows(section: str, model: type[BaseModel], sections: Collection[str] = ()) -> Iterator[str]:
    """A row for each field of a model. `sections` are keys that have a table of their own."""
    schema, texts = model.model_json_schema(), docstrings(model)
    for name, field in model.model_fields.items():
        key = f"{section}.{name}" if section else name
        is_section = key in (sections or {*SECTIONS, *PLACES})
        kind = PLACES.get(key, "section") if is_section else type_text(schema["properties"][name])
        default = "required" if field.is_required() else default_text(field.default)
        yield f"| `{name}` | {kind} | {default} | {texts.get(name, '')} |"


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The text after each field in a model's source, on one line."""
    [body] = ast.parse(inspect.getsource(model)).body
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def type_text(schema: Mapping[str, Any]) -> str:
    """The type and the limits of a field in words, from its JSON schema."""
    if "anyOf" in schema:
        options = [type_text(part) for part in schema["anyOf"] if part.get("type") != "null"]
        return ", or ".join(options)
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "array":
        return f"list of: {type_text(schema['items'])}"
    if schema["type"] == "string":
        return f"text `{schema['pattern']}`" if "pattern" in schema else "text"
    if schema["type"] == "object":
        return "keys and values"
    return {"integer": "whole number", "number": "number"}[schema["type"]] + limits(schema)


def limits(schema: Mapping[str, Any]) -> str:
    """The range of a number, in words."""
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "over",
        "maximum": "at most",
        "exclusiveMaximum": "under",
    }
    if "minimum" in schema and "maximum" in schema:
        return f", {schema['minimum']:g} to {schema['maximum']:g}"
    found = [f"{word} {number(schema[key])}" for key, word in words.items() if key in schema]
    return f", {' and '.join(found)}" if found else ""


def number(value: float) -> str:
    """A number as people write it."""
    return "2⁶³" if value == 2**63 else f"{value:g}"


def default_text(value: Any) -> str:
    """A default value as YAML has it; a section has its defaults in its own table."""
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, dict):
        return f"`{{{', '.join(f'{key}: {item}' for key, item in value.items())}}}`"
    if isinstance(value, tuple | list):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`" if value != "" else "empty"


PARTS: Mapping[str, Callable[[], str]] = {"bundled recipes": bundled, "keys": keys}


@pytest.mark.parametrize("name", PARTS)
def test_the_page_has_the_current_tables(name: str) -> None:
    start, end = (marker.format(name) for marker in MARKERS)
    page = PAGE.read_text(encoding="utf-8")
    assert start in page
    assert page.partition(start)[2].partition(end)[0] == PARTS[name](), (
        "run: python -m tests.test_recipe_docs"
    )


def test_every_key_has_a_meaning() -> None:
    without = [
        f"{section} {name}"
        for section, (model, _) in SECTIONS.items()
        for name in model.model_fields
        if not docstrings(model).get(name)
    ]
    assert without == []


def test_every_section_of_a_recipe_has_a_table() -> None:
    """A new section of the recipe must be entered in SECTIONS or PLACES."""
    nested = [
        name
        for name, field in Recipe.model_fields.items()
        if isinstance(field.default, BaseModel) and name not in SECTIONS and name not in PLACES
    ]
    assert nested == []


def rewrite() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, text in PARTS.items():
        start, end = (marker.format(name) for marker in MARKERS)
        head, _, rest = page.partition(start)
        page = f"{head}{start}{text()}{end}{rest.partition(end)[2]}"
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
