"""The data folder: each command reads from it what the one before has written.

simgen-data/
  <recipe>/recipe.json           the resolved recipe of the last render
  <recipe>/houses.jsonl.gz       houses, in ProcTHOR-10K's format
  <recipe>/clips/<clip>.h5       one file per clip
  <recipe>/logs/<clip>.log       the engine's log, where rendering failed
  <recipe>/questions.parquet     one row per question
  <recipe>/ledger.parquet        rejected candidates, with the reasons
  <recipe>/questions.json        how the questions were made
  <recipe>/templates/<id>.yaml   the templates that made them
  runs/<name>/                   written by `simgen train`
  assets/<name>/                 asset packs
  previews/                      written by `simgen recipe preview`
  endpoints/                     answers that `simgen eval --endpoint` has got
"""

import os
from dataclasses import dataclass
from pathlib import Path

from simgen.errors import InputError, MissingDataError
from simgen.recipe.names import ASSETS, ENDPOINTS, PREVIEWS, RESERVED_NAMES, RUNS

DATA_VARIABLE, DEFAULT_DATA = "SIMGEN_DATA", "simgen-data"
"""The environment variable that names the data folder, and the folder that is used without it."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The folder of one recipe: houses, clips and questions."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def recipe_path(self) -> Path:
        return self.path / "recipe.json"

    @property
    def houses_path(self) -> Path:
        return self.path / "houses.jsonl.gz"

    @property
    def questions_path(self) -> Path:
        return self.path / "questions.parquet"

    @property
    def ledger_path(self) -> Path:
        return self.path / "ledger.parquet"

    @property
    def record_path(self) -> Path:
        return self.path / "questions.json"

    @property
    def templates_path(self) -> Path:
        return self.path / "templates"

    def clip_path(self, clip_id: str) -> Path:
        return self.path / "clips" / f"{clip_id}.h5"

    def clip_paths(self) -> list[Path]:
        """All complete clips, by name."""
        return sorted((self.path / "clips").glob("*.h5"))


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folder that holds all data (`--data`, `$SIMGEN_DATA`, or ./simgen-data)."""

    path: Path

    def dataset(self, recipe_name: str) -> Dataset:
        return Dataset(self.path / recipe_name)

    def run_path(self, name: str) -> Path:
        return self.path / RUNS / name

    @property
    def assets_path(self) -> Path:
        return self.path / ASSETS

    @property
    def previews_path(self) -> Path:
        return self.path / PREVIEWS

    @property
    def endpoint_answers_path(self) -> Path:
        return self.path / ENDPOINTS / "answers.sqlite"

    def datasets_with_clips(self, only: str | None = None) -> list[Dataset]:
        """Data sets with at least one clip, by name.

        Raises MissingDataError, with the command that makes clips, when there is none.
        """
        found = [dataset for dataset in self._datasets(only) if dataset.clip_paths()]
        if not found:
            recipe = only or "kitchen_walkthrough"
            raise MissingDataError(
                f"{self.path}: no clips here yet; make some with: simgen render --recipe {recipe}"
            )
        return found

    def datasets_with_questions(self, only: str | None = None) -> list[Dataset]:
        """Data sets with question rows, by name.

        Raises MissingDataError, with the command that is missing, when there is none.
        """
        found = [d for d in self.datasets_with_clips(only) if d.questions_path.exists()]
        if not found:
            raise MissingDataError(
                f"{self.path}: no questions here yet; make some with: simgen qa --templates distance"
            )
        return found

    def _datasets(self, only: str | None) -> list[Dataset]:
        if only is not None:
            return [self.dataset(only)]
        if not self.path.is_dir():
            return []
        folders = [path for path in sorted(self.path.iterdir()) if path.is_dir()]
        return [Dataset(path) for path in folders if path.name not in RESERVED_NAMES]


def data_folder(path: str | Path | None = None) -> DataFolder:
    """The data folder at `path`; without it that of $SIMGEN_DATA, and else ./simgen-data."""
    return DataFolder(Path(path or os.environ.get(DATA_VARIABLE) or DEFAULT_DATA))


def ensure_writable(path: Path) -> None:
    """Makes a folder if need be. Raises InputError when it cannot be made or is not writable."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{path}: cannot make this folder ({error.strerror}); give another with --data"
        ) from None
    if not os.access(path, os.W_OK):
        raise InputError(f"{path}: this folder is not writable; give another with --data")
