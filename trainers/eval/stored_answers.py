"""The answers of a model on disk: one JSON line for each row that it was asked.

Lines are appended while a model answers, so that an interrupted evaluation continues where it stopped. All
scores are computed from the rows and these texts.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from simgen.errors import InputError
from simgen.store.rows import Row
from simgen.trainers.processes import count_processes, is_main_process

SEEN, BLIND = "answers.jsonl", "blind.jsonl"
"""The files of a model's answers, and of those of its blind twin, in a folder of answers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A row as a model is asked it: its text, with some frames of some clip of its data set."""

    row: Row
    clip: str
    frames: tuple[int, ...]


Ask = Callable[[Sequence[Asked]], Sequence[str]]
"""Asks a model: from what it is asked to one text for each."""


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """The texts of a file of answers, by what was asked."""

    texts: dict[str, str]
    """By `hash_asked`."""
    datasets: dict[str, str]
    """The data set of each row, by `hash_asked`."""
    by_row: dict[str, str]
    """The texts by the row's id."""

    def find(self, row: Row) -> str | None:
        """The text for a row and its own frames; None if it was not asked, or in other words."""
        return self.texts.get(hash_asked(show_own(row)))

    def count(self, datasets: Collection[str]) -> int:
        """The number of answers to rows of these data sets."""
        return sum(dataset in datasets for dataset in self.datasets.values())


def show_own(row: Row) -> Asked:
    """The row with its own frames."""
    return Asked(row, row.clip, row.frames)


def hash_asked(asked: Asked) -> str:
    """Identifies what a model was asked: the row, its prompt and the frames."""
    row = asked.row
    parts = (row.dataset, row.id, row.prompt, asked.clip, asked.frames)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def read_answers(path: Path) -> StoredAnswers:
    """The answers in a file; none if there is no such file. Raises InputError for any other file."""
    records = list(_read_records(path)) if path.exists() else []
    texts = {record["asked"]: record["text"] for record in records}
    datasets = {record["asked"]: record["dataset"] for record in records}
    return StoredAnswers(texts, datasets, {record["row"]: record["text"] for record in records})


def answer_all(path: Path | None, asked: Sequence[Asked], ask: Ask, at_once: int = 64) -> list[str]:
    """The text for each of `asked`: from the file where it is stored, else asked now and stored there.

    `at_once` for each process are asked, then stored by the main process. Without a path nothing is stored.
    """
    texts = dict(read_answers(path).texts) if path is not None else {}
    new = {key: item for item in asked if (key := hash_asked(item)) not in texts}
    missing = list(new.items())
    hidden, size = not (missing and is_main_process()), at_once * count_processes()
    with tqdm(total=len(missing), desc="eval", unit="row", leave=False, disable=hidden) as bar:
        for start in range(0, len(missing), size):
            part = missing[start : start + size]
            found = ask([item for _, item in part])
            answered = [(key, item, text) for (key, item), text in zip(part, found, strict=True)]
            if path is not None and is_main_process():
                _append(path, answered)
            texts |= {key: text for key, _, text in answered}
            bar.update(len(part))
    return [texts[hash_asked(item)] for item in asked]


def _append(path: Path, answers: Iterable[tuple[str, Asked, str]]) -> None:
    records = [
        {
            "asked": key,
            "dataset": asked.row.dataset,
            "row": asked.row.id,
            "clip": asked.clip,
            "frames": asked.frames,
            "text": text,
        }
        for key, asked, text in answers
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    _drop_cut_line(path)
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(record) + "\n" for record in records))


def _drop_cut_line(path: Path) -> None:
    """Removes a last line that an interrupted process did not write to its end."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)


def _read_records(path: Path) -> Iterable[dict[str, str]]:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if not line.endswith("\n"):
            return  # cut off by an interruption; it is asked again
        try:
            record = json.loads(line)
            yield {name: str(record[name]) for name in ("asked", "dataset", "row", "text")}
        except (ValueError, TypeError, KeyError):
            raise InputError(
                f"{path}:{number}: no line of answers that simgen eval writes; delete the file to ask again"
            ) from None
