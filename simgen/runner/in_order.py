"""Work spread over processes, its results in the order of the jobs, whatever the number of processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from tqdm import tqdm

J = TypeVar("J")
T = TypeVar("T")


def in_order(
    work: Callable[[J], T], jobs: Sequence[J], workers: int, name: str, unit: str = "clip"
) -> Iterator[T]:
    """The work done on each job, first to last, with a bar that shows how far it is.

    With one worker it is done in this process; jobs and results must be picklable for more.
    """
    with tqdm(total=len(jobs), desc=name, unit=unit) as bar:
        if workers == 1 or len(jobs) < 2:
            for job in jobs:
                yield work(job)
                bar.update()
            return
        with ProcessPoolExecutor(min(workers, len(jobs)), get_context("forkserver")) as pool:
            for result in pool.map(work, jobs):
                yield result
                bar.update()
