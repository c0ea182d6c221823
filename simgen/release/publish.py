"""Releases: question rows with their frames, the clips, the recipes, a card and checksums in one folder.

<release>/
  README.md, media/                    the card; its header tells the Hub how to show and load the release
  CITATION.cff, croissant.json         how to cite it, and the card for programs
  qa/<split>/metadata.parquet          one row per question, with the names of its frames
  qa/<split>/frames/000/<clip>/        the frames that questions show, each once, as JPEG
  formats/<name>/                      if wanted, the questions for another trainer; the frames are in qa/
  eval/                                tasks of lmms-eval and VLMEvalKit for the splits val and test
  clips/<recipe>/<clip>.h5             the clips: depth, instances, poses, boundaries
  recipe/<recipe>.json                 the resolved recipe
  questions.json, templates/<recipe>/, ledger.parquet     what made the questions (see origin.py)
  release.json                         the counts of the card, to be read by programs
  videos/<clip>.mp4                    each clip as a video, if a question shows more than one of its frames
  index.html, viewer/                  pages to browse clips and questions, which need no server
  checksums.sha256                     checksums of all other files
"""

import json
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from simgen import __version__
from simgen.errors import InputError
from simgen.parallel.ordered import parallel_map
from simgen.release.card.citation import write_citation
from simgen.release.card.croissant import write_croissant
from simgen.release.card.figures import read_figures
from simgen.release.card.pictures import write_media
from simgen.release.card.titles import check_authors
from simgen.release.card.write import write_card
from simgen.release.checksums import write_checksums
from simgen.release.contents import ClipFiles, Contents, read_contents
from simgen.release.evaluation.lmms_eval import write_lmms_eval
from simgen.release.evaluation.vlmevalkit import write_vlmevalkit
from simgen.release.folder import RELEASE, replace_folder, resolve_folder
from simgen.release.formats import FORMATS, Format, check_release_formats
from simgen.release.formats.pictures import write_pictures
from simgen.release.formats.sample import DEFAULT_TEXTS, ClipOrigin, Sample, Texts, build_samples
from simgen.release.licenses import list_licenses
from simgen.release.origin import Records, find_records, list_unrecorded, write_origin
from simgen.release.videos import list_video_clips, video_path, write_videos
from simgen.report.viewer.write import write_pages
from simgen.store.clips import check_content
from simgen.store.files import write_text
from simgen.store.folder import Dataset
from simgen.store.geometry_clips import write_geometry_clip
from simgen.store.row_set import hash_row_ids, read_mark
from simgen.store.rows import list_columns, row_fields
from simgen.trainers.extra import require_packages
from simgen.types import Split


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
    warnings: tuple[str, ...]
    """What a user should know about the contents, one line each."""

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return {**asdict(self), "path": str(self.path)}


@dataclass(frozen=True, slots=True)
class Extras:
    """The parts that a release may have beside its questions, clips and card."""

    videos: bool = False
    viewer_clips: int = 0
    """The viewer, `index.html`, shows at most this number of clips; without any it is left out."""
    pictures: bool = False
    """Whether the card has pictures."""


NO_EXTRAS = Extras()


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A release that has been checked, and of which nothing is written yet."""

    to: Path
    """The folder as it was given."""
    folder: Path
    """The folder with all links followed."""
    contents: Contents
    licenses: tuple[str, ...]
    audit: str
    """The card's section on guessing, in Markdown."""
    formats: tuple[str, ...]
    """Formats for other trainers that the release holds too."""
    extras: Extras
    authors: tuple[str, ...]
    records: Records
    """How the questions of the data sets were made."""


