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
    paths = _clip_paths(folder)
    if name is None:
        return next(iter(paths.values()))
    if name not in paths:
        near = difflib.get_close_matches(name, paths, n=1, cutoff=0.0)[0]
        raise MissingDataError(f"{folder.path}: no clip is called '{name}'; did you mean '{near}'?")
    return paths[name]


def find_clip_or_row(folder: DataFolder, name: str) -> tuple[Path, Row | None]:
    """The file of the clip with this path or name, or that of the question row with this id, and the row.

    Raises MissingDataError, with the most similar name, when there is neither.
    """
    if not Path(name).is_file():
        clips = _clip_paths(folder)
        # The id of a row begins with that of its clip.
        if name not in clips and any(name.startswith(f"{clip}-") for clip in clips):
            return find_row(folder, name)
    return find_clip(folder, name), None


def find_row(folder: DataFolder, row_id: str) -> tuple[Path, Row]:
    """The question row with this id, and the file of its clip.

    The id may also be that of a question, which stands for its row with the most frames. Raises
    MissingDataError, with the most similar id, when there is no such row.
    """
    ids: list[str] = []
    for dataset in folder.datasets_with_questions():
        found = read_row_ids(dataset.questions_path)
        ids += found
        known = [name for name in found if row_id in (name, name.rpartition("-")[0])]
        if known:
            rows = read_rows(dataset.questions_path, found[known[0]])
            row = max((row for row in rows if row.id in known), key=lambda row: len(row.frames))
            return dataset.clip_path(row.clip), row
    near = difflib.get_close_matches(row_id, ids, n=1, cutoff=0.0)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise MissingDataError(f"{folder.path}: no question has the id '{row_id}'{hint}")


def _clip_paths(folder: DataFolder) -> dict[str, Path]:
    """The clips of a data folder by name."""
    return {path.stem: path for dataset in folder.datasets_with_clips() for path in dataset.clip_paths()}
