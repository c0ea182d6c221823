"""A job's process, its folder and all that it starts: nothing of them outlives the job, whoever is killed."""

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
"""Environment variable of everything that a job starts; its value is the job's folder, which no other has."""
FOLDER_PREFIX = "simgen-job-"
END_WITHIN_S = 5.0
"""A killed process is gone in milliseconds, unless a driver holds it; then nobody can end it."""
EXIT_WITHIN_S = 10.0
"""Between a job's result and its end there are only exit handlers."""
TAIL_LINES, TAIL_CHARACTERS = 4, 400
"""How much of a log an error quotes: Unity's last lines name the cause, and a line should stay readable."""


def new_folder() -> Path:
    """A folder for one try of a job: its temporary files, its pipes and its logs.

    The job makes it, since only the job can remove it should this process be killed.
    """
    return Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}{uuid.uuid4().hex}"


def become_job(folder: Path, pipe_to_parent: int) -> threading.Thread | None:
    """Makes this process the head of a group of its own, which ends when the parent has gone.

    The parent's end of a pipe tells: unlike a parent's process id it is right for a forkserver's children.
    Returns the thread that then ends this process.
    """
    folder.mkdir(mode=0o700)
    os.environ[JOB_VARIABLE] = str(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    if sys.platform == "win32":
        return None
    os.setsid()

    def watch() -> None:
        poll = select.poll()
        poll.register(pipe_to_parent, 0)  # only that nobody reads any more
        poll.poll()
        leave_nothing(folder)
        os.killpg(0, signal.SIGKILL)

    thread = threading.Thread(target=watch, name="end_with_parent", daemon=True)
    thread.start()
    return thread


def leave_nothing(folder: Path) -> None:
    """Ends all that this job has started, and removes its folder."""
    _end_marked(folder)
    remove_folder(folder)


def end_job(process: BaseProcess, folder: Path) -> str:
    """Ends a job and all that it started, at once; says what could not be ended, "" when nothing is left."""
    if process.is_alive():
        with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
            # It may not have its group yet, or have ended just now.
            pid = process.pid or 0
            if pid and os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
        process.kill()
        process.join(END_WITHIN_S)
    stuck = [*_end_marked(folder), *([process.pid] if process.is_alive() else [])]
    return f"; process {', '.join(map(str, stuck))} cannot be ended: its driver hangs" if stuck else ""


def wait_for_exit(process: BaseProcess) -> None:
    """Waits for a process that has done its work."""
    process.join(EXIT_WITHIN_S)


def remove_folder(folder: Path) -> None:
    """Removes a job's folder, as far as that can be done."""
    shutil.rmtree(folder, ignore_errors=True)


def log_tail(folder: Path) -> str:
    """The last lines of a job's logs, on one line; "" when there are none."""
    lines = [line for path in _logs(folder) for line in _last_lines(path)]
    return " | ".join(lines)[-TAIL_CHARACTERS:]


def keep_logs(folder: Path, path: Path) -> bool:
    """Puts a job's logs, one after the other, where they can be read later; whether there are any."""
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
    # Again until none is found: one may have started another meanwhile.
    while (found := _kill_marked(folder)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def _kill_marked(folder: Path) -> list[int]:
    mark = f"{JOB_VARIABLE}={folder}\0".encode()
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):  # where there is no /proc, there is no Unity either
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            descriptor = os.pidfd_open(int(entry.name))
            try:
                # What is read here belongs to the process that the descriptor holds: no id is used twice.
                if int(entry.name) != os.getpid() and mark in (entry / "environ").read_bytes() + b"\0":
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    found.append(int(entry.name))
            finally:
                os.close(descriptor)
    return found
