"""A small data set whose rows have only what a release reads, and the files of a folder."""

from pathlib import Path

from simgen.store.folder import DataFolder, Dataset
from simgen.store.rows import Row, write_rows
from tests.synthetic import write_synthetic_clip


def row(dataset: str, clip: str, split: str, number: int, frames: tuple[int, ...]) -> Row:
    """A question row; only the fields that a release reads have sensible values."""
    return Row(
        id=f"{clip}-{number}",
        question_id=f"{clip}-{number}",
        dataset=dataset,
        clip=clip,
        split=split,  # pyright: ignore[reportArgumentType]
        frames=frames,
        answerable=(8, 12, 16),
        template="min_distance" if number % 2 else "object_count",
        template_version=1,
        phrasing=0,
        group="distance" if number % 2 else "count",
        skill="gap",
        args='{"a": "1|0"}',
        kind="metres",
        question="How far is the fridge | sofa?",
        options=(),
        answer="1.2",
        unit="m",
        map="[]",
        think="1.2",
        prompt="How far?",
        target="<map>[]</map><think>1.2</think><answer>1.2</answer>",
        margin=0.04,
        difficulty=0.3,
        features="{}",
        views="clip",
        wording="full",
        asked=(),
    )


def make_dataset(folder: Path, name: str) -> Dataset:
    """Two clips of different splits with three and two questions."""
    dataset = DataFolder(folder).dataset(name)
    for index, split in enumerate(("train", "val")):
        write_synthetic_clip(dataset.clip_path(f"{name}-{index}"), split=split, seed=index)
    first = [row(name, f"{name}-0", "train", number, (0, number, 5)) for number in range(3)]
    second = [row(name, f"{name}-1", "val", number, (number,)) for number in range(2)]
    write_rows(dataset.questions_path, [first[0], second[0], first[1], second[1], first[2]])
    return dataset


def files_in(folder: Path) -> dict[str, bytes]:
    """The content of every file, by its path in the folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
