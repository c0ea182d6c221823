"""Records of a published benchmark's file: JSON, JSON Lines or Parquet."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simgen.errors import InputError, MissingDataError

Record = dict[str, Any]


def read_records(path: Path, required: Sequence[str]) -> list[Record]:
    """The records of a file, by its suffix: .json (a list), .jsonl or .parquet.

    Raises MissingDataError for a missing file, and InputError for one that is not readable or has a record
    without a `required` field.
    """
    if not path.is_file():
        raise MissingDataError(f"{path}: there is no such file; download the benchmark's file of questions")
    try:
        records = _READERS[path.suffix](path)
    except KeyError:
        raise InputError(f"{path}: not a .json, .jsonl or .parquet file; give the benchmark's own") from None
    except (ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: not readable ({reason}); download it again") from None
    for number, record in enumerate(records, 1):
        missing = [name for name in required if not isinstance(record, dict) or record.get(name) is None]
        if missing:
            raise InputError(
                f"{path}: record {number} lacks {', '.join(missing)}; give the benchmark's own file"
            )
    if not records:
        raise InputError(f"{path}: a file without questions; give the benchmark's own file")
    return records


def _read_json(path: Path) -> list[Record]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, list):
        raise ValueError("the top level is no list")
    return found


def _read_json_lines(path: Path) -> list[Record]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def _read_parquet(path: Path) -> list[Record]:
    return pq.read_table(path).to_pylist()


_READERS = {".json": _read_json, ".jsonl": _read_json_lines, ".parquet": _read_parquet}
