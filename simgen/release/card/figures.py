"""What the card shows of the rows: their answers and difficulties, and one example."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from simgen.release.contents import Contents
from simgen.store.folder import Dataset
from simgen.store.rows import Row
from simgen.types import AnswerKind

EXAMPLE_FRAMES, EXAMPLE_ENTRIES = 4, 8
"""The example is the first question that comes closest to this number of frames and of objects in the map. It
can be read on a page."""


@dataclass(slots=True)
class RowFigures:
    """Answers and difficulties of all rows, and the example."""

    letters: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """How often each letter is the right option, by the number of options."""
    numbers: dict[AnswerKind, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The answers that are numbers."""
    difficulties: list[float] = field(default_factory=list[float])
    example: tuple[Dataset, Row] | None = None

    def add(self, dataset: Dataset, row: Row) -> None:
        self.difficulties.append(row.difficulty)
        if row.kind == "choice":
            self.letters[len(row.options)][row.answer] += 1
        elif row.kind != "order":
            self.numbers[row.kind].append(float(row.answer))
        if self.example is None or _distance(row) < _distance(self.example[1]):
            self.example = dataset, row


def read_figures(contents: Contents) -> RowFigures:
    """The figures of a release's rows."""
    figures = RowFigures()
    for split in contents.splits:
        for dataset, row in contents.rows_of(split):
            figures.add(dataset, row)
    return figures


def _distance(row: Row) -> tuple[int, int]:
    """How far a row is from a good example. A map without an object is none."""
    entries = row.map.count('"object_name"')
    far = abs(len(row.frames) - EXAMPLE_FRAMES), abs(entries - EXAMPLE_ENTRIES)
    return far if entries else (10**6, 0)
