"""Scores answers, maps and formats; used by rewards, evaluation and verification.

All scores are in 0..1 and higher is better, except the centre error of a map, which is in metres.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from simgen.types import AnswerKind, Array, Point

MRA_THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""VSI-Bench's confidence thresholds. `arange` gives other floats, and so other scores at the boundaries."""

_ALLOWED_ERRORS: tuple[float, ...] = tuple((1.0 - MRA_THRESHOLDS).tolist())

TAGS = ("map", "think", "answer")

BBox = tuple[float, float, float, float]
"""x_min, y_min, x_max, y_max in metres in the map frame."""

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


@dataclass(frozen=True, slots=True)
class MapObject:
    """One entry of a `<map>`: a name and its box on the floor."""

    name: str
    bbox: BBox
    height: tuple[float, float] | None = None
    """Heights of the lowest and the highest point above the floor, metres; None when the map gives none."""
    outline: tuple[Point, ...] | None = None
    """Corners seen from above, metres in the map frame; None when the map gives none."""
    heading_deg: float | None = None
    """The direction in which a camera looks, clockwise from the map's y axis; None when the map gives
    none."""


@dataclass(frozen=True, slots=True)
class MapScore:
    """How well a predicted map agrees with the true one."""

    mean_iou: float
    """Mean over the true objects; an object that is not predicted counts 0."""
    center_error_m: float
    """Mean distance between the centres of matched boxes; NaN when no box is matched."""
    recall: float
    """Share of the true objects that are predicted, matched by name."""


def score_answer(predicted: str | None, answer: str, kind: AnswerKind, options: Sequence[str] = ()) -> float:
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


def parse_map(text: str | None) -> list[MapObject] | None:
    """The entries of the JSON list in a `<map>`, or None when the text is no such list.

    Each entry needs a name and four finite numbers with x_min <= x_max and y_min <= y_max.
    """
    try:
        entries = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(entries, list):
        return None
    objects = [_map_object(entry) for entry in entries]
    found = [item for item in objects if item is not None]
    return found if len(found) == len(objects) else None


def score_map(predicted: Sequence[MapObject] | None, true: Sequence[MapObject]) -> MapScore:
    """Compares a predicted map with the true one; an unreadable map (None) counts as empty."""
    if not true:
        return MapScore(mean_iou=1.0, center_error_m=math.nan, recall=1.0)
    pairs = match_objects(predicted or (), true)
    errors = [math.dist(box_center(p.bbox), box_center(t.bbox)) for p, t in pairs]
    return MapScore(
        mean_iou=sum(box_iou(p.bbox, t.bbox) for p, t in pairs) / len(true),
        center_error_m=sum(errors) / len(errors) if errors else math.nan,
        recall=len(pairs) / len(true),
    )


def match_objects(
    predicted: Sequence[MapObject], true: Sequence[MapObject]
) -> list[tuple[MapObject, MapObject]]:
    """Pairs of a predicted and a true entry of the same name; each entry is in at most one pair.

    Several of one name (chair, chair1, chair2) are matched so that the sum of centre distances is smallest
    (Hungarian algorithm), so that their numbering is not scored.
    """
    return [pair for name in _names(true) for pair in _matched(predicted, true, name)]


def box_iou(a: BBox, b: BBox) -> float:
    """Intersection over union of two boxes; 1 for two equal boxes without area."""
    if a == b:
        return 1.0
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    union = _area(a) + _area(b) - shared
    return shared / union if union > 0.0 else 0.0


def box_center(box: BBox) -> Point:
    """The centre of a box, metres in the map frame."""
    return (box[0] + box[2]) / 2.0, (box[1] + box[3]) / 2.0


def base_name(name: str) -> str:
    """The type that a map entry's name states: "chair" for "chair2"."""
    return "".join(name.casefold().split()).rstrip("0123456789")


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


def _map_object(entry: Any) -> MapObject | None:
    if not isinstance(entry, dict):
        return None
    name, bbox = entry.get("object_name"), entry.get("bbox")
    if not isinstance(name, str) or not isinstance(bbox, list) or len(bbox) != 4:
        return None
    if not all(_is_finite_number(value) for value in bbox) or bbox[0] > bbox[2] or bbox[1] > bbox[3]:
        return None
    box = float(bbox[0]), float(bbox[1]), float(bbox[2]), float(bbox[3])
    return MapObject(name, box, *_map_extras(entry))


def _map_extras(
    entry: dict[str, Any],
) -> tuple[tuple[float, float] | None, tuple[Point, ...] | None, float | None]:
    """Height, outline and heading of an entry; None for each that is missing or invalid."""
    heading: Any = entry.get("heading")
    return (
        _point(entry.get("height")),
        _outline(entry.get("outline")),
        float(heading) if _is_finite_number(heading) else None,
    )


def _outline(value: Any) -> tuple[Point, ...] | None:
    corners = [_point(corner) for corner in value] if isinstance(value, list) else []
    known = tuple(corner for corner in corners if corner is not None)
    return known if len(known) == len(corners) > 2 else None


def _point(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_finite_number, value)):
        return None
    return float(value[0]), float(value[1])


def _is_finite_number(value: Any) -> bool:
    # A JSON integer can be too large for a float, so it is compared before it is converted.
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e9 < value < 1e9


def _names(objects: Sequence[MapObject]) -> list[str]:
    return sorted({base_name(item.name) for item in objects})


def _matched(
    predicted: Sequence[MapObject], true: Sequence[MapObject], name: str
) -> list[tuple[MapObject, MapObject]]:
    ours = [item for item in predicted if base_name(item.name) == name]
    theirs = [item for item in true if base_name(item.name) == name]
    if not ours:
        return []
    rows, columns = linear_sum_assignment(_center_distances(ours, theirs))
    return [(ours[row], theirs[column]) for row, column in zip(rows, columns, strict=True)]


def _center_distances(a: Sequence[MapObject], b: Sequence[MapObject]) -> Array:
    """(len(a), len(b)) distances between box centres, metres."""
    centers_a = np.array([box_center(item.bbox) for item in a])
    centers_b = np.array([box_center(item.bbox) for item in b])
    return np.linalg.norm(centers_a[:, None] - centers_b[None], axis=2)


def _area(box: BBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
