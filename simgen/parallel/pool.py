"""Runs jobs, each in a process of its own, so that one that crashes or hangs stops no other."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import forkserver, util
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

from simgen.errors import EngineFault, SimgenError
from simgen.parallel.processes import (
    become_job,
    end_job,
    keep_logs,
    leave_nothing,
    log_tail,
    new_folder,
    remove_folder,
    wait_for_exit,
)

CHILD_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}
"""Of every job. A fixed hash seed fixes the order of sets of strings. The safe path keeps a file in the
user's folder that has the name of a module (`types.py`) from being imported. One thread each, since jobs
share the cores."""
SHORT_FOLDER = "/tmp"
SOCKET_FOLDER_BYTES = 107 - len("/pymp-12345678/listener-12345678")
"""Linux allows 107 bytes for the path of a socket; multiprocessing adds these two names to its folder."""
LOOK_EVERY_S = 0.2
"""How often the time limits are checked."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What happens to jobs that fail."""

    tries: int = 1
    """How often a job is tried at most. Only a fault is a reason to try again, a wrong input is not."""
    logs: Sequence[Path] = ()
    """For each job the file that keeps the log of its faults. Without, no log is kept."""
    on_fault: Callable[[int, str], object] | None = None
    """Called with a job's index and the reason before the job is tried again."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """How long a job may wait for something."""

    seconds: float
    option: str = ""
    """The command line option that sets this limit, for the error message."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one job ended."""

    index: int
    """Index of the job's arguments."""
    result: Any
    """What the job returned; None when it failed."""
    error: str
    """One line; empty when the job succeeded."""
    faults: tuple[str, ...] = ()
    """Why the job was tried again, a line for each time."""


class JobChannel:
    """Through which a job talks to the process that started it."""

    def __init__(self, pipe: Connection, worker: int) -> None:
        self._pipe = pipe
        self.worker = worker
        """Number of the worker, from 0. No two jobs that run at the same time have the same number."""

    def step(self) -> None:
        """Reports that one more step of the job is done."""
        self._pipe.send(("step", None))

    def wait_for(self, what: str, limit: TimeLimit) -> None:
        """Reports that the job now waits for something. Its time limit begins."""
        self._pipe.send(("wait", (what, limit)))

    def answered(self) -> None:
        """Reports that the wait is over."""
        self._pipe.send(("answered", None))


@dataclass(slots=True)
class _Task:
    """One job, and what happened to it so far."""

    index: int
    arguments: tuple[Any, ...]
    faults: list[str] = field(default_factory=list)
    steps: int = 0
    """The most steps that any try has done. Steps done again are no progress."""


@dataclass(slots=True)
class _Running:
    task: _Task
    worker: int
    folder: Path
    process: BaseProcess
    pipe: Connection
    steps: int = 0
    waits_for: tuple[str, TimeLimit] | None = None
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _End:
    """How one try ended."""

    kind: Literal["done", "failed", "fault"]
    value: Any


def run_jobs(
    function: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    workers: int,
    on_progress: Callable[[], object],
    policy: RetryPolicy = RetryPolicy(),
    preload: Sequence[str] = (),
) -> Iterator[Outcome]:
    """Runs `function(*arguments[i], channel)` for every i, `workers` at a time; yields as they end.

    A job calls `channel.step()` for each step it has done, which calls `on_progress` here. A job whose
    process dies, that waits longer than its time limit or that raises EngineFault is tried again from its
    beginning in a new process, `policy.tries` times in all. When the iteration is left, or this process is
    killed, the running jobs are ended with all processes that they started.

    `preload` names modules that are imported once, in the process that all jobs are forked from; they must
    start neither OpenGL nor threads. That process lives until this one ends, so only the first call's names
    count.
    """
    context = _context(preload)
    waiting = deque(_Task(index, given) for index, given in enumerate(arguments))
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_start(context, function, waiting.popleft(), _free_worker(running)))
            for job, end in _ends(running, on_progress):
                outcome = _finish(job, end, policy)
                running.remove(job)
                if outcome is None:
                    waiting.appendleft(job.task)
                else:
                    yield outcome
    finally:
        for job in running:
            _clear_away(job)


def _context(preload: Sequence[str]) -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        os.environ.update(CHILD_ENVIRONMENT)  # Windows starts each child with this environment
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    _shorten_socket_path()
    with _child_environment(), _interrupts_ignored():
        forkserver.ensure_running()
    return context


def _shorten_socket_path() -> None:
    """Puts the sockets of multiprocessing into /tmp if the path of the temporary folder is too long for them.

    Only the sockets move: temporary files of jobs stay in the temporary folder.
    """
    usual = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) > SOCKET_FOLDER_BYTES:
        try:
            tempfile.tempdir = SHORT_FOLDER
            util.get_temp_dir()  # is kept for the life of this process
        finally:
            tempfile.tempdir = usual


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
    # A terminal sends Ctrl-C to every process. Jobs inherit that it is ignored; the parent ends them itself.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _free_worker(running: Sequence[_Running]) -> int:
    taken = {job.worker for job in running}
    return next(worker for worker in range(len(taken) + 1) if worker not in taken)


