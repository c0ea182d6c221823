"""What published benchmarks have in common: questions with frames of their own, and scores by task."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from simgen.trainers.eval.bootstrap import Estimate, estimate_means
from simgen.trainers.eval.prompts import Prompt
from simgen.trainers.eval.videos import load_picture, load_video_frames
from simgen.trainers.frames import Pictures

Measure = Literal["accuracy", "mra"]


@dataclass(frozen=True, slots=True)
class BenchmarkQuestion:
    """One question of a benchmark."""

    id: str
    type: str
    """Its question type, by the benchmark's own name."""
    task: str
    """The task under which the benchmark reports the type."""
    scene: str
    """What was filmed. Questions about one scene are not independent."""
    prompt: str
    truth: str
    measure: Measure
    video: Path | None
    """A video file, or a folder of its frames: some of them are shown. None: `pictures` are shown."""
    pictures: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class TypeScores:
    """The mean score of the questions of one type, with a bootstrap interval over scenes."""

    n: int
    measure: Measure
    score: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """The scores of one model on a benchmark, each 0 to 1."""

    benchmark: str
    n: int
    scenes: int
    frames: int | None
    """Frames shown of each video; None where the benchmark chooses the pictures."""
    overall: float
    """Mean over the tasks: each counts the same, however many questions it has."""
    tasks: dict[str, float]
    """Mean over the types of each task."""
    types: dict[str, TypeScores]
    by_pictures: dict[int, float]
    """Mean score of the questions that show so many pictures; empty where all are shown `frames`."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def make_prompts(questions: Sequence[BenchmarkQuestion], frames: int, image_px: int) -> list[Prompt]:
    """The prompts of questions, with `frames` frames of each video."""
    return [Prompt(q.id, q.prompt, _loader(q, frames, image_px)) for q in questions]


def _loader(question: BenchmarkQuestion, frames: int, image_px: int) -> Callable[[], Pictures]:
    if question.video is not None:
        return partial(load_video_frames, question.video, frames, image_px)
    return lambda: tuple(load_picture(path, image_px) for path in question.pictures)


def summarize_benchmark(
    name: str, questions: Sequence[BenchmarkQuestion], scores: Sequence[float], frames: int | None
) -> BenchmarkReport:
    """The means of the scores, one for each question."""
    types = {
        kind: _summarize_type([questions[i] for i in members], [scores[i] for i in members])
        for kind, members in _group([question.type for question in questions]).items()
    }
    task_of = {question.type: question.task for question in questions}
    by_task = _group([task_of[kind] for kind in types])
    means = [found.score for found in types.values()]
    tasks = {task: _mean([means[place] for place in members]) for task, members in by_task.items()}
    pictures = {} if frames is not None else _group([len(question.pictures) for question in questions])
    return BenchmarkReport(
        benchmark=name,
        n=len(questions),
        scenes=len({question.scene for question in questions}),
        frames=frames,
        overall=_mean(list(tasks.values())),
        tasks=tasks,
        types=types,
        by_pictures={
            count: _mean([scores[i] for i in members]) for count, members in sorted(pictures.items())
        },
    )


def _summarize_type(questions: Sequence[BenchmarkQuestion], scores: Sequence[float]) -> TypeScores:
    found = estimate_means([np.array(scores)], [question.scene for question in questions])[0]
    assert isinstance(found, Estimate)
    return TypeScores(len(questions), questions[0].measure, found.value, found.low, found.high)


def _group(keys: Sequence[Any]) -> Mapping[Any, list[int]]:
    """The indices of each key, sorted by key."""
    found: dict[Any, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        found[key].append(index)
    return dict(sorted(found.items()))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
