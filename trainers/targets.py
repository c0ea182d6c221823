"""Targets: what a model is asked to write, and the texts of a sample that follow from it.

`TARGETS` has one entry for each form of the map; `MAPS` has one for each choice of its entries. Both change
the texts of a row alone: the rows, their order and their frames stay the same, so that runs with different
targets can be compared. Enter a new form or choice in its table; recipes name it as `data.target` and
`data.map`.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simgen.errors import InputError
from simgen.qa.question.compose import parse_args
from simgen.qa.question.instruction import (
    BOXES,
    CELLS,
    SEEN_OBJECTS,
    MapForm,
    write_answer_instruction,
    write_instruction,
)
from simgen.qa.skills import SKILLS
from simgen.scoring import MapObject, box_center, parse_map
from simgen.store.rows import Row
from simgen.trainers.grid import Grid, make_grid, parse_cells, render_cells

Message = dict[str, Any]
"""One turn of a conversation: `{"role": ..., "content": ...}`."""

NEAR_M = 2.0
"""The largest distance between the centres of an object of the question and of an object near it: what
stands within an arm's length or two of it, so that the model learns the question's surroundings."""

_BOX = re.compile(r"\[-?\d+(?:\.\d+)?(?:, -?\d+(?:\.\d+)?){3}\]")


@dataclass(frozen=True, slots=True)
class Target:
    """One form of the text that a model learns to write."""

    name: str
    label: str
    """What the model writes, in words."""
    form: MapForm | None
    """How the prompt asks for the map; None if the target has none."""
    write: Callable[[Row, list[dict[str, Any]]], str]
    """The text that the model should write, from a row and the records of its map that are wanted."""
    read_map: Callable[[str | None, Grid], list[MapObject] | None]
    """The entries of the map of a response, in metres; None if it has none that can be read."""


@dataclass(frozen=True, slots=True)
class MapChoice:
    """One choice of the map entries that a model learns to write."""

    name: str
    objects: str
    """The objects wanted, as the prompt says it."""
    choose: Callable[[Row, list[dict[str, Any]]], list[dict[str, Any]]]
    """The wanted records of a row's whole map, in the order in which the target lists them."""


def find_target(name: str) -> Target:
    """The target of a name in `TARGETS`."""
    return _BY_NAME[name]


def find_map(name: str) -> MapChoice:
    """The choice of map entries of a name in `MAPS`."""
    return _MAPS_BY_NAME[name]


def build_target(row: Row, target: str = "metric", entries: str = "all") -> str:
    """The text that the model should write for a row: SFT teaches it, and rewards compare with it.

    Raises InputError if the row does not name the entries that the choice of map entries needs.
    """
    chosen = find_target(target)
    if chosen.form is None:
        return chosen.write(row, [])
    return chosen.write(row, find_map(entries).choose(row, json.loads(row.map)))


def build_prompt(row: Row, target: str = "metric", entries: str = "all") -> str:
    """The text that the model reads with a row's frames.

    It is the row's prompt, whose last line asks for the map of this target. A row with short wording has
    no such line; its prompt stays as it is. Raises InputError for a row that was asked in other words.
    """
    if (target, entries) == ("metric", "all") or row.wording == "short":
        return row.prompt
    if row.skill not in SKILLS or not row.prompt.endswith(known := _instruct(row, BOXES, SEEN_OBJECTS)):
        raise InputError(
            f"{row.dataset}/{row.id}: its prompt asks for the map in other words than this simgen does, so "
            f"target '{target}' with map '{entries}' cannot be asked for; make it again with: simgen qa"
        )
    form, objects = find_target(target).form, find_map(entries).objects
    wanted = write_answer_instruction(row.kind) if form is None else _instruct(row, form, objects)
    return row.prompt.removesuffix(known) + wanted


@lru_cache(maxsize=4096)
def row_grid(map_text: str) -> Grid:
    """The grid of a row, from the text of its whole map."""
    return make_grid(parse_map(map_text) or [])


