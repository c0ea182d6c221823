"""Jobs, each in a process of its own: a crash of one is reported and stops no other."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from simgen.errors import SimgenError

CHILD_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}
"""procthor iterates over sets of strings, so their order is fixed; a file in the user's folder that is
called like a module (`types.py`) must not be imported; and workers share the cores."""
PRELOAD = ["procthor.generation", "simgen.scenes.capture", "simgen.scenes.houses"]
"""Imported once in the process that all jobs are forked from; none of them touches OpenGL."""

Report = Callable[[], object]
"""Called once a step; what it returns is ignored."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one job ended."""

    index: int
    """Which of the arguments it was given."""
    result: Any
    """What it returned; None when it failed."""
    error: str
    """One line; empty when it succeeded."""


@dataclass(frozen=True, slots=True)
class _Running:
    index: int
    process: BaseProcess
    pipe: Connection


def run_jobs(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], workers: int, on_progress: Report
) -> Iterator[Outcome]:
    """Runs `function(*arguments[i], report)` for every i, `workers` at a time; yields as they end.

    A job calls `report()` for each step it has done, which calls `on_progress` here. When the iteration
    is left early, the jobs still running are ended.
    """
    context = _context()
    waiting = deque(enumerate(arguments))
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_start(context, function, *waiting.popleft()))
            for job in _ready(running):
                outcome = _receive(job, on_progress)
                if outcome is not None:
                    running.remove(job)
                    yield outcome
    finally:
        for job in running:
            job.process.terminate()
            job.process.join()


def _context() -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        os.environ.update(CHILD_ENVIRONMENT)  # Windows starts each child afresh from this environment
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    with _child_environment(), _interrupts_ignored():
        forkserver.ensure_running()
    return context


@contextmanager
def _child_environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in CHILD_ENVIRONMENT}
    os.environ.update(CHILD_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    # A terminal's Ctrl-C reaches every process. The parent ends its jobs itself; they inherit this.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start(context: Any, function: Callable[..., Any], index: int, arguments: tuple[Any, ...]) -> _Running:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(function, arguments, theirs), daemon=True)
    process.start()
    theirs.close()
    return _Running(index, process, ours)


def _work(function: Callable[..., Any], arguments: tuple[Any, ...], pipe: Connection) -> None:
    try:
        _report(function, arguments, pipe)
    except BrokenPipeError:
        return  # the parent was interrupted or killed: nobody is left to work for


def _report(function: Callable[..., Any], arguments: tuple[Any, ...], pipe: Connection) -> None:
    try:
        pipe.send(("done", function(*arguments, lambda: pipe.send(("progress", None)))))
    except BrokenPipeError:
        raise
    except SimgenError as error:
        pipe.send(("failed", str(error)))
    except Exception as error:
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
        raise


def _ready(running: Sequence[_Running]) -> list[_Running]:
    # A pipe whose writer has died is ready too: reading it then raises EOFError.
    pipes = multiprocessing.connection.wait([job.pipe for job in running])
    return [job for job in running if job.pipe in pipes]


def _receive(job: _Running, on_progress: Report) -> Outcome | None:
    """The job's outcome, or None when this was only a report of progress."""
    try:
        kind, value = job.pipe.recv()
    except EOFError:
        job.process.join()
        return Outcome(job.index, None, f"the process died (exit code {job.process.exitcode})")
    if kind == "progress":
        on_progress()
        return None
    job.process.join()
    return Outcome(job.index, value, "") if kind == "done" else Outcome(job.index, None, value)
