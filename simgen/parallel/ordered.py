"""Work spread over processes, its results in the order of the jobs, whatever the number of processes."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from tqdm import tqdm

from simgen.errors import SimgenError
from simgen.parallel.pool import JobChannel, run_jobs

J = TypeVar("J")
T = TypeVar("T")

BATCHES = 8
"""For each worker: so many even out what some take longer, and so few that starting them costs little."""


def parallel_map(
    work: Callable[[J], T], jobs: Sequence[J], workers: int, name: str, unit: str = "clip"
) -> Iterator[T]:
    """The work done on each job, first to last, with a bar that shows how far it is.

    With one worker it is done in this process. With more it is done in others: work, jobs and results must
    be picklable. A SimgenError is raised here as it was there, and one too if a process dies.
    """
    with tqdm(total=len(jobs), desc=name, unit=unit) as bar:
        if workers == 1 or len(jobs) < 2:
            for job in jobs:
                yield work(job)
                bar.update()
            return
        size = math.ceil(len(jobs) / (workers * BATCHES))
        batches = [(work, jobs[start : start + size]) for start in range(0, len(jobs), size)]
        ahead, following = dict[int, list[Any]](), 0
        for outcome in run_jobs(_work, batches, workers, bar.update):
            if outcome.error:
                raise SimgenError(outcome.error)
            if isinstance(outcome.result, SimgenError):
                raise outcome.result
            ahead[outcome.index] = outcome.result
            while following in ahead:
                yield from ahead.pop(following)
                following += 1


def _work(work: Callable[[J], T], jobs: Sequence[J], channel: JobChannel) -> list[T] | SimgenError:
    """One batch, in a process of its own; the user's mistakes are handed over, to be raised there."""
    done = list[T]()
    try:
        for job in jobs:
            done.append(work(job))
            channel()
    except SimgenError as error:
        return error
    return done
