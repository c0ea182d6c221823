"""The contents of a release. They are checked for completeness before anything is written."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from simgen.errors import InputError, MissingDataError
from simgen.release.clip_facts import ClipFacts, read_clip_facts
from simgen.release.leakage import Houses, compare_houses
from simgen.store.folder import Dataset
from simgen.store.rows import Row, read_rows
from simgen.types import Split


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """The rows and clips of a release."""

    datasets: tuple[Dataset, ...]
    rows: tuple[tuple[Dataset, Row], ...]
    """Each row with the data set of its clip, sorted so that the rows of one clip follow each other."""
    clips: tuple[ClipFacts, ...]
    houses: Houses

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits that have rows, train first."""
        found = {row.split for _, row in self.rows}
        return tuple(split for split in get_args(Split) if split in found)

    @property
    def recipes(self) -> dict[str, str]:
        """Resolved recipe (JSON, as stored in the clips) by data set."""
        return {clip.dataset: clip.info.recipe for clip in self.clips}

    @property
    def attributions(self) -> list[dict[str, str]]:
        """The asset packs' models that the clips show, each once, with author, licence and source."""
        listed = (model for clip in self.clips for model in json.loads(clip.info.attributions))
        unique = {(model["pack"], model["model"]): model for model in listed}
        return [unique[key] for key in sorted(unique)]

    def rows_of(self, split: Split) -> Iterator[tuple[Dataset, Row]]:
        """The rows of a split, each with the data set of its clip."""
        return (pair for pair in self.rows if pair[1].split == split)

    def as_dict(self) -> dict[str, Any]:
        """Counts and versions as JSON-ready values."""
        rows = [row for _, row in self.rows]
        return {
            "questions": len(rows),
            "clips": len(self.clips),
            "houses": self.houses.count,
            "frames": sum(clip.frame_count for clip in self.clips),
            "by_split": _counted(row.split for row in rows),
            "by_group": _counted(row.group for row in rows),
            "by_template": _counted(f"{row.template} v{row.template_version}" for row in rows),
            "by_room_type": self._by_room_type(),
            "engines": sorted({f"{clip.info.engine} {clip.info.engine_version}" for clip in self.clips}),
            "gl_drivers": sorted({clip.info.gl_driver for clip in self.clips}),
            "rendered_with": sorted({clip.info.simgen_version for clip in self.clips}),
        }

    def _by_room_type(self) -> dict[str, dict[str, int]]:
        """For each room type: the clips whose house has such a room, and the questions about them."""
        asked = Counter((dataset.name, row.clip) for dataset, row in self.rows)
        kinds = sorted({kind for clip in self.clips for kind in clip.room_types})
        having = {kind: [clip for clip in self.clips if kind in clip.room_types] for kind in kinds}
        return {
            kind: {"clips": len(clips), "questions": sum(asked[clip.dataset, clip.id] for clip in clips)}
            for kind, clips in having.items()
        }


def read_contents(datasets: Sequence[Dataset]) -> Contents:
    """The rows and clips of the data sets.

    Raises MissingDataError when there are no questions, or when the clip or a frame of a question is missing.
    Raises InputError when the clips of one data set come from different recipes, and when a house lies in two
    splits.
    """
    _check_names(datasets)
    clips = tuple(facts for dataset in datasets for facts in read_clip_facts(dataset))
    rows = tuple(pair for dataset in datasets for pair in _rows(dataset))
    if not rows:
        raise MissingDataError(
            "there are no questions to publish; make some with: simgen qa --templates distance"
        )
    contents = Contents(tuple(datasets), rows, clips, compare_houses(clips))
    _check_clips(contents)
    return contents


def _check_names(datasets: Sequence[Dataset]) -> None:
    for name, count in Counter(dataset.name for dataset in datasets).items():
        if count > 1:
            raise InputError(f"{name}: given {count} times; publish each recipe once")


def _rows(dataset: Dataset) -> list[tuple[Dataset, Row]]:
    if not dataset.questions_path.exists():
        raise MissingDataError(
            f"{dataset.path}: no questions here yet; make some with: simgen qa --templates distance"
        )
    rows = read_rows(dataset.questions_path)
    return [(dataset, row) for row in sorted(rows, key=lambda row: row.clip)]


def _check_clips(contents: Contents) -> None:
    clips = {(clip.dataset, clip.id): clip for clip in contents.clips}
    for dataset, row in contents.rows:
        path = dataset.clip_path(row.clip)
        clip = clips.get((dataset.name, row.clip))
        if clip is None:
            raise MissingDataError(
                f"{path}: missing, but question {row.id} needs it; "
                f"make it with: simgen render --recipe {dataset.name}"
            )
        if row.split != clip.info.split:
            raise InputError(
                f"{path}: it is in the split {clip.info.split}, but question {row.id} in {row.split}; "
                "ask again with: simgen qa"
            )
        if not all(0 <= frame < clip.frame_count for frame in row.frames):
            raise MissingDataError(
                f"{path}: question {row.id} needs frames that the clip lacks; ask again with: simgen qa"
            )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
