"""What made the questions of a release: records, templates and the ledger of rejected candidates.

questions.json                   the record of each data set (see simgen.qa.record), by its name
templates/<recipe>/<id>.yaml     the templates that were asked
ledger.parquet                   the candidates that were not asked, of all data sets
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from simgen.errors import InputError
from simgen.qa.record import QuestionRecord, parse_record, read_record, read_templates, write_templates
from simgen.qa.templates.loading import Template
from simgen.release.contents import Contents
from simgen.store.files import write_text
from simgen.store.folder import Dataset
from simgen.store.row_set import hash_row_ids
from simgen.store.rows import WriteTable, open_ledger_tables, read_ledger_tables

RECORDS, TEMPLATES, LEDGER = "questions.json", "templates", "ledger.parquet"

Records = Mapping[str, QuestionRecord]
"""The record of each data set that has one, by its name."""


def find_records(contents: Contents) -> Records:
    """The records that are about the rows of the release."""
    found = dict[str, QuestionRecord]()
    for dataset in contents.datasets:
        record = read_record(dataset)
        rows = (key.id for owner, key in contents.keys if owner == dataset)
        if record is not None and record.rows_sha256 == hash_row_ids(rows):
            found[dataset.name] = record
    return found


def list_unrecorded(datasets: Iterable[Dataset], records: Records) -> tuple[str, ...]:
    """One line for each data set of which the release cannot say how its questions were made."""
    return tuple(
        f"{dataset.name}: how its questions were made is not recorded, so they cannot be asked again from "
        "the release; to record it, make them anew with: "
        f"simgen qa --templates GROUP --dataset {dataset.name}"
        for dataset in datasets
        if dataset.name not in records
    )


def write_origin(folder: Path, datasets: Sequence[Dataset], records: Records) -> None:
    """Writes records, templates and the ledger into a release."""
    if records:
        by_name = {name: record.model_dump(mode="json") for name, record in records.items()}
        write_text(folder / RECORDS, json.dumps(by_name, indent=2) + "\n")
    for dataset in datasets:
        if record := records.get(dataset.name):
            templates = read_templates(dataset.templates_path, record)
            write_templates(folder / TEMPLATES / dataset.name, templates)
    ledgers = [dataset.ledger_path for dataset in datasets if dataset.ledger_path.exists()]
    if ledgers:
        with open_ledger_tables(folder / LEDGER) as write:
            for path in ledgers:
                for table in read_ledger_tables(path):
                    if len(table):
                        write(table)


def read_records(folder: Path) -> Records:
    """The records of a release; empty when it has none. Raises InputError for a damaged file."""
    path = folder / RECORDS
    try:
        found = json.loads(path.read_bytes())
        return {str(name): parse_record(json.dumps(one).encode(), path) for name, one in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a JSON object ({error}); get the release again") from None


def read_release_templates(folder: Path, name: str, records: Records) -> list[Template]:
    """The templates that asked the questions of a data set in a release; empty without a record."""
    return read_templates(folder / TEMPLATES / name, records[name]) if name in records else []


def split_ledger(folder: Path, targets: Mapping[str, Path]) -> None:
    """Writes the ledger of each data set in a release into a file of its own; `targets` are by name."""
    if not (folder / LEDGER).exists():
        return
    with ExitStack() as stack:
        write = {name: stack.enter_context(open_ledger_tables(path)) for name, path in targets.items()}
        for table in _read_tables(folder / LEDGER):
            _write_table(table, write)


@contextmanager
def explain_damage(path: Path) -> Iterator[None]:
    """Turns the errors of reading a damaged Parquet file into InputError."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable Parquet file ({reason}); get the release again") from None


def _read_tables(path: Path) -> Iterator[pa.Table]:
    with explain_damage(path):
        yield from read_ledger_tables(path)


def _write_table(table: pa.Table, write: Mapping[str, WriteTable]) -> None:
    for name in table["dataset"].unique().to_pylist():
        if name not in write:
            raise InputError(f"{LEDGER}: it names the data set {name!r}, which the release does not have")
        write[name](table.filter(pc.field("dataset") == name))
