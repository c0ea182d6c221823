"""`simgen bench release`: size, time and memory of a release and of its copy in the cache of `datasets`.

The release is written and loaded with several numbers of rows, each time in a process of its own, so that
their peaks of memory can be compared. The rows are those of a data set, repeated under new ids where there
are too few. They are not verified.
"""

import itertools
import multiprocessing
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from simgen import __version__
from simgen.bench.machine import core_count, cpu_name
from simgen.bench.memory import watch_memory
from simgen.bench.pictures import measure_encodings
from simgen.release.publish import publish
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder, Dataset
from simgen.store.rows import Row, read_row_keys, read_rows_by_clip, write_rows
from simgen.tables import Table

ROW_COUNTS = (1000, 20_000)
PICTURE_CLIPS = 8
"""Clips of whose frames the encodings are measured."""
READS = 200
"""Random rows that are read with all their frames."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written:
    """The cost of writing a release."""

    seconds: float
    memory_mb: float
    """Peak of the process's own memory, without the pages of mapped files."""
    bytes: int
    """All files."""
    question_bytes: int
    """The files in `qa/`: rows and frames."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The cost of loading a release with `datasets.load_dataset`, of all splits."""

    seconds: float
    memory_mb: float
    """Peak of the process's own memory, without the pages of mapped files."""
    cache_bytes: int
    reads_per_s: float
    """Rows a second that are read at random, with all their frames decoded."""


def bench_release(
    folder: DataFolder, dataset: str | None = None, row_counts: Sequence[int] = ROW_COUNTS, workers: int = 1
) -> dict[str, Any]:
    """The measurements for each number of rows, and the facts that they depend on.

    Uses the named data set, or the first with questions. Raises MissingDataError if there is none.
    """
    source = folder.datasets_with_questions(dataset)[0]
    with tempfile.TemporaryDirectory(prefix="simgen-bench-") as scratch:
        return {
            **_facts(source),
            "by_rows": [_measure(source, count, workers, Path(scratch)) for count in row_counts],
            "pictures": [asdict(found) for found in measure_encodings(source.clip_paths()[:PICTURE_CLIPS])],
            "workers": workers,
            "cpu": cpu_name(),
            "cores": core_count(),
            "version.simgen": __version__,
            "version.datasets": version("datasets"),
        }


def release_table(results: Mapping[str, Any]) -> str:
    """The results as text."""
    width, height = results["size_px"]
    about = (
        f"{results['dataset']}: {results['clips']} clips, {results['frames_per_row']:g} frames a row, "
        f"{width} x {height} px"
    )
    rows = tuple(tuple(f"{found[name]:,}" for name in _MEASURES) for found in results["by_rows"])
    pictures = tuple(tuple(_cell(value) for value in found.values()) for found in results["pictures"])
    return "\n".join([about, Table(_HEADS, rows).as_text(), "", Table(_PICTURE_HEADS, pictures).as_text()])


def _cell(value: object) -> str:
    return "exact" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


_MEASURES = (
    "rows",
    *("bytes_per_row", "question_bytes_per_row", "cache_bytes_per_row"),
    *("write_s_per_1000", "load_s_per_1000", "write_peak_mb", "load_peak_mb", "reads_per_s"),
)
"""The measurements in the order of the table."""
_HEADS = (
    "rows",
    *("bytes a row on disk", "in qa/", "in the cache"),
    *("s a 1,000 rows: write", "load", "peak MB: write", "load", "rows read a second"),
)
_PICTURE_HEADS = ("frames", "bytes", "ms to encode", "ms to decode", "PSNR dB")


def _facts(source: Dataset) -> dict[str, Any]:
    keys = read_row_keys(source.questions_path)
    return {
        "dataset": source.name,
        "clips": len(source.clip_paths()),
        "own_rows": len(keys),
        "frames_per_row": round(statistics.fmean(len(key.frames) for key in keys), 2),
        "size_px": list(read_clip(source.clip_path(keys[0].clip)).size_px),
    }


def _measure(source: Dataset, count: int, workers: int, scratch: Path) -> dict[str, Any]:
    data, release, cache = (scratch / f"{count}-{name}" for name in ("data", "release", "cache"))
    copy = _copy_dataset(source, DataFolder(data).dataset(source.name), count)
    written = _run(_write, copy, release, workers)
    loaded = _run(_load, release, cache)
    for folder in (data, release, cache):
        shutil.rmtree(folder)
    values = (
        *(count, round(written.bytes / count), round(written.question_bytes / count)),
        *(round(loaded.cache_bytes / count), round(1000 * written.seconds / count, 2)),
        *(round(1000 * loaded.seconds / count, 2), round(written.memory_mb), round(loaded.memory_mb)),
        round(loaded.reads_per_s, 1),
    )
    return dict(zip(_MEASURES, values, strict=True))


def _run(function: Callable[..., T], *arguments: object) -> T:
    """The result of a function that runs in a new process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(function, *arguments).result()


def _copy_dataset(source: Dataset, copy: Dataset, count: int) -> Dataset:
    """A data set with the clips of another one and `count` rows."""
    shutil.copytree(source.path, copy.path)
    write_rows(copy.questions_path, _repeat_rows(source, count))
    return copy


def _repeat_rows(source: Dataset, count: int) -> Iterator[Row]:
    """`count` rows, spread evenly over the clips; the rows of a clip are repeated when they are too few."""
    clips = len({key.clip for key in read_row_keys(source.questions_path)})
    ends = np.linspace(0, count, clips + 1).astype(int)
    for rows, (start, end) in zip(
        read_rows_by_clip(source.questions_path), itertools.pairwise(ends), strict=True
    ):
        for index in range(end - start):
            row = rows[index % len(rows)]
            yield replace(row, id=f"{row.id}-{index}")


def _write(dataset: Dataset, release: Path, workers: int) -> Written:
    started = time.perf_counter()
    with watch_memory() as memory:
        publish([dataset], release, workers=workers)
    seconds = time.perf_counter() - started
    return Written(seconds, memory.peak_mb, _count_bytes(release), _count_bytes(release / "qa"))


def _load(release: Path, cache: Path) -> Loaded:
    import datasets

    datasets.disable_progress_bars()
    started = time.perf_counter()
    with watch_memory() as memory:
        loaded: Any = datasets.load_dataset(str(release), cache_dir=str(cache))
    seconds = time.perf_counter() - started
    rows = datasets.concatenate_datasets(list(loaded.values()))
    return Loaded(seconds, memory.peak_mb, _count_bytes(cache), _time_reads(rows))


def _time_reads(rows: Any) -> float:
    picked = np.random.default_rng(0).integers(len(rows), size=READS)
    started = time.perf_counter()
    for index in picked:
        for image in rows[int(index)]["images"]:
            image.load()
    return READS / (time.perf_counter() - started)


def _count_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
