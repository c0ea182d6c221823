"""Reads and writes question rows and the ledger of rejected candidates: Parquet files (see row_fields.py)."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from itertools import groupby
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simgen.errors import ClipError
from simgen.store.fields import (
    FIRST,
    Field,
    SameAs,
    Version,
    fields_at,
    fields_of,
    parse_version,
    version_of,
    version_text,
)
from simgen.store.files import write_atomically
from simgen.store.row_fields import Rejection, Row
from simgen.types import Split

R = TypeVar("R")
WriteTable = Callable[[pa.Table], None]
"""Writes a table at the end of an open file."""
_ARROW_TYPES = {"text": pa.string(), "int32": pa.int32(), "float64": pa.float64()}


@dataclass(frozen=True, slots=True)
class RecordTable(Generic[R]):
    """The schema of one kind of Parquet file: a table of fields, and the class of the records."""

    record: type[R]
    version_key: str
    """Key of the schema's version in the file's metadata. A file without it is of the first version."""

    fields: tuple[Field, ...]

    @property
    def version(self) -> Version:
        return version_of(self.fields)

    @property
    def schema(self) -> pa.Schema:
        """The columns, in the order of the record's attributes."""
        columns = [(field.name, _arrow_type(field)) for field in self.fields]
        return pa.schema(columns, metadata={self.version_key: version_text(self.version)})


def record_table(record: type[R], version_key: str) -> RecordTable[R]:
    """The schema that the annotations of a dataclass state."""
    types = {str: "text", int: "int32", float: "float64"}
    return RecordTable(record, version_key, fields_of(record, types))


@dataclass(frozen=True, slots=True)
class RowKey:
    """What counts and checks need of a question row: all keys of a large data set fit into memory."""

    id: str
    dataset: str
    clip: str
    split: Split
    frames: tuple[int, ...]
    group: str
    template: str
    template_version: int


ROWS = record_table(Row, "simgen_rows_schema")
LEDGER = record_table(Rejection, "simgen_ledger_schema")


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Writes question rows; the order is kept."""
    _write(path, (pack_rows(clip) for _, clip in groupby(rows, key=lambda row: row.clip)), ROWS.schema)


@contextmanager
def open_row_tables(path: Path, columns: Collection[str] | None = None) -> Iterator[WriteTable]:
    """Yields a function that writes question rows that `pack_rows` packed.

    One table a clip makes a clip quick to read. The file gets its name when all are written. `columns` are
    the known ones of older rows: the file then is of the version that has no others.
    """
    schema = ROWS.schema if columns is None else _older_schema(columns)
    with _open(path, schema) as write:
        yield lambda table: write(table.select(schema.names))


def _older_schema(columns: Collection[str]) -> pa.Schema:
    """The columns of the newest version of rows that has none but these."""
    whole = [
        version
        for version in {field.since for field in ROWS.fields}
        if {field.name for field in fields_at(ROWS.fields, version)} <= set(columns)
    ]
    kept = fields_at(ROWS.fields, max(whole, default=FIRST))
    metadata = {ROWS.version_key: version_text(version_of(kept))}
    return pa.schema([(field.name, _arrow_type(field)) for field in kept], metadata=metadata)


def row_fields() -> tuple[Field, ...]:
    """The table of fields of question rows."""
    return ROWS.fields


def row_schema() -> pa.Schema:
    """The columns of question rows."""
    return ROWS.schema


def pack_rows(rows: Iterable[Row]) -> pa.Table:
    """Question rows packed into columns: much smaller than the rows, and quick to send to another process."""
    return _packed(rows, ROWS.schema)


def read_rows(path: Path, clip: str | None = None) -> list[Row]:
    """Question rows, of all clips or of one, in the order they were written.

    Columns that this simgen does not know are ignored; those that the file is too old to have get their
    default. Raises ClipError for a foreign file, or one of a newer major version.
    """
    return _read(path, ROWS, clip)


def list_columns(path: Path) -> list[str]:
    """The columns of a file of question rows that this simgen knows. Raises ClipError as `read_rows` does."""
    return _known_columns(path, ROWS)


def build_row(record: dict[str, Any]) -> Row:
    """A question row from its values by column; a column that is missing gets the field's default."""
    return _build(ROWS, record)


def read_row_ids(path: Path) -> dict[str, str]:
    """The clip of each row, by the row's id, in the order of the rows."""
    _known_columns(path, ROWS)
    found = pq.read_table(path, columns=["id", "clip"])
    return dict(zip(found["id"].to_pylist(), found["clip"].to_pylist(), strict=True))


def read_clip_ids(path: Path) -> list[str]:
    """The clips that question rows are about, each once, in the order of the rows."""
    _known_columns(path, ROWS)
    return list(dict.fromkeys(pq.read_table(path, columns=["clip"])["clip"].to_pylist()))


def read_row_keys(path: Path) -> list[RowKey]:
    """The key of each question row, in the order of the rows. Raises ClipError as `read_rows` does."""
    _known_columns(path, ROWS)
    names = [field.name for field in dataclass_fields(RowKey)]
    with pq.ParquetFile(path) as file:
        batches = file.iter_batches(columns=names)
        return [_row_key(record) for batch in batches for record in batch.to_pylist()]


def _row_key(record: dict[str, Any]) -> RowKey:
    # Interned: many keys have the same texts, and Arrow gives each its own copy.
    for name in ("clip", "split", "group", "template"):
        record[name] = sys.intern(record[name])
    record["frames"] = tuple(record["frames"])
    return RowKey(**record)