def build_prompt_messages(prompt: str) -> list[Message]:
    """A prompt as the user's turn; TRL adds the frames."""
    return [{"role": "user", "content": prompt}]


def build_target_messages(target: str) -> list[Message]:
    """A target as the assistant's turn."""
    return [{"role": "assistant", "content": target}]


def render_prompt(processor: Any, prompt: str, image_count: int) -> str:
    """The prompt in the model's chat template: frames, then text, then the start of the assistant's turn."""
    content = [{"type": "image"}] * image_count + [{"type": "text", "text": prompt}]
    messages = [{"role": "user", "content": content}]
    return processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)


def _instruct(row: Row, form: MapForm, objects: str) -> str:
    ask, _ = parse_args(row.args)
    return write_instruction(row.frames, row.kind, SKILLS[row.skill], ask, form, objects)


def _write_boxes(row: Row, records: list[dict[str, Any]]) -> str:
    return f"<map>{json.dumps(records)}{row.target[row.target.index('</map>') :]}"


def _write_cells(row: Row, records: list[dict[str, Any]]) -> str:
    # The boxes that the thought quotes become cells as well. Its points and lengths stay in metres: the
    # answer is wanted in metres, which a grid does not give.
    grid, rest = row_grid(row.map), row.target[row.target.index("</map>") :]
    cells = render_cells([_entry(record) for record in records], grid)
    return f"<map>{cells}{_BOX.sub(lambda box: _cell_text(box.group(), grid), rest)}"


def _cell_text(box: str, grid: Grid) -> str:
    x_min, y_min, x_max, y_max = json.loads(box)
    return str(list(grid.cell_of(box_center((x_min, y_min, x_max, y_max)))))


def _write_answer(row: Row, _: list[dict[str, Any]]) -> str:
    return f"<answer>{row.answer}</answer>"


def _choose_all(_: Row, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return records


def _choose_asked(row: Row, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of the row's `asked` entries, in that order."""
    by_name, asked = {record["object_name"]: record for record in records}, row.asked
    missing = [name for name in asked if name not in by_name]
    if missing or not asked:
        lack = f"its map has no entry '{missing[0]}'" if missing else "it does not name the entries"
        raise InputError(
            f"{row.dataset}/{row.id}: {lack} that its question is about, which data.map 'asked' and 'near' "
            "need; make it again with: simgen qa"
        )
    return [by_name[name] for name in asked]


def _choose_near(row: Row, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of the row's `asked` entries, then all others near one of them, in the map's order."""
    asked = _choose_asked(row, records)
    centers = [box_center(_entry(record).bbox) for record in asked]
    others = [
        record
        for record in records
        if record not in asked and _nearest(box_center(_entry(record).bbox), centers) <= NEAR_M
    ]
    return [*asked, *others]


def _nearest(point: tuple[float, float], others: Sequence[tuple[float, float]]) -> float:
    return min(math.dist(point, other) for other in others)


def _entry(record: dict[str, Any]) -> MapObject:
    x_min, y_min, x_max, y_max = record["bbox"]
    return MapObject(record["object_name"], (x_min, y_min, x_max, y_max))


TARGETS = (
    Target("metric", "a map of boxes in metres", BOXES, _write_boxes, lambda text, _: parse_map(text)),
    Target("grid", "a map of cells on a grid of 10 x 10", CELLS, _write_cells, parse_cells),
    Target("none", "the answer alone", None, _write_answer, lambda _text, _grid: None),
)
"""All targets. `metric` is the rows' own; `grid` and `none` are the baselines to compare it with."""

MAPS = (
    MapChoice("all", SEEN_OBJECTS, _choose_all),
    MapChoice("asked", "the objects that the question is about", _choose_asked),
    MapChoice(
        "near",
        f"the objects that the question is about and of all objects within {NEAR_M:.0f} meters of them "
        "(from center to center)",
        _choose_near,
    ),
)
"""All choices of map entries, from the longest map to shorter ones."""

_BY_NAME = {target.name: target for target in TARGETS}
_MAPS_BY_NAME = {choice.name: choice for choice in MAPS}
