"""The formats of the questions in a release: one small writer for each consumer.

A writer is called once for each split, with the folder to write into, the split, and its rows with their data
sets, the rows of one clip after the other. It writes whole files that it names itself.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from simgen.release.formats.parquet import write_shards
from simgen.store.folder import Dataset
from simgen.store.rows import Row
from simgen.types import Split

Writer = Callable[[Path, Split, Iterable[tuple[Dataset, Row]]], None]

FORMATS: dict[str, Writer] = {"data": write_shards}
"""The writer of each format, by the folder in the release that it fills. Enter a new format here."""