def read_rows_by_clip(path: Path, clips: Iterable[str] | None = None) -> Iterator[list[Row]]:
    """The rows of one clip after the other: all rows of a large data set do not fit into memory.

    `clips` are ids of clips that have rows; None is all of them, in the order of the rows. Raises ClipError
    as `read_rows` does.
    """
    columns = _known_columns(path, ROWS)
    with pq.ParquetFile(path) as file:
        groups = _find_row_groups(file)
        for clip in groups if clips is None else clips:
            table = file.read_row_groups(groups[clip], columns=columns)
            yield _records(table.filter(pc.field("clip") == clip), ROWS)


def _find_row_groups(file: pq.ParquetFile) -> dict[str, list[int]]:
    """The row groups that hold rows of each clip."""
    found: dict[str, list[int]] = {}
    for index in range(file.num_row_groups):
        for clip in file.read_row_group(index, columns=["clip"])["clip"].unique().to_pylist():
            found.setdefault(clip, []).append(index)
    return found


def write_ledger(path: Path, rejections: Iterable[Rejection]) -> None:
    """Writes the ledger of rejected candidates."""
    _write(path, [pack_rejections(rejections)], LEDGER.schema)


@contextmanager
def open_ledger_tables(path: Path) -> Iterator[WriteTable]:
    """Yields a function that writes rejections that `pack_rejections` packed; see `open_row_tables`."""
    with _open(path, LEDGER.schema) as write:
        yield write


def pack_rejections(rejections: Iterable[Rejection]) -> pa.Table:
    """Rejections packed into columns."""
    return _packed(rejections, LEDGER.schema)


def read_ledger(path: Path, clip: str | None = None) -> list[Rejection]:
    """The ledger of rejected candidates, of all clips or of one; otherwise as `read_rows`."""
    return _read(path, LEDGER, clip)


def read_ledger_tables(path: Path) -> Iterator[pa.Table]:
    """The ledger part by part as packed columns: the entries of a large data set are millions.

    Columns are as `read_ledger` gives them, and so are the errors.
    """
    _known_columns(path, LEDGER)
    with pq.ParquetFile(path) as file:
        for index in range(file.num_row_groups):
            yield _complete(file.read_row_group(index), LEDGER)


def _complete(table: pa.Table, schema: RecordTable[Any]) -> pa.Table:
    """The known columns of a table, with the defaults of those that its file is too old to have."""
    columns = [
        table[_source(field, table)]
        if _source(field, table) is not None
        else pa.array([field.default] * len(table), _arrow_type(field))
        for field in schema.fields
    ]
    return pa.table(columns, schema=schema.schema)


def _source(field: Field, table: pa.Table) -> str | None:
    """The column that a field's values are in; None if it has its default."""
    if field.name in table.column_names:
        return field.name
    return field.default.name if isinstance(field.default, SameAs) else None


def _arrow_type(field: Field) -> pa.DataType:
    return pa.list_(_ARROW_TYPES[field.type]) if field.shape else _ARROW_TYPES[field.type]


def _packed(records: Iterable[object], schema: pa.Schema) -> pa.Table:
    values = [{name: getattr(record, name) for name in schema.names} for record in records]
    return pa.Table.from_pylist(values, schema=schema)


def _write(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    with _open(path, schema) as write:
        for table in tables:
            write(table)


@contextmanager
def _open(path: Path, schema: pa.Schema) -> Iterator[WriteTable]:
    with write_atomically(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        yield writer.write_table


def _read(path: Path, table: RecordTable[R], clip: str | None) -> list[R]:
    columns = _known_columns(path, table)
    # With a filter only the parts of the file are read that hold the clip.
    filters = None if clip is None else [("clip", "==", clip)]
    return _records(pq.read_table(path, columns=columns, filters=filters), table)


def _records(read: pa.Table, table: RecordTable[R]) -> list[R]:
    return [_build(table, record) for record in read.to_pylist()]


def _build(table: RecordTable[R], record: dict[str, Any]) -> R:
    return table.record(**{field.name: _value(field, record) for field in table.fields})


def _value(field: Field, record: dict[str, Any]) -> Any:
    if field.name in record:
        return tuple(record[field.name]) if field.shape else record[field.name]
    return record[field.default.name] if isinstance(field.default, SameAs) else field.default


def _known_columns(path: Path, table: RecordTable[Any]) -> list[str]:
    """The columns of a file that this simgen knows.

    Raises ClipError when the file is of a newer major version, or lacks a column that its version must have.
    """
    try:
        schema = pq.read_schema(path)
    except pa.ArrowInvalid as error:
        raise ClipError(
            f"{path}: not a readable Parquet file ({error}); make it again with: simgen qa"
        ) from None
    version = parse_version((schema.metadata or {}).get(table.version_key.encode(), b"").decode()) or FIRST
    if version[0] > table.version[0]:
        raise ClipError(
            f"{path}: schema {version_text(version)} is newer than {version_text(table.version)}; "
            "upgrade with: pip install -U simgen"
        )
    missing = {field.name for field in fields_at(table.fields, version)} - set(schema.names)
    if missing:
        raise ClipError(f"{path}: columns {sorted(missing)} are missing; make it again with: simgen qa")
    return [field.name for field in table.fields if field.name in schema.names]
