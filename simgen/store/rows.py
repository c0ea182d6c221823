"""Question rows and the ledger of rejected candidates, as Parquet."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simgen.errors import ClipError
from simgen.store.files import whole_file
from simgen.types import AnswerKind, Split

ROWS_SCHEMA_VERSION = "2"


@dataclass(frozen=True, slots=True)
class Row:
    """One question about one clip, with all that is needed to recompute its answer."""

    id: str
    question_id: str
    """The same in the rows that ask the same with other numbers of frames."""
    dataset: str
    clip: str
    split: Split
    frames: tuple[int, ...]
    """Indices of the clip's frames that the question shows, in order."""
    answerable: tuple[int, ...]
    """Those of 1, 4, 8, 12 and 16 frames with which the same question can be answered."""
    template: str
    template_version: int
    phrasing: int
    group: str
    skill: str
    args: str
    """JSON object: the skill's arguments (object ids, frame indices), enough to recompute the answer."""
    kind: AnswerKind
    question: str
    options: tuple[str, ...]
    """Texts of the choices, A first; empty for numbers."""
    answer: str
    """The number as text, rounded to the template's decimals, or the letter of the right option."""
    unit: str
    map: str
    """JSON list of {"object_name", "bbox"}; boxes in metres in the map frame."""
    think: str
    prompt: str
    """What the model is asked, beside the frames."""
    target: str
    """`<map>…</map><think>…</think><answer>…</answer>`."""
    margin: float
    """How far the answer is from flipping: metres to the next candidate, or to the nearest rounding."""
    difficulty: float
    """0 (easy) to 1 (hard)."""
    features: str
    """JSON object: the features that the difficulty is computed from."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A candidate question that was not asked, and why."""

    dataset: str
    clip: str
    template: str
    skill: str
    args: str
    reason: str
    """One of a few short names, to be counted by."""
    detail: str
    """The numbers or names behind it."""


ROW_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("id", "question_id", "dataset", "clip", "split")]
    + [("frames", pa.list_(pa.int32())), ("answerable", pa.list_(pa.int32()))]
    + [("template", pa.string()), ("template_version", pa.int32())]
    + [("phrasing", pa.int32())]
    + [(name, pa.string()) for name in ("group", "skill", "args", "kind", "question")]
    + [("options", pa.list_(pa.string()))]
    + [(name, pa.string()) for name in ("answer", "unit", "map", "think", "prompt", "target")]
    + [("margin", pa.float64()), ("difficulty", pa.float64()), ("features", pa.string())],
    metadata={"simgen_rows_schema": ROWS_SCHEMA_VERSION},
)
"""The columns of a row, in the order of Row's fields."""
_REJECTION_SCHEMA = pa.schema([(field.name, pa.string()) for field in fields(Rejection)])


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Writes question rows; the order is kept."""
    _write(path, [asdict(row) for row in rows], ROW_SCHEMA)


def read_rows(path: Path) -> list[Row]:
    """Question rows in the order they were written. Raises ClipError for a foreign file."""
    return [_row(record) for record in _read(path, ROW_SCHEMA)]


def write_ledger(path: Path, rejections: Iterable[Rejection]) -> None:
    """Writes the ledger of rejected candidates."""
    _write(path, [asdict(rejection) for rejection in rejections], _REJECTION_SCHEMA)


def read_ledger(path: Path) -> list[Rejection]:
    """The ledger of rejected candidates."""
    return [Rejection(**record) for record in _read(path, _REJECTION_SCHEMA)]


def _row(record: dict[str, Any]) -> Row:
    lists: dict[str, Any] = {name: tuple(record[name]) for name in ("frames", "answerable", "options")}
    return Row(**(record | lists))


def _write(path: Path, records: list[dict[str, Any]], schema: pa.Schema) -> None:
    with whole_file(path) as part:
        pq.write_table(pa.Table.from_pylist(records, schema=schema), part, compression="zstd")


def _read(path: Path, schema: pa.Schema) -> list[dict[str, Any]]:
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise ClipError(f"{path}: not a Parquet file that simgen wrote ({error}); make it again") from None
    missing = set(schema.names) - set(table.schema.names)
    if missing:
        raise ClipError(f"{path}: columns {sorted(missing)} are missing; make it again with: simgen qa")
    return table.select(schema.names).to_pylist()
