"""Finds the clip or the question that the user names."""

import difflib
from pathlib import Path

from simgen.errors import MissingDataError
from simgen.store.folder import DataFolder
from simgen.store.rows import Row, read_row_ids, read_rows


def find_clip(folder: DataFolder, name: str | None) -> Path:
    """The file of the clip with this path or name; the first clip of the data folder if `name` is None.

    Raises MissingDataError, with the most similar name, when there is no such clip.
    """
    if name is not None and Path(name).is_file():
        return Path(name)
    paths = {path.stem: path for dataset in folder.datasets_with_clips() for path in dataset.clip_paths()}
    if name is None:
        return next(iter(paths.values()))
    if name not in paths:
        near = difflib.get_close_matches(name, paths, n=1, cutoff=0.0)[0]
        raise MissingDataError(f"{folder.path}: no clip is called '{name}'; did you mean '{near}'?")
    return paths[name]


def find_row(folder: DataFolder, row_id: str) -> tuple[Path, Row]:
    """The question row with this id, and the file of its clip.

    Raises MissingDataError, with the most similar id, when there is no such row.
    """
    ids: list[str] = []
    for dataset in folder.datasets_with_questions():
        found = read_row_ids(dataset.questions_path)
        if row_id in found:
            rows = read_rows(dataset.questions_path, found[row_id])
            return dataset.clip_path(found[row_id]), next(row for row in rows if row.id == row_id)
        ids += found
    near = difflib.get_close_matches(row_id, ids, n=1, cutoff=0.0)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise MissingDataError(f"{folder.path}: no question has the id '{row_id}'{hint}")
