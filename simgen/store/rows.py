"""Question rows and the ledger of rejected candidates, as Parquet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import groupby
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
    _write(path, (row_table(clip) for _, clip in groupby(rows, key=lambda row: row.clip)), ROW_SCHEMA)


def write_row_tables(path: Path, tables: Iterable[pa.Table]) -> None:
    """Writes question rows that `row_table` packed, one table a clip: so one clip's are quick to read."""
    _write(path, tables, ROW_SCHEMA)


def row_table(rows: Iterable[Row]) -> pa.Table:
    """Question rows packed into columns: a fraction of the memory, and quick to send to another process."""
    return pa.Table.from_pylist([_record(row, ROW_SCHEMA) for row in rows], schema=ROW_SCHEMA)


def read_rows(path: Path, clip: str | None = None) -> list[Row]:
    """Question rows, of all clips or of one, in the order they were written.

    Raises ClipError for a foreign file.
    """
    return [_row(record) for record in _read(path, ROW_SCHEMA, clip)]


def clips_of_rows(path: Path) -> list[str]:
    """The clips that question rows are about, each once, in the order of the rows."""
    return list(dict.fromkeys(_table(path, ROW_SCHEMA, None, ["clip"])["clip"].to_pylist()))


def rows_by_clip(path: Path) -> Iterator[list[Row]]:
    """The rows of one clip after the other: all rows of a large data set do not fit into memory."""
    return (read_rows(path, clip) for clip in clips_of_rows(path))


def write_ledger(path: Path, rejections: Iterable[Rejection]) -> None:
    """Writes the ledger of rejected candidates."""
    _write(path, [ledger_table(rejections)], _REJECTION_SCHEMA)


def write_ledger_tables(path: Path, tables: Iterable[pa.Table]) -> None:
    """Writes what `ledger_table` packed, one table after the other."""
    _write(path, tables, _REJECTION_SCHEMA)


def ledger_table(rejections: Iterable[Rejection]) -> pa.Table:
    """Rejections packed into columns."""
    records = [_record(rejection, _REJECTION_SCHEMA) for rejection in rejections]
    return pa.Table.from_pylist(records, schema=_REJECTION_SCHEMA)


def read_ledger(path: Path, clip: str | None = None) -> list[Rejection]:
    """The ledger of rejected candidates, of all clips or of one."""
    return [Rejection(**record) for record in _read(path, _REJECTION_SCHEMA, clip)]


def _row(record: dict[str, Any]) -> Row:
    lists: dict[str, Any] = {name: tuple(record[name]) for name in ("frames", "answerable", "options")}
    return Row(**(record | lists))


def _record(item: Row | Rejection, schema: pa.Schema) -> dict[str, Any]:
    return {name: getattr(item, name) for name in schema.names}


def _write(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    with whole_file(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def _read(path: Path, schema: pa.Schema, clip: str | None) -> list[dict[str, Any]]:
    return _table(path, schema, clip, schema.names).to_pylist()


def _table(path: Path, schema: pa.Schema, clip: str | None, columns: list[str]) -> pa.Table:
    """Some columns of a file, all of which must be there."""
    try:
        known = set(pq.read_schema(path).names)
    except pa.ArrowInvalid as error:
        raise ClipError(f"{path}: not a Parquet file that simgen wrote ({error}); make it again") from None
    missing = set(schema.names) - known
    if missing:
        raise ClipError(f"{path}: columns {sorted(missing)} are missing; make it again with: simgen qa")
    # With a filter only the parts of the file are read that hold the clip.
    return pq.read_table(path, columns=columns, filters=None if clip is None else [("clip", "==", clip)])