def prepare(
    datasets: Sequence[Dataset],
    to: Path,
    audit: str = "",
    license: str | None = None,
    formats: Sequence[str] = (),
    extras: Extras = NO_EXTRAS,
    authors: Sequence[str] = (),
    clip_files: ClipFiles = "full",
) -> Plan:
    """Checks the folder `to` and the contents of a release of the data sets. Nothing is written.

    `audit` is the card's section on guessing, from `simgen audit --card`; `license` is an identifier of the
    Hub; `formats` are names of formats for other trainers, such as `verl`; `authors` are named in citations;
    `clip_files` says what the release has of the clips. Raises MissingSystemError when a package is missing.
    Raises InputError when `to` holds anything but a release or lies inside a data set,
    when two splits have a house in common, when `audit` is about other questions, and when a release cannot
    hold a format. Raises MissingDataError when a data set lacks questions or clips.
    """
    packages = [name for name, wanted in (("av", extras.videos), ("matplotlib", extras.pictures)) if wanted]
    require_packages("publishing", packages, "release")
    folder = resolve_folder(to, RELEASE)
    check_release_formats(formats)
    contents = replace(read_contents(datasets), clip_files=clip_files)
    licenses = list_licenses(license, (model["licence"] for model in contents.attributions))
    _check_audit(audit, contents)
    _check_columns(datasets)
    return Plan(
        to=to,
        folder=folder,
        contents=contents,
        licenses=tuple(licenses),
        audit=audit,
        formats=tuple(dict.fromkeys(formats)),
        extras=extras,
        authors=check_authors(authors),
        records=find_records(contents),
    )


def write_release(plan: Plan, workers: int = 1) -> PublishReport:
    """Writes a release to its folder, which appears when it is complete and replaces an earlier release.

    Raises ClipError for a damaged clip.
    """
    contents = plan.contents
    with replace_folder(plan.folder, RELEASE) as part:
        _write_marker(part, plan)
        _copy_clips(part, contents, workers)
        for name, recipe in contents.recipes.items():
            write_text(part / "recipe" / f"{name}.json", recipe)
        videos = list_video_clips(contents) if plan.extras.videos else frozenset[str]()
        write_origin(part, contents.datasets, plan.records)
        write_questions(part, contents, FORMATS["trl"], workers=workers, videos=videos)
        for name in plan.formats:
            _write_texts(part / "formats" / name, contents, FORMATS[name], DEFAULT_TEXTS, videos)
        write_videos(part, contents, videos, workers)
        _write_viewer(part, contents, plan.extras.viewer_clips, workers)
        write_lmms_eval(part / "eval" / "lmms-eval", contents)
        samples = _list_samples(contents, DEFAULT_TEXTS, videos)
        write_vlmevalkit(part / "eval" / "vlmevalkit", contents, samples)
        _write_card(part, plan)
        write_checksums(part)
    return _report(plan)


def publish(
    datasets: Sequence[Dataset],
    to: Path,
    audit: str = "",
    workers: int = 1,
    extras: Extras = NO_EXTRAS,
) -> PublishReport:
    """Prepares and writes a release. The questions are not verified."""
    return write_release(prepare(datasets, to, audit, extras=extras), workers)


def write_questions(
    folder: Path,
    contents: Contents,
    form: Format,
    texts: Texts = DEFAULT_TEXTS,
    workers: int = 1,
    videos: Collection[str] = (),
) -> None:
    """Writes the questions in a format, and the frames that they show, each once.

    `videos` are the clips that have a video in the folder.
    """
    for split in contents.splits:
        write_pictures(folder, split, contents.keys_of(split), workers)
    _write_texts(folder, contents, form, texts, videos)


def _write_texts(
    folder: Path, contents: Contents, form: Format, texts: Texts, videos: Collection[str]
) -> None:
    form.write(folder, _list_samples(contents, texts, videos))


def _list_samples(contents: Contents, texts: Texts, videos: Collection[str]) -> dict[Split, Iterator[Sample]]:
    origins = {
        clip.id: ClipOrigin(clip.geometry_sha256, video_path(clip.id) if clip.id in videos else None)
        for clip in contents.clips
    }
    return {s: build_samples(s, contents.rows_of(s), texts, origins) for s in contents.splits}


