"""The layout that `datasets.load_dataset` reads with its builder `imagefolder`, and TRL takes without code.

`qa/<split>/metadata.parquet` has one row a question. Its column `file_names` becomes the column `images`, a
list of pictures, when it is loaded. Each frame is a file, so questions about one clip share its frames.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simgen.release.formats.sample import Sample, split_folder
from simgen.store.rows import row_schema
from simgen.types import Split

FILE_NAMES = "file_names"
"""The column that `imagefolder` turns into pictures."""
METADATA = "metadata.parquet"
ROWS_PER_GROUP = 100
"""Readers take one row group at a time. This also limits the memory that writing needs."""

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
"""Turns of a conversation."""
_DIALOGUES = pa.list_(pa.struct([("user", pa.string()), ("assistant", pa.string())]))


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a format has beside those of a question row."""

    kind: pa.DataType
    value: Callable[[Sample], Any]
    shown: str = ""
    """Its type when it is loaded, for the card."""
    meaning: str = ""


FRAMES = Column(pa.list_(pa.string()), lambda sample: list(sample.pictures))
RELEASE_COLUMNS = {
    "prompt": Column(
        MESSAGES,
        lambda sample: _make_turns("user", sample.prompt),
        "list of messages",
        "what the model reads with the frames: the user's message",
    ),
    "completion": Column(
        MESSAGES,
        lambda sample: _make_turns("assistant", sample.target),
        "list of messages",
        "what the model should write: `<map>…</map><think>…</think><answer>…</answer>`",
    ),
    "answer_text": Column(
        pa.string(), lambda sample: sample.answer_text, "text", "the answer in words, with its unit"
    ),
    "house": Column(
        pa.string(),
        lambda sample: sample.origin.house,
        "text",
        "hash of the house's rooms, walls and objects: the same for all questions about one house",
    ),
    "video": Column(
        pa.string(),
        lambda sample: sample.origin.video,
        "text",
        "path of the clip's video in the release; null if the clip has none",
    ),
}
"""The columns of a release beside its frames and those of a row."""
NANOVLM_COLUMNS = {
    "texts": Column(_DIALOGUES, lambda sample: [{"user": sample.prompt, "assistant": sample.target}])
}


def write_trl(to: Path, samples: Mapping[Split, Iterable[Sample]]) -> None:
    """Prompt and completion as messages, and the other columns of a question row."""
    _write(to, samples, RELEASE_COLUMNS, list_row_fields())


def write_nanovlm(to: Path, samples: Mapping[Split, Iterable[Sample]]) -> None:
    """The column `texts` of The Cauldron, which nanoVLM trains on."""
    _write(to, samples, NANOVLM_COLUMNS, [])


def list_row_fields() -> list[pa.Field]:
    """The columns of a question row that a release has. Its texts are in `prompt` and `completion`."""
    return [field for field in row_schema() if field.name not in ("prompt", "target")]


def make_user_turn(sample: Sample) -> list[dict[str, str]]:
    """The conversation of one turn in which the user shows the frames and asks."""
    return _make_turns("user", sample.tagged_prompt)


def _make_turns(role: str, content: str) -> list[dict[str, str]]:
    return [{"role": role, "content": content}]


def _write(
    to: Path,
    samples: Mapping[Split, Iterable[Sample]],
    columns: Mapping[str, Column],
    row_fields: Sequence[pa.Field],
) -> None:
    columns = {FILE_NAMES: FRAMES, **columns}
    own = [pa.field(name, column.kind) for name, column in columns.items()]
    for split, of_split in samples.items():
        records = (_record(sample, columns, row_fields) for sample in of_split)
        write_parquet(to / split_folder(split) / METADATA, pa.schema([*own, *row_fields]), records)


def _record(sample: Sample, columns: Mapping[str, Column], row_fields: Sequence[pa.Field]) -> dict[str, Any]:
    own = {name: column.value(sample) for name, column in columns.items()}
    return own | {field.name: getattr(sample.row, field.name) for field in row_fields}


def write_parquet(path: Path, schema: pa.Schema, records: Iterable[dict[str, Any]]) -> None:
    """Writes records into a Parquet file with a page index, some rows a row group."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_index=True) as writer:
        left = iter(records)
        while group := list(islice(left, ROWS_PER_GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
