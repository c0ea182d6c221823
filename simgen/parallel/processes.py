"""A job's process, its folder and the processes it starts. None of them outlives the job."""

import contextlib
import os
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
import uuid
from multiprocessing.process import BaseProcess
from pathlib import Path

JOB_VARIABLE = "SIMGEN_JOB"
"""Environment variable of every process that a job starts. Its value is the job's own folder."""
FOLDER_PREFIX = "simgen-job-"
END_WITHIN_S = 5.0
"""A killed process is gone in milliseconds, unless a driver holds it. Then nothing can end it."""
EXIT_WITHIN_S = 10.0
"""From a job's result to its end. Only exit handlers run in between."""
TAIL_LINES, TAIL_CHARACTERS = 4, 400
"""How much of a log an error quotes. The last lines name the cause, and the error is one line."""


def new_folder() -> Path:
    """The path of a folder for one try of a job: for its temporary files, its pipes and its logs.

    The job makes the folder, since only the job can remove it if this process is killed.
    """
    return Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}{uuid.uuid4().hex}"


def become_job(folder: Path, pipe_to_parent: int) -> threading.Thread | None:
    """Makes this process the head of a process group of its own, which ends when the parent process ends.

    The end of the parent is seen at the parent's end of a pipe. The parent's process id would not do: the
    parent of a forkserver's child is the forkserver. Returns the thread that ends this process then.
    """
    folder.mkdir(mode=0o700)
    os.environ[JOB_VARIABLE] = str(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    if sys.platform == "win32":
        return None
    os.setsid()

    def watch() -> None:
        poll = select.poll()
        poll.register(pipe_to_parent, 0)  # only the event that nobody reads the pipe any more
        poll.poll()
        leave_nothing(folder)
        os.killpg(0, signal.SIGKILL)

    thread = threading.Thread(target=watch, name="end_with_parent", daemon=True)
    thread.start()
    return thread


def leave_nothing(folder: Path) -> None:
    """Ends all processes that this job has started, and removes its folder."""
    _end_marked(folder)
    remove_folder(folder)


def end_job(process: BaseProcess, folder: Path) -> str:
    """Ends a job and all processes that it started. Returns the end of an error message that names those that
    could not be ended; "" when there are none."""
    if process.is_alive():
        with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
            # The job may not have its group yet, or may have ended just now.
            pid = process.pid or 0
            if pid and os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
        process.kill()
        process.join(END_WITHIN_S)
    stuck = [*_end_marked(folder), *([process.pid] if process.is_alive() else [])]
    return f"; process {', '.join(map(str, stuck))} cannot be ended: its driver hangs" if stuck else ""


def wait_for_exit(process: BaseProcess) -> None:
    """Waits for the end of a process that has sent its result."""
    process.join(EXIT_WITHIN_S)


def remove_folder(folder: Path) -> None:
    """Removes a job's folder, as far as possible."""
    shutil.rmtree(folder, ignore_errors=True)


def log_tail(folder: Path) -> str:
    """The last lines of a job's logs, on one line; "" when there are none."""
    lines = [line for path in _logs(folder) for line in _last_lines(path)]
    return " | ".join(lines)[-TAIL_CHARACTERS:]


def keep_logs(folder: Path, path: Path) -> bool:
    """Writes all logs of a job, one after the other, to the file at `path`. Returns whether there are any."""
    texts = [f"==> {log.name} <==\n{log.read_text(errors='replace')}\n" for log in _logs(folder)]
    if texts:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(texts))
    return bool(texts)


def _logs(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.log")) if path.stat().st_size]


def _last_lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 16 * TAIL_CHARACTERS))
        text = file.read().decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()][-TAIL_LINES:]


def _end_marked(folder: Path) -> list[int]:
    """Kills all processes with this job's mark, and returns those that do not end."""
    deadline = time.monotonic() + END_WITHIN_S
    # Repeated until none is found, since a process may have started another one in the meantime.
    while (found := _kill_marked(folder)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def _kill_marked(folder: Path) -> list[int]:
    mark = f"{JOB_VARIABLE}={folder}\0".encode()
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):  # only Linux has /proc, and only there do jobs start programs
        with contextlib.suppress(OSError):  # it has ended, or belongs to another user
            descriptor = os.pidfd_open(int(entry.name))
            try:
                # The descriptor keeps the id from being used again, so that the right process is killed.
                if int(entry.name) != os.getpid() and mark in (entry / "environ").read_bytes() + b"\0":
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    found.append(int(entry.name))
            finally:
                os.close(descriptor)
    return found
