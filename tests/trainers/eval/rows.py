"""Question rows of which a test states only what it is about."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from simgen.scoring import MapObject
from simgen.store.rows import Row
from tests.trainers.questions import make_rows

_ROW = make_rows(1)[0]


def make_row(name: str, **fields: Any) -> Row:
    """A row about distances with this id and the given fields; the target is made from map and answer."""
    row = dataclasses.replace(_ROW, **{"id": name, "question_id": name, "split": "val", **fields})
    target = f"<map>{row.map}</map><think></think><answer>{row.answer}</answer>"
    return row if "target" in fields else dataclasses.replace(row, target=target)


def map_json(boxes: Mapping[str, Sequence[float]]) -> str:
    """A map as rows hold it."""
    entries = [f'{{"object_name": "{name}", "bbox": {list(box)}}}' for name, box in boxes.items()]
    return f"[{', '.join(entries)}]"


def reply(boxes: Mapping[str, Sequence[float]], answer: str) -> str:
    """A model's text with this map and answer."""
    return f"<map>{map_json(boxes)}</map><think></think><answer>{answer}</answer>"


def entries(boxes: Mapping[str, tuple[float, float, float, float]]) -> list[MapObject]:
    """Map entries with these boxes."""
    return [MapObject(name, box) for name, box in boxes.items()]
