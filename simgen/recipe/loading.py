"""Recipes by name or by path, and what is wrong with them, line by line."""

import difflib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from simgen.errors import RecipeError
from simgen.pages import find_page, page_names
from simgen.recipe.model import Recipe


def recipe_names() -> list[str]:
    """Names of the bundled recipes."""
    return page_names(_bundled())


def load_recipe(name_or_path: str) -> Recipe:
    """A bundled recipe by name, or one from a YAML file.

    Raises RecipeError: the nearest name for an unknown one, or all mistakes with their lines.
    """
    return _load(name_or_path, ())


def recipe_text(name_or_path: str) -> str:
    """The YAML of a recipe as it was written."""
    return _find(name_or_path)[1]


def _find(name_or_path: str) -> tuple[str, str]:
    """A label for messages, and the YAML text."""
    return find_page(name_or_path, _bundled(), "recipe", RecipeError)


def _bundled() -> Traversable:
    return resources.files("simgen.recipes")


def _load(name_or_path: str, extending: tuple[str, ...]) -> Recipe:
    label, text = _find(name_or_path)
    values, lines = _parse(label, text)
    base = values.pop("extends", None)
    if base is not None:
        where = f"{label}:{lines[('extends',)]}"
        values = _extended(_base(where, base, (*extending, label)), values)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        mistakes = sorted(
            (_mistake(lines, detail) for detail in error.errors()), key=lambda mistake: mistake[0]
        )
        raise RecipeError("; ".join(f"{label}:{line}: {text}" for line, text in mistakes)) from None


def _base(where: str, name: object, extending: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(name, str):
        raise RecipeError(f"{where}: extends needs the name of another recipe, not {name!r}")
    if name in extending or f"{name}.yaml" in extending:
        raise RecipeError(f"{where}: {name} extends itself, by way of {' and '.join(extending)}")
    try:
        return _load(name, extending).model_dump(mode="json")
    except RecipeError as error:
        raise RecipeError(f"{where}: extends: {error}") from None


def _extended(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A base recipe with changes. A trajectory of another kind takes nothing from the base's."""
    trajectory = changes.get("trajectory")
    kind = trajectory.get("kind") if isinstance(trajectory, Mapping) else None
    if kind not in (None, base["trajectory"]["kind"]):
        base = {**base, "trajectory": {}}
    return _merged(base, changes)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _parse(label: str, text: str) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """The values, and the line on which each key stands."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{label}:{mark.line + 1}" if mark else label
        problem = getattr(error, "problem", None) or str(error).split("\n")[0]
        raise RecipeError(f"{where}: not YAML: {problem}") from None
    if not isinstance(values, dict):
        raise RecipeError(f"{label}: a recipe is a page of `key: value` lines")
    lines = _lines(node)
    twice = [(path, line) for path, line in lines if [p for p, _ in lines].count(path) > 1]
    if twice:
        path, line = twice[-1]
        raise RecipeError(f"{label}:{line}: {'.'.join(path)} is given twice")
    return values, dict(lines)


def _lines(node: yaml.Node | None, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], int]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    found: list[tuple[tuple[str, ...], int]] = []
    for key, value in node.value:
        here = (*path, str(key.value))
        found.append((here, key.start_mark.line + 1))
        found.extend(_lines(value, here))
    return found


def _mistake(lines: Mapping[tuple[str, ...], int], detail: Any) -> tuple[int, str]:
    """Line and text of one of pydantic's findings; line 1 for what is missing altogether."""
    path = _path(detail)
    line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 1)
    name = ".".join(path)
    if detail["type"] == "extra_forbidden":
        return line, f"unknown key {name}{_nearest_key(detail)}"
    given = "" if isinstance(detail["input"], dict) else f" (given: {detail['input']!r})"
    return line, f"{name or 'recipe'}: {_message(detail)}{given}"


def _message(detail: Any) -> str:
    """What is wrong: simgen's own words as they are, pydantic's in small letters."""
    if detail["type"] == "value_error":
        return str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "union_tag_invalid":
        kind, known = str(detail["ctx"]["tag"]), str(detail["ctx"]["expected_tags"]).replace("'", "")
        near = difflib.get_close_matches(kind, known.split(", "), n=1, cutoff=0.0)[0]
        return f"there is no {kind!r}; did you mean {near}? Known: {known}"
    return str(detail["msg"][0].lower() + detail["msg"][1:])


def _path(detail: Any) -> tuple[str, ...]:
    """The keys that lead to one of pydantic's findings."""
    path = tuple(str(part) for part in detail["loc"] if not isinstance(part, int))
    if detail["type"] == "union_tag_invalid":
        return (*path, "kind")
    # Behind a field of several kinds pydantic names the kind that it was read as.
    return path[:1] + path[2:] if path[:1] == ("trajectory",) else path


def _nearest_key(detail: Any) -> str:
    """What an unknown key may have been meant to be."""
    *sections, key = (str(part) for part in detail["loc"])
    models: list[type[BaseModel]] = [Recipe]
    for part in sections:
        of_kind = [model for model in models if part in _kinds(model)]
        models = of_kind or [section for model in models for section in _sections(model, part)]
    known = list(dict.fromkeys(field for model in models for field in model.model_fields))
    near = difflib.get_close_matches(key, [*known, "extends"], n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known: {', '.join(known)}" if known else ""


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field else ()


def _sections(model: type[BaseModel], part: str) -> list[type[BaseModel]]:
    """The models that a part of a recipe is read as: several for one of several kinds."""
    annotation = model.model_fields[part].annotation if part in model.model_fields else None
    return [
        m for m in (annotation, *get_args(annotation)) if isinstance(m, type) and issubclass(m, BaseModel)
    ]
