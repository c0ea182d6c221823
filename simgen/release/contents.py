"""The contents of a release. They are checked for completeness before anything is written."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, get_args

from simgen.errors import InputError, MissingDataError
from simgen.release.clip_facts import ClipFacts, read_clip_facts
from simgen.release.leakage import Houses, compare_houses
from simgen.store.folder import Dataset
from simgen.store.rows import Row, RowKey, read_row_keys, read_rows_by_clip
from simgen.types import Split

ClipFiles = Literal["full", "geometry", "none"]


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """The rows and clips of a release. The rows stay in their files: they can be too many for the memory."""

    datasets: tuple[Dataset, ...]
    keys: tuple[tuple[Dataset, RowKey], ...]
    """The key of each row with the data set of its clip. The rows of one clip follow each other."""
    clips: tuple[ClipFacts, ...]
    houses: Houses
    clip_files: ClipFiles = "full"
    """What the release has of the clips: all, all but their pictures, or nothing."""

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits that have rows, train first."""
        found = {key.split for _, key in self.keys}
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

    def keys_of(self, split: Split) -> Iterator[tuple[Dataset, RowKey]]:
        """The keys of a split's rows, in the order of the rows, each with the data set of its clip."""
        return (pair for pair in self.keys if pair[1].split == split)

    def rows_of(self, split: Split) -> Iterator[tuple[Dataset, Row]]:
        """The rows of a split, each with the data set of its clip. They are read clip by clip."""
        clips = dict.fromkeys((dataset, key.clip) for dataset, key in self.keys_of(split))
        for dataset, of_dataset in groupby(clips, key=lambda pair: pair[0]):
            names = [clip for _, clip in of_dataset]
            for rows in read_rows_by_clip(dataset.questions_path, names):
                yield from ((dataset, row) for row in rows)

    def as_dict(self) -> dict[str, Any]:
        """Counts and versions as JSON-ready values."""
        keys = [key for _, key in self.keys]
        return {
            "questions": len(keys),
            "clips": len(self.clips),
            "clip_files": self.clip_files,
            "houses": self.houses.count,
            "frames": sum(clip.frame_count for clip in self.clips),
            "by_split": _counted(key.split for key in keys),
            "by_group": _counted(key.group for key in keys),
            "by_template": _counted(f"{key.template} v{key.template_version}" for key in keys),
            "by_room_type": self._by_room_type(),
            "engines": sorted({f"{clip.info.engine} {clip.info.engine_version}" for clip in self.clips}),
            "gl_drivers": sorted({clip.info.gl_driver for clip in self.clips}),
            "rendered_with": sorted({clip.info.simgen_version for clip in self.clips}),
        }

    def _by_room_type(self) -> dict[str, dict[str, int]]:
        """For each room type: the clips whose house has such a room, and the questions about them."""
        asked = Counter((dataset.name, key.clip) for dataset, key in self.keys)
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
    keys = tuple(pair for dataset in datasets for pair in _keys(dataset))
    if not keys:
        raise MissingDataError(
            "there are no questions to publish; make some with: simgen qa --templates distance"
        )
    contents = Contents(tuple(datasets), keys, clips, compare_houses(clips))
    _check_clips(contents)
    return contents


def _check_names(datasets: Sequence[Dataset]) -> None:
    for name, count in Counter(dataset.name for dataset in datasets).items():
        if count > 1:
            raise InputError(f"{name}: given {count} times; publish each recipe once")


def _keys(dataset: Dataset) -> list[tuple[Dataset, RowKey]]:
    if not dataset.questions_path.exists():
        raise MissingDataError(
            f"{dataset.path}: no questions here yet; make some with: simgen qa --templates distance"
        )
    keys = read_row_keys(dataset.questions_path)
    return [(dataset, key) for key in sorted(keys, key=lambda key: key.clip)]


def _check_clips(contents: Contents) -> None:
    clips = {(clip.dataset, clip.id): clip for clip in contents.clips}
    for dataset, key in contents.keys:
        path = dataset.clip_path(key.clip)
        clip = clips.get((dataset.name, key.clip))
        if key.dataset != dataset.name:
            raise InputError(
                f"{dataset.path}: question {key.id} is of the data set {key.dataset}; give the folder this "
                "name, or ask again with: simgen qa"
            )
        if clip is not None and not clip.has_pictures:
            raise MissingDataError(
                f"{path}: it was published without pictures (--clips geometry), so its questions cannot be "
                "published; get a release with whole clips"
            )
        if clip is None:
            raise MissingDataError(
                f"{path}: missing, but question {key.id} needs it; "
                f"make it with: simgen render --recipe {dataset.name}"
            )
        if key.split != clip.info.split:
            raise InputError(
                f"{path}: it is in the split {clip.info.split}, but question {key.id} in {key.split}; "
                "ask again with: simgen qa"
            )
        if not all(0 <= frame < clip.frame_count for frame in key.frames):
            raise MissingDataError(
                f"{path}: question {key.id} needs frames that the clip lacks; ask again with: simgen qa"
            )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
