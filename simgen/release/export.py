"""Exports: the questions of data sets and their frames, in the form that one trainer reads."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simgen import __version__
from simgen.errors import InputError
from simgen.release.contents import read_contents
from simgen.release.folder import EXPORT, replace_folder, resolve_folder
from simgen.release.formats import FORMATS
from simgen.release.formats.sample import DEFAULT_TEXTS, Texts
from simgen.release.publish import write_questions
from simgen.store.files import write_text
from simgen.store.folder import Dataset


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Where an export is, and the counts of its contents."""

    path: Path
    format: str
    splits: dict[str, int]
    """Number of questions in each split."""
    pictures: int
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return {**asdict(self), "path": str(self.path)}


def export(
    datasets: Sequence[Dataset], to: Path, name: str, texts: Texts = DEFAULT_TEXTS, workers: int = 1
) -> ExportReport:
    """Writes the questions in the format `name` into the folder `to`, which appears when it is complete.

    An earlier export in `to` is replaced. Raises InputError when there is no such format, when `to` holds
    anything else or lies inside a data set, and when a house is in two splits. Raises MissingDataError when a
    data set lacks questions or clips.
    """
    if name not in FORMATS:
        raise InputError(f"{name}: no such format; the formats are {', '.join(FORMATS)}")
    folder = resolve_folder(to, EXPORT)
    contents = read_contents(datasets)
    splits = {split: sum(1 for _ in contents.keys_of(split)) for split in contents.splits}
    with replace_folder(folder, EXPORT) as part:
        write_questions(part, contents, FORMATS[name], texts, workers)
        facts = {"format": EXPORT.format, "simgen_version": __version__, "name": name, **asdict(texts)}
        write_text(part / EXPORT.marker, json.dumps({**facts, "splits": splits}, indent=2) + "\n")
    files = [path for path in to.rglob("*") if path.is_file()]
    return ExportReport(
        path=to,
        format=name,
        splits=dict(splits),
        pictures=sum(path.suffix == ".jpg" for path in files),
        bytes=sum(path.stat().st_size for path in files),
    )
