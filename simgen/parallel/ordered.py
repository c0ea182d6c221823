"""A parallel map: the results come in the order of the jobs, for any number of processes."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from tqdm import tqdm

from simgen.errors import SimgenError
from simgen.parallel.pool import JobChannel, run_jobs

J = TypeVar("J")
T = TypeVar("T")

BATCHES = 8
"""For each worker. More of them even out the load; fewer of them cost less time for starting processes."""

_KNOWN = (SimgenError, OSError)
"""Errors that have a message for the user. Others are mistakes in the code, and end a worker."""


def parallel_map(
    work: Callable[[J], T], jobs: Sequence[J], workers: int, name: str, unit: str = "clip"
) -> Iterator[T]:
    """Yields `work(job)` for each job, from the first to the last, with a progress bar.

    With one worker the work is done in this process. With more it is done in other processes: work, jobs and
    results must be picklable. A SimgenError or OSError that is raised there is raised here too, and a process
    that dies raises SimgenError.
    """
    with tqdm(total=len(jobs), desc=name, unit=unit, disable=not jobs) as bar:
        if workers == 1 or len(jobs) < 2:
            for job in jobs:
                yield work(job)
                bar.update()
            return
        size = math.ceil(len(jobs) / (workers * BATCHES))
        batches = [(work, jobs[start : start + size]) for start in range(0, len(jobs), size)]
        ahead, following = dict[int, list[Any]](), 0
        for outcome in run_jobs(_work, batches, workers, bar.update, preload=[_module_of(work)]):
            if outcome.error:
                raise SimgenError(outcome.error)
            if isinstance(outcome.result, _KNOWN):
                raise outcome.result
            ahead[outcome.index] = outcome.result
            while following in ahead:
                yield from ahead.pop(following)
                following += 1


def _module_of(work: Any) -> str:
    """The module of a function, or of the function in a partial: every process needs it."""
    return getattr(work, "func", work).__module__


def _work(work: Callable[[J], T], jobs: Sequence[J], channel: JobChannel) -> list[T] | SimgenError | OSError:
    """One batch, in a process of its own. Returns an error that the parent raises."""
    done = list[T]()
    try:
        for job in jobs:
            done.append(work(job))
            channel.step()
    except _KNOWN as error:
        return error
    return done
