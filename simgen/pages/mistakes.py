"""Validates a page as a pydantic model. Each mistake is one line that begins with FILE:LINE."""

import difflib
from collections.abc import Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from simgen.pages.page import Page
from simgen.pages.shown import LONGEST_SHOWN, escape, show

KeyPath = tuple[str | int, ...]
"""Keys, and indexes of list items, that lead to a value."""
Model = TypeVar("Model", bound=BaseModel)


def validate(page: Page, model: type[Model]) -> Model:
    """The page's values as a model. Raises the page's error with all mistakes, each with its line."""
    try:
        return model.model_validate(page.values)
    except ValidationError as error:
        raise page.error("; ".join(list_mistakes(page, model, error))) from None


def list_mistakes(page: Page, model: type[BaseModel], error: ValidationError) -> list[str]:
    """Pydantic's findings as `FILE:LINE: key: message (given: value)`, from the first line to the last."""
    found: list[tuple[bool, int, str]] = []
    for detail in error.errors():
        path = _given_path(page.values, detail)
        mark = page.mark(path)
        text = f"{page.where(path)}: {_mistake(page, model, path, detail)}"
        found.append((mark.name != page.label, mark.line, escape(text)))
    return [text for *_, text in sorted(found, key=lambda item: item[:2])]


def _given_path(values: Any, detail: Any) -> KeyPath:
    """The keys that lead to a finding, without those that pydantic adds for the members of a union."""
    path: list[str | int] = []
    for index, part in enumerate(detail["loc"]):
        inside = part in values if isinstance(values, dict) else _is_index(values, part)
        if inside:
            values = values[part]
        elif detail["type"] != "missing" or index < len(detail["loc"]) - 1:
            continue
        path.append(part)
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path.append(str(detail["ctx"]["discriminator"]).strip("'"))
    return tuple(path)


def _is_index(values: object, part: str | int) -> bool:
    return isinstance(values, list) and isinstance(part, int) and part < len(values)


def _mistake(page: Page, model: type[BaseModel], path: KeyPath, detail: Any) -> str:
    name = ".".join(show(str(part)) for part in path)
    if detail["type"] == "extra_forbidden":
        return f"unknown key {name}{_nearest_key(model, detail['loc'])}"
    value = detail["input"]
    is_shown = value is None or isinstance(value, str | int | float)
    given = f" (given: {show(repr(value))})" if is_shown else ""
    return f"{name or page.what}: {_message(detail)}{given}"


def _message(detail: Any) -> str:
    """What is wrong: simgen's own words as they are, pydantic's in small letters."""
    if detail["type"] == "value_error":
        return str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "union_tag_invalid":
        kind, known = str(detail["ctx"]["tag"]), str(detail["ctx"]["expected_tags"]).replace("'", "")
        near = difflib.get_close_matches(kind[:LONGEST_SHOWN], known.split(", "), n=1, cutoff=0.0)[0]
        return f"there is no '{show(kind)}'; did you mean {near}? Known: {known}"
    return str(detail["msg"][0].lower() + detail["msg"][1:])


def _nearest_key(model: type[BaseModel], loc: Sequence[str | int]) -> str:
    """What an unknown key may have been meant to be."""
    models: list[type[BaseModel]] = [model]
    for part in loc[:-1]:
        of_kind = [section for section in models if part in _kinds(section)]
        inner = [m for section in models for m in _field_models(section, part)]
        models = of_kind or inner or models  # an index, or a name that the user gave, leads no deeper
    known = list(dict.fromkeys(field for section in models for field in section.model_fields))
    bases = ["extends"] if len(loc) == 1 else []
    near = difflib.get_close_matches(str(loc[-1])[:LONGEST_SHOWN], [*known, *bases], n=1)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known)}"


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field else ()


def _field_models(model: type[BaseModel], part: str | int) -> list[type[BaseModel]]:
    """The models as which a field, its items or its values are read."""
    field = model.model_fields.get(str(part))
    return _models_in(field.annotation) if field else []


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
