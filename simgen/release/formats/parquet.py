"""Writes Parquet shards whose frames `datasets` and the Hub's viewer show as pictures."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from simgen.store.clips import read_images
from simgen.store.folder import Dataset
from simgen.store.rows import Row, row_schema
from simgen.types import Split

IMAGES = "images"
JPEG_QUALITY = 95
"""With it, and without chroma subsampling, a 640x480 frame has about a third of the size of its PNG.

The clips hold the lossless frames.
"""
ROWS_PER_GROUP = 100
"""The Hub's viewer reads one row group at a time. This also limits the memory that writing needs."""
SHARD_BYTES = 500_000_000
"""Size at which a new shard begins: the one that the Hub's own tools use."""
DICTIONARY_BYTES = 1 << 30
"""So large that a row group stores each distinct frame once: questions about one clip share frames."""


def write_shards(folder: Path, split: Split, rows: Iterable[tuple[Dataset, Row]]) -> None:
    """Writes `<split>-00000-of-0000N.parquet` into `folder`.

    The rows of one clip should follow each other: each of its frames is then read and encoded once.
    """
    groups = _row_groups(rows)
    parts: list[Path] = []
    while (first := next(groups, None)) is not None:
        parts.append(folder / f"{split}-{len(parts):05d}.parquet")
        _write_shard(parts[-1], first, groups)
    for index, part in enumerate(parts):
        part.rename(folder / f"{split}-{index:05d}-of-{len(parts):05d}.parquet")


def _write_shard(path: Path, first: pa.Table, more: Iterator[pa.Table]) -> None:
    """Writes row groups until the shard is large enough or no group is left."""
    with (
        path.open("wb") as file,
        pq.ParquetWriter(
            file, first.schema, compression="zstd", dictionary_pagesize_limit=DICTIONARY_BYTES
        ) as writer,
    ):
        writer.write_table(first)
        while file.tell() < SHARD_BYTES and (group := next(more, None)) is not None:
            writer.write_table(group)


def _row_groups(rows: Iterable[tuple[Dataset, Row]]) -> Iterator[pa.Table]:
    records, schema = _records(rows), shard_schema()
    while group := list(islice(records, ROWS_PER_GROUP)):
        yield pa.Table.from_pylist(group, schema=schema)


def _records(rows: Iterable[tuple[Dataset, Row]]) -> Iterator[dict[str, Any]]:
    clip_path, jpegs = Path(), dict[int, bytes]()
    for dataset, row in rows:
        if dataset.clip_path(row.clip) != clip_path:
            clip_path, jpegs = dataset.clip_path(row.clip), {}
        new = [frame for frame in dict.fromkeys(row.frames) if frame not in jpegs]
        jpegs.update(zip(new, _jpegs(clip_path, new), strict=True))
        images = [{"bytes": jpegs[f], "path": f"{row.clip}-{f:05d}.jpg"} for f in row.frames]
        yield {IMAGES: images, **asdict(row)}


def _jpegs(clip_path: Path, frames: Sequence[int]) -> list[bytes]:
    return (
        [_jpeg(Image.fromarray(image)) for image in read_images(clip_path, "rgb", tuple(frames))]
        if frames
        else []
    )


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def shard_schema() -> pa.Schema:
    """The frames, then the columns of a row, with what `datasets` needs to decode the frames as pictures."""
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    features: dict[str, Any] = {IMAGES: {"feature": {"_type": "Image"}, "_type": "List"}}
    features |= {field.name: _feature(field.type) for field in row_schema()}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([(IMAGES, pa.list_(image)), *row_schema()], metadata=metadata)


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}
