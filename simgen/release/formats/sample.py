"""One sample of an export: a question row as texts and pictures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from simgen.scoring import index_of
from simgen.store.folder import Dataset
from simgen.store.rows import Row
from simgen.trainers.targets import build_prompt, build_target
from simgen.types import Split

CLIPS_PER_FOLDER = 1000
"""Clips in one of the numbered folders: a folder of tens of thousands of entries is slow to list, and the Hub
allows 10,000."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The form of the prompts and targets; see `simgen.trainers.targets`."""

    target: str = "metric"
    """The form of the map: `metric`, `grid` or `none`."""
    map: str = "all"
    """The objects of the map: `all`, `asked` or `near`."""


DEFAULT_TEXTS = Texts()


@dataclass(frozen=True, slots=True)
class ClipOrigin:
    """What a sample says about its clip, beside the columns of its row."""

    house: str
    """Hash of the house's geometry (see `simgen.house.geometry_hash`)."""
    video: str | None
    """Path of the clip's video in the folder, if it has one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A question row with its texts, and its pictures as paths in the folder of the export."""

    row: Row
    folder: str
    """The folder of the split, such as `qa/train`."""
    pictures: tuple[str, ...]
    """Paths of the frames inside `folder`, in order."""
    prompt: str
    target: str
    origin: ClipOrigin

    @property
    def images(self) -> list[str]:
        """Paths of the frames in the folder of the export."""
        return [f"{self.folder}/{picture}" for picture in self.pictures]

    @property
    def tagged_prompt(self) -> str:
        """The prompt after one `<image>` for each frame: where a trainer puts the frames."""
        return "<image>" * len(self.pictures) + f"\n{self.prompt}"

    @property
    def answer_text(self) -> str:
        """The answer in words: the text of the choice, the texts in order, or the number with its unit."""
        row = self.row
        if row.kind == "choice":
            return row.options[index_of(row.answer)]
        if row.kind == "order":
            return ", ".join(row.options[index_of(letter)] for letter in row.answer.split(", "))
        return f"{row.answer} {row.unit}".strip()


def build_samples(
    split: Split, rows: Iterable[tuple[Dataset, Row]], texts: Texts, origins: Mapping[str, ClipOrigin]
) -> Iterator[Sample]:
    """The samples of a split. The rows of one clip must follow each other. `origins` are by clip.

    Raises InputError for a row whose prompt or map cannot have the form that `texts` asks for.
    """
    by_clip = groupby((row for _, row in rows), key=lambda row: row.clip)
    for index, (clip, group) in enumerate(by_clip):
        for row in group:
            yield Sample(
                row=row,
                folder=split_folder(split),
                pictures=tuple(picture_path(index, clip, frame) for frame in row.frames),
                prompt=build_prompt(row, texts.target, texts.map),
                target=build_target(row, texts.target, texts.map),
                origin=origins[clip],
            )


def split_folder(split: Split) -> str:
    """The folder of a split in an export."""
    return f"qa/{split}"


def picture_path(clip_index: int, clip: str, frame: int) -> str:
    """The path of a frame in the folder of its split; `clip_index` counts the clips of the split."""
    return f"frames/{clip_index // CLIPS_PER_FOLDER:03d}/{clip}/{frame:05d}.jpg"
