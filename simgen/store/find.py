"""Finding the clip that the user means."""

import difflib
from pathlib import Path

from simgen.errors import MissingDataError
from simgen.store.folder import DataFolder


def find_clip(folder: DataFolder, name: str | None) -> Path:
    """A clip's file by path, by name, or the first one when no name is given.

    Raises MissingDataError naming the nearest clip.
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
