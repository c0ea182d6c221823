"""Jobs, each in a process of its own: one that crashes or hangs stops no other, and can be done again."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import forkserver
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
"""procthor iterates over sets of strings, so their order is fixed; a file in the user's folder that is
called like a module (`types.py`) must not be imported; and workers share the cores."""
PRELOAD = ["procthor.generation", "simgen.scenes.capture", "simgen.scenes.houses.procthor"]
"""Imported once in the process that all jobs are forked from; none of them touches OpenGL."""
LOOK_EVERY_S = 0.2
"""How often the time limits are looked at."""
START = "its start"
"""What a job says it waits for while an engine starts."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How jobs are looked after."""

    tries: int = 1
    """How often a job is done at most; only a fault, and not a mistake, is a reason to do it again."""
    start_limit_s: float | None = None
    """How long an engine may take to start; None waits for ever."""
    step_limit_s: float | None = None
    """How long it may take over one action."""
    logs: Sequence[Path] = ()
    """Where each job's log is kept when it had a fault; none are kept without."""
    on_fault: Callable[[int, str], object] | None = None
    """Called with a job's index and the reason before the job is done again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one job ended."""

    index: int
    """Which of the arguments it was given."""
    result: Any
    """What it returned; None when it failed."""
    error: str
    """One line; empty when it succeeded."""
    faults: tuple[str, ...] = ()
    """Why it had to be done again, a line for each time."""


class JobChannel:
    """What a job tells the process that started it. Calling it says that one more step is done."""

    def __init__(self, pipe: Connection, worker: int) -> None:
        self._pipe = pipe
        self.worker = worker
        """Which of the workers this is, from 0: no two jobs that run at a time have the same."""

    def __call__(self) -> None:
        self._pipe.send(("step", None))

    def asked(self, what: str) -> None:
        """An engine was asked for this, or to start: its time limit begins."""
        self._pipe.send(("asked", what))

    def answered(self) -> None:
        """The engine has answered."""
        self._pipe.send(("answered", None))


@dataclass(slots=True)
class _Task:
    """One job to do, and how it went so far."""

    index: int
    arguments: tuple[Any, ...]
    faults: list[str] = field(default_factory=list)
    steps: int = 0
    """The most steps that a try has done: those done again are no progress."""


@dataclass(slots=True)
class _Running:
    task: _Task
    worker: int
    folder: Path
    process: BaseProcess
    pipe: Connection
    steps: int = 0
    asked: str | None = None
    """What the job waits for."""
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
) -> Iterator[Outcome]:
    """Runs `function(*arguments[i], channel)` for every i, `workers` at a time; yields as they end.

    A job calls its `channel` for each step it has done, which calls `on_progress` here. A job whose process
    dies, whose engine does not answer in time or which raises EngineFault is done again from its beginning
    in a fresh process, `policy.tries` times in all. When the iteration is left, the jobs still running are
    ended with all that they started; so they are when this process is killed.
    """
    context = _context()
    waiting = deque(_Task(index, given) for index, given in enumerate(arguments))
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_start(context, function, waiting.popleft(), _free_worker(running)))
            for job, end in _ends(running, on_progress, policy):
                outcome = _finish(job, end, policy)
                running.remove(job)
                if outcome is None:
                    waiting.appendleft(job.task)
                else:
                    yield outcome
    finally:
        for job in running:
            _clear_away(job)


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
        # The parent was interrupted or killed, and nobody is left to work for but the thread that tidies up.
        if watch is not None:
            watch.join()


def _report(
    function: Callable[..., Any], arguments: tuple[Any, ...], pipe: Connection, worker: int, folder: Path
) -> None:
    try:
        result = function(*arguments, JobChannel(pipe, worker))
        # Here, since the parent may be killed before it hears of this. It clears away after faults: it reads
        # their logs.
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


def _ends(
    running: Sequence[_Running], on_progress: Callable[[], object], policy: RetryPolicy
) -> Iterator[tuple[_Running, _End]]:
    """Listens to all jobs until some have ended; yields these."""
    limited = policy.start_limit_s is not None or policy.step_limit_s is not None
    began = time.monotonic()
    # A pipe whose writer has died is ready too: reading it then raises EOFError.
    ready = multiprocessing.connection.wait([job.pipe for job in running], LOOK_EVERY_S if limited else None)
    # A wait counts only while somebody looks: not while this process was stopped or busy elsewhere, with
    # the answer perhaps in the pipe. What a job has said is read before it is judged.
    passed_s = min(time.monotonic() - began, 2.0 * LOOK_EVERY_S)
    for job in list(running):
        end = _listen(job, on_progress) if job.pipe in ready else None
        if end is None and job.asked is not None:
            job.waited_s += passed_s
            end = _overdue(job, policy)
        if end is not None:
            yield job, end


def _listen(job: _Running, on_progress: Callable[[], object]) -> _End | None:
    """Reads all that a job has said; how it ended, or None while it goes on."""
    while job.pipe.poll():
        try:
            kind, value = job.pipe.recv()
        except (EOFError, OSError):
            wait_for_exit(job.process)
            return _End("fault", f"the process died ({_exit_code(job.process)})")
        if kind in ("done", "failed", "fault"):
            wait_for_exit(job.process)
            return _End(kind, value)
        job.asked, job.waited_s = (value if kind == "asked" else None), 0.0
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


def _overdue(job: _Running, policy: RetryPolicy) -> _End | None:
    limit_s, option = (
        (policy.start_limit_s, "--start-limit")
        if job.asked == START
        else (policy.step_limit_s, "--step-limit")
    )
    if limit_s is None or job.waited_s < limit_s:
        return None
    return _End("fault", f"no answer to {job.asked} within {limit_s:g} s ({option})")


def _finish(job: _Running, end: _End, policy: RetryPolicy) -> Outcome | None:
    """The job's outcome, or None when it is to be done again. Nothing of this try is left behind."""
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
    whole = f" (all of it: {path})" if path is not None and keep_logs(job.folder, path) else ""
    return f"; its log ends: {tail}{whole}"


def _all_faults(faults: Sequence[str]) -> str:
    if len(set(faults)) == 1:
        return faults[0] if len(faults) == 1 else f"{len(faults)} tries failed alike: {faults[0]}"
    numbered = "; ".join(f"{number}) {fault}" for number, fault in enumerate(faults, start=1))
    return f"{len(faults)} tries failed: {numbered}"


def _clear_away(job: _Running) -> str:
    """Ends a try and removes what it left; says what could not be ended."""
    stuck = end_job(job.process, job.folder)
    job.pipe.close()
    remove_folder(job.folder)
    return stuck
