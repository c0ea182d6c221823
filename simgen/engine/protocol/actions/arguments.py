"""Checks the arguments that AI2-THOR's client sent against the annotations of the action's function."""

import functools
import inspect
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from simgen.types import Array

Action = Callable[..., Any]
AIMED = {"objectId", "x", "y"}
"""Arguments of actions that take an object by its id or by its position in the picture."""

FARTHEST = 1e9
"""Limit of lengths and angles, metres or degrees, so that no arithmetic on them overflows."""
LARGEST_INTEGER = 2**63
"""Integers must be smaller: AI2-THOR's have 64 bits, and so have those of the wire protocol."""


class Vector(TypedDict):
    """A vector as AI2-THOR's client sends it."""

    x: float
    y: float
    z: float


class PartialVector(TypedDict, total=False):
    """A vector with some components missing. A rotation sent as a number arrives with y alone."""

    x: float
    y: float
    z: float


def point(values: Vector) -> Array:
    """(3,) array of a vector."""
    return np.array([values["x"], values["y"], values["z"]], dtype=np.float64)


def is_text(value: str) -> bool:
    """Whether a string can be written as UTF-8: JSON may contain unpaired surrogates, which cannot."""
    return printable(value) == value


def printable(value: str) -> str:
    """A string in which characters that UTF-8 cannot encode are replaced by escapes."""
    return value.encode("utf-8", "backslashreplace").decode()


def own_arguments(function: Action, sent: Mapping[str, Any], common: frozenset[str]) -> dict[str, Any]:
    """The arguments for the action itself: all that were sent but `common` ones that it does not take."""
    parameters, _, _ = _signature(function)
    return {key: value for key, value in sent.items() if key in parameters or key not in common}


def argument_problem(name: str, function: Action, arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    """AI2-THOR's error code and message for missing, unknown or unusable arguments; None when all fit."""
    parameters, open_ended, hints = _signature(function)
    given = {key for key, value in arguments.items() if value is not None}
    if not open_ended and (unknown := sorted(given - set(parameters))):
        message = f"{name} has no argument {', '.join(unknown)}; it takes {', '.join(parameters) or 'none'}"
        return "InvalidArgument", message
    required = [key for key, parameter in parameters.items() if parameter.default is parameter.empty]
    if missing := [key for key in required if key not in given]:
        return "MissingArguments", f"{name} needs {', '.join(missing)}"
    if set(parameters) >= AIMED and "objectId" not in given and not {"x", "y"} <= given:
        return "MissingArguments", f"{name} needs objectId, or x and y"
    for key in given & set(parameters):
        if not _fits(hints.get(key, Any), arguments[key]):
            return (
                "InvalidArgument",
                f"action: {name} has an invalid argument: {key} (=={arguments[key]!r:.80}). "
                f"Cannot convert to: {_name_of(hints[key])}",
            )
    return None


@functools.cache
def _signature(function: Action) -> tuple[dict[str, inspect.Parameter], bool, dict[str, Any]]:
    """The action's own parameters, whether it takes any others, and all annotations."""
    listed = list(inspect.signature(function).parameters.items())[1:]
    own = {key: parameter for key, parameter in listed if parameter.kind is not parameter.VAR_KEYWORD}
    return own, len(own) < len(listed), typing.get_type_hints(function)


def _fits(hint: Any, value: Any) -> bool:
    """Whether a value read from JSON has the annotated type. No number may be NaN or infinite."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(choice, value) for choice in typing.get_args(hint))
    if origin is Sequence:
        return isinstance(value, list) and all(_fits(typing.get_args(hint)[0], item) for item in value)
    if origin is Mapping:
        return isinstance(value, dict)
    if typing.is_typeddict(hint):
        return _fits_vector(hint, value)
    if hint is float:
        return _is_number(value) and abs(value) < FARTHEST
    if hint is int:
        return _is_number(value) and abs(value) < LARGEST_INTEGER and float(value).is_integer()
    if hint is str:
        return isinstance(value, str) and is_text(value)
    return hint is Any or isinstance(value, hint)


def _fits_vector(hint: Any, value: Any) -> bool:
    if not isinstance(value, dict) or not set(value) >= hint.__required_keys__:
        return False
    return all(_fits(wanted, value[key]) for key, wanted in hint.__annotations__.items() if key in value)


def _is_number(value: Any) -> bool:
    # JSON's true is an int to Python.
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _name_of(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint).replace("typing.", "").replace("collections.abc.", ""))
