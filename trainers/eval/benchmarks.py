"""Evaluation on published benchmarks. Enter a new one in `BENCHMARKS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from simgen.errors import InputError
from simgen.trainers.eval.benchmark import (
    BenchmarkQuestion,
    BenchmarkReport,
    make_prompts,
    summarize_benchmark,
)
from simgen.trainers.eval.prompts import Prompt
from simgen.trainers.eval.qvs_bench import read_qvs_bench, score_qvs_bench
from simgen.trainers.eval.vsi_bench import read_vsi_bench, score_vsi_bench

Answer = Callable[[Sequence[Prompt]], Sequence[str]]
"""Asks a model: from prompts to one text for each."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """How a benchmark's file is read and its answers are scored."""

    read: Callable[[Path, Path | None], list[BenchmarkQuestion]]
    """From the file of questions, and the folder of videos or pictures (None: that of the file)."""
    score: Callable[[BenchmarkQuestion, str], float]
    of_videos: bool
    """Whether frames are chosen from a video."""


BENCHMARKS = {
    "vsi-bench": Benchmark(partial(read_vsi_bench, subset="all"), score_vsi_bench, of_videos=True),
    "vsi-bench-debiased": Benchmark(
        partial(read_vsi_bench, subset="debiased"), score_vsi_bench, of_videos=True
    ),
    "qvs-bench": Benchmark(read_qvs_bench, score_qvs_bench, of_videos=False),
}


@dataclass(frozen=True, slots=True)
class BenchmarkOptions:
    """What of a benchmark is asked, and how it is shown."""

    media: Path | None = None
    """The folder of videos or pictures; None is the folder of the file of questions."""
    frames: int = 32
    """Frames of a video."""
    image_px: int = 448
    """Larger frames are scaled down to this longer side."""
    rows: int | None = None
    """Most questions to ask, spread evenly over the file; None means all."""


def evaluate_benchmark(
    name: str, path: Path, answer: Answer, options: BenchmarkOptions = BenchmarkOptions()
) -> BenchmarkReport:
    """The scores of a model's answers to the questions of a benchmark's file.

    Questions about one scene are asked one after the other, so that a video is decoded once. Raises
    InputError for an unknown benchmark, and what the reader of the file raises.
    """
    if name not in BENCHMARKS:
        raise InputError(f"{name}: no benchmark of this name; give one of {', '.join(BENCHMARKS)}")
    benchmark = BENCHMARKS[name]
    questions = sorted(_choose(benchmark.read(path, options.media), options.rows), key=lambda q: q.scene)
    texts = answer(make_prompts(questions, options.frames, options.image_px))
    scores = [benchmark.score(question, text) for question, text in zip(questions, texts, strict=True)]
    return summarize_benchmark(name, questions, scores, options.frames if benchmark.of_videos else None)


def format_benchmark(report: BenchmarkReport) -> str:
    """The report as an aligned text table, without a newline at its end."""
    shown = "" if report.frames is None else f", {report.frames} frames of each video"
    lines = [
        f"{report.benchmark}: {report.n} questions about {report.scenes} scenes{shown}",
        f"{'':<30}{'questions':>10}{'measure':>10}{'score':>8}   95 % interval over scenes",
    ]
    for name, found in report.types.items():
        ends = "" if found.low is None else f"   {found.low:.3f} to {found.high:.3f}"
        lines.append(f"{name:<30}{found.n:>10}{found.measure:>10}{found.score:>8.3f}{ends}")
    for count, score in report.by_pictures.items():
        lines.append(f"{f'with {count} pictures':<30}{'':>20}{score:>8.3f}")
    lines.append(f"{f'mean of {len(report.tasks)} tasks':<30}{report.n:>10}{'':>10}{report.overall:>8.3f}")
    return "\n".join(lines)


def _choose(questions: Sequence[BenchmarkQuestion], most: int | None) -> list[BenchmarkQuestion]:
    count = len(questions) if most is None else min(most, len(questions))
    return [questions[index * len(questions) // count] for index in range(count)]
