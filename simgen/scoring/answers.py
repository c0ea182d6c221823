"""Scores of answers and formats, 0 to 1.

This module imports the standard library alone: exports and releases hold a copy of it for programs that do
not have simgen.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgen.types import AnswerKind

MRA_THRESHOLDS = (*(step * ((0.95 - 0.5) / 9) + 0.5 for step in range(9)), 0.95)
"""VSI-Bench's confidence thresholds: the floats of `numpy.linspace(0.5, 0.95, 10)`. `arange` gives others,
and so other scores at the boundaries."""

_ALLOWED_ERRORS = tuple(1.0 - threshold for threshold in MRA_THRESHOLDS)

TAGS = ("map", "think", "answer")
MATCHED_KINDS = ("choice", "order")
"""Kinds of answers that are right or wrong. All others are numbers and get an MRA."""

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?")
_LETTER = re.compile(r"\(?([A-Za-z])(?:[).:]+\s*(.*))?", re.DOTALL)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(?:,|;|\n|->|→|>|\bthen\b)\s*")


@dataclass(frozen=True, slots=True)
class Response:
    """The three parts of a model's response; None for a part that is missing."""

    map: str | None
    think: str | None
    answer: str | None


def score_response(
    text: str, answer: str, kind: "AnswerKind", options: Sequence[str], target: str
) -> dict[str, float]:
    """The scores of a model's text for a question: `score`, `accuracy` or `mra`, and `format`.

    `score` is that of the answer, 0 without an `<answer>`. It is repeated under the name of its measure:
    `accuracy` of choices and orders, `mra` of numbers. `format` is 1 for a text with the parts of `target`.
    """
    score = score_answer(split_response(text).answer, answer, kind, options)
    measure = "accuracy" if kind in MATCHED_KINDS else "mra"
    return {"score": score, measure: score, "format": format_score(text, list_parts(target))}


def score_answer(
    predicted: str | None, answer: str, kind: "AnswerKind", options: Sequence[str] = ()
) -> float:
    """The score of a predicted answer, 0..1: mean relative accuracy for numbers, exact match otherwise."""
    if predicted is None:
        return 0.0
    if kind == "choice":
        return float(_chosen(predicted, options) == _chosen(answer, options) is not None)
    if kind == "order":
        return float(_sequence(predicted, options) == _sequence(answer, options))
    number, true = parse_number(predicted), parse_number(answer)
    return 0.0 if number is None or true is None else mean_relative_accuracy(number, true)


def mean_relative_accuracy(predicted: float, true: float) -> float:
    """Share of the thresholds t of `MRA_THRESHOLDS` for which |predicted - true| / |true| <= 1 - t.

    The error is absolute when `true` is 0. From VSI-Bench (Yang et al. 2024, section 3).
    """
    error = abs(predicted - true) / (abs(true) or 1.0)
    return sum(error <= allowed for allowed in _ALLOWED_ERRORS) / len(_ALLOWED_ERRORS)


def parse_number(text: str) -> float | None:
    """The first number in a text, or None. Units and other words are ignored; "1,2" is 1.2."""
    match = _NUMBER.search(text.replace("\N{MINUS SIGN}", "-"))
    if match is None:
        return None
    value = float(_with_decimal_point(match.group()))
    return value if math.isfinite(value) else None


def split_response(text: str) -> Response:
    """The text inside the first `<map>`, `<think>` and `<answer>`, each None if missing or unclosed."""
    return Response(*(_inside(text, tag) for tag in TAGS))


def list_parts(text: str) -> tuple[str, ...]:
    """The names of the parts of a response, map, think or answer, in the order in which they open."""
    return tuple(re.findall(rf"<({'|'.join(TAGS)})>", text))


def format_score(text: str, parts: Sequence[str] = TAGS) -> float:
    """1.0 if these parts each occur once, closed, in this order and without any other part; otherwise 0.0."""
    marks = re.findall(rf"</?(?:{'|'.join(TAGS)})>", text)
    return float(marks == [mark for tag in parts for mark in (f"<{tag}>", f"</{tag}>")])


def letter_of(index: int) -> str:
    """The letter of an option: 0 is A."""
    return chr(ord("A") + index)


def index_of(letter: str) -> int:
    """The index of an option: A is 0."""
    return ord(letter) - ord("A")


def _with_decimal_point(digits: str) -> str:
    # "1,200.5" has a thousands separator, "1,2" a decimal comma. Of the list "1,2,3" the first number counts.
    if "." in digits:
        return digits.replace(",", "")
    whole, _, rest = digits.partition(",")
    decimals, _, _ = rest.partition(",")
    return f"{whole}.{decimals}" if decimals and rest == decimals else whole


def _chosen(text: str, options: Sequence[str]) -> str | None:
    """The letter of the option that a text names, or the plain text when it names none."""
    plain = _plain(text)
    by_text = {_plain(option): letter_of(index) for index, option in enumerate(options)}
    if plain in by_text:
        return by_text[plain]
    match = _LETTER.fullmatch(text.strip())
    if match is None:
        return plain or None
    letter, named = match.group(1).upper(), by_text.get(_plain(match.group(2) or ""))
    # "B) sofa" names two options when the sofa is D, so it chooses none.
    return letter if named in (None, letter) else None


def _plain(text: str) -> str:
    """A text in lower case without article, spaces and final stop: "The dining table." is "diningtable"."""
    return "".join(_ARTICLE.sub("", text.strip()).casefold().split()).rstrip(".")


def _sequence(text: str, options: Sequence[str]) -> list[str | None]:
    parts = _SEPARATOR.split(text.strip().strip("[]"))
    return [_chosen(part.strip("'\""), options) for part in parts]


def _inside(text: str, tag: str) -> str | None:
    match = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return match.group(1).strip() if match else None
