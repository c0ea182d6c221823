"""Question rows read from their Parquet file, and whether a recomputed answer agrees with the stored one."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tests.qa.independent.world import World

Answer = float | int | tuple[int, ...]
"""A number (metres, square or cubic metres, degrees, objects), the index of an option, or their order."""

SHARE, ABSOLUTE = 0.01, 0.01
"""Numbers agree within 1 % + 0.01 of their unit (1 cm), and half the last digit of the stored one."""

COLUMNS = ["id", "clip", "frames", "template", "skill", "args", "kind", "question", "options", "answer"]


@dataclass(frozen=True, eq=False)
class Question:
    """A row with the clip that it asks about. Objects are indices in the clip."""

    world: World
    id: str
    template: str
    skill: str
    kind: str
    text: str
    option_texts: list[str]
    answer: str
    frames: list[int]
    """The frames that the question shows."""
    args: dict[str, Any]

    @property
    def objects(self) -> list[int]:
        return [self.world.index(name) for name in self.args.get("objects", ())]

    @property
    def options(self) -> list[str]:
        return list(self.args.get("options", ()))

    @property
    def option_objects(self) -> list[int]:
        return [self.world.index(name) for name in self.options]

    @property
    def named_frames(self) -> list[int]:
        return list(self.args.get("frames", ()))

    @property
    def types(self) -> list[str]:
        return list(self.args.get("types", ()))

    @property
    def rooms(self) -> list[str]:
        return list(self.args.get("rooms", ()))

    @property
    def values(self) -> list[float]:
        return list(self.args.get("values", ()))

    @property
    def visible(self) -> NDArray[np.bool_]:
        """(len(frames), N) which objects are visible in each shown frame."""
        return self.world.visible(self.frames, self.args["min_visible_px"], self.args["min_visible_fraction"])


def question_of(world: World, row: dict[str, Any]) -> Question:
    """A row as a question about its clip."""
    return Question(
        world,
        row["id"],
        row["template"],
        row["skill"],
        row["kind"],
        row["question"],
        list(row["options"]),
        row["answer"],
        list(row["frames"]),
        json.loads(row["args"]),
    )


def sampled_rows(path: Path, per_template: int) -> Iterator[dict[str, Any]]:
    """Up to `per_template` rows of each template, evenly spread over the file."""
    rows = pq.read_table(path, columns=COLUMNS).to_pylist()
    by_template: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_template[row["template"]].append(row)
    for found in by_template.values():
        count = min(per_template, len(found))
        yield from (found[index * len(found) // count] for index in range(count))


def deviation(question: Question, ours: Answer) -> float:
    """Difference of a number from the stored one, as a multiple of the allowed one; above 1 they disagree.

    For a choice, an order or a count: 0 when they are equal, otherwise infinite.
    """
    if question.kind == "choice":
        return 0.0 if chr(ord("A") + int(_number(ours))) == question.answer else np.inf
    if question.kind == "order":
        assert isinstance(ours, tuple), "an order is a tuple of indices"
        return 0.0 if ", ".join(chr(ord("A") + index) for index in ours) == question.answer else np.inf
    stored, found = float(question.answer), _number(ours)
    if question.kind == "count":
        return 0.0 if found == stored else np.inf
    scale = 100.0 if question.kind == "centimetres" else 1.0
    step = 10.0 ** -len(question.answer.partition(".")[2]) / 2.0
    allowed = SHARE * abs(stored) + ABSOLUTE * scale + step
    return abs(found * scale - stored) / allowed


def _number(answer: Answer) -> float:
    assert not isinstance(answer, tuple), "only orders are tuples"
    return float(answer)
