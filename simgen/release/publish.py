"""Releases: question rows with their frames, the clips, the recipes, a card and checksums in one folder.

<release>/
  README.md                            the card; its header tells the Hub how to show and load the release
  qa/<split>/metadata.parquet          one row per question, with the names of its frames
  qa/<split>/frames/000/<clip>/        the frames that questions show, each once, as JPEG
  clips/<recipe>/<clip>.h5             the clips: depth, instances, poses, boundaries
  recipe/<recipe>.json                 the resolved recipe
  release.json                         the counts of the card, to be read by programs
  checksums.sha256                     checksums of all other files
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simgen import __version__
from simgen.errors import InputError
from simgen.parallel.ordered import parallel_map
from simgen.release.card import write_card
from simgen.release.checksums import write_checksums
from simgen.release.contents import Contents, read_contents
from simgen.release.formats import FORMATS, Format
from simgen.release.formats.pictures import write_pictures
from simgen.release.formats.sample import DEFAULT_TEXTS, Texts, build_samples
from simgen.store.clips import check_content
from simgen.store.files import write_text
from simgen.store.folder import Dataset

MARKER = "release.json"
"""A folder is a release, which `publish` may replace, if this file is in it and states a known format."""
FORMAT = "simgen-release/2"
KNOWN_FORMATS = ("simgen-release/1", FORMAT)
"""Formats of releases that a new one may replace. The first kept the frames inside the rows, in `data/`."""
_KIND = "simgen release"


@dataclass(frozen=True, slots=True)
class PublishReport:
    """Where a release is, and the counts of its contents."""

    path: Path
    splits: dict[str, int]
    """Number of questions in each split."""
    questions: int
    clips: int
    frames: int
    """Number of frames in all clips."""
    files: int
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return {**asdict(self), "path": str(self.path)}


def publish(datasets: Sequence[Dataset], to: Path, audit: str = "", workers: int = 1) -> PublishReport:
    """Writes a release of the data sets to the folder `to`, which appears when the release is complete.

    `audit` is the card's section on guessing, in Markdown. An earlier release in `to` is replaced. Raises
    InputError when `to` holds anything else, MissingDataError when a data set lacks questions or clips, and
    ClipError for a damaged clip.
    """
    check_target(to, is_release, _KIND)
    contents = read_contents(datasets)
    with replacing(to, is_release, _KIND) as part:
        _write_marker(part, contents)
        _copy_clips(part, contents, workers)
        for name, recipe in contents.recipes.items():
            write_text(part / "recipe" / f"{name}.json", recipe)
        write_questions(part, contents, FORMATS["trl"], workers=workers)
        write_card(part, contents, audit)
        write_checksums(part)
    return _report(to, contents)


def write_questions(
    folder: Path, contents: Contents, form: Format, texts: Texts = DEFAULT_TEXTS, workers: int = 1
) -> None:
    """Writes the questions in a format, and the frames that they show, each once."""
    for split in contents.splits:
        write_pictures(folder, split, contents.rows_of(split), workers)
    form.write(folder, {s: build_samples(s, contents.rows_of(s), texts) for s in contents.splits})


def is_release(folder: Path) -> bool:
    """Whether a folder was written by `publish`."""
    return read_format(folder / MARKER) in KNOWN_FORMATS


def read_format(marker: Path) -> str | None:
    """The format that a marker file states; None if it is not there, or states none."""
    try:
        return json.loads(marker.read_bytes())["format"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def require_release(folder: Path) -> None:
    """Raises InputError unless the folder is a release."""
    if not is_release(folder):
        raise InputError(f"{folder}: not a simgen release; make one with: simgen publish --to {folder}")


def check_target(folder: Path, is_ours: Callable[[Path], bool], kind: str) -> None:
    """Raises InputError if a folder to write holds anything but an earlier result of its kind."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: this is a file; give a folder with --to")
    if folder.is_dir() and any(folder.iterdir()) and not is_ours(folder):
        raise InputError(f"{folder}: not empty and not a {kind}; give a new folder with --to")


@contextmanager
def replacing(folder: Path, is_ours: Callable[[Path], bool], kind: str) -> Iterator[Path]:
    """Yields a new folder that replaces `folder` at the end. On an error the new folder is removed."""
    part, old = (folder.with_name(f"{folder.name}.{suffix}") for suffix in ("part", "old"))
    for left_over in (part, old):
        check_target(left_over, is_ours, kind)
        shutil.rmtree(left_over, ignore_errors=True)
    _make(part)
    try:
        yield part
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot make this folder ({error.strerror}); give another with --to"
        ) from None


def _write_marker(folder: Path, contents: Contents) -> None:
    facts = {"format": FORMAT, "simgen_version": __version__, **contents.as_dict()}
    write_text(folder / MARKER, json.dumps(facts, indent=2) + "\n")


def _copy_clips(folder: Path, contents: Contents, workers: int) -> None:
    jobs = list[tuple[Path, Path]]()
    for dataset in contents.datasets:
        target = folder / "clips" / dataset.name
        target.mkdir(parents=True)
        jobs += [(path, target / path.name) for path in dataset.clip_paths()]
    for _ in parallel_map(_copy_clip, jobs, workers, "copy"):
        pass


def _copy_clip(job: tuple[Path, Path]) -> None:
    source, target = job
    check_content(source)
    shutil.copyfile(source, target)


def _report(folder: Path, contents: Contents) -> PublishReport:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return PublishReport(
        path=folder,
        splits={split: sum(1 for _ in contents.rows_of(split)) for split in contents.splits},
        questions=len(contents.rows),
        clips=len(contents.clips),
        frames=sum(clip.frame_count for clip in contents.clips),
        files=len(sizes),
        bytes=sum(sizes),
    )
