"""The processes of one run, as torchrun and accelerate launch start them: who writes, waits and reports.

All processes run the same code. The main process (rank 0) alone writes files and prints. Imports torch only
when there are several processes.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, cast

from simgen.errors import OtherProcessError

T = TypeVar("T")
Item = TypeVar("Item")

LOST_CONNECTION = (
    "Connection closed by peer",
    "Connection reset by peer",
    "Broken pipe",
    "Connection refused",
    "remote process exited",
)
"""What gloo and NCCL say when another process has ended. torch raises a plain RuntimeError for gloo."""


def count_processes() -> int:
    """The number of processes of this run; 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Whether this process writes and prints."""
    return find_rank() == 0


def find_rank() -> int:
    """The number of this process among all of the run, from 0."""
    return int(os.environ.get("RANK", "0"))


def find_local_rank() -> int:
    """The number of this process among those on its machine: the GPU that it uses."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def run_on_main(task: Callable[[], T]) -> T:
    """The result of the task, which the main process runs while the others wait.

    When it fails, the main process raises its error and the others OtherProcessError.
    """
    if count_processes() == 1:
        return task()
    results = gather_objects(run_together(lambda: task() if is_main_process() else None))
    return cast(T, results[0])


def run_together(task: Callable[[], T]) -> T:
    """The result of the task on this process; all processes run it at the same time, and wait for each other.

    When it fails on some, the first of them raises its error and all others OtherProcessError.
    """
    if count_processes() == 1:
        return task()
    result, error = _attempt(task)
    failed = [rank for rank, has_failed in enumerate(gather_objects(error is not None)) if has_failed]
    if error is not None and find_rank() == failed[0]:
        raise error
    if failed:
        raise OtherProcessError(f"process {failed[0]} of this run has failed")
    return cast(T, result)


def map_evenly(task: Callable[[Sequence[Item]], list[T]], items: Sequence[Item]) -> list[T]:
    """`task(items)`, with the items split evenly over the processes; each gets all results, in order."""
    count, rank = count_processes(), find_rank()
    first, after = len(items) * rank // count, len(items) * (rank + 1) // count
    parts = gather_objects(run_together(lambda: task(items[first:after])))
    return [result for part in parts for result in part]


def gather_objects(value: T) -> list[T]:
    """The values of all processes, by rank. Every process must call it."""
    if count_processes() == 1:
        return [value]
    _connect()
    from accelerate.utils import gather_object

    return gather_object([value])


@contextmanager
def end_with_the_others() -> Iterator[None]:
    """Turns the loss of another process into OtherProcessError: only that process prints its error."""
    try:
        yield
    except RuntimeError as error:
        lost = count_processes() > 1 and any(text in str(error) for text in LOST_CONNECTION)
        if not lost:
            raise
        raise OtherProcessError("another process of this run has ended") from None


def _attempt(task: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return task(), None
    # Every error, also one of another library: the other processes would wait for this one for ever.
    except Exception as error:
        return None, error


def _connect() -> None:
    """Joins the processes of the run, once."""
    import torch
    from accelerate import PartialState

    PartialState(cpu=not torch.cuda.is_available())
