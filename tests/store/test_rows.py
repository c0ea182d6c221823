from dataclasses import fields, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.errors import ClipError
from simgen.store.row_fields import Rejection, Row
from simgen.store.rows import (
    RowKey,
    read_ledger,
    read_row_keys,
    read_rows,
    read_rows_by_clip,
    row_schema,
    write_ledger,
    write_rows,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TEXTS = (
    *("id", "question_id", "dataset", "clip", "template", "group", "skill", "args", "question", "answer"),
    *("unit", "map", "think", "prompt", "target", "features"),
)
ROWS = st.builds(
    Row,
    frames=st.lists(st.integers(0, 2**31 - 1), max_size=16).map(tuple),
    answerable=st.lists(st.sampled_from([1, 4, 8, 12, 16]), unique=True).map(tuple),
    template_version=st.integers(1, 99),
    phrasing=st.integers(0, 99),
    options=st.lists(TEXT, max_size=4).map(tuple),
    split=st.sampled_from(["train", "val", "test"]),
    kind=st.sampled_from(["metres", "choice"]),
    margin=st.floats(allow_nan=False),
    difficulty=st.floats(0, 1),
    **dict.fromkeys(TEXTS, TEXT),
)


@settings(deadline=None, max_examples=30)  # every example waits for the disk
@given(rows=st.lists(ROWS, max_size=4))
def test_rows_come_back_as_written(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    path = tmp_path_factory.mktemp("rows") / "questions.parquet"
    write_rows(path, rows)

    assert read_rows(path) == rows


@settings(deadline=None, max_examples=30)
@given(rows=st.lists(ROWS, max_size=6), clips=st.lists(st.sampled_from("abc"), min_size=6, max_size=6))
def test_the_rows_of_each_clip_are_read_by_themselves(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], clips: list[str]
) -> None:
    """The rows of a clip need not follow each other in the file."""
    rows = [replace(row, clip=clip) for row, clip in zip(rows, clips, strict=False)]
    path = tmp_path_factory.mktemp("rows") / "questions.parquet"
    write_rows(path, rows)
    names = list(dict.fromkeys(row.clip for row in rows))
    of_clip = {name: [row for row in rows if row.clip == name] for name in names}

    assert list(read_rows_by_clip(path)) == [of_clip[name] for name in names]
    assert list(read_rows_by_clip(path, names[::-1])) == [of_clip[name] for name in names[::-1]]


@settings(deadline=None, max_examples=30)
@given(rows=st.lists(ROWS, max_size=4))
def test_a_key_is_a_part_of_its_row(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    path = tmp_path_factory.mktemp("rows") / "questions.parquet"
    write_rows(path, rows)
    names = [field.name for field in fields(RowKey)]

    assert read_row_keys(path) == [RowKey(**{name: getattr(row, name) for name in names}) for row in rows]


def test_the_columns_are_the_fields_in_order() -> None:
    assert row_schema().names == [field.name for field in fields(Row)]


def test_the_ledger_comes_back_as_written(tmp_path: Path) -> None:
    rejections = [
        Rejection(
            "demo",
            "demo-0",
            "min_distance",
            "gap",
            '{"a": "1|0"}',
            "too ambiguous",
            "ahead by 0.02 m",
            "demo-0",
        ),
        Rejection("demo", "demo-1", "count", "count", "{}", "", "", "demo-1-f003"),
    ]
    write_ledger(tmp_path / "ledger.parquet", rejections)

    assert read_ledger(tmp_path / "ledger.parquet") == rejections


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "questions.parquet"
    path.write_text("no Parquet at all")

    with pytest.raises(
        ClipError, match=r"questions\.parquet: not a readable Parquet file .*; make it again with: simgen qa"
    ):
        read_rows(path)


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.parquet"
    pq.write_table(row_schema().empty_table().drop_columns(["id", "question_id"]), path)

    with pytest.raises(
        ClipError, match=r"columns \['id', 'question_id'\] are missing; make it again with: simgen qa"
    ):
        read_rows(path)


def test_a_newer_major_version_names_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "questions.parquet"
    pq.write_table(row_schema().with_metadata({"simgen_rows_schema": "3.0"}).empty_table(), path)

    with pytest.raises(
        ClipError, match=r"schema 3\.0 is newer than 2\.1; upgrade with: pip install -U simgen"
    ):
        read_rows(path)


def test_unknown_columns_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "questions.parquet"
    write_rows(path, [])
    table = pq.read_table(path).append_column("note", pa.array([], pa.string()))
    pq.write_table(table, path)

    assert read_rows(path) == []