def _check_columns(datasets: Sequence[Dataset]) -> None:
    """A release has all columns, and empty ones would fail its verification."""
    for dataset in datasets:
        known = list_columns(dataset.questions_path)
        missing = [field.name for field in row_fields() if field.name not in known]
        if missing:
            raise InputError(
                f"{dataset.questions_path}: made by an earlier simgen, without {', '.join(missing)}; make "
                f"the questions anew with: simgen qa --templates GROUP --dataset {dataset.name}"
            )


def _check_audit(audit: str, contents: Contents) -> None:
    if audit and read_mark(audit) != hash_row_ids(key.id for _, key in contents.keys):
        names = [dataset.name for dataset in contents.datasets]
        option = f" --dataset {names[0]}" if len(names) == 1 else ""
        raise InputError(
            "the section on guessing is about other questions than those of the release; make it again with: "
            f"simgen audit{option} --card FILE"
        )


def _write_marker(folder: Path, plan: Plan) -> None:
    facts = {"format": RELEASE.format, "simgen_version": __version__, **plan.contents.as_dict()}
    facts["formats"] = list(plan.formats)
    write_text(folder / RELEASE.marker, json.dumps(facts, indent=2) + "\n")


def _copy_clips(folder: Path, contents: Contents, workers: int) -> None:
    if contents.clip_files == "none":
        return
    jobs = list[tuple[Path, Path]]()
    for dataset in contents.datasets:
        target = folder / "clips" / dataset.name
        target.mkdir(parents=True)
        jobs += [(path, target / path.name) for path in dataset.clip_paths()]
    copy = _copy_clip if contents.clip_files == "full" else _copy_geometry
    for _ in parallel_map(copy, jobs, workers, "copy"):
        pass


def _copy_clip(job: tuple[Path, Path]) -> None:
    source, target = job
    check_content(source)
    shutil.copyfile(source, target)


def _copy_geometry(job: tuple[Path, Path]) -> None:
    write_geometry_clip(*job)


def _write_card(folder: Path, plan: Plan) -> None:
    contents, credits = plan.contents, (plan.licenses, plan.authors)
    figures = read_figures(contents)
    if plan.extras.pictures:
        write_media(folder, contents, figures)
    write_card(
        folder, contents, figures, *credits, plan.audit, not list_unrecorded(contents.datasets, plan.records)
    )
    write_citation(folder, contents, *credits)
    write_croissant(folder, contents, *credits)


def _write_viewer(folder: Path, contents: Contents, limit: int, workers: int) -> None:
    clips = select_viewer_clips(contents, limit)
    if clips:
        title = ", ".join(dataset.name for dataset in contents.datasets)
        write_pages(folder, clips, title, workers=workers)


def select_viewer_clips(contents: Contents, limit: int) -> list[tuple[Dataset, str]]:
    """The clips of the viewer: all that questions are about, or `limit` of them, evenly spread."""
    clips = {key.clip: dataset for dataset, key in contents.keys}
    names = list(clips)
    count = min(limit, len(names))
    return [(clips[name], name) for name in (names[i * len(names) // count] for i in range(count))]


def _list_unshown(contents: Contents, limit: int) -> list[str]:
    """One line if the viewer does not show all clips that questions are about."""
    asked, shown = len({key.clip for _, key in contents.keys}), len(select_viewer_clips(contents, limit))
    if shown in (0, asked):
        return []
    return [f"index.html shows {shown:,} of {asked:,} clips, evenly spread; for more: --viewer-clips N"]


def _report(plan: Plan) -> PublishReport:
    folder, contents = plan.to, plan.contents
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return PublishReport(
        path=folder,
        splits={split: sum(1 for _ in contents.keys_of(split)) for split in contents.splits},
        questions=len(contents.keys),
        clips=len(contents.clips),
        frames=sum(clip.frame_count for clip in contents.clips),
        files=len(sizes),
        bytes=sum(sizes),
        warnings=(
            *contents.houses.warnings,
            *list_unrecorded(contents.datasets, plan.records),
            *_list_unshown(contents, plan.extras.viewer_clips),
        ),
    )