def _start(context: Any, function: Callable[..., Any], task: _Task, worker: int) -> _Running:
    folder = new_folder()
    ours, theirs = context.Pipe(duplex=False)
    given = (function, task.arguments, theirs, worker, folder)
    process = context.Process(target=_work, args=given, daemon=True)
    process.start()
    theirs.close()
    return _Running(task, worker, folder, process, ours)


def _work(
    function: Callable[..., Any], arguments: tuple[Any, ...], pipe: Connection, worker: int, folder: Path
) -> None:
    watch = become_job(folder, pipe.fileno())
    try:
        _report(function, arguments, pipe, worker, folder)
    except BrokenPipeError:
        # The parent was interrupted or killed. The thread that ends this process is still at work.
        if watch is not None:
            watch.join()


def _report(
    function: Callable[..., Any], arguments: tuple[Any, ...], pipe: Connection, worker: int, folder: Path
) -> None:
    try:
        result = function(*arguments, JobChannel(pipe, worker))
        # Cleared away here, since the parent may be killed before it reads the result. After a fault the
        # parent clears away, since it reads the logs.
        leave_nothing(folder)
        pipe.send(("done", result))
    except BrokenPipeError:
        raise
    except EngineFault as error:
        pipe.send(("fault", str(error)))
    except SimgenError as error:
        leave_nothing(folder)
        pipe.send(("failed", str(error)))
    except Exception as error:
        leave_nothing(folder)
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
        raise


def _ends(running: Sequence[_Running], on_progress: Callable[[], object]) -> Iterator[tuple[_Running, _End]]:
    """Reads the messages of all jobs once; yields the jobs that have ended."""
    is_limited = any(job.waits_for is not None for job in running)
    began = time.monotonic()
    # A pipe whose writer has died is ready too; reading it raises EOFError.
    ready = multiprocessing.connection.wait(
        [job.pipe for job in running], LOOK_EVERY_S if is_limited else None
    )
    # Time in which this process was stopped or busy does not count, since the answer may be in the pipe
    # already. For the same reason a job's messages are read before its time limit is checked.
    passed_s = min(time.monotonic() - began, 2.0 * LOOK_EVERY_S)
    for job in list(running):
        end = None
        if job.pipe in ready:
            end = _listen(job, on_progress)
        elif job.waits_for is not None:
            job.waited_s += passed_s
            end = _overdue(*job.waits_for, job.waited_s)
        if end is not None:
            yield job, end


def _listen(job: _Running, on_progress: Callable[[], object]) -> _End | None:
    """Reads all messages of a job. Returns how it ended, or None while it runs."""
    while job.pipe.poll():
        try:
            kind, value = job.pipe.recv()
        except (EOFError, OSError):
            wait_for_exit(job.process)
            return _End("fault", f"the process died ({_exit_code(job.process)})")
        if kind in ("done", "failed", "fault"):
            wait_for_exit(job.process)
            return _End(kind, value)
        job.waits_for, job.waited_s = (value if kind == "wait" else None), 0.0
        if kind == "step":
            _count_step(job, on_progress)
    return None


def _count_step(job: _Running, on_progress: Callable[[], object]) -> None:
    job.steps += 1
    if job.steps > job.task.steps:
        job.task.steps = job.steps
        on_progress()


def _exit_code(process: BaseProcess) -> str:
    code = process.exitcode
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


def _overdue(what: str, limit: TimeLimit, waited_s: float) -> _End | None:
    if waited_s < limit.seconds:
        return None
    option = f" ({limit.option})" if limit.option else ""
    return _End("fault", f"{what} took longer than {limit.seconds:g} s{option}")


def _finish(job: _Running, end: _End, policy: RetryPolicy) -> Outcome | None:
    """The job's outcome, or None when it is to be tried again. Removes all that this try left."""
    index, faults = job.task.index, job.task.faults
    log = _log_of(job, policy) if end.kind == "fault" else ""
    stuck = _clear_away(job)
    if end.kind != "fault":
        done = end.kind == "done"
        return Outcome(index, end.value if done else None, "" if done else end.value, tuple(faults))
    faults.append(f"{end.value}{stuck}{log}")
    if len(faults) < policy.tries:
        if policy.on_fault is not None:
            policy.on_fault(index, f"try {len(faults)} of {policy.tries}: {faults[-1]}")
        return None
    return Outcome(index, None, _all_faults(faults), tuple(faults))


def _log_of(job: _Running, policy: RetryPolicy) -> str:
    tail = log_tail(job.folder)
    path = policy.logs[job.task.index] if policy.logs else None
    if not tail:
        return ""
    whole = f" (the whole log: {path})" if path is not None and keep_logs(job.folder, path) else ""
    return f"; its log ends: {tail}{whole}"


def _all_faults(faults: Sequence[str]) -> str:
    if len(set(faults)) == 1:
        return faults[0] if len(faults) == 1 else f"all {len(faults)} tries failed: {faults[0]}"
    numbered = "; ".join(f"{number}) {fault}" for number, fault in enumerate(faults, start=1))
    return f"{len(faults)} tries failed: {numbered}"


def _clear_away(job: _Running) -> str:
    """Ends a try and removes what it left. Returns what could not be ended, for the error message."""
    stuck = end_job(job.process, job.folder)
    job.pipe.close()
    remove_folder(job.folder)
    return stuck
