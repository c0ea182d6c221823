"""A data folder for tests of the viewer: two clips of the synthetic kitchen, the first with questions."""

from pathlib import Path

from simgen.qa.question.settings import QuestionSettings
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from simgen.store.rows import Row, read_rows, write_rows
from tests.qa.scenes import asked_of, template
from tests.synthetic import write_synthetic_clip

ASKED, UNASKED = "kitchens-00000-00", "kitchens-00001-00"


def write_kitchens(path: Path) -> DataFolder:
    """Three questions each of two templates about the clip ASKED."""
    folder = DataFolder(path)
    dataset = folder.dataset("kitchens")
    for name in (ASKED, UNASKED):
        dataset.clip_path(name).parent.mkdir(parents=True, exist_ok=True)
        write_synthetic_clip(dataset.clip_path(name))
    clip, settings = read_clip(dataset.clip_path(ASKED)), QuestionSettings(frames=(4,))
    rows = [
        asked_of(clip, [template(name)], settings)[0] for name in ("absolute_distance", "center_distance")
    ]
    write_rows(dataset.questions_path, [*rows[0][:3], *rows[1][:3]])
    return folder


def rows_of(data: DataFolder) -> list[Row]:
    """The questions of the data folder."""
    return read_rows(data.dataset("kitchens").questions_path)
