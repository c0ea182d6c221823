"""Writes the viewer: pages that a browser opens without a server, in a folder of their own or in a release.

FOLDER/index.html                      the page, the same for every data set
FOLDER/viewer/viewer.css, *.js         its style and scripts, also the same
FOLDER/viewer/data/index.js            all clips and questions in short: what the list and its filters need
FOLDER/viewer/data/clips/<clip>.js     one clip: frames, plan, questions, answers; loaded when it is shown

The data are scripts, because a page that is opened from a file may not read other files.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from simgen import __version__
from simgen.errors import InputError
from simgen.parallel.ordered import parallel_map
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.names import spoken_name
from simgen.report.colors import depth_colors
from simgen.report.viewer.answers import RunAnswers, describe_answers, read_texts, select_texts
from simgen.report.viewer.frames import DEPTH_STEPS, compress_values, dump_values, pack_frames
from simgen.report.viewer.plan import describe_plan
from simgen.report.viewer.questions import describe_questions, list_rooms
from simgen.store.clips import Clip, read_clip
from simgen.store.files import write_text
from simgen.store.folder import DataFolder, Dataset
from simgen.store.rows import Row, read_rows

FORMAT = 2
"""The version of the data scripts. The pages refuse those of another version."""
PAGE = "index.html"
VIEWER = Path("viewer")
INDEX = VIEWER / "data/index.js"
CLIPS = VIEWER / "data/clips"


@dataclass(frozen=True, slots=True)
class ViewerSummary:
    """The result of `simgen view --html`."""

    page: str
    """The file to open."""
    clips: int
    questions: int
    megabytes: float
    """Of the whole folder."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A clip to write, with its rows and what models answered."""

    dataset: Dataset
    clip: str
    runs: tuple[RunAnswers, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class _Written:
    """The short form of a clip and its questions, for the index."""

    clip: dict[str, Any]
    rows: list[dict[str, Any]]


def write_viewer(
    data: DataFolder,
    to: Path,
    only: str | None = None,
    clip: str | None = None,
    runs: Sequence[str] = (),
    workers: int = 1,
) -> ViewerSummary:
    """Writes the viewer of a data folder, or of one data set or clip of it, into the folder `to`.

    An earlier viewer there is replaced. Raises InputError when the folder holds anything else, and
    MissingDataError when there are no clips or a run has no answers.
    """
    _check_folder(to)
    clips = [
        (dataset, path.stem)
        for dataset in data.datasets_with_clips(only)
        for path in dataset.clip_paths()
        if clip in (None, path.stem)
    ]
    questions = write_pages(to, clips, data.path.resolve().name, read_texts(data, runs), workers)
    _remove_other_clips(to, {name for _, name in clips})
    return ViewerSummary(
        page=str(to / PAGE),
        clips=len(clips),
        questions=questions,
        megabytes=round(sum(path.stat().st_size for path in to.rglob("*") if path.is_file()) / 1e6, 1),
    )


def write_pages(
    to: Path,
    clips: Sequence[tuple[Dataset, str]],
    title: str,
    runs: Sequence[RunAnswers] = (),
    workers: int = 1,
) -> int:
    """Writes the pages of some clips into a folder, whatever else it holds.

    Returns the number of questions.
    """
    jobs = [_Job(dataset, clip, select_texts(runs, clip), to) for dataset, clip in clips]
    written = list(parallel_map(_write_clip, jobs, workers, "viewer"))
    _copy_pages(to)
    write_text(to / INDEX, _script("index", _index(title, written, [run.run for run in runs])))
    return sum(len(item.rows) for item in written)


def _check_folder(to: Path) -> None:
    """Raises InputError unless the folder is new, empty or an earlier viewer."""
    if to.exists() and not to.is_dir():
        raise InputError(f"{to}: this is a file; give a folder with --out")
    if to.is_dir() and any(to.iterdir()) and not (to / CLIPS).is_dir():
        raise InputError(f"{to}: this folder holds other files; give a new one with --out")


def _write_clip(job: _Job) -> _Written:
    path = job.dataset.clip_path(job.clip)
    clip = read_clip(path)
    geometry = ClipGeometry(clip)
    has_rows = job.dataset.questions_path.exists()
    rows = read_rows(job.dataset.questions_path, job.clip) if has_rows else []
    questions = describe_questions(geometry, rows)
    for row, values in zip(rows, questions["rows"], strict=True):
        values["answers"] = describe_answers(row, job.runs)
    texts = compress_values({"plan": describe_plan(geometry), **questions})
    content = {"frames": pack_frames(clip), "texts": texts}
    write_text(job.folder / CLIPS / f"{clip.id}.js", _script("clip", content, clip.id))
    return _Written(
        _clip_summary(clip, job.dataset),
        [
            _row_summary(geometry, row, values["answers"])
            for row, values in zip(rows, questions["rows"], strict=True)
        ],
    )


def _clip_summary(clip: Clip, dataset: Dataset) -> dict[str, Any]:
    rooms = Counter(spoken_name(room.type) for room in clip.rooms)
    return {
        "id": clip.id,
        "dataset": dataset.name,
        "split": clip.info.split,
        "rooms": dict(sorted(rooms.items())),
        "frames": clip.frame_count,
        "fps": clip.info.fps,
        "objects": len(clip.objects),
    }


def _row_summary(
    geometry: ClipGeometry, row: Row, answers: Sequence[dict[str, Any] | None]
) -> dict[str, Any]:
    return {
        # The clip's id begins the row's.
        "id": row.id.removeprefix(row.clip),
        "question_id": row.question_id.removeprefix(row.clip),
        "group": row.group,
        "template": row.template,
        "difficulty": round(row.difficulty, 3),
        "question": row.question,
        "rooms": list_rooms(geometry, row),
        "frames": len(row.frames),
        "right": [None if answer is None else answer["right"] for answer in answers],
    }


def _index(title: str, written: Sequence[_Written], runs: Sequence[str]) -> dict[str, Any]:
    """The clips, and the questions as columns: texts that recur are numbered."""
    rows = [(number, row) for number, item in enumerate(written) for row in item.rows]
    names = {key: sorted({row[key] for _, row in rows}) for key in ("group", "template")}
    rooms = sorted({room for item in written for room in item.clip["rooms"]})
    plain = {key: [row[key] for _, row in rows] for key in ("id", "question_id", "question", "difficulty")}
    numbers = {key: {name: index for index, name in enumerate(names[key])} for key in names}
    return {
        "format": FORMAT,
        "simgen": __version__,
        "title": title,
        "clips": [item.clip for item in written],
        "runs": list(runs),
        "groups": names["group"],
        "templates": names["template"],
        "rooms": rooms,
        "depth_colors": depth_colors(np.linspace(1.0, 2.0, DEPTH_STEPS + 1), 1.0, 2.0).tolist(),
        "rows": {
            **plain,
            "clip": [number for number, _ in rows],
            "frames": [row["frames"] for _, row in rows],
            "group": [numbers["group"][row["group"]] for _, row in rows],
            "template": [numbers["template"][row["template"]] for _, row in rows],
            "rooms": [[rooms.index(room) for room in row["rooms"]] for _, row in rows],
            "right": [row["right"] for _, row in rows],
        },
    }


def _script(function: str, content: dict[str, Any], *arguments: str) -> str:
    """A script that hands its content to the pages."""
    values = [dump_values(value) for value in (*arguments, content)]
    return f"simgenViewer.{function}({','.join(values)});\n"


def _copy_pages(to: Path) -> None:
    for page in resources.files("simgen.report.viewer").joinpath("page").iterdir():
        folder = to if page.name == PAGE else to / VIEWER
        write_text(folder / page.name, page.read_text(encoding="utf-8"))


def _remove_other_clips(to: Path, wanted: set[str]) -> None:
    """Removes the clips of an earlier viewer that this one does not show."""
    for path in (to / CLIPS).glob("*.js"):
        if path.stem not in wanted:
            path.unlink()
